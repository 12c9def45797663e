package import Model
internal import Wire

/// The addresses of a model list's pages, one after the other, as the provider's row declares (`paging`). Pure: whoever fetches
/// asks for the first, and after each page for the next.
package struct ListPages {
    /// 100 pages of 1000 are five times the longest list there is.
    private static let most = 500

    private let provider: Provider
    private let paging: ListPaging
    private let mapping: ListMapping
    private let base: String
    private var pages = 1
    /// Tokens, links and the bytes of numbered pages that were there.
    private var seen = SeenIDs()

    package init(_ provider: Provider) throws(Failure) {
        self.provider = provider
        mapping = try ListMapping(provider)
        paging = mapping.paging
        base = provider.listAddress
    }

    /// The address of the first page.
    package var first: String { address([paging.size]) }

    /// The address of the page behind this one; nil: this was the last, or is no list. Fails when the pages do not come to an end, or
    /// lead to another host.
    package mutating func next(after body: UnsafeRawBufferPointer) throws(Failure) -> String? {
        if !isPaged { return nil }
        guard let root = JSONView(document: trimmed(body)), let list = mapping.array(root) else { return nil }
        pages &+= 1
        if list.firstElement == nil {
            if saysMore(root) { throw failure("is empty, although more should follow") }
            return nil
        }
        if !paging.link.isEmpty { return try linked(root) }
        let next = try paging.page.isEmpty ? token(root) : numbered(list, body)
        return next.map { address([paging.size, $0]) }
    }

    package var isPaged: Bool { !(paging.next.isEmpty && paging.link.isEmpty && paging.page.isEmpty) }

    private func saysMore(_ root: JSONView) -> Bool { !paging.more.isEmpty && value(paging.more, in: root)?.bool == true }

    private mutating func token(_ root: JSONView) throws(Failure) -> String? {
        if !paging.more.isEmpty, let more = value(paging.more, in: root), more.bool == false { return nil }
        guard let found = value(paging.next, in: root), let token = found.string ?? found.numberText, !token.isEmpty else {
            if saysMore(root) { throw failure("has no address, although more should follow") }
            return nil
        }
        try follow(token)
        guard let encoded = encodePathSegment(token) else { throw failure("has no usable address") }
        return concat(paging.query, "=", encoded)
    }

    /// A full page is followed by another one. A server that does not count pages sends the same one again, or all at once.
    private mutating func numbered(_ list: JSONView, _ body: UnsafeRawBufferPointer) throws(Failure) -> String? {
        var count = 0
        list.forEachElement { _ in count &+= 1 }
        let size = paging.size.octets.split(separator: UInt8(ascii: "=")).last.flatMap { Int(String(utf8: $0)) }
        if size.map({ $0 != count }) ?? false || !seen.insert(String(utf8: body)) { return nil }
        if pages > ListPages.most { throw failure("does not come to an end") }
        return concat(paging.page, "=", String(decimal: pages))
    }

    private mutating func linked(_ root: JSONView) throws(Failure) -> String? {
        guard let link = value(paging.link, in: root)?.string, !link.isEmpty else { return nil }
        try follow(link)
        let address = link.octets.first == UInt8(ascii: "/") ? origin(base) + link : link
        guard (try? EndpointURL(address, path: "", query: true)) != nil, same(origin(address), origin(base)) else {
            throw failure("is at another host")
        }
        return address
    }

    private mutating func follow(_ place: String) throws(Failure) {
        if !seen.insert(place) || pages > ListPages.most { throw failure("does not come to an end") }
    }

    private func failure(_ what: String) -> Failure {
        var failure = Failure(.badResponse, concat("the model list of ", provider.title, " cannot be read whole: page ", String(decimal: pages), " ") + what)
        failure.provider = provider.id
        return failure
    }

    private func address(_ parts: [String]) -> String {
        var text = base, mark = base.octets.contains(UInt8(ascii: "?")) ? "&" : "?"
        for part in parts where !part.isEmpty {
            text += mark + part
            mark = "&"
        }
        return text
    }

    /// Scheme, host and port.
    private func origin(_ url: String) -> String {
        var slashes = 0
        return String(utf8: url.octets.prefix { byte in
            if byte == UInt8(ascii: "/") { slashes &+= 1 }
            return slashes < 3 && byte != UInt8(ascii: "?")
        })
    }
}
