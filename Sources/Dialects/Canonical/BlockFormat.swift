internal import Bytes
internal import JSON

/// Whose reasoning, signatures and blocks something is, in OpenRouter's words
/// (https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11): they can only be sent back to where they are from.
enum BlockFormat {
    static let anthropic: StaticString = "anthropic-claude-v1"
    static let gemini: StaticString = "google-gemini-v1"
    static let responses: StaticString = "openai-responses-v1"

    /// What a dialect of its own says, which OpenAI's has no place for.
    static func isOfDialect(_ format: JSONView) -> Bool { format.repeats(anthropic) || format.repeats(gemini) || format.repeats(responses) }
}

extension JSONView {
    /// It is the word, or the word again and again: so clients join a member that each delta of a stream repeats.
    func repeats(_ word: StaticString) -> Bool {
        let text = inside, count = word.utf8CodeUnitCount
        guard isString, text.count > 0, count > 0, text.count % count == 0 else { return false }
        var at = 0
        while at < text.count {
            if !text[ByteRange(at, at &+ count)].equals(word) { return false }
            at &+= count
        }
        return true
    }
}
