internal import Bytes
internal import JSON
package import Model

/// A piece of a scripted answer and how long it lets wait.
package struct ScriptStep: Sendable, Equatable {
    /// Seconds before this piece.
    package var delay: Double
    package var bytes: [UInt8]
    package init(delay: Double, bytes: [UInt8]) { self.delay = delay; self.bytes = bytes }
}

/// An answer that is played instead of asking a provider.
package struct AnswerScript: Sendable, Equatable {
    package var httpStatus = 200
    package var contentType = "application/json"
    /// Further ones.
    package var headers: [Header] = []
    package var steps: [ScriptStep] = []
    package var ending = ScriptEnding.complete
}

/// What the development provider answers to the body that a real one would have got: an OpenAI answer that depends on nothing
/// but the arguments.
func devScript(body: UnsafeRawBufferPointer, operation: Operation, tokenDelay: Double) -> AnswerScript {
    if operation == .listModels { return AnswerScript(steps: [ScriptStep(delay: 0, bytes: Array(devModels))]) }
    guard let root = JSONView(document: body), root.isObject else {
        return devRefusal("We could not parse the JSON body of your request.")
    }
    switch operation {
    case .embeddings: return devEmbeddings(root)
    case .completion, .completionStream, .chat, .chatStream, .countTokens, .listModels, .raw, .rawStream: break
    }
    let isChat = operation != .completion && operation != .completionStream
    guard let request = DevRequest(root, isChat: isChat) else {
        return devRefusal(isChat ? "Missing required parameter: 'messages'." : "Missing required parameter: 'prompt'.")
    }
    if operation == .countTokens {
        return AnswerScript(steps: [ScriptStep(delay: 0, bytes: concat("{\"input_tokens\":", String(decimal: request.promptTokens), "}").octets)])
    }
    if request.limit < 1 { return devRefusal("Invalid 'max_tokens': integer below minimum value. Expected a value >= 1.") }
    return operation.isStream ? devStream(request, tokenDelay) : devAnswer(request, tokenDelay)
}

func devRefusal(_ message: String) -> AnswerScript {
    AnswerScript(httpStatus: 400, steps: [ScriptStep(delay: 0, bytes: errorDocument(message, "invalid_request_error", "").octets)])
}

/// Seconds since 1970; constant, so that answers are the same every time.
let devCreated = 1_767_225_600

private var devModels: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: devModelsText.utf8Start, count: devModelsText.utf8CodeUnitCount)
}
private let devModelsText: StaticString = """
    {"object":"list","data":[\
    {"id":"echo","name":"Dev: Echo","created":1767225600,"context_length":8192,\
    "top_provider":{"max_completion_tokens":1024},"pricing":{"prompt":"0.0000001","completion":"0.0000002"},\
    "architecture":{"modality":"text->text","input_modalities":["text"],"output_modalities":["text"]}},\
    {"id":"echo-large","name":"Dev: Echo Large","created":1767225600,"context_length":131072,\
    "top_provider":{"max_completion_tokens":8192},\
    "pricing":{"prompt":"0.0000025","completion":"0.00001","input_cache_read":"0.00000025"},\
    "architecture":{"modality":"text->text","input_modalities":["text"],"output_modalities":["text"]}},\
    {"id":"embed","name":"Dev: Embed","created":1767225600,"context_length":8192,\
    "pricing":{"prompt":"0.00000002","completion":"0"},\
    "architecture":{"modality":"text->embeddings","input_modalities":["text"],"output_modalities":["embeddings"]}}]}
    """
