internal import Bytes
internal import Model

/// Ollama's: OpenAI's, but for vectors, whose own endpoint takes `truncate`, `options` and `keep_alive`; it gives floats, whatever
/// `encoding_format` says (https://docs.ollama.com/api/embed, 2026-11).
final class OllamaDialect: OpenAISpeech {
    var name: StaticString { "ollama" }
    var isScripted: Bool { false }

    /// Seen from its address for OpenAI's dialect: http://localhost:11434/v1.
    func path(_ operation: Operation) -> StaticString { operation == .embeddings ? "/../api/embed" : openAIPath(operation) }

    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                depth: Int) throws(Failure) -> AnswerView {
        if operation == .embeddings { return try readVectorLists(body, to: request, provider: provider, model: model, depth: depth) }
        return try readAnswer(body, operation: operation, provider: provider, model: model, depth: depth, request: request)
    }

    func prepare(_ provider: inout ProviderParts) {}
    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? { nil }
}
