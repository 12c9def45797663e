internal import Bytes
internal import JSON
internal import Model

extension MessagesReader {
    mutating func write(assistant blocks: [MessageBlock]) throws(Failure) {
        out.separate()
        out.open()
        out.member("role", "assistant")
        var hasCalls = false, hasReasoning = false, hasOthers = false
        for block in blocks {
            switch block.type {
            case .toolUse: hasCalls = true
            case .toolResult: throw block.place.failure("type", "tool_result belongs into a user's message")
            case .thinking: hasReasoning = true
            case .redactedThinking:
                hasReasoning = true
                hasOthers = hasOthers || foreign(block) != nil
            case .text: hasOthers = hasOthers || hasCitations(block)
            default: hasOthers = true
            }
        }
        try writeTexts(blocks, orNull: hasCalls)
        if hasCalls { try writeCalls(blocks) }
        if hasReasoning { try writeReasoning(blocks) }
        if hasOthers { writeProviderBlocks(blocks) }
        out.close()
    }

    /// Another provider's block, as this surface wrote it down.
    private func foreign(_ block: MessageBlock) -> ForeignReasoning? {
        guard block.type == .redactedThinking, let data = block.view["data"], let mark = ForeignReasoning(data.inside) else { return nil }
        return mark.isBlock ? mark : nil
    }

    private func hasCitations(_ block: MessageBlock) -> Bool { block.view["citations"]?.firstElement != nil }

    /// One string, where no block is marked for a cache.
    private mutating func writeTexts(_ blocks: [MessageBlock], orNull: Bool) throws(Failure) {
        let texts = blocks.filter { $0.type == .text }
        for text in texts { _ = try text.place.text(text.view["text"], "text") }
        out.name("content")
        if texts.isEmpty, orNull { return out.raw("null") }
        if texts.contains(where: { !$0.isPlainText }) {
            out.open("[")
            for text in texts { writeText(text.view["text"], cacheControl: text.view["cache_control"]) }
            return out.close("]")
        }
        out.raw("\"")
        for text in texts { if let text = text.view["text"] { out.raw(text.inside) } }
        out.raw("\"")
    }

    private mutating func writeCalls(_ blocks: [MessageBlock]) throws(Failure) {
        var extra: JSONView?
        out.name("tool_calls")
        out.open("[")
        for block in blocks {
            if block.type == .redactedThinking, let data = block.view["data"], let mark = ForeignReasoning(data.inside), mark.isCall {
                extra = data
            } else if block.type == .toolUse {
                try write(call: block, extra)
                extra = nil
            }
        }
        out.close("]")
    }

    /// `extra`: what its provider said of it, as this surface wrote it down before the call.
    private mutating func write(call block: MessageBlock, _ extra: JSONView?) throws(Failure) {
        let view = block.view
        out.separate()
        out.open()
        out.member("id", try block.place.text(view["id"], "id"))
        out.member("type", "function")
        out.name("function")
        out.open()
        out.member("name", try block.place.text(view["name"], "name"))
        out.name("arguments")
        switch view["input"] {
        case let input? where input.isObject: out.check(appendJSONString(input.raw, to: out.buffer))
        case let input? where !input.isNull: throw block.place.failure("input", "must be an object")
        default: out.string("{}")
        }
        out.close()
        out.copy("cache_control", ifThere: view["cache_control"])
        if let extra, let mark = ForeignReasoning(extra.inside) { writeExtra(mark) } else { writeOwnMembers(of: view) }
        out.close()
    }

    private mutating func writeExtra(_ mark: ForeignReasoning) {
        let json = ByteBuffer()
        defer { json.keepAlive() }
        guard appendDecodedJSON(mark.text, to: json), let value = JSONView(document: json.bytes), value.isObject else { return }
        out.member("extra_content", value)
    }

    /// Members that Anthropic gave the call beyond what every call has: who called it, if it was not the model.
    private mutating func writeOwnMembers(of view: JSONView) {
        guard let caller = view["caller"], !(caller["type"]?.says("direct") ?? true) else { return }
        out.name("extra_content")
        out.open()
        out.name("anthropic")
        out.open()
        out.member("caller", caller)
        out.close()
        out.close()
    }

    private mutating func writeReasoning(_ blocks: [MessageBlock]) throws(Failure) {
        var at = 0, isFirst = true
        for block in blocks {
            if block.type == .text, let text = block.view["text"] { at &+= scalars(text.inside) }
            guard block.type == .thinking || block.type == .redactedThinking else { continue }
            let isText = block.type == .thinking
            let text = try isText ? block.place.text(block.view["thinking"], "thinking") : block.place.text(block.view["data"], "data")
            let mark = ForeignReasoning((isText ? block.view["signature"] ?? text : text).inside)
            if mark != nil { request.mayPass = false } // Anthropic would refuse it
            if let mark, mark.isCall || mark.isBlock { continue }
            if isFirst {
                out.name("reasoning_details")
                out.open("[")
                isFirst = false
            }
            out.separate()
            out.open()
            if let mark { mark.write(isText ? text : nil, &out) } else { writeOwn(block, text, isText) }
            out.member("index", block.index)
            out.member("at", at)
            out.close()
        }
        if !isFirst { out.close("]") }
    }

    private mutating func writeOwn(_ block: MessageBlock, _ text: JSONView, _ isText: Bool) {
        out.member("type", isText ? "reasoning.text" : "reasoning.encrypted")
        out.member(isText ? "text" : "data", text)
        let signature = isText ? block.view["signature"] : nil
        out.copy("signature", ifThere: signature)
        // Without a signature it is not Anthropic's.
        if !isText || signature?.inside.count ?? 0 > 0 { out.member("format", word: BlockFormat.anthropic) }
    }

    private mutating func writeProviderBlocks(_ blocks: [MessageBlock]) {
        var at = 0
        out.name("provider_blocks")
        out.open("[")
        for block in blocks {
            switch block.type {
            case .toolUse, .thinking: break
            case .redactedThinking: if let mark = foreign(block) { writeForeign(mark, at: at) }
            case .text:
                let length = block.view["text"].map { scalars($0.inside) } ?? 0
                if hasCitations(block) { writeCitations(block, at: at, length: length) }
                at &+= length
            default: writeProviderBlock(block, at: at)
            }
        }
        out.close("]")
    }

    /// `at`: Unicode scalars of the message's text before it.
    private mutating func writeProviderBlock(_ block: MessageBlock, at: Int) {
        out.separate()
        out.open()
        out.member("format", word: BlockFormat.anthropic)
        out.member("index", block.index)
        out.member("at", at)
        out.member("block", block.view)
        out.close()
    }

    private mutating func writeForeign(_ mark: ForeignReasoning, at: Int) {
        let json = ByteBuffer()
        defer { json.keepAlive() }
        guard appendDecodedJSON(mark.text, to: json), let value = JSONView(document: json.bytes), value.isObject else { return }
        out.separate()
        out.open()
        out.name("format")
        out.escaped(mark.format)
        out.member("index", JSONView(document: mark.id)?.int ?? 0)
        out.member("at", at)
        out.member("block", value)
        out.close()
    }

    /// They belong to the next so many scalars of the message's text.
    private mutating func writeCitations(_ block: MessageBlock, at: Int, length: Int) {
        out.separate()
        out.open()
        out.member("format", word: BlockFormat.anthropic)
        out.member("index", block.index)
        out.member("at", at)
        out.member("length", length)
        out.name("block")
        out.open()
        out.member("type", "text")
        out.copy("citations", ifThere: block.view["citations"])
        out.close()
        out.close()
    }
}
