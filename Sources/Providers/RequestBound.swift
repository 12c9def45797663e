package import Model
internal import Wire

/// What bounds the prompt of a request. Reads the messages once more: wanted only where a cap holds.
package func promptBound(_ view: RequestView, _ bytes: UnsafeRawBufferPointer) -> PromptBound {
    var reader = BoundReader()
    for member in view.members {
        let value = JSONView(valid: bytes, member.value)
        if value.isNull || value.bool == false { continue }
        reader.read(member.known, value)
        if member.known == .other, isOneOf(searchMembers, bytes[member.name]) { reader.bound.hasServerTools = true }
    }
    reader.bound.bytes = max(0, reader.text.bytes &- reader.media.bytes)
    // Names of members: inside a text their quotes would be escaped.
    reader.bound.writesCache = bytes.find("\"cache_control\"") != nil || bytes.find("\"caching\"") != nil
    reader.bound.writesHour = reader.bound.writesCache && bytes.find("\"1h\"") != nil
    return reader.bound
}

/// Members by which providers are told to search: OpenRouter (https://openrouter.ai/docs/features/web-search), xAI
/// (https://docs.x.ai/docs/guides/live-search), Alibaba (https://www.alibabacloud.com/help/en/model-studio/web-search), Groq's compound
/// models (https://console.groq.com/docs/compound), 2026-11.
private let searchMembers: [StaticString] = ["plugins", "search_parameters", "enable_search", "search_options", "compound_custom", "web_search"]

private func isOneOf(_ names: [StaticString], _ name: UnsafeRawBufferPointer) -> Bool { names.contains { name.equals($0) } }

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
        case .prompt, .input, .other: text.add(json: value.raw)
        case .tools:
            bound.hasTools = value.firstElement != nil
            value.forEachElement { tool in
                if let type = tool["type"], !isWord(type, "function"), !isWord(type, "custom") { bound.hasServerTools = true }
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
        guard let content = message["content"], content.isArray else { return }
        content.forEachElement { part in
            guard let type = part["type"] else { return }
            if isWord(type, "image_url") || isWord(type, "image") || isWord(type, "input_image") {
                bound.images &+= 1
                media.add(json: part.raw)
            } else if isWord(type, "input_audio") {
                bound.sounds &+= 1
                bound.soundBytes &+= part.raw.count
                media.add(json: part.raw)
            } else if !isWord(type, "text"), !isWord(type, "refusal"), !isWord(type, "thinking"), !isWord(type, "tool_result") {
                bound.hasFiles = true // file, video_url, document, and whatever there will be
            }
        }
    }
}
