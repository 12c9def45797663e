internal import Bytes
internal import JSON
internal import Model

/// Writes a request of another surface as OpenAI's own API takes it, for providers that refuse what they do not know
/// (https://platform.openai.com/docs/api-reference/chat/create, 2026-11): without marks for caches and what is told between dialects.
/// Requests of the chat surface are never touched.
func writePlain(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    var writer = PlainWriter(ChatRequest(request), MemberWriter(buffer), request.warnings, request.provider.requests.reasoningBack)
    try writer.write()
    if writer.out.failed { throw noRoom("the request", buffer) }
}

private struct PlainWriter {
    /// OpenAI takes no longer ones; Claude Code's are.
    private static let longestUser = 64

    let chat: ChatRequest
    var out: MemberWriter
    let warnings: RequestWarnings
    /// The member in which thoughts go back.
    private let thoughts: String?
    /// Media of results: OpenAI takes texts alone there, and media from the user.
    private var media: [(call: JSONView?, parts: [ContentPart])] = []

    init(_ chat: ChatRequest, _ out: MemberWriter, _ warnings: RequestWarnings, _ thoughts: String?) {
        self.chat = chat
        self.out = out
        self.warnings = warnings
        self.thoughts = thoughts
    }

    mutating func write() throws(Failure) {
        out.open()
        try chat.forEachMember { (name: ByteRange, known: KnownMember, value: JSONView) throws(Failure) in
            let raw = chat.bytes[name]
            switch known {
            case .messages: try writeMessages()
            case .tools: try writeTools()
            case .reasoning: writeEffort(value)
            default:
                if raw.equals("cache_control") { return }
                if raw.equals("user"), value.inside.count > PlainWriter.longestUser { return drop("user", "it is longer than OpenAI takes") }
                if case .anthropic? = MemberOwner(raw) { return drop(decodedText(chat.bytes, name), "only Anthropic has it") }
                out.separate()
                out.raw(chat.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        out.close()
    }

    private func drop(_ path: String, _ why: String) { warnings.add(.dropped, path, why) }

    /// An effort has a word there, a number of tokens has none.
    private mutating func writeEffort(_ wish: JSONView) {
        guard let effort = wish.filled("effort"), wish["enabled"]?.bool != false else { return drop("reasoning", "OpenAI's API only takes an effort") }
        if effort.says("max") || effort.says("xhigh") { out.member("reasoning_effort", "high") } else { out.member("reasoning_effort", effort) }
    }

    private mutating func writeTools() throws(Failure) {
        out.name("tools")
        out.open("[")
        try chat.forEachTool { (tool) throws(Failure) in
            if tool.kind == .hosted {
                throw Failure(.unsupported, concat("`", tool.path, "`: only the provider whose tool it is can run `", tool.view["type"]?.string(upTo: 64) ?? "it", "`"))
            }
            out.separate()
            out.open()
            for name: StaticString in ["type", "function", "custom"] { if let value = tool.view.filled(name) { out.member(name, value) } }
            out.close()
        }
        out.close("]")
    }

    private mutating func writeMessages() throws(Failure) {
        out.name("messages")
        out.open("[")
        try chat.forEachMessage { (message) throws(Failure) in
            if message.role != .tool { writeMedia() }
            out.separate()
            out.open()
            for (name, value) in message.view.members {
                let raw = message.view.bytes[name]
                if raw.equals("content"), value.isArray { try writeContent(message) } else if raw.equals("tool_calls") { writeCalls(message) } else if !isOurs(raw) {
                    out.separate()
                    out.raw(message.view.bytes[ByteRange(name.start &- 1, value.range.end)])
                }
            }
            if let thoughts { writeThoughts(message, thoughts) }
            out.close()
        }
        writeMedia()
        out.close("]")
    }

    /// Those that nobody signed, before calls of tools: they are a part of the call to those who want them back.
    private mutating func writeThoughts(_ message: ChatMessage, _ member: String) {
        guard message.toolCalls?.firstElement != nil, message.view.filled("reasoning_content") == nil else { return }
        var bodies: [UnsafeRawBufferPointer] = []
        message.forEachDetail { detail in
            if detail.kind == .text, detail.format == nil, detail.signature?.inside.isEmpty ?? true, let text = detail.text { bodies.append(text.inside) }
        }
        if bodies.isEmpty, let text = message.reasoning, message.reasoningDetails == nil { bodies = [text.inside] }
        if bodies.allSatisfy({ $0.isEmpty }) { return }
        out.name(member)
        out.raw("\"")
        for body in bodies { out.raw(body) }
        out.raw("\"")
    }

    private func isOurs(_ name: UnsafeRawBufferPointer) -> Bool {
        for one: StaticString in ["cache_control", "provider_blocks", "reasoning_details", "reasoning", "is_error"] where name.equals(one) { return true }
        return false
    }

    private mutating func writeContent(_ message: ChatMessage) throws(Failure) {
        var moved: [ContentPart] = []
        out.name("content")
        out.open("[")
        try message.forEachPart { (part) throws(Failure) in
            if part.kind == .other { return try self.write(other: part, message.path(part)) }
            if message.role == .tool, part.kind != .text { moved.append(part) } else { self.write(part) }
        }
        out.close("]")
        if !moved.isEmpty { media.append((message.toolCallID, moved)) }
    }

    /// A part of Anthropic's own. Documents and images are what the model is asked about: without them it would answer something else.
    private mutating func write(other part: ContentPart, _ path: String) throws(Failure) {
        let type = part.view["type"], isDocument = type?.says("document") ?? false
        guard isDocument || type?.says("image") ?? false else { return drop(path, "OpenAI has no such part") }
        guard isDocument, let content = part.view["source"]?["content"], isText(content) else {
            throw Failure(.unsupported, concat("`", path, "` is of a kind that OpenAI does not take"))
        }
        if content.isString { writeText(content) }
        for block in content.elements { if let text = block["text"] { writeText(text) } }
    }

    private func isText(_ content: JSONView) -> Bool {
        content.isString || content.firstElement != nil && content.elements.allSatisfy { $0["type"]?.says("text") ?? false && $0["text"]?.isString ?? false }
    }

    private mutating func writeText(_ text: JSONView) {
        out.separate()
        out.open()
        out.member("type", "text")
        out.member("text", text)
        out.close()
    }

    private mutating func write(_ part: ContentPart) {
        out.separate()
        if part.kind == .file, case .base64(let type, let data)? = part.source, type.equals("text/plain"), writeText(data) { return }
        out.open()
        for (name, value) in part.view.members {
            let raw = part.view.bytes[name]
            if raw.equals("cache_control") || raw.equals("citations") || raw.equals("context") { continue }
            out.separate()
            out.raw(part.view.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        out.close()
    }

    /// Files of theirs are PDFs. False: it is no base64.
    private mutating func writeText(_ data: UnsafeRawBufferPointer) -> Bool {
        let text = ByteBuffer()
        defer { text.keepAlive() }
        guard appendDecodedBase64(data, to: text) else { return false }
        out.open()
        out.member("type", "text")
        out.name("text")
        out.check(appendJSONString(text.bytes, to: out.buffer))
        out.close()
        return true
    }

    private mutating func writeCalls(_ message: ChatMessage) {
        out.name("tool_calls")
        out.open("[")
        message.forEachCall { call in
            out.separate()
            out.open()
            for (name, value) in call.view.members {
                let raw = call.view.bytes[name]
                if raw.equals("cache_control") || raw.equals("extra_content") && value["google"] == nil { continue }
                out.separate()
                out.raw(call.view.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
            out.close()
        }
        out.close("]")
    }

    /// Whose the media are that follow.
    private mutating func writeOrigin(_ call: JSONView?) {
        out.separate()
        out.open()
        out.member("type", "text")
        out.name("text")
        out.raw("\"Result of ")
        out.raw(call?.inside ?? chat.bytes[.none])
        out.raw(":\"")
        out.close()
    }

    private mutating func writeMedia() {
        if media.isEmpty { return }
        out.separate()
        out.open()
        out.member("role", "user")
        out.name("content")
        out.open("[")
        for (call, parts) in media {
            if media.count > 1 { writeOrigin(call) }
            for part in parts { write(part) }
        }
        out.close("]")
        out.close()
        media = []
    }
}
