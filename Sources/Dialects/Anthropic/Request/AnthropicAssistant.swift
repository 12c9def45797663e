internal import Bytes
internal import JSON
internal import Model

/// A message of the assistant: what Anthropic said stands where it stood, the texts between, the calls behind.
extension AnthropicWriter {
    private enum Special {
        case thoughts(ReasoningDetail)
        case block(ProviderBlock, length: Int?)
    }

    private struct Placed {
        /// Its place among the blocks of the answer.
        let index: Int
        /// Of those at one place.
        let order: Int
        /// Characters of content before it; nil: nobody knows.
        let at: Int?
        let what: Special
    }

    mutating func writeAssistant(_ message: ChatMessage, isLast: Bool) throws(Failure) {
        let specials = specials(of: message), trims = isLast && message.toolCalls?.firstElement == nil
        if message.content?.isArray ?? false {
            try writeParts(message, specials, trims: trims)
        } else {
            var text = AssistantText((message.content ?? message.refusal)?.inside ?? chat.bytes[.none])
            for special in specials {
                if let at = special.at, at > text.at { writeAssistantText(text.take(to: at), nil) }
                write(special, &text, message)
            }
            writeAssistantText(trims ? trimmedEnd(text.rest) : text.rest, message.cacheControl)
        }
        try message.forEachCall { (call) throws(Failure) in try write(call) }
        if let bare = message.bareThoughts { warn(bare, "reasoning that Anthropic did not sign cannot be sent to it") }
        for lost: StaticString in ["audio", "images"] {
            if let value = message.view.filled(lost), isFilled(value) { warn(message.path(String(lost)), "Anthropic takes none from an assistant") }
        }
    }

    private mutating func write(_ special: Placed, _ text: inout AssistantText, _ message: ChatMessage) {
        switch special.what {
        case .thoughts(let detail): writeThoughts(detail)
        case .block(let block, let length?):
            guard let part = text.take(exactly: length) else {
                return warn(message.path("provider_blocks"), "a text that had citations is not there any more")
            }
            if isBlank(part) { return }
            self.block(of: .assistant)
            writeTextBlock(part, nil, citations: block.block.filled("citations"))
        case .block(let block, nil):
            self.block(of: .assistant)
            copy(block.block)
        }
    }

    private mutating func writeAssistantText(_ body: UnsafeRawBufferPointer, _ cacheControl: JSONView?) {
        if isBlank(body) { return }
        block(of: .assistant)
        writeTextBlock(body, cacheControl)
    }

    /// Each part is a block, and so each block has the place that it had.
    private mutating func writeParts(_ message: ChatMessage, _ specials: [Placed], trims: Bool) throws(Failure) {
        var rest = specials[...], place = 0, none = AssistantText(chat.bytes[.none])
        var parts = 0
        message.forEachPart { _ in parts &+= 1 }
        try message.forEachPart { (part) throws(Failure) in
            while let special = rest.first, special.index <= place {
                write(special, &none, message)
                rest = rest.dropFirst()
                place &+= 1
            }
            place &+= 1
            try write(part, message, trims: trims && part.index == parts &- 1 && rest.isEmpty)
        }
        for special in rest { write(special, &none, message) }
    }

    private mutating func write(_ part: ContentPart, _ message: ChatMessage, trims: Bool) throws(Failure) {
        if let text = part.text { return writeAssistantText(trims ? trimmedEnd(text.inside) : text.inside, part.cacheControl) }
        guard part.kind == .other, part.view.isObject else {
            throw Failure(.unsupported, concat("`", message.path(part), "`: Anthropic takes text from an assistant"))
        }
        block(of: .assistant)
        copy(part.view)
    }

    /// In the order in which they came.
    private func specials(of message: ChatMessage) -> [Placed] {
        var found: [Placed] = []
        message.forEachDetail { detail in
            guard detail.isAnthropic else { return warn(message.path("reasoning_details"), "reasoning that Anthropic did not sign cannot be sent to it") }
            found.append(Placed(index: detail.place ?? 0, order: found.count, at: detail.view["at"]?.int, what: .thoughts(detail)))
        }
        message.forEachBlock { block in
            guard block.isOf(BlockFormat.anthropic) else { return warn(message.path("provider_blocks"), "blocks of another provider cannot be sent to Anthropic") }
            found.append(Placed(index: block.place, order: found.count, at: block.at, what: .block(block, length: block.length)))
        }
        found.sort { $0.index == $1.index ? $0.order < $1.order : $0.index < $1.index }
        return found
    }

    private mutating func writeThoughts(_ detail: ReasoningDetail) {
        block(of: .assistant)
        out.open()
        if detail.kind == .text, let signature = detail.signature {
            out.member("type", "thinking")
            out.member("thinking", body: detail.text?.inside ?? chat.bytes[.none])
            out.member("signature", signature)
        } else if let data = detail.data {
            out.member("type", "redacted_thinking")
            out.member("data", data)
        }
        out.close()
    }

    private mutating func write(_ call: ToolCall) throws(Failure) {
        guard let id = call.id, id.isString else { throw Failure(.json, concat("`", call.path, ".id` must be a string")) }
        guard let name = call.name, name.isString else { throw Failure(.json, concat("`", call.path, ".function.name` must be a string")) }
        call.leaveOutOthers(but: "anthropic", request.warnings)
        block(of: .assistant)
        out.open()
        out.member("type", "tool_use")
        writeID("id", id)
        out.member("name", name)
        out.name("input")
        if let text = call.view.filled("custom")?.filled("input"), text.isString {
            out.open()
            out.member("input", text)
            out.close()
        } else {
            try call.writeArguments(&out, request.warnings)
        }
        if let own = call.view.filled("extra_content")?.filled("anthropic") {
            for (name, value) in own.members where !AnthropicBlock.isOfCall(own.bytes[name]) {
                out.separate()
                out.raw(own.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        mark(call.view.filled("cache_control"))
        out.close()
    }
}

/// The content of a message in pieces: the body of a JSON string, by characters.
private struct AssistantText {
    private let body: UnsafeRawBufferPointer
    private var offset = 0
    /// Characters taken.
    private(set) var at = 0
    /// All there are, once that is known.
    private var count: Int?

    init(_ body: UnsafeRawBufferPointer) { self.body = body }

    var rest: UnsafeRawBufferPointer { body[ByteRange(offset, body.count)] }

    /// What is before a character; as much as there is.
    mutating func take(to place: Int) -> UnsafeRawBufferPointer {
        let start = offset
        while at < place, offset < body.count { step() }
        return body[ByteRange(start, offset)]
    }

    /// So many characters; nil, and nothing is taken: there are not that many.
    mutating func take(exactly length: Int) -> UnsafeRawBufferPointer? {
        let kept = self, (place, over) = at.addingReportingOverflow(length)
        if over || length < 0 || place > count ?? .max { return nil }
        let part = take(to: place)
        if at == place { return part }
        let count = at
        self = kept
        self.count = count
        return nil
    }

    /// One character: an escape, two for a pair of surrogates, or a sequence of UTF-8.
    private mutating func step() {
        at &+= 1
        guard body.byte(at: offset) == Ascii.backslash else {
            offset &+= 1
            while offset < body.count, body.byte(at: offset) & 0xC0 == 0x80 { offset &+= 1 }
            return
        }
        let isUnit = body.byte(at: offset &+ 1) == UInt8(ascii: "u")
        let isHigh = isUnit && body.byte(at: offset &+ 2) | 0x20 == UInt8(ascii: "d") && "89abAB".utf8.contains(body.byte(at: offset &+ 3))
        offset = min(body.count, offset &+ (isUnit ? 6 : 2))
        if isHigh, body.byte(at: offset) == Ascii.backslash, body.byte(at: offset &+ 1) == UInt8(ascii: "u") { offset = min(body.count, offset &+ 6) }
    }
}
