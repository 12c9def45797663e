/// What a request asks for; the numbers are those of `gatelet_operation` (include/gatelet.h).
package enum Operation: Int32, Sendable {
    case chat = 1, chatStream, completion, completionStream, embeddings, listModels

    package var isStream: Bool { self == .chatStream || self == .completionStream }

    /// The path below a provider's base URL.
    package var path: StaticString {
        switch self {
        case .chat, .chatStream: "/chat/completions"
        case .completion, .completionStream: "/completions"
        case .embeddings: "/embeddings"
        case .listModels: "/models"
        }
    }
}
