internal import Bytes
internal import JSON

/// Why a message ended, in Anthropic's words (https://docs.anthropic.com/en/api/handling-stop-reasons, 2026-11).
struct StopReason {
    private static let words: [StaticString] = ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded", "compaction"]

    /// A string; nil: none was told.
    private var finish: JSONView?
    private var native: StaticString?
    /// The provider's own word, whatever it is.
    private var own: JSONView?
    private var sequence: JSONView?
    var hasCalls = false
    var hasRefusal = false

    /// A choice of an answer or a chunk. What it says stays good until the bytes change: see `word`.
    init(_ choice: JSONView) {
        finish = choice["finish_reason"].flatMap { $0.isString ? $0 : nil }
        own = choice.filled("native_finish_reason")
        if let own { native = StopReason.words.first { own.says($0) } }
        sequence = choice["provider_fields"]?.filled("stop_sequence")
        // vLLM and SGLang tell there which of the request's texts it was
        // (https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html; https://docs.sglang.ai, matched_stop; 2026-11).
        if sequence == nil, finish?.says("stop") ?? false { sequence = [choice["stop_reason"], choice["matched_stop"]].lazy.compactMap { $0 }.first { $0.isString } }
        if let text = sequence, !text.isString { sequence = nil }
    }

    var isTold: Bool { finish != nil }
    var stopSequence: JSONView? { sequence }

    /// The provider's own word, where Anthropic's says less: of each of those there are several, and some that nobody knows.
    var nativeWord: JSONView? { native == nil ? own : nil }

    /// The word for it.
    var word: StaticString {
        if let native { return native }
        if hasCalls { return isCut ? "max_tokens" : "tool_use" }
        if hasRefusal { return "refusal" }
        guard let finish else { return "end_turn" }
        if isCut { return "max_tokens" }
        if finish.says("content_filter") { return "refusal" }
        return sequence == nil ? "end_turn" : "stop_sequence"
    }

    private var isCut: Bool { finish.map { $0.says("length") || $0.says("max_tokens") || $0.says("MAX_TOKENS") } ?? false }
}
