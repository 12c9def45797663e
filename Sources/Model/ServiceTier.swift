/// How fast and how surely a provider serves a request, and what it asks for that. The words are OpenAI's
/// (https://platform.openai.com/docs/api-reference/chat/create, `service_tier`); batches have prices of their own too.
package enum ServiceTier: UInt8, Sendable, CaseIterable {
    case flex, priority, batch

    package var name: StaticString {
        switch self {
        case .flex: "flex"
        case .priority: "priority"
        case .batch: "batch"
        }
    }
}
