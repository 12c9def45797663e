internal import CShims
package import Model
package import Wire

/// Members of a request that Gatelet itself reads. The same one twice is an error: the first would route, the last would bill.
package enum KnownMember: UInt16, Sendable {
    case other = 0
    case model = 1, messages = 2, prompt = 4, input = 8, stream = 16, streamOptions = 32, gatelet = 64, usage = 128
    /// OpenRouter's routing words; `route` is an old one.
    case models = 256, provider = 512, route = 1024
}

/// What one validating pass over the caller's request found. Ranges are offsets into those bytes.
package final class RequestView: @unchecked Sendable {
    package struct Member: Sendable {
        /// The raw text between the quotes.
        package var name: ByteRange
        package var value: ByteRange
        package var known: KnownMember
    }

    /// Every top-level member, in order.
    package var members: [Member] = []
    /// nil: absent or null.
    package var model: String?
    /// The value of `gatelet`; `.none` when absent or null.
    package var gatelet = ByteRange.none
    /// The value of `stream_options`; `.none` when absent or null.
    package var streamOptions = ByteRange.none
    /// `stream_options.include_usage`, where the caller gave it.
    package var includeUsage: Bool?
    /// The caller asked for usage, so a chunk that holds nothing else is delivered.
    package var callerWantsUsage = false
    /// `models` or `provider` is there and not null: see `readRouteWords`.
    package var hasRouteWords = false
    /// A lone surrogate was found: it is sent as U+FFFD. Worth a warning.
    package var loneSurrogate = false
    fileprivate var isObject = true
}

/// Reads a request once: is it JSON, has it what the operation needs, and where are the members that matter?
package func readRequest(_ bytes: UnsafeRawBufferPointer, operation: Operation, caps: Caps) throws(Failure) -> RequestView {
    if bytes.count > caps.request {
        throw Failure(.tooLarge, concat("the request has ", String(decimal: bytes.count), " bytes; the cap is ", String(decimal: caps.request), " (caps.request)"))
    }
    let view = RequestView()
    view.members.reserveCapacity(16)
    let twice: Bool
    do throws(JSONFault) { twice = try readMembers(bytes, caps.depth, view) } catch { throw Failure(request: error) }
    if !view.isObject { throw Failure(.json, "the request is JSON but not an object") }
    if twice { throw duplicateFailure(view, bytes) }
    try checkMembers(view, bytes, operation)
    return view
}

/// Returns whether a known member occurs twice.
private func readMembers(_ bytes: UnsafeRawBufferPointer, _ depth: Int, _ view: RequestView) throws(JSONFault) -> Bool {
    var cursor = JSONSteps(bytes, depthLimit: depth)
    var seen: UInt16 = 0, twice = false
    guard try cursor.beginObject() else {
        _ = try cursor.value()
        try cursor.finish()
        view.isObject = false
        return false
    }
    while let name = try cursor.nextName() {
        let value = try cursor.value()
        let known = knownMember(bytes, name)
        twice = twice || seen & known.rawValue != 0
        seen |= known.rawValue
        view.members.append(RequestView.Member(name: name, value: value, known: known))
    }
    try cursor.finish()
    if let offset = escapedNUL(bytes) { throw JSONFault(.nul, offset) }
    view.loneSurrogate = cursor.sawLoneSurrogate
    return twice
}

/// The offset of the first `\u0000`: C strings end there, and so do several providers' databases.
private func escapedNUL(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var at = 0
    while at &+ 6 <= bytes.count, let found = memchr(base + at, Int32(Ascii.backslash), bytes.count &- at) {
        at = UnsafeRawPointer(found) - base
        if bytes.byte(at: at &+ 1) == UInt8(ascii: "u"), bytes[ByteRange(at, at &+ 6)].equals("\\u0000") { return at }
        at &+= 2
    }
    return nil
}

private func duplicateFailure(_ view: RequestView, _ bytes: UnsafeRawBufferPointer) -> Failure {
    var seen: UInt16 = 0
    for member in view.members where member.known != .other {
        if seen & member.known.rawValue != 0 {
            return Failure(.json, concat("`", decodedText(bytes, member.name), "` occurs twice in the request (byte ", String(decimal: member.name.start), ")"))
        }
        seen |= member.known.rawValue
    }
    return Failure(.json, "a member occurs twice in the request")
}

private func knownMember(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange) -> KnownMember {
    let text = bytes[name]
    switch text.count {
    case 5:
        if text.equals("model") { return .model }
        if text.equals("input") { return .input }
        if text.equals("usage") { return .usage }
        if text.equals("route") { return .route }
    case 6:
        if text.equals("stream") { return .stream }
        if text.equals("prompt") { return .prompt }
        if text.equals("models") { return .models }
    case 7: if text.equals("gatelet") { return .gatelet }
    case 8:
        if text.equals("messages") { return .messages }
        if text.equals("provider") { return .provider }
    case 14: if text.equals("stream_options") { return .streamOptions }
    default: break
    }
    // `mod\u0065l` is the same name; no escaped spelling of one of these is shorter than 10 bytes.
    return text.count >= 10 && contains(text, Ascii.backslash) ? knownEscaped(bytes, name) : .other
}

private func knownEscaped(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange) -> KnownMember {
    if jsonName(bytes, name, is: "model") { return .model }
    if jsonName(bytes, name, is: "messages") { return .messages }
    if jsonName(bytes, name, is: "prompt") { return .prompt }
    if jsonName(bytes, name, is: "input") { return .input }
    if jsonName(bytes, name, is: "stream") { return .stream }
    if jsonName(bytes, name, is: "stream_options") { return .streamOptions }
    if jsonName(bytes, name, is: "gatelet") { return .gatelet }
    if jsonName(bytes, name, is: "usage") { return .usage }
    if jsonName(bytes, name, is: "models") { return .models }
    if jsonName(bytes, name, is: "provider") { return .provider }
    if jsonName(bytes, name, is: "route") { return .route }
    return .other
}

/// Looks into the members that Gatelet reads, and checks that the one the operation cannot do without is there.
private func checkMembers(_ view: RequestView, _ bytes: UnsafeRawBufferPointer, _ operation: Operation) throws(Failure) {
    let needed = payload(of: operation)
    var found = false
    for member in view.members where member.known != .other {
        let isNull = bytes.byte(at: member.value.start) == UInt8(ascii: "n")
        if member.known == needed { found = needed == .messages ? isFilledArray(bytes, member.value) : !isNull }
        if isNull { continue }
        switch member.known {
        case .model: view.model = try modelText(bytes, member.value)
        case .gatelet: view.gatelet = member.value
        case .streamOptions: try readStreamOptions(view, bytes, member.value)
        case .models, .provider: view.hasRouteWords = true
        case .usage: if JSONView(valid: bytes, member.value)["include"]?.bool == true { view.callerWantsUsage = true }
        default: break
        }
    }
    if !found { throw Failure(.json, missingPayload(operation)) }
}

private func payload(of operation: Operation) -> KnownMember {
    switch operation {
    case .chat, .chatStream: .messages
    case .completion, .completionStream: .prompt
    case .embeddings: .input
    case .listModels: .other
    }
}

private func missingPayload(_ operation: Operation) -> String {
    switch operation {
    case .chat, .chatStream: "`messages` must be a non-empty array"
    case .completion, .completionStream: "`prompt` is missing"
    case .embeddings: "`input` is missing"
    case .listModels: "a model list has no request body"
    }
}

func isFilledArray(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange) -> Bool {
    guard bytes.byte(at: value.start) == UInt8(ascii: "[") else { return false }
    var at = value.start &+ 1
    while at < value.end, bytes.byte(at: at) <= UInt8(ascii: " ") { at &+= 1 }
    return bytes.byte(at: at) != UInt8(ascii: "]")
}

private func modelText(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange) throws(Failure) -> String {
    guard let text = JSONView(valid: bytes, value).string else { throw Failure(.json, "`model` must be a string") }
    if text.utf8.isEmpty { throw Failure(.json, "`model` must not be empty") }
    return text
}

private func readStreamOptions(_ view: RequestView, _ bytes: UnsafeRawBufferPointer, _ value: ByteRange) throws(Failure) {
    let options = JSONView(valid: bytes, value)
    guard options.isObject else { throw Failure(.json, "`stream_options` must be an object") }
    view.streamOptions = value
    var seen = false, wanted: Bool?
    try options.forEachMember { (name: ByteRange, member: JSONView) throws(Failure) in
        guard jsonName(bytes, name, is: "include_usage") else { return }
        if seen { throw Failure(.json, "`stream_options.include_usage` occurs twice in the request") }
        seen = true
        if member.isNull { return }
        guard let value = member.bool else { throw Failure(.json, "`stream_options.include_usage` must be true or false") }
        wanted = value
    }
    view.includeUsage = wanted
    if wanted == true { view.callerWantsUsage = true }
}

extension Failure {
    init(request fault: JSONFault) {
        let what: String = switch fault.kind {
        case .syntax: "not JSON"
        case .depth: "nested too deeply"
        case .utf8: "not UTF-8"
        case .nul: "a NUL character"
        }
        self.init(.json, concat("the request is not valid: ", what, " at byte ", String(decimal: fault.offset)))
    }
}
