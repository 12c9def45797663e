internal import Bytes
internal import JSON
package import Model

/// What bounds the prompt of a request. Reads the messages once more: wanted only where a cap holds.
package func promptBound(_ view: RequestView, _ bytes: UnsafeRawBufferPointer) -> PromptBound {
    var reader = BoundReader()
    for member in view.members {
        let value = JSONView(valid: bytes, member.value)
        if value.isNull || value.bool == false { continue }
        reader.read(member.known, value)
        if member.known == .other { reader.bound.words.read(bytes[member.name], value) }
        let isEmpty = value.isArray && value.firstElement == nil
        if member.known == .other, !isEmpty, searchMembers.contains(where: { jsonName(bytes, member.name, is: $0) }) { reader.bound.hasServerTools = true }
    }
    reader.bound.bytes = max(0, reader.text.bytes &- reader.media.bytes)
    let decoded = ByteBuffer()
    defer { decoded.keepAlive() }
    // Names of members: inside a text their quotes are escaped. Where an escape may spell one of them, texts that quote them count too.
    let isSpelt = spellsASCII(bytes) && appendDecodedJSON(bytes, to: decoded), all = isSpelt ? decoded.bytes : bytes
    reader.bound.writesCache = all.find("\"cache_control\"") != nil || all.find("\"caching\"") != nil
    reader.bound.writesHour = reader.bound.writesCache && all.find("\"1h\"") != nil
    return reader.bound
}

/// An escape for a letter, a digit or a sign that needs none.
private func spellsASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let escapes: [StaticString] = ["\\u003", "\\u004", "\\u005", "\\u006", "\\u007"]
    return escapes.contains { bytes.find($0) != nil }
}

/// Members by which providers are told to search: OpenRouter (https://openrouter.ai/docs/features/web-search), xAI
/// (https://docs.x.ai/docs/guides/live-search), Alibaba (https://www.alibabacloud.com/help/en/model-studio/web-search), Groq's compound
/// models (https://console.groq.com/docs/compound), 2026-11.
private let searchMembers: [StaticString] = ["plugins", "search_parameters", "enable_search", "search_options", "compound_custom", "web_search"]

private struct BoundReader {
    var bound = PromptBound()
    /// Of all members that may become text, and what of that is pictures and sounds.
    var text = TextSize()
    var media = TextSize()

    mutating func read(_ member: KnownMember, _ value: JSONView) {
        switch member {
        case .messages:
            text.add(json: value.raw)
            value.forEachElement { read(message: $0) }
        case .input:
            text.add(json: value.raw)
            read(content: value)
        case .prompt, .other: text.add(json: value.raw)
        case .tools:
            bound.hasTools = value.firstElement != nil
            value.forEachElement { tool in
                if let type = tool["type"], !type.says("function"), !type.says("custom") { bound.hasServerTools = true }
            }
        case .functions: bound.hasTools = true
        case .webSearchOptions: bound.hasServerTools = true
        case .prediction:
            var size = TextSize()
            size.add(json: value.raw)
            bound.prediction = size.bytes
        case .serviceTier:
            let tier = servedTier(value)
            bound.asksTier = !(tier?.isUsual ?? true)
            bound.tier = tier?.tier
        default: break
        }
        if member.isPaidText { text.add(json: value.raw) }
    }

    private mutating func read(message: JSONView) {
        bound.messages &+= 1
        message.forEachMember { name, value in
            if jsonName(value.bytes, name, is: "content") {
                read(content: value)
            } else if jsonName(value.bytes, name, is: "images") { // of an earlier answer (OpenRouter), or all there are (Ollama)
                value.forEachElement { addImage($0) }
            } else if jsonName(value.bytes, name, is: "audio"), value.isObject { // of an earlier answer, by its id (OpenAI)
                bound.hasFiles = true
            }
        }
    }

    /// Parts, or one of them.
    private mutating func read(content: JSONView) {
        if content.isObject { read(part: content) } else { content.forEachElement { read(part: $0) } }
    }

    /// Servers differ in whether a part has to say what it is.
    private mutating func read(part: JSONView) {
        guard part.isObject else { return }
        guard let type = part["type"] else { return part.forEachMember { name, value in readUntyped(name, value) } }
        if isOneOf(imageParts, type) {
            addImage(part)
        } else if type.says("input_audio") {
            bound.sounds &+= 1
            bound.soundBytes &+= part.raw.count
            media.add(json: part.raw)
        } else if type.says("tool_result") {
            if let content = part["content"] { read(content: content) }
        } else if !isOneOf(textParts, type) {
            bound.hasFiles = true // file, video_url, document, and whatever there will be
        }
    }

    private mutating func readUntyped(_ name: ByteRange, _ value: JSONView) {
        if jsonName(value.bytes, name, is: "content") {
            read(content: value)
        } else if imageMembers.contains(where: { jsonName(value.bytes, name, is: $0) }) {
            addImage(value)
        } else if !textMembers.contains(where: { jsonName(value.bytes, name, is: $0) }) {
            bound.hasFiles = true
        }
    }

    private mutating func addImage(_ value: JSONView) {
        bound.images &+= 1
        media.add(json: value.raw)
    }
}

private let imageParts: [StaticString] = ["image_url", "image", "input_image"]
private let textParts: [StaticString] = ["text", "input_text", "output_text", "refusal", "thinking", "redacted_thinking", "reasoning", "tool_use"]
/// Of parts that do not say what they are (vLLM takes them, and inputs of embeddings have none).
private let imageMembers: [StaticString] = ["image_url", "image"]
private let textMembers: [StaticString] = ["text", "cache_control", "role", "name", "task", "title", "id", "uuid"]

private func isOneOf(_ words: [StaticString], _ type: JSONView) -> Bool { words.contains { type.says($0) } }
