internal import Bytes
internal import JSON
internal import Model

/// Reads a request of Anthropic's Messages API, or one for its tokens to be counted, and writes it as OpenAI's chat API would have it.
/// Mistakes are told by their path, as Anthropic tells them.
func readMessages(_ bytes: UnsafeRawBufferPointer, caps: Caps) throws(Failure) -> TranslatedRequest {
    if bytes.count > caps.request {
        throw Failure(.tooLarge, concat("the request has ", String(decimal: bytes.count), " bytes; the cap is ", String(decimal: caps.request), " (caps.request)"))
    }
    let root = try checked(bytes, caps.depth)
    let request = TranslatedRequest(limit: caps.request &* 2 &+ (64 << 10), of: .messages)
    var reader = MessagesReader(root, request)
    try reader.read()
    if reader.out.failed { throw noRoom("the request", request.body) }
    return request
}

private func checked(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) -> JSONView {
    var cursor = JSONCursor(bytes, depthLimit: depth), range = ByteRange.none
    do throws(JSONFault) {
        range = try cursor.value()
        try cursor.finish()
        if let offset = escapedNUL(bytes) { throw JSONFault(.nul, offset) }
    } catch { throw Failure(request: error) }
    let root = JSONView(valid: bytes, range)
    if !root.isObject { throw Failure(.json, "the request is JSON but not an object") }
    var names = RepeatedNames(bytes)
    if names.check(root, levels: 1) { return root }
    if names.crowded != nil { throw Failure(.json, "the request has too many members") }
    throw Failure(.json, concat("`", decodedText(bytes, names.repeated), "` occurs twice in the request"))
}

/// Writes the canonical request while it reads Anthropic's.
struct MessagesReader {
    let root: JSONView
    let request: TranslatedRequest
    var out: MemberWriter
    /// What becomes one member together with others, or another one.
    private var system: JSONView?, messages: JSONView?, tools: JSONView?, toolChoice: JSONView?
    private var thinking: JSONView?, outputConfig: JSONView?, outputFormat: JSONView?

    init(_ root: JSONView, _ request: TranslatedRequest) {
        self.root = root
        self.request = request
        out = MemberWriter(request.body)
    }

    mutating func read() throws(Failure) {
        out.open()
        for (name, value) in root.members { try member(name, value) }
        guard let messages, messages.isArray, messages.firstElement != nil else { throw Failure(.json, "messages: must be a list with at least one message") }
        out.name("messages")
        out.open("[")
        if let system { try write(system: system) }
        var index = 0
        for message in messages.elements {
            try write(message: message, Place(message: index))
            index &+= 1
        }
        out.close("]")
        if let tools { try write(tools: tools) }
        if let toolChoice { try write(toolChoice: toolChoice, hasTools: tools?.firstElement != nil) }
        try writeReasoning(thinking, effort: outputConfig?["effort"])
        try writeFormat(outputFormat ?? outputConfig?["format"], isOld: outputFormat != nil)
        if let outputConfig { writeRest(of: outputConfig) }
        out.close()
    }

    private mutating func member(_ name: ByteRange, _ value: JSONView) throws(Failure) {
        if value.isNull { return }
        switch MessagesMember(root.bytes[name]) {
        case .system: system = value
        case .messages: messages = value
        case .tools: tools = value
        case .toolChoice: toolChoice = value
        case .thinking: thinking = value
        case .outputConfig: outputConfig = value
        case .outputFormat: outputFormat = value
        case .stopSequences: out.member("stop", value)
        case .metadata: write(metadata: value)
        case .serviceTier: if value.says("standard_only") { out.member("service_tier", "default") } else { out.member("service_tier", value) }
        case nil: out.member(name, of: root, value)
        }
    }

    /// Anthropic knows `user_id` alone; whatever else there is stays.
    private mutating func write(metadata: JSONView) {
        var others = 0
        for (name, value) in metadata.members {
            if jsonName(metadata.bytes, name, is: "user_id") {
                if !value.isNull { out.member("user", value) }
            } else { others &+= 1 }
        }
        if others > 0 || !metadata.isObject { out.member("metadata", metadata) }
    }
}

/// Members that the canonical form spells otherwise. All others pass as they are.
private enum MessagesMember: String, CaseIterable {
    case system, messages, tools, thinking, metadata
    case toolChoice = "tool_choice", outputConfig = "output_config", outputFormat = "output_format"
    case stopSequences = "stop_sequences", serviceTier = "service_tier"

    init?(_ name: UnsafeRawBufferPointer) {
        let plain = decodedText(name, ByteRange(0, name.count))
        self.init(word: plain)
    }
}

/// Where something stands in a request, for messages: `messages.0.content.1.source`.
struct Place {
    /// nil: in `system`.
    var message: Int?
    var block = -1
    /// In the content of a tool result.
    var inner = -1

    /// Of the message that is made of it.
    var origin: TranslatedRequest.Origin { message.map { .item($0) } ?? .member("system") }

    func path(_ member: StaticString) -> String {
        var path = message.map { concat("messages.", String(decimal: $0)) } ?? "system"
        if block >= 0 { path = concat(path, message == nil ? "." : ".content.", String(decimal: block)) }
        if inner >= 0 { path = concat(path, ".content.", String(decimal: inner)) }
        return member.utf8CodeUnitCount > 0 ? concat(path, ".", String(member)) : path
    }

    func failure(_ member: StaticString, _ what: String) -> Failure { Failure(.json, concat(path(member), ": ", what)) }

    /// A member that has to be a string.
    func text(_ value: JSONView?, _ member: StaticString) throws(Failure) -> JSONView {
        guard let value, !value.isNull else { throw failure(member, "is missing") }
        guard value.isString else { throw failure(member, "must be a string") }
        return value
    }
}

extension MemberWriter {
    /// A member whose value stays as it is, where there is one.
    mutating func copy(_ name: StaticString, ifThere value: JSONView?) {
        if let value, !value.isNull { member(name, value) }
    }

    /// A string whose escapes stay as they are.
    mutating func escaped(_ text: UnsafeRawBufferPointer) {
        raw("\"")
        raw(text)
        raw("\"")
    }

    /// A member as it stands in another object.
    mutating func member(_ name: ByteRange, of object: JSONView, _ value: JSONView) {
        separate()
        escaped(object.bytes[name])
        raw(":")
        raw(value.raw)
    }
}
