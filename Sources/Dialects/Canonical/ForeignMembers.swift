internal import Bytes
internal import JSON

/// Whose word a member at the top of a request is. What belongs to another dialect, or to the routers before providers, is not sent to one.
enum MemberOwner {
    case openAI, router, anthropic, gemini, responses

    private static let tables: [(MemberOwner, StaticString)] = [
        // https://platform.openai.com/docs/api-reference/chat/create, 2026-11
        (.openAI, """
            n best_of seed logit_bias logprobs top_logprobs frequency_penalty presence_penalty store user safety_identifier prompt_cache_key prompt_cache_retention \
            prediction verbosity audio modalities stream_options suffix functions function_call web_search_options service_tier moderation
            """),
        // https://openrouter.ai/docs/api-reference/parameters, and servers of open models, 2026-11
        (.router, """
            models provider route usage transforms plugins min_p top_a repetition_penalty include_reasoning session_id trace debug preset chat_template_kwargs \
            enable_thinking thinking_budget search_parameters enable_search
            """),
        // https://docs.anthropic.com/en/api/messages, 2026-11
        (.anthropic, """
            thinking output_config output_format mcp_servers container context_management inference_geo speed diagnostics user_profile_id workspace_id \
            stop_sequences system betas
            """),
        // https://ai.google.dev/api/generate-content, 2026-11, in both spellings
        (.gemini, """
            safetySettings safety_settings generationConfig generation_config cachedContent cached_content toolConfig tool_config systemInstruction \
            system_instruction contents labels thinkingConfig thinking_config modelArmorConfig extra_body google
            """),
        // https://platform.openai.com/docs/api-reference/responses/create, 2026-11
        (.responses, """
            input instructions previous_response_id conversation background include max_output_tokens max_tool_calls text truncation prompt
            """),
    ]

    init?(_ name: UnsafeRawBufferPointer) {
        for (owner, names) in MemberOwner.tables {
            var words = Words(UnsafeRawBufferPointer(start: names.utf8Start, count: names.utf8CodeUnitCount), Ascii.space)
            while let word = words.next() {
                if !word.equals(name) { continue }
                self = owner
                return
            }
        }
        return nil
    }
}

extension JSONView {
    /// A parameter with this value changes nothing: null, false, 0, and empty texts, lists and objects.
    var saysNothing: Bool { !isFilled(self) || isNumber && double == 0 }
}
