internal import Bytes
internal import JSON
internal import Model

extension AskedFor {
    /// `body`: as it was sent to Anthropic.
    init(anthropic body: UnsafeRawBufferPointer) {
        self.init()
        if body.count == 0 { return }
        let root = JSONView(valid: body, ByteRange(0, body.count))
        for (name, value) in root.members { words.read(root.bytes[name], value) }
        for tool in root.first("tools")?.elements ?? root.elements {
            guard let type = tool["type"], !type.says("custom") else { continue }
            if type.inside.starts("web_search_") { pieces.searches = true } else if type.inside.starts("code_execution_") { pieces.tools = true }
        }
    }
}

/// Tokens of a prompt that was sent to Anthropic, about: its texts, and a thousand for each picture.
func tokensOfAnthropicPrompt(_ body: UnsafeRawBufferPointer) -> Int {
    var text = TextSize(), images = 0
    let root = JSONView(valid: body, ByteRange(0, body.count))
    if let system = root.first("system") { measure(system, &text, &images, depth: 4) }
    if let messages = root.first("messages") { measure(messages, &text, &images, depth: 8) }
    if let tools = root.first("tools") { text.add(json: tools.raw) }
    return text.quarters / 4 &+ images &* 1000
}

private func measure(_ value: JSONView, _ text: inout TextSize, _ images: inout Int, depth: Int) {
    if depth == 0 { return }
    if value.isString { return text.add(json: value.inside) }
    for element in value.elements { measure(element, &text, &images, depth: depth &- 1) }
    if value["type"]?.says("image") ?? false {
        images &+= 1
        return
    }
    if value["type"]?.says("base64") ?? false { return }
    for (name, inner) in value.members {
        let name = value.bytes[name]
        if name.equals("type") || name.equals("role") || name.equals("cache_control") || name.equals("id") || name.equals("tool_use_id") { continue }
        measure(inner, &text, &images, depth: depth &- 1)
    }
}
