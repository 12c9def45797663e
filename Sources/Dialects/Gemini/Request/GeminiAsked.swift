internal import Bytes
internal import JSON
internal import Model

// What a body that was written for Gemini asks for.

extension AskedFor {
    init(gemini body: UnsafeRawBufferPointer) {
        self.init()
        if body.isEmpty { return }
        for (name, value) in JSONView(trusted: body).members {
            let word = body[name]
            if word.equals("contents") {
                for content in value.elements { pieces.read(geminiParts: content) }
            } else if word.equals("tools") {
                for tool in value.elements { pieces.read(geminiTool: tool) }
            } else if word.equals("generationConfig") {
                choices = min(max(value["candidateCount"]?.int ?? 1, 1), 64)
            } else if word.equals("serviceTier") {
                tier = servedTier(value).flatMap { $0.isUsual ? nil : $0 }
            } else if word.equals("requests") {
                inputs = value.elements.reduce(0) { count, _ in count &+ 1 }
            }
        }
    }
}

extension AskedPieces {
    fileprivate mutating func read(geminiParts content: JSONView) {
        guard let parts = content["parts"] else { return }
        for part in parts.elements {
            guard let type = (part["inlineData"] ?? part["fileData"])?["mimeType"] else { continue }
            if type.inside.starts("image") { images &+= 1 }
            if type.inside.starts("audio") { audio = true }
        }
    }

    fileprivate mutating func read(geminiTool tool: JSONView) {
        for (name, _) in tool.members {
            let word = tool.bytes[name]
            if word.equals("functionDeclarations") { continue }
            if word.find("earch") != nil { searches = true } else { tools = true }
        }
    }
}

/// Tokens of the texts, on the low side, and of pictures.
func tokensOfGeminiPrompt(_ body: UnsafeRawBufferPointer) -> Int {
    var size = TextSize(), images = 0
    func add(_ content: JSONView) {
        for part in (content["parts"] ?? content).elements {
            if let text = part["text"] { size.add(json: text.inside) }
            if let call = part["functionCall"] ?? part["functionResponse"] { size.add(json: call.raw) }
            if let type = (part["inlineData"] ?? part["fileData"])?["mimeType"], type.inside.starts("image") { images &+= 1 }
        }
    }
    if body.isEmpty { return 0 }
    for (name, value) in JSONView(trusted: body).members {
        let word = body[name]
        if word.equals("systemInstruction") { add(value) }
        if word.equals("contents") { value.forEachElement { add($0) } }
        if word.equals("requests") { value.forEachElement { if let content = $0["content"] { add(content) } } }
        if word.equals("tools") { size.add(json: value.raw) }
    }
    // A picture of 1024 x 1024: https://ai.google.dev/gemini-api/docs/tokens, 2026-11.
    return size.quarters / 4 &+ min(images, 1 << 20) &* 1_000
}

/// A model may say nothing where it goes on with a text, or may be stopped at once.
func mayGeminiBeSilent(_ body: UnsafeRawBufferPointer) -> Bool {
    if body.isEmpty { return false }
    let root = JSONView(trusted: body)
    if let stop = root.first("generationConfig")?["stopSequences"], isFilled(stop) { return true }
    var last: JSONView?
    root.first("contents")?.forEachElement { last = $0 }
    return last?["role"]?.says("model") ?? false
}
