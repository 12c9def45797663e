/// What a request asks for; the numbers are those of `gatelet_operation` (include/gatelet.h).
package enum Operation: Int32, Sendable {
    case chat = 1, chatStream, completion, completionStream, embeddings, listModels
    /// Numbers between are other surfaces' chats.
    case countTokens = 11
    /// A provider's other endpoints.
    case raw = 12, rawStream

    package var isStream: Bool { self == .chatStream || self == .completionStream || self == .rawStream }
    package var isRaw: Bool { self == .raw || self == .rawStream }

    /// Its word in reports.
    package var name: StaticString {
        switch self {
        case .chat: "chat"
        case .chatStream: "chat_stream"
        case .completion: "completion"
        case .completionStream: "completion_stream"
        case .embeddings: "embeddings"
        case .listModels: "list_models"
        case .countTokens: "count_tokens"
        case .raw: "raw"
        case .rawStream: "raw_stream"
        }
    }
}
