internal import Bytes
internal import JSON
internal import Model

extension MessagesReader {
    mutating func write(assistant blocks: [MessageBlock]) throws(Failure) {
        out.separate()
        out.open()
        out.member("role", "assistant")
        var hasCalls = false, hasReasoning = false, hasOthers = false, hasImages = false
        for block in blocks {
            if !isAnthropics(block) { request.mayPass = false }
            switch block.type {
            case .toolUse: hasCalls = true
            case .image where block.hasCanonicalForm:
                hasImages = true
                hasOthers = hasOthers || foreign(block) != nil
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
        if hasImages { try writeImages(blocks) }
        out.close()
    }

    /// False: Anthropic would refuse it. It is of an answer that this surface made of what another provider said: Anthropic's models draw nothing,
    /// and call their tools by ids without other signs.
    private func isAnthropics(_ block: MessageBlock) -> Bool {
        let view = block.view
        return switch block.type {
        case .image: !block.hasCanonicalForm
        case .text: !(view["citations"]?.elements.contains { isMade($0) } ?? false)
        case .toolUse: view["id"]?.inside.allSatisfy(isNameByte) ?? true
        case .thinking: view["signature"].flatMap { ForeignReasoning($0.inside) } == nil
        case .redactedThinking: view["data"].flatMap { ForeignReasoning($0.inside) } == nil
        default: true
        }
    }

    /// A citation that this surface made of an annotation: Anthropic's searches have an index.
    private func isMade(_ citation: JSONView) -> Bool {
        citation["type"]?.says("web_search_result_location") ?? false && citation["encrypted_index"]?.inside.isEmpty ?? true
    }

    /// Another provider's block, as this surface wrote it down.
    private func foreign(_ block: MessageBlock) -> ForeignReasoning? {
        guard let data = block.view[block.type == .redactedThinking ? "data" : "gatelet"], let mark = ForeignReasoning(data.inside) else { return nil }
        return mark.isBlock ? mark : nil
    }

    /// Of Anthropic's own. Those that were made here are no provider's.
    private func hasCitations(_ block: MessageBlock) -> Bool {
        guard let citations = block.view["citations"] else { return false }
        if citations.elements.contains(where: { isMade($0) }) { request.drop(block.place.path("citations"), "no provider takes back what it said of another's searches") }
        return citations.elements.contains { !isMade($0) }
    }

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
            if mark?.isOfOthers ?? false { continue }
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
            case .image where block.hasCanonicalForm: if let mark = foreign(block) { writeForeign(mark, at: at, picture: block.view["source"]?["data"]) }
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

    /// `picture`: the member of it that the client sees.
    private mutating func writeForeign(_ mark: ForeignReasoning, at: Int, picture: JSONView? = nil) {
        let json = ByteBuffer()
        defer { json.keepAlive() }
        guard appendDecodedJSON(mark.text, to: json), let value = JSONView(document: json.bytes), value.isObject else { return }
        out.separate()
        out.open()
        out.name("format")
        out.escaped(mark.format)
        out.member("index", JSONView(document: mark.id)?.int ?? 0)
        out.member("at", at)
        if let picture {
            out.name("block")
            out.open()
            for (name, member) in value.members { out.member(name, of: value, member) }
            out.member("result", picture)
            out.close()
        } else {
            out.member("block", value)
        }
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
        out.name("citations")
        out.open("[")
        for citation in block.view["citations"]?.elements ?? block.view.elements where !isMade(citation) {
            out.separate()
            out.raw(citation.raw)
        }
        out.close("]")
        out.close()
        out.close()
    }

    /// Those that a model has drawn, in their places among what it said, with what their provider said of each, as this surface wrote it down before it.
    private mutating func writeImages(_ blocks: [MessageBlock]) throws(Failure) {
        var at = 0, place = 0, mark: ForeignReasoning?
        out.name("images")
        out.open("[")
        for block in blocks {
            switch block.type {
            case .thinking: break
            case .redactedThinking:
                let found = block.view["data"].flatMap { ForeignReasoning($0.inside) }
                if found?.isImage ?? false { mark = found }
                if found?.isBlock ?? false { place &+= 1 }
            case .image where block.hasCanonicalForm:
                try write(image: block, place, at: at, mark)
                mark = nil
                place &+= 1
            default:
                at &+= block.type == .text ? block.view["text"].map { scalars($0.inside) } ?? 0 : 0
                place &+= 1
            }
        }
        out.close("]")
    }

    private mutating func write(image block: MessageBlock, _ place: Int, at: Int, _ mark: ForeignReasoning?) throws(Failure) {
        guard let source = block.view["source"], source.isObject else { throw block.place.failure("source", "must be an object") }
        out.separate()
        out.open()
        try writeImage(source, block)
        out.member("index", place)
        out.member("at", at)
        if let mark { writeExtra(mark) }
        out.close()
    }
}
