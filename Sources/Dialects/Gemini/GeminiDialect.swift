internal import Bytes
internal import JSON
internal import Model

/// Google's generateContent (https://ai.google.dev/api/generate-content), of the Gemini API and of Vertex.
final class GeminiDialect: Dialect {
    var name: StaticString { "gemini" }
    var isScripted: Bool { false }
    var endMark: StaticString { "its last part" }
    var framing: Framing { .eventsOrArray }
    var surface: Surface? { nil }
    var countsTokens: Bool { true }

    func path(_ operation: Operation) -> StaticString {
        switch operation {
        case .chat, .completion: "/models/{model}:generateContent"
        case .chatStream, .completionStream: "/models/{model}:streamGenerateContent?alt=sse"
        case .embeddings: "/models/{model}:batchEmbedContents"
        case .listModels: "/models"
        case .raw, .rawStream: ""
        case .countTokens: "/models/{model}:countTokens"
        }
    }

    func prepare(_ provider: inout ProviderParts) {
        provider.access.auth = .header("x-goog-api-key")
        provider.requests.completions = false
        provider.requests.mostInputs = 100 // https://ai.google.dev/gemini-api/docs/embeddings, 2026-11
        provider.list.form = "gemini"
        // Pictures and documents of anybody, and all of its own store and of YouTube; sounds and videos of others it does not read
        // (https://ai.google.dev/gemini-api/docs/file-input-methods, 2026-11).
        provider.requests.mediaURLs = [
            "image", "file", "https://generativelanguage.googleapis.com/*", "https://www.youtube.com/*", "https://youtube.com/*",
            "https://m.youtube.com/*", "https://youtu.be/*",
        ]
    }

    func write(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
        if request.operation == .embeddings { try writeGeminiEmbeddings(request, into: buffer) } else { try GeminiRequestWriter(request, buffer).write() }
        if request.view.loneSurrogate { try repairWritten(buffer) }
    }

    func asked(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> AskedFor { AskedFor(gemini: body) }
    func promptTokens(of body: UnsafeRawBufferPointer) -> Int { tokensOfGeminiPrompt(body) }
    func allowsSilence(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> Bool { mayGeminiBeSilent(body) }

    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                depth: Int) throws(Failure) -> AnswerView {
        if operation == .countTokens { return try readTokenCount(body, "totalTokens", provider, model, depth: depth) }
        if operation == .embeddings { return try readGeminiEmbeddings(body, to: request, provider, model, depth: depth) }
        return try readGeminiAnswer(body, to: request, operation, provider, model, depth: depth)
    }

    func stream(_ operation: Operation, to request: UnsafeRawBufferPointer, model: String, caps: Caps) -> any StreamReader {
        // Tools may also stand in what was cached.
        let asked = AskedFor(gemini: request).pieces, cached = request.isEmpty ? nil : JSONView(trusted: request).first("cachedContent")
        return GeminiStreamReader(ChunkWriter(), to: request, depth: caps.depth, longestEvent: caps.event, model: model,
                                  mayCite: asked.searches || asked.tools || cached != nil)
    }
    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? { nil }
}
