internal import Bytes
internal import Model

/// OpenAI's, spoken by nobody: answers are made up here, and faults too.
final class DevDialect: OpenAISpeech {
    var name: StaticString { "dev" }
    var isScripted: Bool { true }
    var countsTokens: Bool { true }

    /// What the row `dev` says holds for a provider that becomes one of its kind; only that it may have keys, which its
    /// answers can then refuse. Any address will do.
    func prepare(_ provider: inout ProviderParts) {
        if provider.access.baseURL.isEmpty { provider.access.baseURL = concat("http://", provider.identity.id, ".invalid/v1") }
        provider.access.keyNeed = .optional
        provider.list.form = "dev"
        provider.list.isPublic = true
        provider.requests.streamUsage = true
        provider.routing.defaultModel = provider.routing.defaultModel ?? "dev"
    }

    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? {
        step.map { devScript(body: body, operation: operation, tokenDelay: provider.requests.tokenDelay, step: $0) }
            ?? devScript(body: body, operation: operation, tokenDelay: provider.requests.tokenDelay)
    }
}
