internal import Bytes
internal import JSON
internal import Model

extension MessagesReader {
    /// Claude Code begins the system prompt with a block for Anthropic's books that differs from request to request, so that nobody else's
    /// prompt cache ever meets its like (CLAUDE_CODE_ATTRIBUTION_HEADER, https://code.claude.com/docs/en/env-vars, 2026-11).
    private static let attribution: StaticString = "x-anthropic-billing-header:"

    mutating func write(system: JSONView) throws(Failure) {
        let place = Place(message: nil)
        if system.isString {
            if system.inside.count == 0 { return }
            request.begins(place.origin)
            out.separate()
            out.open()
            out.member("role", "system")
            out.member("content", system)
            return out.close()
        }
        guard system.isArray else { throw place.failure("", "must be a string or a list of text blocks") }
        var texts: [JSONView] = [], index = 0
        for block in system.elements {
            let here = Place(message: nil, block: index)
            guard let type = block["type"], type.says("text") else { throw here.failure("type", "must be text") }
            let text = try here.text(block["text"], "text")
            if index > 0 || !text.inside.starts(MessagesReader.attribution) { texts.append(block) }
            index &+= 1
        }
        if texts.isEmpty { return }
        request.begins(place.origin)
        out.separate()
        out.open()
        out.member("role", "system")
        out.name("content")
        try write(texts, place)
        out.close()
    }

    mutating func write(message: JSONView, _ place: Place) throws(Failure) {
        guard message.isObject else { throw place.failure("", "must be an object") }
        let role = try place.text(message["role"], "role")
        guard let content = message["content"], content.isString || content.isArray else {
            throw place.failure("content", "must be a string or a list of content blocks")
        }
        let isAssistant = role.says("assistant")
        guard isAssistant || role.says("user") || role.says("system") else { throw place.failure("role", "must be user, assistant or system") }
        if content.isString {
            request.begins(place.origin)
            out.separate()
            out.open()
            out.member("role", role)
            out.member("content", content)
            return out.close()
        }
        let blocks = try blocks(of: content, place)
        if isAssistant {
            request.begins(place.origin)
            return try write(assistant: blocks)
        }
        var others: [MessageBlock] = []
        for block in blocks {
            if block.type == .toolResult { try write(result: block) } else { others.append(block) }
        }
        if others.isEmpty, !blocks.isEmpty { return }
        request.begins(place.origin)
        out.separate()
        out.open()
        out.member("role", role)
        try writeContent(others)
        out.close()
    }

    private func blocks(of content: JSONView, _ place: Place, inResult: Bool = false) throws(Failure) -> [MessageBlock] {
        var blocks: [MessageBlock] = [], index = 0
        for view in content.elements {
            var here = place
            if inResult { here.inner = index } else { here.block = index }
            guard view.isObject else { throw here.failure("", "must be an object") }
            blocks.append(MessageBlock(view, try here.text(view["type"], "type"), index: index, here))
            index &+= 1
        }
        return blocks
    }

    private mutating func write(result block: MessageBlock) throws(Failure) {
        let id = try block.place.text(block.view["tool_use_id"], "tool_use_id")
        if !id.inside.allSatisfy(isNameByte) { request.mayPass = false } // likewise
        request.begins(block.place.origin)
        out.separate()
        out.open()
        out.member("role", "tool")
        out.member("tool_call_id", id)
        switch block.view["content"] {
        case let content? where content.isString: out.member("content", content)
        case let content? where content.isArray: try writeContent(try blocks(of: content, block.place, inResult: true))
        case let content? where !content.isNull: throw block.place.failure("content", "must be a string or a list of content blocks")
        default: out.member("content", "")
        }
        if block.view["is_error"]?.bool == true { out.member("is_error", raw: "true") }
        out.copy("cache_control", ifThere: block.view["cache_control"])
        out.close()
    }

    /// Blocks that OpenAI has no part for go as they are, to whoever has them.
    private mutating func writeContent(_ blocks: [MessageBlock]) throws(Failure) {
        out.name("content")
        if let only = blocks.first, blocks.count == 1, only.isPlainText { return out.raw(try only.place.text(only.view["text"], "text").raw) }
        if blocks.isEmpty { return out.string("") }
        out.open("[")
        for block in blocks { try write(part: block) }
        out.close("]")
    }

    /// One string where that says the same.
    private mutating func write(_ texts: [JSONView], _ place: Place) throws(Failure) {
        if texts.count == 1, texts[0].filled("cache_control") == nil { return out.raw(try place.text(texts[0]["text"], "text").raw) }
        out.open("[")
        for text in texts { writeText(text["text"], cacheControl: text["cache_control"]) }
        out.close("]")
    }

    mutating func writeText(_ text: JSONView?, cacheControl: JSONView?) {
        out.separate()
        out.open()
        out.member("type", "text")
        out.copy("text", ifThere: text)
        out.copy("cache_control", ifThere: cacheControl)
        out.close()
    }
}
