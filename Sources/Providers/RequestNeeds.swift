internal import CShims
package import Model
internal import Wire

/// What a request asks of a model. Reads the messages once more: wanted only where a candidate's facts are known.
package func requestNeeds(_ view: RequestView, _ bytes: UnsafeRawBufferPointer) -> RequestNeeds {
    var reader = NeedsReader()
    for member in view.members {
        let value = JSONView(valid: bytes, member.value)
        if value.isNull { continue }
        switch member.known {
        case .messages: reader.read(messages: value)
        case .prompt:
            reader.read(inputs: value)
            reader.prompts = max(1, min(reader.inputs, 1 << 20))
        case .input: reader.read(inputs: value)
        case .other: reader.read(parameter: member.name, value)
        default: break
        }
    }
    reader.needs.promptTokens = reader.textBytes / 4 &+ reader.tokens
    reader.needs.allTokens = reader.allTokens
    reader.needs.maxOutput = reader.completionLimit ?? reader.limit
    reader.needs.choices = reader.choices &* reader.prompts
    return reader.needs
}

/// `allTokens` alone, from a body as it was sent: valid JSON.
package func promptTokens(of body: UnsafeRawBufferPointer) -> Int {
    var reader = NeedsReader()
    JSONView(valid: body, ByteRange(0, body.count)).forEachMember { name, value in
        if jsonName(body, name, is: "messages") { reader.read(messages: value) }
        if jsonName(body, name, is: "tools") { reader.toolBytes &+= value.raw.count }
        if jsonName(body, name, is: "prompt") || jsonName(body, name, is: "input") { reader.read(inputs: value) }
    }
    return reader.allTokens
}

/// Members that are model parameters, and what OpenRouter calls them in `supported_parameters`
/// (https://openrouter.ai/docs/api-reference/parameters).
private let parameters = table("""
    tools tool_choice parallel_tool_calls max_tokens max_completion_tokens=max_tokens temperature top_p top_k min_p top_a frequency_penalty \
    presence_penalty repetition_penalty seed stop logit_bias logprobs top_logprobs response_format reasoning reasoning_effort=reasoning \
    verbosity web_search_options
    """)

/// Makes the table (see `FirstUse`).
package func prepareRequestNeeds() { _ = parameters.count }

private struct NeedsReader {
    var needs = RequestNeeds()
    var textBytes = 0
    var tokens = 0
    /// What shorter prompts have beside the longest.
    var otherTokens = 0
    var inputs = 1
    var prompts = 1
    var choices = 1
    var toolBytes = 0
    var limit: Int?
    var completionLimit: Int?

    var allTokens: Int { (textBytes &+ toolBytes) / 4 &+ tokens &+ otherTokens }

    mutating func read(parameter name: ByteRange, _ value: JSONView) {
        if let number = value.int, jsonName(value.bytes, name, is: "n") || jsonName(value.bytes, name, is: "best_of") {
            choices = max(choices, min(number, 1 << 20))
        }
        for entry in parameters where jsonName(value.bytes, name, is: entry.name) {
            let word = String(utf8: entry.it)
            if !needs.parameters.has(word) { needs.parameters.append(word) }
            note(name, value)
            return
        }
    }

    private mutating func note(_ name: ByteRange, _ value: JSONView) {
        func isName(_ word: StaticString) -> Bool { jsonName(value.bytes, name, is: word) }
        if isName("tools") {
            needs.tools = value.firstElement != nil
            toolBytes &+= value.raw.count
        }
        // 0 and -1 mean different things to different servers, mostly "as many as you like".
        if isName("max_tokens"), let number = value.int, number > 0 { limit = number }
        if isName("max_completion_tokens"), let number = value.int, number > 0 { completionLimit = number }
        if isName("response_format") { needs.structuredOutput = value["type"].map { isWord($0, "json_schema") } ?? false }
    }

    mutating func read(messages: JSONView) {
        messages.forEachElement { message in
            if let calls = message["tool_calls"], calls.isArray { toolBytes &+= calls.raw.count }
            guard let content = message["content"] else { return }
            if content.isString { count(content) } else { content.forEachElement { read(part: $0) } }
        }
    }

    private mutating func read(part: JSONView) {
        guard let type = part["type"] else { return }
        if isWord(type, "text") {
            if let text = part["text"] { count(text) }
        } else if isWord(type, "image_url") {
            needs.modalities.insert(.image)
        } else if isWord(type, "input_audio") {
            needs.modalities.insert(.audio)
        } else if isWord(type, "file") {
            needs.modalities.insert(.file)
        } else if isWord(type, "video_url") {
            needs.modalities.insert(.video)
        }
    }

    /// Text, tokens, or several of either, each of which stands for itself: the longest counts.
    mutating func read(inputs: JSONView) {
        if inputs.isString { return count(inputs) }
        if inputs.firstElement?.isNumber == true { return countTokens(inputs) }
        var longest = 0, all = 0
        self.inputs = 0
        inputs.forEachElement { element in
            var one = NeedsReader()
            if element.isString { one.count(element) } else { one.countTokens(element) }
            let length = one.textBytes / 4 &+ one.tokens
            longest = max(longest, length)
            all &+= length
            self.inputs &+= 1
        }
        tokens &+= longest
        otherTokens &+= all &- longest
    }

    private mutating func countTokens(_ array: JSONView) {
        array.forEachElement { _ in tokens &+= 1 }
    }

    /// The bytes of a string, an escape as one, so that the estimate is on the low side. A data URL is no text.
    private mutating func count(_ text: JSONView) {
        guard text.isString else { return }
        let raw = text.bytes[ByteRange(text.range.start &+ 1, text.range.end &- 1)]
        if raw[ByteRange(0, min(5, raw.count))].equals("data:") { return }
        textBytes &+= raw.count &- escapedExcess(raw)
    }
}

/// How many bytes of a raw string its escapes have beyond one each.
private func escapedExcess(_ raw: UnsafeRawBufferPointer) -> Int {
    guard let base = raw.baseAddress else { return 0 }
    var at = 0, excess = 0
    while at < raw.count, let found = memchr(base + at, Int32(Ascii.backslash), raw.count &- at) {
        at = UnsafeRawPointer(found) - base
        let length = raw.byte(at: at &+ 1) == UInt8(ascii: "u") ? 6 : 2
        excess &+= length &- 1
        at &+= length
    }
    return excess
}

private func isWord(_ value: JSONView, _ word: StaticString) -> Bool {
    value.isString && jsonName(value.bytes, ByteRange(value.range.start &+ 1, value.range.end &- 1), is: word)
}
