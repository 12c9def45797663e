package import Bytes
internal import CShims
internal import JSON
package import Model

/// No provider takes so many members.
private let mostMembers = 1000

/// What one validating pass over the caller's request found. Ranges are offsets into those bytes.
package final class RequestView {
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
    /// `models` or `provider` is there and not null: see `readRoutingPreferences`.
    package var hasRoutingPreferences = false
    /// `encoding_format` of vectors; nil: it says nothing, or another word.
    package var vectorForm: VectorForm?
    package var namesVectorForm = false
    /// `max_tokens` or `max_completion_tokens` is there and not null.
    package var hasMaxTokens = false
    /// A lone surrogate was found: it is sent as U+FFFD. Worth a warning.
    package var loneSurrogate = false
    /// The caller wrote something else, of which these are the words.
    package var isTranslated = false
    /// Its messages have members under which words of other dialects may stand.
    fileprivate(set) var mayHaveOthersWords = false
    fileprivate var isObject = true
    fileprivate var isCrowded = false
    /// A known name that was there before.
    fileprivate var repeated = ByteRange.none
}

/// Reads a request once: is it JSON, has it what the operation needs, and where are the members that matter?
package func readRequest(_ bytes: UnsafeRawBufferPointer, operation: Operation, caps: Caps) throws(Failure) -> RequestView {
    if bytes.count > caps.request {
        throw Failure(.tooLarge, concat("the request has ", String(decimal: bytes.count), " bytes; the cap is ", String(decimal: caps.request), " (caps.request)"))
    }
    let view = RequestView()
    view.members.reserveCapacity(16)
    do throws(JSONFault) { try readMembers(bytes, caps.depth, view) } catch { throw Failure(request: error) }
    if !view.isObject { throw Failure(.json, "the request is JSON but not an object") }
    if view.isCrowded { throw Failure(.json, concat("the request has more than ", String(decimal: mostMembers), " members")) }
    if !view.repeated.isNone { throw twice(view.repeated, bytes, "the request") }
    for member in view.members where member.known.levels > 0 { try checkNames(in: member, bytes, view) }
    try checkMembers(view, bytes, operation)
    return view
}

private func readMembers(_ bytes: UnsafeRawBufferPointer, _ depth: Int, _ view: RequestView) throws(JSONFault) {
    var cursor = JSONCursor(bytes, depthLimit: depth)
    var seen: UInt64 = 0
    guard try cursor.beginObject() else {
        _ = try cursor.value()
        try cursor.finish()
        view.isObject = false
        return
    }
    while let name = try cursor.nextName() {
        if view.members.count >= mostMembers {
            view.isCrowded = true
            return
        }
        let value = try cursor.value()
        let known = KnownMember.named(bytes, name)
        if known != .other {
            let bit: UInt64 = 1 &<< UInt64(known.rawValue)
            if seen & bit != 0, view.repeated.isNone { view.repeated = name }
            seen |= bit
        }
        view.members.append(RequestView.Member(name: name, value: value, known: known))
    }
    try cursor.finish()
    if let offset = escapedNUL(bytes) { throw JSONFault(.nul, offset) }
    view.loneSurrogate = cursor.sawLoneSurrogate
}

private func twice(_ name: ByteRange, _ bytes: UnsafeRawBufferPointer, _ container: String) -> Failure {
    let text = bytes[name].count <= 128 ? decodedText(bytes, name) : "a member"
    return Failure(.json, concat("`", text, "` occurs twice in ", container) + concat(" (byte ", String(decimal: name.start), ")"))
}

/// Inside a member that Gatelet reads, no name may be there twice either.
private func checkNames(in member: RequestView.Member, _ bytes: UnsafeRawBufferPointer, _ view: RequestView) throws(Failure) {
    var names = RepeatedNames(bytes)
    if names.check(JSONView(valid: bytes, member.value), levels: member.known.levels) {
        if member.known == .messages { view.mayHaveOthersWords = names.sawOthersWords }
        return
    }
    let container = concat("`", String(member.known.name), "`")
    if let start = names.crowded { throw Failure(.json, concat(container, " has too many members in one object (byte ", String(decimal: start), ")")) }
    throw twice(names.repeated, bytes, container)
}

/// The offset of the first `\u0000`: C strings end there, and so do several providers' databases.
func escapedNUL(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var at = 0
    while at &+ 6 <= bytes.count, let found = memchr(base + at, Int32(Ascii.backslash), bytes.count &- at) {
        at = UnsafeRawPointer(found) - base
        if bytes.byte(at: at &+ 1) == UInt8(ascii: "u"), bytes[ByteRange(at, at &+ 6)].equals("\\u0000") { return at }
        at &+= 2
    }
    return nil
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
        case .models, .provider: view.hasRoutingPreferences = true
        case .maxTokens, .maxCompletionTokens: view.hasMaxTokens = true
        case .encodingFormat where operation == .embeddings:
            view.namesVectorForm = !JSONView(valid: bytes, member.value).isNull
            view.vectorForm = JSONView(valid: bytes, member.value).string(upTo: 16).flatMap { VectorForm(word: $0) }
        case .usage: if JSONView(valid: bytes, member.value)["include"]?.bool == true { view.callerWantsUsage = true }
        default: break
        }
    }
    if !found { throw Failure(.json, missingPayload(operation)) }
}

private func payload(of operation: Operation) -> KnownMember {
    switch operation {
    case .chat, .chatStream, .countTokens: .messages
    case .completion, .completionStream: .prompt
    case .embeddings: .input
    case .listModels: .other
    case .raw, .rawStream: .model
    }
}

private func missingPayload(_ operation: Operation) -> String {
    switch operation {
    case .chat, .chatStream, .countTokens: "`messages` must be a non-empty array"
    case .completion, .completionStream: "`prompt` is missing"
    case .embeddings: "`input` is missing"
    case .listModels, .raw, .rawStream: "it has no request body of this kind"
    }
}

func isFilledArray(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange) -> Bool {
    guard bytes.byte(at: value.start) == UInt8(ascii: "[") else { return false }
    var at = value.start &+ 1
    while at < value.end, bytes.byte(at: at) <= UInt8(ascii: " ") { at &+= 1 }
    return bytes.byte(at: at) != UInt8(ascii: "]")
}

private func modelText(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange) throws(Failure) -> String {
    let view = JSONView(valid: bytes, value)
    guard view.isString else { throw Failure(.json, "`model` must be a string") }
    guard let text = view.string(upTo: longestModel) else { throw Failure(.json, concat("`model` must have at most ", String(decimal: longestModel), " bytes")) }
    if text.utf8.isEmpty { throw Failure(.json, "`model` must not be empty") }
    return text
}

private func readStreamOptions(_ view: RequestView, _ bytes: UnsafeRawBufferPointer, _ value: ByteRange) throws(Failure) {
    let options = JSONView(valid: bytes, value)
    guard options.isObject else { throw Failure(.json, "`stream_options` must be an object") }
    view.streamOptions = value
    var wanted: Bool?
    try options.forEachMember { (name: ByteRange, member: JSONView) throws(Failure) in
        guard jsonName(bytes, name, is: "include_usage"), !member.isNull else { return }
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
