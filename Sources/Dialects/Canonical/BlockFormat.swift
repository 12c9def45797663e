internal import JSON

/// Whose reasoning, signatures and blocks something is, in OpenRouter's words
/// (https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11): they can only be sent back to where they are from.
enum BlockFormat {
    static let anthropic: StaticString = "anthropic-claude-v1"
    static let gemini: StaticString = "google-gemini-v1"
    static let responses: StaticString = "openai-responses-v1"

    /// What a dialect of its own says, which OpenAI's has no place for.
    static func isOfDialect(_ format: JSONView) -> Bool { format.says(anthropic) || format.says(gemini) || format.says(responses) }
}
