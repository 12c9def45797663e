internal import Bytes
internal import JSON
internal import Model

/// OpenAI's Responses API, where models are that its chat does not have (https://platform.openai.com/docs/api-reference/responses, 2026-11).
/// Nothing is stored there: conversations are sent whole, and thoughts come back encrypted. Embeddings and text completions are OpenAI's own.
final class ResponsesDialect: Dialect {
    var name: StaticString { "openai-responses" }
    var isScripted: Bool { false }
    var endMark: StaticString { "response.completed" }
    var framing: Framing { .events }
    var surface: Surface? { .responses }
    var countsTokens: Bool { true }

    func path(_ operation: Operation) -> StaticString {
        switch operation {
        case .chat, .chatStream: "/responses"
        case .completion, .completionStream: "/completions"
        case .embeddings: "/embeddings"
        case .listModels: "/models"
        case .raw, .rawStream: ""
        case .countTokens: "/responses/input_tokens"
        }
    }

    /// Sounds are base64 (https://platform.openai.com/docs/guides/audio, 2026-11).
    func prepare(_ provider: inout ProviderParts) { provider.requests.mediaURLs = ["image", "file", "video"] }
    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? { nil }

    private func isChat(_ operation: Operation) -> Bool { operation == .chat || operation == .chatStream }

    func write(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
        if !isChat(request.operation), request.operation != .countTokens { return try writeRequest(request, into: buffer) }
        guard let caller = request.passthrough else {
            var writer = ResponsesWriter(request, buffer)
            return try writer.write()
        }
        // It was read before; what is set and what is taken out is the same as in a chat.
        var passed = request, caps = Caps()
        (caps.request, caps.depth) = (.max, JSONCursor.deepest)
        let own = try withoutForeignThoughts(caller, request.warnings)
        defer { own?.keepAlive() }
        passed.bytes = own?.bytes ?? caller
        passed.view = try readRequest(passed.bytes, operation: .embeddings, caps: caps)
        (passed.asksUsage, passed.maxTokens) = (false, nil)
        try writeRequest(passed, into: buffer)
    }

    func asked(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> AskedFor { AskedFor(body, operation) }

    func promptTokens(of body: UnsafeRawBufferPointer) -> Int { isResponses(body) ? tokensOfInput(body) : tokensOfPrompt(body) }

    func allowsSilence(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> Bool { mayBeSilent(body, operation) }

    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                depth: Int) throws(Failure) -> AnswerView {
        if operation == .countTokens { return try readTokenCount(body, "input_tokens", provider, model, depth: depth) }
        if isChat(operation) { try translateResponse(body, depth: depth) }
        return try readAnswer(body, operation: operation, provider: provider, model: model, depth: depth, request: request)
    }

    func stream(_ operation: Operation, to request: UnsafeRawBufferPointer, model: String, caps: Caps) -> any StreamReader {
        isChat(operation) ? ResponsesStreamReader(caps) : OpenAIStreamReader(ChunkForm(operation), caps)
    }

    /// Embeddings have `input` too, but no list of objects.
    private func isResponses(_ body: UnsafeRawBufferPointer) -> Bool {
        let root = JSONView(trusted: body)
        return root["store"] != nil || root["input"]?.firstElement?.isObject ?? false
    }
}

/// Tokens of a conversation as it was sent, on the low side. A picture counts as in a chat.
private func tokensOfInput(_ body: UnsafeRawBufferPointer) -> Int {
    var size = TextSize(), images = 0
    func add(_ value: JSONView, _ depth: Int) {
        if value.isString { return size.add(json: value.inside) }
        if depth == 0 { return }
        for element in value.elements { add(element, depth &- 1) }
        if value["type"]?.says("input_image") ?? false { images &+= 1 }
        for name: StaticString in ["content", "text", "output", "name", "arguments", "summary"] {
            if let inner = value.filled(name) { add(inner, depth &- 1) }
        }
    }
    let root = JSONView(trusted: body)
    for name: StaticString in ["instructions", "input"] { if let value = root.filled(name) { add(value, 8) } }
    for name: StaticString in ["tools", "text"] { if let value = root.filled(name) { size.add(json: value.raw) } }
    return size.quarters / 4 &+ images &* 1000
}
