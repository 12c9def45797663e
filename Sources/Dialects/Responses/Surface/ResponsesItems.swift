internal import Bytes
internal import JSON
internal import Model

/// Turns the items of a Responses request into messages. What the assistant did between two messages of others, its thoughts, texts and
/// calls, is one message in a chat.
struct ResponsesItems {
    private(set) var out: MemberWriter
    private let request: TranslatedRequest
    private var turn = AssistantTurn()
    /// The place of the item at hand.
    private var index = 0

    init(_ out: MemberWriter, _ request: TranslatedRequest) {
        self.out = out
        self.request = request
    }

    mutating func translate(_ items: JSONView) throws(Failure) {
        for item in items.elements {
            try translate(item: item)
            if turn.start == nil, !turn.isEmpty { turn.start = index }
            index &+= 1
        }
        writeTurn()
    }

    private func path(_ member: String) -> String { concat("input[", String(decimal: index), "].", member) }

    private mutating func translate(item: JSONView) throws(Failure) {
        guard item.isObject else { throw Failure(.json, concat("`input[", String(decimal: index), "]` must be an object")) }
        guard let type = item.filled("type") else { return try translate(message: item) }
        switch Word(type.string(upTo: 64) ?? "") {
        case "message": try translate(message: item)
        case "function_call", "custom_tool_call":
            for name: StaticString in ["call_id", "name"] { _ = try string(item, name) }
            _ = try string(item, type.says("function_call") ? "arguments" : "input")
            if item.filled("namespace") != nil { request.drop(path("namespace"), "only providers of the Responses API have namespaces") }
            turn.calls.append(item)
        case "function_call_output", "custom_tool_call_output": try translate(output: item)
        case "reasoning": turn.thoughts.append((index, item))
        case "image_generation_call" where KeptWords.isImage(item): turn.add(image: item)
        case "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_list_tools", "mcp_call", "tool_search_call":
            request.drop(concat("input[", String(decimal: index), "]"), "what a provider's tool did is only sent back to a provider of the Responses API")
        default: request.needsNative(path("type"))
        }
    }

    private func string(_ item: JSONView, _ name: StaticString) throws(Failure) -> JSONView {
        guard let value = item[name], value.isString else { throw Failure(.json, concat("`", path(String(name)), "` must be a string")) }
        return value
    }

    // MARK: Messages

    private mutating func translate(message: JSONView) throws(Failure) {
        let role = try string(message, "role")
        guard let content = message.filled("content"), content.isString || content.isArray else {
            throw Failure(.json, concat("`", path("content"), "` must be a string or an array"))
        }
        if role.says("assistant") {
            if content.isString { turn.add(content: content) }
            var position = 0
            for part in content.elements {
                if try isKnown(part, position, "content") { turn.add(content: part) }
                position &+= 1
            }
            return
        }
        writeTurn()
        request.begins(.item(index))
        out.separate()
        out.open()
        // Chat has both words, but few servers know `developer`.
        if role.says("developer") { out.member("role", "system") } else { out.member("role", role) }
        try writeContent(content, "content")
        out.close()
    }

    private mutating func translate(output item: JSONView) throws(Failure) {
        let id = try string(item, "call_id")
        guard let output = item.filled("output"), output.isString || output.isArray else {
            throw Failure(.json, concat("`", path("output"), "` must be a string or an array"))
        }
        writeTurn()
        request.begins(.item(index))
        out.separate()
        out.open()
        out.member("role", "tool")
        out.member("tool_call_id", id)
        try writeContent(output, "output")
        out.close()
    }

    /// A string, or parts; one text alone is written as the string that most servers expect.
    private mutating func writeContent(_ content: JSONView, _ member: String) throws(Failure) {
        var parts: [JSONView] = [], position = 0
        for part in content.elements {
            if try isKnown(part, position, member) { parts.append(part) }
            position &+= 1
        }
        write(content.isString ? [content] : parts)
    }

    private mutating func write(_ contents: [JSONView]) {
        out.name("content")
        if contents.count == 1, let text = text(of: contents[0]) {
            out.raw(text.raw)
        } else {
            out.open("[")
            for part in contents {
                out.separate()
                write(part: part)
            }
            out.close("]")
        }
    }

    /// The text that is all there is to a part.
    private func text(of part: JSONView) -> JSONView? {
        if part.isString { return part }
        return part.filled("cache_control") == nil && !(part["type"]?.says("refusal") ?? false) ? part["text"].flatMap { $0.isString ? $0 : nil } : nil
    }

    // MARK: Parts

    private enum Part { case text, refusal, image, file, audio }

    private func kind(_ part: JSONView) -> Part? {
        guard let type = part["type"] else { return nil }
        for word: StaticString in ["input_text", "output_text", "text", "summary_text"] where type.says(word) { return .text }
        if type.says("refusal") { return .refusal }
        if type.says("input_image") { return .image }
        if type.says("input_file") { return .file }
        return type.says("input_audio") ? .audio : nil
    }

    /// Whether a part can be said in a chat. One that is not what it should be is refused.
    private func isKnown(_ part: JSONView, _ position: Int, _ member: String) throws(Failure) -> Bool {
        let place = concat(path(member), "[", String(decimal: position), "]")
        func needs(_ name: StaticString, _ isGood: (JSONView) -> Bool) throws(Failure) {
            guard let value = part.filled(name), isGood(value) else { throw Failure(.json, concat("`", place, concat(".", String(name)), "` is missing")) }
        }
        switch kind(part) {
        case .text: try needs("text") { $0.isString }
        case .refusal: try needs("refusal") { $0.isString }
        case .audio: try needs("input_audio") { $0.isObject }
        case .image:
            if part.filled("image_url") == nil, part.filled("file_id") != nil {
                request.needsNative(concat(place, ".file_id"))
                return false
            }
            try needs("image_url") { $0.isString }
        case .file:
            if part.filled("file_data") != nil || part.filled("file_url") != nil { break }
            guard part.filled("file_id") != nil else { throw Failure(.json, concat("`", place, "` has none of `file_data`, `file_url` and `file_id`")) }
            request.needsNative(concat(place, ".file_id"))
            return false
        case nil:
            request.needsNative(concat(place, ".type"))
            return false
        }
        return true
    }

    private mutating func write(part: JSONView) {
        out.open()
        defer { out.close() }
        if part.isString {
            out.member("type", "text")
            return out.member("text", part)
        }
        switch kind(part) {
        case .text:
            out.member("type", "text")
            if let text = part["text"] { out.member("text", text) }
        case .refusal:
            out.member("type", "refusal")
            if let text = part["refusal"] { out.member("refusal", text) }
        case .audio:
            out.member("type", "input_audio")
            if let audio = part["input_audio"] { out.member("input_audio", audio) }
        case .image:
            out.member("type", "image_url")
            out.name("image_url")
            out.open()
            if let url = part["image_url"] { out.member("url", url) }
            if let detail = part.filled("detail") { out.member("detail", detail) }
            out.close()
        case .file:
            out.member("type", "file")
            out.name("file")
            out.open()
            if let data = part.filled("file_data") ?? part.filled("file_url") { out.member("file_data", data) }
            if let name = part.filled("filename") { out.member("filename", name) }
            out.close()
        case nil: break
        }
        if let cached = part.filled("cache_control") { out.member("cache_control", cached) }
    }

    // MARK: The assistant

    private struct AssistantTurn {
        /// Strings and parts, and how many characters they have.
        private(set) var contents: [JSONView] = []
        private var characters = 0
        /// The place of its first item.
        var start: Int?
        var calls: [JSONView] = []
        var thoughts: [(index: Int, item: JSONView)] = []
        /// That another provider's model has drawn: behind so many characters of the contents, at this place.
        private(set) var images: [(item: JSONView, at: Int, place: Int)] = []

        var isEmpty: Bool { contents.isEmpty && calls.isEmpty && thoughts.isEmpty && images.isEmpty }

        mutating func add(content: JSONView) {
            contents.append(content)
            if let text = content.isString ? content : content["text"] ?? content["refusal"] { characters &+= scalars(text.inside) }
        }

        mutating func add(image: JSONView) { images.append((image, characters, contents.count &+ calls.count &+ images.count)) }
    }

    private mutating func writeTurn() {
        let turn = self.turn
        self.turn = AssistantTurn()
        var kept: [ByteBuffer] = [], entries: [JSONView] = []
        for thought in turn.thoughts { read(thought.item, thought.index, &kept, &entries) }
        defer { for buffer in kept { buffer.keepAlive() } }
        if turn.contents.isEmpty, turn.calls.isEmpty, turn.images.isEmpty { return }
        request.begins(.item(turn.start ?? index))
        out.separate()
        out.open()
        out.member("role", "assistant")
        if !turn.contents.isEmpty { write(turn.contents) } else { out.member("content", raw: turn.calls.isEmpty ? "\"\"" : "null") }
        if !turn.calls.isEmpty { writeText(of: turn.thoughts, entries) }
        writeList("reasoning_details", entries.filter { !isOwn($0) }) { $0 }
        writeList("provider_blocks", entries.filter { $0["type"]?.says("gatelet.block") ?? false }) { $0.filled("block") }
        let extras = extras(entries)
        if !turn.images.isEmpty {
            out.name("images")
            out.open("[")
            for image in turn.images { write(image.item, at: image.at, image.place, image.item["id"].flatMap { extras.byID[$0.inside] }.map { extras.entries[$0] }) }
            out.close("]")
        }
        if !turn.calls.isEmpty {
            out.name("tool_calls")
            out.open("[")
            for call in turn.calls {
                out.separate()
                write(call: call, extras.byID, extras.entries)
            }
            out.close("]")
        }
        out.close()
    }

    /// `mark`: what its provider wants back with it.
    private mutating func write(_ image: JSONView, at: Int, _ place: Int, _ mark: JSONView?) {
        let format = image.filled("output_format")
        out.separate()
        out.open("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/")
        if let format { out.raw(format.inside) } else { out.raw("png") }
        out.raw(";base64,")
        out.raw(image["result"]?.inside ?? image.bytes[.none])
        out.close("\"}")
        out.member("index", place)
        out.member("at", at)
        out.copy("extra_content", ifThere: mark?["extra_content"])
        out.close()
    }

    private func isOwn(_ entry: JSONView) -> Bool { entry["type"]?.inside.starts("gatelet.") ?? true }

    private mutating func writeList(_ name: StaticString, _ entries: [JSONView], _ value: (JSONView) -> JSONView?) {
        if entries.isEmpty { return }
        out.name(name)
        out.open("[")
        for entry in entries {
            guard let value = value(entry) else { continue }
            out.separate()
            out.raw(value.raw)
        }
        out.close("]")
    }

    /// What is sent back of a thought: what Gatelet put there, or nothing.
    private mutating func read(_ item: JSONView, _ index: Int, _ kept: inout [ByteBuffer], _ entries: inout [JSONView]) {
        guard let encrypted = item.filled("encrypted_content"), encrypted.isString, let words = KeptWords.read(encrypted) else {
            return request.drop(concat("input[", String(decimal: index), "]"), "these thoughts are another provider's")
        }
        kept.append(words)
        for entry in JSONView(trusted: words.bytes).elements where entry.isObject { entries.append(entry) }
    }

    /// Thoughts that are nothing but text, in the member that they came in. They are part of a call: without one, some refuse them
    /// (https://api-docs.deepseek.com/guides/thinking_mode, 2026-11).
    private mutating func writeText(of thoughts: [(index: Int, item: JSONView)], _ entries: [JSONView]) {
        guard let entry = entries.first(where: { $0["type"]?.says("gatelet.text") ?? false }) else { return }
        out.name(entry["member"]?.says("reasoning_content") ?? false ? "reasoning_content" : "reasoning")
        out.raw("\"")
        for thought in thoughts {
            for list in [thought.item["content"], thought.item["summary"]] {
                list?.forEachElement { if let text = $0["text"] { out.raw(text.inside) } }
            }
        }
        out.raw("\"")
    }

    /// What belongs to calls and images, by their ids: the first of each.
    private func extras(_ entries: [JSONView]) -> (byID: TextIndex, entries: [JSONView]) {
        let byID = TextIndex(), extras = entries.filter { $0["type"].map { $0.says("gatelet.call") || $0.says("gatelet.image") } ?? false }
        for (number, entry) in extras.enumerated() {
            if let id = entry["id"]?.inside, byID[id] == nil { byID[id] = number }
        }
        return (byID, extras)
    }

    private mutating func write(call: JSONView, _ extras: TextIndex, _ entries: [JSONView]) {
        let isFunction = call["type"]?.says("function_call") ?? false, type: StaticString = isFunction ? "function" : "custom"
        out.open()
        if let id = call["call_id"] {
            out.member("id", id)
            if let extra = extras[id.inside].flatMap({ entries[$0].filled("extra_content") }) { out.member("extra_content", extra) }
        }
        out.member("type", String(type))
        out.name(type)
        out.open()
        for name: StaticString in ["name", isFunction ? "arguments" : "input"] {
            if let value = call[name] { out.member(name, value) }
        }
        out.close("}}")
    }
}
