internal import Bytes

/// What a model of Anthropic's takes, by its id: facts that its API does not tell.
struct AnthropicModel {
    enum Thinking {
        case none
        /// A number of tokens.
        case budget
        /// A number, or as much as it finds right.
        case both
        /// As much as it finds right: a number is refused.
        case adaptive
    }
    enum Sampling {
        case all
        /// `temperature` or `top_p`.
        case one
        case none
    }

    private let part: StaticString
    /// Tokens of an answer at most.
    let mostOutput: Int
    let thinking: Thinking
    let sampling: Sampling
    /// It can be held to a schema.
    let hasSchemas: Bool
    /// The effort `xhigh`.
    let hasXHigh: Bool
    /// The system may speak between the others.
    let hasSystemMessages: Bool

    private init(_ part: StaticString, _ mostOutput: Int, _ thinking: Thinking, _ sampling: Sampling, schemas: Bool = false, xhigh: Bool = false,
                 system: Bool = false) {
        self.part = part
        self.mostOutput = mostOutput
        self.thinking = thinking
        self.sampling = sampling
        hasSchemas = schemas
        hasXHigh = xhigh
        hasSystemMessages = system
    }

    /// The first part that is found in an id counts. https://docs.anthropic.com/en/docs/about-claude/models/overview,
    /// https://platform.claude.com/docs/en/build-with-claude/thinking, https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
    /// and https://github.com/vercel/ai (packages/anthropic), 2026-11. Recorded: `xhigh` refused by
    /// claude-opus-4-6, messages of the system taken by claude-opus-4-8.
    private static let all: [AnthropicModel] = [
        AnthropicModel("claude-2", 4096, .none, .all), AnthropicModel("claude-instant", 4096, .none, .all),
        AnthropicModel("claude-3-7", 64_000, .budget, .all), AnthropicModel("claude-3-5", 8192, .none, .all), AnthropicModel("claude-3", 4096, .none, .all),
        AnthropicModel("opus-4-1", 32_000, .budget, .one, schemas: true),
        AnthropicModel("opus-4-5", 64_000, .budget, .one, schemas: true), AnthropicModel("sonnet-4-5", 64_000, .budget, .one, schemas: true),
        AnthropicModel("haiku-4-5", 64_000, .budget, .one, schemas: true),
        AnthropicModel("opus-4-6", 128_000, .both, .one, schemas: true), AnthropicModel("sonnet-4-6", 64_000, .both, .one, schemas: true),
        AnthropicModel("opus-4-7", 128_000, .adaptive, .none, schemas: true, xhigh: true),
        AnthropicModel("opus-4-8", 128_000, .adaptive, .none, schemas: true, xhigh: true, system: true),
        AnthropicModel("opus-4", 32_000, .budget, .all), AnthropicModel("sonnet-4", 64_000, .budget, .all),
        // As some routers write them; the last ones are the official package's, too.
        AnthropicModel("claude-4-6-opus", 128_000, .both, .one, schemas: true), AnthropicModel("claude-4-6-sonnet", 64_000, .both, .one, schemas: true),
        AnthropicModel("claude-4-5-", 64_000, .budget, .one, schemas: true), AnthropicModel("claude-4-1-opus", 32_000, .budget, .one, schemas: true),
        AnthropicModel("claude-4-opus", 32_000, .budget, .all), AnthropicModel("claude-4-sonnet", 64_000, .budget, .all),
        // These take no sampling parameters at all: the official package of this month has no words for them.
        newest("opus-5"), newest("sonnet-5"), newest("haiku-5"), newest("fable-5"), newest("mythos-5"), newest("mythos-preview"),
    ]

    private static func newest(_ part: StaticString) -> AnthropicModel {
        AnthropicModel(part, 64_000, .adaptive, .none, schemas: true, xhigh: true, system: true)
    }

    /// Of another maker, or not known: a name that somebody gave to it, a model of tomorrow.
    private static let other = AnthropicModel("", 4096, .budget, .all)

    /// Routers write versions with a dot.
    static func named(_ id: String) -> AnthropicModel {
        let octets = id.octets.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "-") : lowercased($0) }
        return octets.withUnsafeBytes { id in all.first { id.find($0.part) != nil } } ?? other
    }
}
