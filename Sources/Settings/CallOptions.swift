internal import Bytes
internal import JSON
package import Model

/// What the caller wants of one call, said beside the request, so that no body it forwards can say it (docs/requests.md, "Options of
/// a call").
package struct CallOptions: Sendable {
    /// What a body may say too, but here it counts as the operator's word.
    package var words = GateletOptions()
    /// By which `gatelet_cancel` finds the request.
    package fileprivate(set) var cancelID: String?
    /// In the place of the configuration's `request_extensions`.
    package private(set) var extensions: RequestExtensions?
    package private(set) var headers: [Header] = []
    /// Added to the address.
    package private(set) var query: [Header] = []
    /// Where status and headers of the provider's response are told.
    package private(set) var response = ToldResponse.never
    /// What the provider said is told as it came.
    package private(set) var wantsRaw = false
    /// Of an operation that is raw: what is asked.
    package private(set) var raw: RawRequest?
    /// A stream of a queue is assembled too.
    package private(set) var wantsAnswer = false

    fileprivate init() {}

    /// Of `headers` and `query`, what must not be shown.
    package var secrets: [String] { (headers + query + (raw?.headers ?? []) + (raw?.query ?? [])).filter(looksSecret).map { $0.value } }

    package enum ToldResponse: Sendable { case never, inErrors, always }
}

/// Longer options are a mistake.
private let longestOptions = 1 << 20
/// Of one header or member of the query.
private let longestValue = 8192

package func readCallOptions(_ bytes: UnsafeRawBufferPointer, _ operation: Operation) throws(Failure) -> CallOptions {
    if bytes.count > longestOptions { throw Failure(.tooLarge, "the options of the call are over 1 MB") }
    guard let root = JSONView(document: bytes) else { throw Failure(.json, "the options of the call are not JSON") }
    var options = CallOptions()
    let members = try ConfigValue(request: root, path: "options").object()
    if let value = members.take("cancel_id") { options.cancelID = try value.label() }
    if operation.isRaw { try options.readRaw(members) } else if operation != .listModels { try options.read(members) }
    try members.end()
    return options
}

extension CallOptions {
    /// Who wants a raw request says all of it here.
    fileprivate mutating func readRaw(_ members: ConfigMembers) throws(Failure) {
        let others: [StaticString] = ["models", "route", "hedge", "continue", "faults", "headers", "query", "request_extensions"]
        for name in others { if let value = members.take(name) { throw value.failure("is not for raw requests") } }
        raw = try members.take("http")?.rawRequest()
        try read(members)
    }

    fileprivate mutating func read(_ members: ConfigMembers) throws(Failure) {
        try words.read(members, .all)
        extensions = try members.word("request_extensions")
        if let value = members.take("headers") { headers = try value.callPairs(header: true) }
        if let value = members.take("query") { query = try value.callPairs(header: false) }
        if let value = members.take("response") { response = try value.toldResponse() }
        if let value = members.take("raw") { wantsRaw = try value.flag() }
        if let value = members.take("answer") { wantsAnswer = try value.flag() }
    }

}

extension ConfigValue {
    fileprivate func toldResponse() throws(Failure) -> CallOptions.ToldResponse {
        guard let word = string else { return try flag() ? .always : .never }
        if !same(word, "errors") { throw failure("must be true, false or \"errors\"") }
        return .inErrors
    }

    /// `but`: headers that may be set all the same, in lower case.
    func callPairs(header: Bool, but allowed: [StaticString] = []) throws(Failure) -> [Header] {
        var result: [Header] = []
        for (name, member) in try members() {
            let word = lowercased(name.text), isAllowed = header && allowed.contains { $0 ~= Word(word) }
            if !isAllowed, let fault = header ? headerComplaint(name.text) : lineComplaint(name.text) { throw member.failure(fault) }
            if header, !isAllowed, isOfTransport(name.text) { throw member.failure("is not for the options of a call") }
            let pair = Header(name: name.text, value: try member.text())
            if pair.value.utf8.count > longestValue { throw member.failure("must have at most 8192 bytes") }
            if result.contains(where: { header && sameHeader($0.name, pair.name) }) { throw member.failure("occurs twice") }
            result.append(pair)
        }
        return result
    }
}

/// Whether a value may be a key: its name says so, or it is long, without a blank, and has letters and digits.
private func looksSecret(_ pair: Header) -> Bool {
    var name = lowercased(pair.name)
    let words: [StaticString] = ["key", "token", "secret", "auth", "password", "cookie", "sig"]
    if name.withUTF8({ utf8 in words.contains { UnsafeRawBufferPointer(utf8).find($0) != nil } }) { return pair.value.utf8.count >= 4 }
    let octets = pair.value.octets
    let isLetter = { (byte: UInt8) in (byte | 0x20) &- 0x61 < 26 }, isDigit = { (byte: UInt8) in byte &- 0x30 < 10 }
    return octets.count >= 16 && !octets.contains(Ascii.space) && octets.contains(where: isLetter) && octets.contains(where: isDigit)
}

/// Headers that decide how an answer is read or a connection is used.
private func isOfTransport(_ header: String) -> Bool {
    let names: [StaticString] = ["accept", "accept-encoding", "content-encoding", "cookie", "keep-alive", "proxy-authorization",
                                 "proxy-connection", "range", "te", "trailer", "upgrade"]
    let header = lowercased(header)
    return names.contains { $0 ~= Word(header) }
}

// MARK: - What of it goes where

extension Configuration {
    /// Whether the options of a call may send this header to the provider.
    package func allows(header name: String, to provider: Provider) -> Bool {
        if provider.carriesKey(in: name) { return false }
        return isListed(lowercased(name), allowHeaders) || isListed(lowercased(name), provider.access.allowHeaders)
    }

    package func allows(query name: String, to provider: Provider) -> Bool { isListed(name, allowQuery) || isListed(name, provider.access.allowQuery) }
}

extension Provider {
    /// How it takes its key, whatever else a list allows.
    fileprivate func carriesKey(in header: String) -> Bool {
        for form in [access.auth, list.auth] { if case .header(let name)? = form, sameHeader(name, header) { return true } }
        return false
    }
}

/// Names of a list are whole, or end with `*`.
private func isListed(_ name: String, _ list: [String]) -> Bool {
    list.contains { entry in
        let entry = entry.octets, name = name.octets
        if entry.last == UInt8(ascii: "*") { return name.starts(with: entry.dropLast()) }
        return name == entry
    }
}

/// `allow_headers`: names in lower case.
package func readAllowedHeaders(_ value: ConfigValue) throws(Failure) -> [String] {
    var result: [String] = []
    for element in try value.elements() {
        let name = lowercased(try element.text())
        if let fault = headerComplaint(name) { throw element.failure(fault) }
        result.append(name)
    }
    return result
}
