internal import CShims
internal import Model
internal import Wire

/// A status and the words (codes, types, error types; lower case) that providers use for it.
/// One text each, with commas: an array would be made of an address per word, and the loader relocates addresses.
struct ErrorWords {
    let status: Status
    let words: StaticString
}

private func any(of list: StaticString, _ matches: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    let all = UnsafeRawBufferPointer(start: list.utf8Start, count: list.utf8CodeUnitCount)
    var start = 0
    while start < all.count {
        let end = all.position(of: ", ", from: start) ?? all.count
        if matches(all[ByteRange(start, end)]) { return true }
        start = end &+ 2
    }
    return false
}

/// Words that say more than the HTTP status does. OpenRouter's error types: https://openrouter.ai/docs (2026-08-22).
let telling: [ErrorWords] = [
    ErrorWords(status: .contextLength, words: """
        context_length_exceeded, token_limit_exceeded, string_too_long, max_tokens_exceeded, exceed_context_size_error, \
        context_window_exceeded, string_above_max_length, model_max_prompt_tokens_exceeded, tokens_limit_reached
        """),
    ErrorWords(status: .contentPolicy, words: """
        content_policy_violation, content_policy, content_filter, content_filtered, refusal, moderation, \
        moderation_blocked, responsibleaipolicyviolation, data_inspection_failed, prompt_blocked, safety
        """),
    ErrorWords(status: .funds, words: """
        payment_required, insufficient_quota, insufficient_balance, insufficient_credits, insufficient_funds, \
        insufficient_user_quota, billing_not_active, billing_hard_limit_reached, billing_error, \
        exceeded_current_quota_error, arrearage, credit_exhausted
        """),
    ErrorWords(status: .auth, words: """
        authentication, authentication_error, invalid_api_key, api_key_invalid, invalid_authentication, unauthorized, \
        unauthenticated, expired_api_key, invalid_token
        """),
    ErrorWords(status: .notFound, words: """
        not_found, not_found_error, model_not_found, invalid_model, unknown_model, deploymentnotfound, \
        model_decommissioned, model_deprecated, model_not_available, model_unavailable_upstream, no_endpoints, \
        wrong_endpoint, constraint_filtered, free_variant_ended
        """),
]

/// Words about load and permission; a sentence about money goes before them.
let loadWords: [ErrorWords] = [
    ErrorWords(status: .rateLimit, words: """
        rate_limit_exceeded, rate_limit_error, rate_limited, rate_limit, too_many_requests, resource_exhausted, \
        capacity_exhausted, throttling, throttling_error
        """),
    ErrorWords(status: .overloaded, words: """
        overloaded, overloaded_error, provider_overloaded, engine_overloaded, engine_overloaded_error, \
        model_overloaded, temporarily_unavailable, service_overloaded
        """),
    ErrorWords(status: .unavailable, words: """
        provider_unavailable, unavailable, unavailable_error, service_unavailable, service_unavailable_error, timeout, \
        timeout_error, deadline_exceeded, gateway_timeout, bad_gateway
        """),
    ErrorWords(status: .permission, words: """
        permission_denied, permission_error, forbidden, access_denied, region_restricted, privacy_restricted, \
        unsupported_country_region_territory
        """),
]

/// Words that only count where no HTTP status is known.
let vague: [ErrorWords] = [
    ErrorWords(status: .badRequest, words: """
        invalid_request, invalid_request_error, invalid_prompt, invalid_argument, unprocessable, precondition_failed, \
        failed_precondition, payload_too_large, bad_request, tool_use_failed, unsupported_parameter, validation_error
        """),
]

func firstMatch(_ words: [String], _ table: [ErrorWords]) -> Status? {
    for row in table {
        for word in words {
            if any(of: row.words, { same($0, word) }) { return row.status }
        }
    }
    return nil
}

/// All text of an error in lower case, for what providers only say in sentences.
struct ErrorText {
    private let bytes: [UInt8]

    init(_ report: ErrorReport) {
        var bytes: [UInt8] = []
        for text in [report.message, report.code] {
            guard let text else { continue }
            bytes += lowercased(text).octets
            bytes.append(UInt8(ascii: "\n"))
        }
        self.bytes = bytes
    }

    private func says(_ phrases: StaticString) -> Bool {
        bytes.withUnsafeBytes { all in
            any(of: phrases) { phrase in
                guard let text = all.baseAddress, let wanted = phrase.baseAddress else { return false }
                return memmem(text, all.count, wanted, phrase.count) != nil
            }
        }
    }

    var saysContext: Bool {
        says("""
            maximum context length, context length, context size, context window, context limit, prompt is too long, \
            prompt too long, input is too long, maximum prompt length, exceeds the maximum number of tokens, \
            is too large to process, longer than the maximum model length, too many tokens, reduce the length of, \
            exceeded model token limit, `inputs` must have less than, `inputs` tokens +, range of input length should be, \
            token count exceeds, maximum number of input tokens
            """)
    }

    /// Groq answers 413 to one request that is larger than a minute's tokens: no wait helps.
    var saysTokenRate: Bool { says("tokens per minute, tokens_per_minute") }

    var saysFunds: Bool {
        says("""
            insufficient balance, insufficient credit, insufficient funds, insufficient_quota, credit balance is too low, \
            requires more credits, out of credits, not enough credits, never purchased credits, payment required, \
            balance is not enough, negative balance
            """)
    }

    /// Infron: an unfunded key is answered 403, or 429 with a text about the balance for free models (2026-09).
    var saysBalance: Bool { says("balance") && !says("load balanc") }

    var saysPolicy: Bool {
        says("""
            content policy, content_policy, content management policy, usage policies, usage policy, usage guidelines, \
            content violates, safety system, moderation, flagged, inappropriate content, prohibited content
            """)
    }

    /// xAI and Gemini answer 400 to a wrong key.
    var saysBadKey: Bool {
        says("""
            incorrect api key, invalid api key, api key not valid, api key is invalid, api key expired, api key not found
            """)
    }

    /// OpenRouter, DeepSeek and Mistral answer 400 to a model they do not have.
    var saysNoModel: Bool {
        says("""
            not a valid model, invalid model, supported api model names are, unknown model, model not found
            """)
            || says("model") && says("does not exist")
    }

    var saysOverloaded: Bool { says("overload, capacity, too many requests, busy") }
}

/// ASCII letters only.
@inline(never)
func lowercased(_ text: String) -> String { String(utf8: text.octets.map(lowercased)) }

func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

extension String {
    package func equals(_ text: StaticString) -> Bool { text ~= Word(self) }
}
