internal import Bytes
internal import JSON
package import Model

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
        case .input:
            reader.read(inputs: value)
            reader.needs.inputs = reader.inputs
        case .other: reader.read(other: decodedText(bytes, member.name), value)
        default: reader.read(member.known, value)
        }
    }
    reader.needs.promptTokens = reader.text.bytes / 4 &+ reader.tokens
    reader.needs.allTokens = reader.allTokens
    // Of both words the larger, as providers differ in which of them they obey.
    reader.needs.maxOutput = larger(reader.needs.maxTokens, reader.needs.maxCompletionTokens)
    let (choices, over) = reader.choices.multipliedReportingOverflow(by: reader.prompts)
    reader.needs.choices = over ? largestQuantity : min(choices, largestQuantity)
    return reader.needs
}

/// `allTokens` alone, from a body as it was sent: valid JSON.
func tokensOfPrompt(_ body: UnsafeRawBufferPointer) -> Int {
    var reader = NeedsReader()
    JSONView(valid: body, ByteRange(0, body.count)).forEachMember { name, value in
        switch KnownMember.named(body, name) {
        case .messages: reader.read(messages: value)
        case .prompt, .input: reader.read(inputs: value)
        case .other where jsonName(body, name, is: "texts"): reader.read(inputs: value) // Cohere's own
        case let member: if member.isPaidText { reader.paid.add(json: value.raw) }
        }
    }
    return reader.allTokens
}

extension KnownMember {
    /// It becomes tokens of the prompt, or of the output (a prediction that was wrong).
    var isPaidText: Bool {
        switch self {
        case .tools, .functions, .responseFormat, .prediction, .suffix: true
        default: false
        }
    }
}

private struct NeedsReader {
    /// A picture of 1024 x 1024 is 765 tokens to OpenAI, 1,398 to Anthropic and 1,032 to Google (their documents on vision, 2026-11).
    private static let tokensOfImage = 1000

    var needs = RequestNeeds()
    var text = TextSize()
    var tokens = 0
    var images = 0
    /// What shorter prompts have beside the longest.
    var otherTokens = 0
    var inputs = 1
    var prompts = 1
    var choices = 1
    /// Of what is paid for beside the texts.
    var paid = TextSize()

    var allTokens: Int { (text.quarters &+ paid.quarters) / 4 &+ tokens &+ otherTokens &+ images &* NeedsReader.tokensOfImage }

    mutating func read(_ member: KnownMember, _ value: JSONView) {
        if member.isPaidText { paid.add(json: value.raw) }
        if let parameter = member.parameter {
            let word = String(parameter)
            if !needs.parameters.has(word) { needs.parameters.append(word) }
        }
        switch member {
        case .n, .bestOf: choices = max(choices, quantity(value) ?? 1)
        case .tools: needs.tools = value.firstElement != nil
        // 0 and -1 mean different things to different servers, mostly "as many as you like".
        case .maxTokens: needs.maxTokens = limit(value)
        case .maxCompletionTokens: needs.maxCompletionTokens = limit(value)
        case .responseFormat: needs.structuredOutput = value["type"].map { $0.says("json_schema") } ?? false
        case .serviceTier: needs.tier = servedTier(value)?.tier
        default: break
        }
    }

    private func limit(_ value: JSONView) -> Int? { quantity(value).flatMap { $0 > 0 ? $0 : nil } }

    mutating func read(other name: String, _ value: JSONView) {
        let isLimit = name.octets.withUnsafeBytes { name in
            name.find("predict") != nil || name.find("max") != nil && (name.find("tok") != nil || name.find("Tok") != nil || name.find("len") != nil)
        }
        if isLimit { needs.otherLimit = larger(needs.otherLimit, limit(value)) }
    }

    mutating func read(messages: JSONView) {
        messages.forEachElement { message in
            message.forEachMember { name, value in
                if value.isNull || jsonName(value.bytes, name, is: "role") { return }
                if !jsonName(value.bytes, name, is: "content") { return paid.add(json: value.raw) } // calls, names, reasoning
                if value.isString { count(value) } else { value.forEachElement { read(part: $0) } }
            }
        }
    }

    private mutating func read(part: JSONView) {
        guard part.isObject else { return count(part) }
        guard let type = part["type"] else { return part.forEachMember { name, value in readUntyped(value.bytes[name], value) } }
        if type.says("text") || type.says("input_text") {
            if let text = part["text"] { count(text) }
        } else if type.says("tool_result") {
            if let content = part["content"], !content.isString { content.forEachElement { read(part: $0) } }
        } else if let modality = Modalities(part: type), !isTextDocument(part) {
            need(modality)
        }
    }

    private mutating func need(_ modality: Modalities) {
        needs.modalities.insert(modality)
        if modality == .image { images &+= 1 }
    }

    /// A part that does not say what it is: vLLM takes such, and Gemini's are so.
    private mutating func readUntyped(_ name: UnsafeRawBufferPointer, _ value: JSONView) {
        if name.equals("text") { return count(value) }
        if name.equals("inlineData") || name.equals("inline_data") || name.equals("fileData") || name.equals("file_data") {
            if let type = value["mimeType"] ?? value["mime_type"], let modality = Modalities(mediaType: type.inside) { need(modality) }
        } else if let modality = Modalities(partName: name) {
            need(modality)
        }
    }

    /// Anthropic's documents may be texts.
    private func isTextDocument(_ part: JSONView) -> Bool { part["source"]?["type"].map { $0.says("text") || $0.says("content") } ?? false }

    /// Text, tokens, or several of either, each of which stands for itself: the longest counts.
    mutating func read(inputs: JSONView) {
        if inputs.isString { return count(inputs) }
        if inputs.firstElement?.isNumber == true { return countTokens(inputs) }
        var longest = 0, all = 0
        self.inputs = 0
        inputs.forEachElement { element in
            var one = NeedsReader()
            if element.isString { one.count(element) } else { one.countTokens(element) }
            let length = one.text.bytes / 4 &+ one.tokens
            longest = max(longest, length)
            all &+= one.text.quarters / 4 &+ one.tokens
            self.inputs &+= 1
        }
        tokens &+= longest
        otherTokens &+= max(0, all &- longest)
    }

    private mutating func countTokens(_ array: JSONView) {
        array.forEachElement { _ in tokens &+= 1 }
    }

    /// A data URL is no text.
    private mutating func count(_ string: JSONView) {
        guard string.isString else { return }
        let raw = string.bytes[ByteRange(string.range.start &+ 1, string.range.end &- 1)]
        if raw[ByteRange(0, min(5, raw.count))].equals("data:") { return }
        text.add(json: raw)
    }
}

extension Modalities {
    /// By the type of a part: OpenAI's words in a chat and in responses, Anthropic's, and those of servers that speak as OpenAI does.
    fileprivate init?(part type: JSONView) {
        self.init(partName: type.inside)
    }

    fileprivate init?(partName name: UnsafeRawBufferPointer) {
        if name.equals("image_url") || name.equals("image") || name.equals("input_image") {
            self = .image
        } else if name.equals("input_audio") || name.equals("audio") || name.equals("audio_url") {
            self = .audio
        } else if name.equals("video_url") || name.equals("video") || name.equals("input_video") {
            self = .video
        } else if name.equals("file") || name.equals("input_file") || name.equals("document") {
            self = .file
        } else {
            return nil
        }
    }

    /// nil: it is text.
    fileprivate init?(mediaType type: UnsafeRawBufferPointer) {
        if type[ByteRange(0, 5)].equals("text/") { return nil }
        let family = type[ByteRange(0, 6)]
        self = family.equals("image/") ? .image : family.equals("audio/") ? .audio : family.equals("video/") ? .video : .file
    }
}

/// A number of things, also as text; servers differ in whether they take that, and in which way they round.
private func quantity(_ value: JSONView) -> Int? {
    guard value.isNumber || value.isString else { return nil }
    guard let text = value.numberText ?? value.string(upTo: 64) else { return largestQuantity } // whoever reads it takes it for much
    guard let number = parsedDouble(text), number == number else { return value.isNumber ? largestQuantity : nil }
    return Int(max(-1, min(number.rounded(.up), Double(largestQuantity))))
}

/// Beyond all that is ever answered, and no product of two that matter overflows a sum.
private let largestQuantity = 1 << 48
