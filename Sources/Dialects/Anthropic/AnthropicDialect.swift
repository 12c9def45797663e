internal import Bytes
internal import JSON
internal import Model

/// Anthropic's Messages (https://docs.anthropic.com/en/api/messages).
final class AnthropicDialect: Dialect {
    /// The table of models is made with it, before a fork can come in between.
    init() { _ = AnthropicModel.named("") }

    var name: StaticString { "anthropic" }
    var isScripted: Bool { false }
    var endMark: StaticString { "message_stop" }
    var framing: Framing { .events }
    var surface: Surface? { .messages }
    var countsTokens: Bool { true }

    func path(_ operation: Operation) -> StaticString {
        switch operation {
        case .chat, .chatStream: "/messages"
        case .completion, .completionStream: "/complete"
        case .embeddings: "/embeddings"
        case .listModels: "/models"
        case .raw, .rawStream: ""
        case .countTokens: "/messages/count_tokens"
        }
    }

    /// The key goes in a header of its own, and a version is named.
    func prepare(_ provider: inout ProviderParts) {
        provider.access.auth = .header("x-api-key")
        var version = Header(name: "anthropic-version", value: "2023-06-01")
        version.isPublic = true
        provider.access.headers.append(version)
        provider.requests.embeddings = false
        provider.requests.completions = false
        provider.list.form = "anthropic"
    }

    /// The version is this API's: of the rest only the model list wants it.
    func leave(_ provider: inout ProviderParts) {
        guard let at = provider.access.headers.firstIndex(where: { $0.isPublic && sameHeader($0.name, "anthropic-version") }) else { return }
        let version = provider.access.headers.remove(at: at)
        if !provider.list.headers.contains(where: { sameHeader($0.name, version.name) }) { provider.list.headers.append(version) }
    }

    func write(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) { try writeAnthropicRequest(request, into: buffer) }

    func asked(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> AskedFor { AskedFor(anthropic: body) }
    func promptTokens(of body: UnsafeRawBufferPointer) -> Int { tokensOfAnthropicPrompt(body) }

    func allowsSilence(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> Bool { mayBeSilent(body, operation) }

    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                depth: Int) throws(Failure) -> AnswerView {
        if operation == .countTokens { return try readTokenCount(body, "input_tokens", provider, model, depth: depth) }
        let repaired = try readAnthropicAnswer(body, to: request, depth: depth)
        var view = try readAnswer(body, operation: operation, provider: provider, model: model, depth: depth, request: request)
        view.repaired = view.repaired || repaired
        return view
    }

    func stream(_ operation: Operation, to request: UnsafeRawBufferPointer, model: String, caps: Caps) -> any StreamReader { AnthropicStreamReader(caps, to: request) }
    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? { nil }
}
