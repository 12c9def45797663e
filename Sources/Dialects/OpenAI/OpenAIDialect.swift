internal import Bytes
internal import Model

/// OpenAI's, which nearly everybody speaks: bytes pass as they are, in both directions.
final class OpenAIDialect: OpenAISpeech {
    var name: StaticString { "openai" }
    var isScripted: Bool { false }

    /// Whose own dialect has a header for the key takes it here as everybody does.
    func prepare(_ provider: inout ProviderParts) {
        provider.access.auth = .bearer
        provider.requests.mediaURLs = nil
    }

    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? { nil }
}

/// What dialects have in common that write and read as OpenAI does.
protocol OpenAISpeech: Dialect {}

extension OpenAISpeech {
    var endMark: StaticString { "[DONE]" }
    var framing: Framing { .events }
    var surface: Surface? { nil }
    var translates: Bool { false }

    func path(_ operation: Operation) -> StaticString { openAIPath(operation) }

    func openAIPath(_ operation: Operation) -> StaticString {
        switch operation {
        case .chat, .chatStream: "/chat/completions"
        case .completion, .completionStream: "/completions"
        case .embeddings: "/embeddings"
        case .listModels: "/models"
        case .raw, .rawStream: ""
        case .countTokens: "/messages/count_tokens"
        }
    }

    func write(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) { try writeOpenAI(request, into: buffer) }

    func writeOpenAI(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
        // Who has OpenRouter's words has those for caches and thoughts too.
        let isRouter = request.provider.requests.nativeRouting
        if isRouter || !request.view.isTranslated && !request.view.mayHaveOthersWords { return try writeRequest(request, into: buffer) }
        let plain = ByteBuffer()
        defer { plain.keepAlive() }
        if request.view.isTranslated {
            try writePlain(request, into: plain)
        } else if try !writeWithoutOthersWords(request, into: plain) {
            return try writeRequest(request, into: buffer)
        }
        var caps = Caps(), outgoing = request
        caps.depth = .max
        try outgoing.take(plain, caps)
        try writeRequest(outgoing, into: buffer)
    }

    func asked(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> AskedFor { AskedFor(body, operation) }
    func promptTokens(of body: UnsafeRawBufferPointer) -> Int { tokensOfPrompt(body) }
    func allowsSilence(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> Bool { mayBeSilent(body, operation) }

    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                        depth: Int) throws(Failure) -> AnswerView {
        if operation == .countTokens { return try readTokenCount(body, "input_tokens", provider, model, depth: depth) }
        if let tag = provider.requests.reasoningTag, operation == .chat { try splitReasoning(body, tag, depth: depth) }
        return try readAnswer(body, operation: operation, provider: provider, model: model, depth: depth, request: request)
    }

    func stream(_ operation: Operation, to request: UnsafeRawBufferPointer, model: String, caps: Caps) -> any StreamReader { OpenAIStreamReader(ChunkForm(operation), caps) }
}
