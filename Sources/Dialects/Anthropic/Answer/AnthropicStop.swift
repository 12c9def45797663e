internal import Bytes

/// Anthropic's words for the end of an answer (https://docs.anthropic.com/en/api/handling-stop-reasons, 2026-11): what OpenAI calls them.
enum AnthropicStop {
    private static let words: [(StaticString, StaticString)] = [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        // The provider stopped in between; sent back as it is, the answer goes on.
        ("pause_turn", "stop"), ("compaction", "stop"),
    ]

    /// `calls`: there are some. One that nobody knows is a success; the provider's own word stays visible.
    static func finish(_ reason: UnsafeRawBufferPointer, calls: Bool) -> StaticString {
        for (word, meaning) in words where reason.equals(word) { return meaning }
        return reason.equals("tool_use") && calls ? "tool_calls" : "stop"
    }
}
