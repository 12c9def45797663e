internal import Bytes
package import Model

/// What a finish reason makes of an answer.
package enum FinishMeaning: Sendable, Equatable {
    /// The model ended by itself: nothing at all is then only an answer where silence is one.
    case stopped
    /// It says why there may be nothing: a limit, a filter, or a word that Gatelet does not know.
    case explained
    /// The provider failed.
    case failed(Status)
    /// It is none: the word for nothing, as text.
    case open
}

/// One finish reason, in lower case.
private struct FinishReason {
    let word: StaticString
    let meaning: FinishMeaning

    init(_ word: StaticString, _ meaning: FinishMeaning) {
        self.word = word
        self.meaning = meaning
    }
}

/// Case is not told apart: some endpoints pass Google's capitals on. A word that is not here is a success, and visible.
private let finishReasons: [FinishReason] = [
    // https://platform.openai.com/docs/api-reference/chat/object, 2026-11. Calls are content, so their reason explains nothing.
    FinishReason("stop", .stopped), FinishReason("tool_calls", .stopped), FinishReason("function_call", .stopped),
    FinishReason("length", .explained), FinishReason("content_filter", .explained),
    // Other words for `stop`: Together (https://docs.together.ai/reference/chat-completions-1) and Hugging Face's TGI, Cohere, and
    // Anthropic's as relays pass it on, 2026-11
    FinishReason("eos", .stopped), FinishReason("eos_token", .stopped), FinishReason("complete", .stopped), FinishReason("end_turn", .stopped),
    // Alibaba's own API says "null" until the end (https://www.alibabacloud.com/help/en/model-studio/qwen-api-reference); relays in Python "None". 2026-11
    FinishReason("null", .open), FinishReason("none", .open),
    // https://openrouter.ai/docs/api-reference/overview ("Finish Reason"), 2026-08; vLLM's FinishReason, vllm/v1/engine/__init__.py, 2026-11
    FinishReason("error", .failed(.unavailable)), FinishReason("abort", .failed(.unavailable)),
    // https://docs.z.ai/api-reference/llm/chat-completion, 2026-11
    FinishReason("network_error", .failed(.unavailable)),
    // https://api-docs.deepseek.com/api/create-chat-completion, 2026-11
    FinishReason("insufficient_system_resource", .failed(.overloaded)),
    // https://ai.google.dev/api/generate-content#FinishReason, 2026-11
    FinishReason("malformed_function_call", .failed(.badResponse)), FinishReason("unexpected_tool_call", .failed(.badResponse)),
    FinishReason("too_many_tool_calls", .failed(.badResponse)), FinishReason("malformed_response", .failed(.badResponse)),
    FinishReason("missing_thought_signature", .failed(.badResponse)),
    // https://docs.cohere.com/reference/chat (finish_reason), 2026-11
    FinishReason("timeout", .failed(.unavailable)),
    // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (stopReason), 2026-11
    FinishReason("malformed_model_output", .failed(.badResponse)), FinishReason("malformed_tool_use", .failed(.badResponse)),
    // Words of the Responses API and of gateways that come from it: https://platform.openai.com/docs/api-reference/responses/object (status), 2026-11
    FinishReason("failed", .failed(.server)), FinishReason("server_error", .failed(.server)),
]

/// `reason`: the text between the quotes.
package func finishMeaning(_ reason: UnsafeRawBufferPointer) -> FinishMeaning {
    for row in finishReasons where equalsInAnyCase(reason, row.word) { return row.meaning }
    return .explained
}

private func equalsInAnyCase(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    for at in 0..<text.count where lowercased(text.byte(at: at)) != word.utf8Start[at] { return false }
    return true
}
