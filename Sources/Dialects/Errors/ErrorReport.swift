package import Bytes
internal import CShims
internal import JSON
internal import Model

/// What an error body says, whatever shape it has.
struct ErrorReport {
    var code: String?
    var type: String?
    /// Valid UTF-8, of which `longestMessage` bytes will be shown.
    var message: String?
    /// The member of the request that it blames.
    var parameter: String?
    /// Codes and types.
    var words: [String] = []
    /// Those that stand in a document within a message, which may also quote what the caller has written.
    private(set) var quotedWords: [String] = []
    /// Whose numbers they are.
    var provider = ""
    /// An HTTP status named inside the body.
    var httpStatus: Int?
    var retryable: Bool?
    var retryAfterMs: Int?
    /// When a limit is lifted: milliseconds since 1970.
    var resetAtMs: Int?
    var requestID: String?
    var moderated = false
    var isHTML = false
    var isEmpty = false
    /// How deep in documents within messages.
    fileprivate var quotes = 0
}

/// What is shown of a provider's texts. They are cut when keys have been taken out of them: so much is read before that.
let longestMessage = 2048, longestTitle = 200, longestCode = 200, longestID = 200
let longestRead = 64 << 10, longestBody = 16 << 10

/// What the sentence is called, the most telling name first.
let messageNames: [StaticString] = [
    "message", "msg", "Message", "Msg", "error_msg", "error_message", "errmsg", "errorMessage", "error_description", "faultstring", "status_msg",
    "description", "reason",
]

private func filled(_ text: String?) -> String? { text.flatMap { $0.utf8.isEmpty ? nil : $0 } }

/// Bytes of an error document that are looked at.
private let longestDocument = 64 << 10

func readErrorReport(_ body: UnsafeRawBufferPointer, _ provider: Provider) -> ErrorReport {
    var report = ErrorReport()
    report.provider = provider.id
    let excerpt = errorExcerpt(body)
    defer { excerpt?.keepAlive() }
    let body = trimmed(excerpt?.bytes ?? body)
    report.isEmpty = body.isEmpty
    if body.isEmpty { return report }
    if let root = JSONView(document: body) {
        report.read(root: root)
    } else if let root = eventData(body).flatMap({ JSONView(document: $0) }) {
        report.read(root: root)
    } else if let repaired = repairedDocument(body) {
        if let root = JSONView(document: repaired.bytes) { report.read(root: root) }
        repaired.keepAlive()
    } else if looksLikeHTML(body) {
        report.isHTML = true
        report.message = htmlTitle(body)
    } else {
        report.message = boundedText(body, longestRead)
    }
    if let message = report.message { report.message = boundedText(message) }
    if let code = report.code, code.utf8.count > longestCode { report.code = nil }
    return report
}

/// The beginning of a document that is long, or that ends early since no more of it was read, as a whole one: what is open at its end is
/// closed. nil: it is to be read as it is.
package func errorExcerpt(_ body: UnsafeRawBufferPointer) -> ByteBuffer? {
    if body.count < longestDocument { return nil }
    let excerpt = ByteBuffer()
    var end = longestDocument
    while end > 0, body[ByteRange(end &- 6, end)].contains(Ascii.backslash) { end &-= 1 } // no half escape
    guard repairJSON(body[ByteRange(0, end)], into: excerpt) else { return nil }
    var closers: [UInt8] = [], isText = false, isEscape = false
    for byte in excerpt.bytes {
        if isText {
            if isEscape { isEscape = false } else if byte == Ascii.backslash { isEscape = true } else if byte == Ascii.quote { isText = false }
        } else if byte == Ascii.quote {
            isText = true
        } else if byte | 0x20 == Ascii.openBrace {
            closers.append(byte &+ 2) // ']' and '}' lie two behind '[' and '{'
        } else if byte | 0x20 == Ascii.closeBrace {
            _ = closers.popLast()
        }
    }
    var ok = !isText || excerpt.append(Ascii.quote)
    while let closer = closers.popLast() { ok = ok && excerpt.append(closer) }
    return ok ? excerpt : nil
}

/// A body that is JSON but for its text; nil when it is none.
private func repairedDocument(_ body: UnsafeRawBufferPointer) -> ByteBuffer? {
    let repaired = ByteBuffer(limit: 1 << 20)
    defer { repaired.keepAlive() }
    guard repairJSON(body, into: repaired), JSONView(document: repaired.bytes) != nil else { return nil }
    return repaired
}

/// What an event of the Responses API reports (https://platform.openai.com/docs/api-reference/responses-streaming, 2026-11). It says why it
/// failed, and the event's own type is no code.
private func failedResponse(_ event: JSONView) -> JSONView? {
    guard event["type"]?.says("response.failed") ?? false, let response = event["response"], response.isObject else { return nil }
    return errorMember(response) == nil ? nil : response
}

extension ErrorReport {
    var said: UnredactedText? { message.map { UnredactedText(foreign: $0, most: isHTML ? longestTitle : longestMessage) } }

    /// The innermost object speaks first; what it leaves open is taken from around it.
    fileprivate mutating func read(root: JSONView) {
        // Google's OpenAI-compatible endpoint wraps the one error in an array.
        guard let given = root.isArray ? root.firstElement : root else { return }
        let root = failedResponse(given) ?? given
        if let text = root.string { message = text }
        readError(of: root)
        read(object: root)
        readDetail(root["detail"] ?? root["message"]?["detail"])         // the second: Mistral's 422
        // Apigee, Cloudflare, frameworks, and servers that put the error into `data` of an event.
        for name: StaticString in ["fault", "errors", "exception", "failure", "data"] { readOther(root[name]) }
        for inner in innerObjects(root) {
            readError(of: inner)
            if errorMember(inner) == nil { read(object: inner) }
        }
        root.forEachMember { name, value in
            guard isException(root.bytes[name]), value.isObject else { return }
            addCode(decodedText(root.bytes, name))
            read(object: value)
        }
        message = message ?? filled(root["title"]?.string)              // RFC 9457, where there is no detail
        if let base = root["base_resp"] {                               // MiniMax
            if let number = base["status_code"]?.numberText, !number.equals("0") { add(word: "base_resp." + number) }
            code = code ?? base["status_code"]?.numberText
            message = message ?? base["status_msg"]?.string
        }
    }

    /// A text may only name the error, and what happened stands beside it.
    private mutating func readError(of object: JSONView) {
        guard let error = errorMember(object) else { return }
        let inner = error.isArray ? error.firstElement ?? error : error
        if inner.isObject { return read(object: inner) }
        guard let text = filled(inner.string) else { return }
        let beside = messageNames.lazy.compactMap { filled(object[$0]?.string) }.first
        message = message ?? beside.flatMap { same($0, text) ? nil : text + ": " + $0 } ?? text
    }

    /// A text, an object with the usual members, or texts by names (`{"errors":{"field":["..."]}}`).
    private mutating func readOther(_ value: JSONView?) {
        guard let value else { return }
        let first = value.isArray ? value.firstElement ?? value : value
        if first.isObject { read(object: first) }
        message = message ?? firstText(first, depth: 4)
    }

    private mutating func read(object: JSONView) {
        readCode(object)
        readHTTPStatus(object)
        for name: StaticString in messageNames {
            guard let text = filled(object[name]?.string) else { continue }
            readQuoted(text)
            message = message ?? text
        }
        retryAfterMs = retryAfterMs ?? milliseconds(object["retry_after"]) ?? milliseconds(object["estimated_time"])
        requestID = requestID ?? object["request_id"]?.string
        parameter = parameter ?? filled(object["param"]?.string)
        if let metadata = object["metadata"] { readMetadata(metadata) }
        if let availability = object["availability"] { readAvailability(availability) }
        addWord(object["innererror"]?["code"])                          // Azure
        object["details"]?.forEachElement { readGoogleDetail($0) }
    }

    private mutating func readCode(_ object: JSONView) {
        let named = object["code"] ?? object["Code"] ?? object["error_code"] ?? object["errorCode"] ?? object["errcode"] ?? object["internal_code"]
        addWord(named)
        addWord(object["error_type"])
        addWord(object["errorType"])                                    // AWS Lambda
        addWord(object["type"])
        addWord(object["status"])
        addWord(object["__type"])                                       // Bedrock
        type = type ?? filled(object["type"]?.string) ?? filled(object["error_type"]?.string) ?? filled(object["errorType"]?.string)
        let text = named?.string ?? named?.numberText
        if code == nil, let text, !text.utf8.isEmpty { code = text }
        if code == nil { code = object["error_type"]?.string ?? object["type"]?.string ?? object["status"]?.string }
    }

    /// A number says something only next to its provider.
    private mutating func addWord(_ value: JSONView?) {
        if let text = value?.string, !text.utf8.isEmpty, Int(text) == nil { return addCode(text) }
        if let number = value?.numberText ?? value?.string, Int(number) != nil { add(word: concat(provider, ".", number)) }
    }

    /// Bedrock writes `com.amazon.coral.service#ThrottlingException` and `ThrottlingException:http://...`.
    mutating func addCode(_ text: String) {
        var text = text
        let name = text.withUTF8 { bytes in
            let text = UnsafeRawBufferPointer(bytes), start = text.find("#").map { $0 &+ 1 } ?? 0
            let rest = text[ByteRange(start, text.count)]
            return String(utf8: rest[ByteRange(0, rest.find(":") ?? rest.count)])
        }
        if name.utf8.count <= 80 { add(word: name) }
    }

    private mutating func add(word: String) {
        if quotes > 0 {
            if quotedWords.count < 32 { quotedWords.append(word) }
        } else if words.count < 32 { words.append(word) }
    }

    private mutating func readHTTPStatus(_ object: JSONView) {
        for value in [object["code"], object["http_status"], object["status_code"], object["statusCode"], object["raw_status_code"], object["status"]] {
            guard httpStatus == nil, let value else { continue }
            guard let number = value.int ?? value.string.flatMap({ Int($0) }), number >= 400, number < 600 else { continue }
            httpStatus = number
        }
    }

    /// OpenRouter's: https://openrouter.ai/docs/api-reference/errors (2026-08-22)
    private mutating func readMetadata(_ metadata: JSONView) {
        addWord(metadata["error_type"])
        addWord(metadata["provider_code"])
        if metadata["flagged_input"] != nil || metadata["reasons"] != nil { moderated = true }
        retryAfterMs = retryAfterMs ?? milliseconds(metadata["retry_after"]) ?? milliseconds(metadata["retry_after_seconds"])
        if let headers = metadata["headers"] {
            let reset = headers["X-RateLimit-Reset"]
            resetAtMs = resetAtMs ?? reset?.int ?? reset?.string.flatMap { Int($0) }
        }
        guard let raw = metadata["raw"], !raw.isNull else { return }
        let text = raw.string ?? boundedText(raw.raw, longestRead)
        if raw.isObject { read(object: raw["error"] ?? raw) } else { readQuoted(text) }
        message = (message.map { $0 + ": " } ?? "") + text
    }

    /// Gateways put the whole error document that they were told into their own message, often behind a few words.
    private mutating func readQuoted(_ text: String) {
        if quotes == 2 { return }
        var text = text
        text.withUTF8 { bytes in withQuotedDocument(UnsafeRawBufferPointer(bytes)) { read(quoted: $0) } }
    }

    /// Its words count, but the sentence stays as it is.
    private mutating func read(quoted document: JSONView) {
        quotes += 1
        let outer = message, outerCode = code, outerType = type
        read(root: document)
        (message, code, type) = (outer, outerCode, outerType)
        quotes -= 1
    }

    private mutating func readAvailability(_ availability: JSONView) {
        addWord(availability["code"])
        retryable = retryable ?? availability["retryable"]?.bool
        retryAfterMs = retryAfterMs ?? milliseconds(availability["retry_after"])
    }

    /// google.rpc.RetryInfo says "34s", ErrorInfo a reason.
    private mutating func readGoogleDetail(_ detail: JSONView) {
        addWord(detail["reason"])
        guard let delay = detail["retryDelay"]?.string, delay.octets.last == UInt8(ascii: "s") else { return }
        retryAfterMs = retryAfterMs ?? parsedDouble(String(utf8: delay.octets.dropLast())).flatMap { wholeMs($0) }
    }

    /// FastAPI's and Mistral's: a text, an object, or a list of `{loc, msg, type}`.
    private mutating func readDetail(_ detail: JSONView?) {
        guard let detail, !detail.isNull else { return }
        if let text = detail.string { message = message ?? text }
        let object = detail.isArray ? detail.firstElement ?? detail : detail
        if object.isObject {
            read(object: object)
            object["loc"]?.forEachElement { if let name = $0.string { parameter = name } } // its path; the last one is the member
            message = message ?? object["error"]?.string
        }
    }
}

private func firstText(_ value: JSONView, depth: Int) -> String? {
    if value.isString { return filled(value.string) }
    if depth == 0 { return nil }
    var found: String?
    value.forEachElement { found = found ?? firstText($0, depth: depth &- 1) }
    value.forEachMember { _, member in found = found ?? firstText(member, depth: depth &- 1) }
    return found
}

private func milliseconds(_ seconds: JSONView?) -> Int? {
    guard let seconds else { return nil }
    return (seconds.double ?? seconds.string.flatMap { parsedDouble($0) }).flatMap { wholeMs($0) }
}

/// nil for what is no wait: negative, or not a number.
private func wholeMs(_ seconds: Double) -> Int? {
    seconds >= 0 && seconds < 1e9 ? Int((seconds * 1000).rounded(.up)) : nil
}

private func boundedText(_ text: String) -> String {
    if text.utf8.count <= longestRead { return text }
    var text = text
    return text.withUTF8 { boundedText(UnsafeRawBufferPointer($0), longestRead) }
}

/// The first bytes as valid UTF-8, not cut inside a character.
func boundedText(_ bytes: UnsafeRawBufferPointer, _ most: Int) -> String {
    if bytes.count <= most { return String(utf8: bytes) }
    var end = most
    while end > most &- 4, bytes.byte(at: end) & 0xC0 == 0x80 { end &-= 1 }
    return String(utf8: bytes[ByteRange(0, end)])
}

package func looksLikeHTML(_ body: UnsafeRawBufferPointer) -> Bool { trimmed(body).byte(at: 0) == UInt8(ascii: "<") }

/// The text of `<title>`, for pages of proxies in between.
private func htmlTitle(_ body: UnsafeRawBufferPointer) -> String? {
    let page = body[ByteRange(0, min(body.count, 16 << 10))]
    guard let open = page.position(of: "<title>", from: 0) ?? page.position(of: "<TITLE>", from: 0) else { return nil }
    let start = open &+ 7
    guard let end = page.position(of: "</", from: start) else { return nil }
    let title = String(utf8: trimmed(page[ByteRange(start, end)]))
    return title.utf8.isEmpty ? nil : title
}

/// The first `data:` line of an error that came as an event stream.
private func eventData(_ body: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let start = body.byte(at: 0) == UInt8(ascii: "d") ? 0 : body.position(of: "\ndata:", from: 0).map({ $0 &+ 1 }) else { return nil }
    guard body[ByteRange(start, body.count)].starts(with: "data:") else { return nil }
    let end = body.position(of: "\n", from: start) ?? body.count
    return trimmed(body[ByteRange(start &+ 5, end)])
}

extension UnsafeRawBufferPointer {
    func starts(with text: StaticString) -> Bool { self[ByteRange(0, text.utf8CodeUnitCount)].equals(text) }

    func position(of text: StaticString, from start: Int) -> Int? {
        guard let base = baseAddress, text.utf8CodeUnitCount > 0 else { return nil }
        var at = start
        while at &+ text.utf8CodeUnitCount <= count {
            guard let found = memchr(base + at, Int32(text.utf8Start.pointee), count &- at) else { return nil }
            at = UnsafeRawPointer(found) - base
            if self[ByteRange(at, at &+ text.utf8CodeUnitCount)].equals(text) { return at }
            at &+= 1
        }
        return nil
    }
}
