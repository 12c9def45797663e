internal import Bytes
internal import JSON
internal import Model

/// Writes a request of another surface as OpenAI's own API takes it, for providers that refuse what they do not know
/// (https://platform.openai.com/docs/api-reference/chat/create, 2026-11): without marks for caches and what is told between dialects.
/// Requests of the chat surface are never touched.
func writePlain(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    var writer = PlainWriter(request, MemberWriter(buffer))
    try writer.write()
    if writer.out.failed { throw noRoom("the request", buffer) }
}

private struct PlainWriter {
    /// OpenAI takes no longer ones; Claude Code's are.
    private static let longestUser = 64

    let chat: ChatRequest
    var out: MemberWriter
    let warnings: RequestWarnings
    /// The member in which thoughts go back; or they all do, as they are.
    private let thoughts: String?
    private let takesDetails: Bool
    private let takesGoogles: Bool
    /// Media of results: OpenAI takes texts alone there, and media from the user.
    private var media: [(call: JSONView?, parts: [ContentPart])] = []

    init(_ request: OutgoingRequest, _ out: MemberWriter) {
        chat = ChatRequest(request)
        self.out = out
        warnings = request.warnings
        takesDetails = request.provider.requests.takesDetails
        takesGoogles = OthersWords.takesGoogles(request)
        thoughts = takesDetails ? nil : request.provider.requests.reasoningBack
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
                if raw.equals("cache_control") { return dropCache() }
                if raw.equals("user"), value.inside.count > PlainWriter.longestUser { return drop("user", "it is longer than OpenAI takes") }
                if case .anthropic? = MemberOwner(raw) { return drop(decodedText(chat.bytes, name), "only Anthropic has it") }
                out.separate()
                out.raw(chat.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        out.close()
    }

    private func drop(_ path: String, _ why: String) { warnings.add(.dropped, path, why) }

    private func dropCache() { drop("cache_control", "OpenAI caches prompts by itself") }

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
            for (name, value) in tool.view.members where !value.isNull {
                let raw = chat.bytes[name]
                if raw.equals("type") || raw.equals("function") || raw.equals("custom") { copy(name, value) } else if raw.equals("cache_control") { dropCache() } else {
                    drop(concat(tool.path, ".", decodedText(chat.bytes, name)), "OpenAI's tools have nothing like it")
                }
            }
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
                let raw = chat.bytes[name]
                if raw.equals("content"), value.isArray { try writeContent(message) } else if raw.equals("tool_calls") { writeCalls(message) } else if !leavesOut(raw, value, message) { copy(name, value) }
            }
            writeThoughts(message)
            out.close()
        }
        writeMedia()
        out.close("]")
    }

    private mutating func copy(_ name: ByteRange, _ value: JSONView) {
        out.separate()
        out.raw(chat.bytes[ByteRange(name.start &- 1, value.range.end)])
    }

    /// A member of a message that is told between dialects. Thoughts are not told of here.
    private func leavesOut(_ name: UnsafeRawBufferPointer, _ value: JSONView, _ message: ChatMessage) -> Bool {
        if name.equals("reasoning_details") || name.equals("reasoning") || name.equals("reasoning_content") { return !takesDetails }
        for one: StaticString in ["cache_control", "provider_blocks", "is_error", "images"] where name.equals(one) {
            if !isFilled(value) { return true }
            if name.equals("cache_control") { dropCache() } else { drop(message.path(String(one)), "OpenAI's messages have nothing like it") }
            return true
        }
        return false
    }

    private mutating func writeThoughts(_ message: ChatMessage) {
        if takesDetails || message.reasoning?.inside.isEmpty ?? true && message.reasoningDetails?.firstElement == nil { return }
        if let thoughts, write(unsigned: message, thoughts) { return }
        drop(message.path(message.reasoningDetails?.firstElement != nil ? "reasoning_details" : "reasoning"), "thoughts are not sent back to this provider")
    }

    /// Thoughts that nobody signed, before calls of tools: they are a part of the call to those who want them back. Whether that is all there was.
    private mutating func write(unsigned message: ChatMessage, _ member: String) -> Bool {
        guard message.toolCalls?.firstElement != nil else { return false }
        var bodies: [UnsafeRawBufferPointer] = [], isAll = true
        message.forEachDetail { detail in
            if detail.kind == .text, detail.format == nil, detail.signature?.inside.isEmpty ?? true, let text = detail.text { bodies.append(text.inside) } else { isAll = false }
        }
        if bodies.isEmpty, let text = message.reasoning, message.reasoningDetails == nil { bodies = [text.inside] }
        if bodies.allSatisfy({ $0.isEmpty }) { return false }
        out.name(member)
        out.raw("\"")
        for body in bodies { out.raw(body) }
        out.raw("\"")
        return isAll
    }

    private mutating func writeContent(_ message: ChatMessage) throws(Failure) {
        var moved: [ContentPart] = []
        out.name("content")
        out.open("[")
        try message.forEachPart { (part) throws(Failure) in
            if part.kind == .other { return try self.write(other: part, message.path(part)) }
            if part.cacheControl != nil { self.dropCache() }
            part.leaveOutRemarks(message.path(part), self.warnings)
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
            let raw = chat.bytes[name]
            if !raw.equals("cache_control"), !raw.equals("citations"), !raw.equals("context") { copy(name, value) }
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
                let raw = chat.bytes[name]
                if raw.equals("cache_control") { dropCache() } else if raw.equals("extra_content"), value["google"] == nil || !takesGoogles { drop(concat(call.path, ".extra_content"), "only its own provider takes it back") } else {
                    copy(name, value)
                }
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
