internal import Bytes
internal import JSON
internal import Model

extension AnthropicWriter {
    // MARK: - The system's messages

    /// Those before all others; all there are, where a model hears the system only there.
    mutating func writeSystem() throws(Failure) {
        var any = false
        try chat.forEachMessage { (message) throws(Failure) in
            guard message.role == .system, !isOnlySystem, message.index < leading || !model.hasSystemMessages else { return }
            try message.forEachPart { (part) throws(Failure) in
                guard let text = part.text else { throw Failure(.unsupported, concat("`", message.path(part), "`: Anthropic's system prompt is text")) }
                if isBlank(text.inside) { return }
                openSystem(&any)
                writeText(text.inside, part.cacheControl, early: true)
            }
        }
        if format.isHint {
            openSystem(&any)
            out.separate()
            out.raw(AnthropicFormat.hint)
        }
        if any { out.close("]") }
    }

    /// Anthropic marks blocks: neither a message of parts nor a text without words is one.
    private func warnOfLostMarks(_ message: ChatMessage) {
        if message.role == .tool { return }
        if message.cacheControl != nil, !(message.content?.isString ?? false) || isBlank(message.content?.inside ?? chat.bytes[.none]) {
            return warn(message.path("cache_control"), "it counts on parts, and on a content that is a text")
        }
        message.forEachPart { part in
            if let text = part.text, part.cacheControl != nil, isBlank(text.inside) { self.warn(concat(message.path(part), ".cache_control"), "Anthropic takes no mark on an empty text") }
        }
    }

    private mutating func openSystem(_ any: inout Bool) {
        if any { return }
        any = true
        out.name("system")
        out.open("[")
    }

    // MARK: - The conversation

    mutating func writeMessages() throws(Failure) {
        var last = -1
        try chat.forEachMessage { (message) throws(Failure) in
            if message.role != .system { last = message.index }
            warnOfLostMarks(message)
        }
        out.name("messages")
        out.open("[")
        try chat.forEachMessage { (message) throws(Failure) in
            switch message.role {
            case .user: try writeSpoken(message, by: .user)
            case .system:
                // Where nobody else speaks, the words of the system are the user's.
                if isOnlySystem { try writeSpoken(message, by: .user) }
                if model.hasSystemMessages, message.index >= leading { try writeSpoken(message, by: .system) }
            case .tool: try writeResult(message)
            case .assistant: try writeAssistant(message, isLast: message.index == last && request.prefill == nil)
            case .unknown: break
            }
        }
        if let prefill = request.prefill { writePrefill(prefill) }
        closeMessage()
        out.close("]")
    }

    /// The message that the next block belongs to: those of one role that follow each other are one.
    mutating func block(of role: ChatMessage.Role) {
        if self.role != role {
            closeMessage()
            self.role = role
            out.separate()
            out.open()
            out.member("role", role == .assistant ? "assistant" : role == .system ? "system" : "user")
            out.name("content")
            out.open("[")
        }
        out.separate()
    }

    private mutating func closeMessage() {
        if role == .unknown { return }
        out.close("]")
        out.close()
        role = .unknown
    }

    /// `body`: of a JSON string. The comma before it is the caller's, or `separate` adds it in a list of its own.
    private mutating func writeText(_ body: UnsafeRawBufferPointer, _ cacheControl: JSONView?, early: Bool) {
        out.separate()
        writeTextBlock(body, cacheControl, early: early)
    }

    mutating func writeTextBlock(_ body: UnsafeRawBufferPointer, _ cacheControl: JSONView?, early: Bool = false, citations: JSONView? = nil) {
        out.open()
        out.member("type", "text")
        out.member("text", body: body)
        if let citations { out.member("citations", citations) }
        mark(cacheControl, early: early)
        out.close()
    }

    private mutating func writeSpoken(_ message: ChatMessage, by role: ChatMessage.Role) throws(Failure) {
        try message.forEachPart { (part) throws(Failure) in
            if let text = part.text, isBlank(text.inside) { return }
            block(of: role)
            try writePart(part, message)
        }
    }

    /// A result of a tool is the user's; several are one message.
    private mutating func writeResult(_ message: ChatMessage) throws(Failure) {
        guard let id = message.toolCallID, id.isString else { throw Failure(.json, concat("`", message.path("tool_call_id"), "` must be a string")) }
        block(of: .user)
        out.open()
        out.member("type", "tool_result")
        writeID("tool_use_id", id)
        if message.isError { out.member("is_error", raw: "true") }
        if let content = message.content, content.isString {
            if !isBlank(content.inside) { out.member("content", content) }
        } else if let content = message.content, content.firstElement != nil {
            out.name("content")
            out.open("[")
            try message.forEachPart { (part) throws(Failure) in
                if let text = part.text, isBlank(text.inside) { return }
                out.separate()
                try writePart(part, message)
            }
            out.close("]")
        }
        mark(message.cacheControl)
        out.close()
    }

    /// Anthropic's ids are letters, digits, `-` and `_`: those of other providers become such, always in the same way.
    mutating func writeID(_ name: StaticString, _ id: JSONView) {
        let text = id.inside
        if text.allSatisfy(isNameByte) { return out.member(name, id) }
        out.name(name)
        out.raw("\"")
        for byte in text { out.check(out.buffer.append(isNameByte(byte) ? byte : UInt8(ascii: "_"))) }
        out.raw("_")
        out.raw(String(fnv1a(text), radix: 16))
        out.raw("\"")
    }

    /// An answer that was interrupted goes on behind its text, which must not end with white space.
    private mutating func writePrefill(_ text: UnsafeRawBufferPointer) {
        let body = ByteBuffer()
        defer { body.keepAlive() }
        out.check(appendJSONBody(text, to: body))
        let trimmed = trimmedEnd(body.bytes)
        if trimmed.isEmpty { return }
        block(of: .assistant)
        writeTextBlock(trimmed, nil)
    }
}

/// The body of a JSON string without white space at its end.
func trimmedEnd(_ body: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var end = body.count
    while end > 0 {
        let byte = body.byte(at: end &- 1)
        if byte <= Ascii.space {
            end &-= 1
        } else if end > 1, body.byte(at: end &- 2) == Ascii.backslash, byte == UInt8(ascii: "n") || byte == UInt8(ascii: "t") || byte == UInt8(ascii: "r") {
            var before = end &- 2
            while before > 0, body.byte(at: before &- 1) == Ascii.backslash { before &-= 1 }
            if (end &- 1 &- before) & 1 == 0 { break } // the backslash is one itself
            end &-= 2
        } else {
            break
        }
    }
    return body[ByteRange(0, end)]
}
