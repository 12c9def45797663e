package import Bytes
package import JSON

// All places in which providers tell usage and cost: where in a document, in which object, under which name.

/// A place in a document, chunk or answer, that holds a usage object or a cost.
package struct UsageSpot: Sendable {
    package enum Step: Sendable {
        case member(StaticString)
        /// Every element of a list.
        case each
    }

    package let path: [Step]
    package let isCost: Bool

    init(_ path: Step..., isCost: Bool = false) {
        self.path = path
        self.isCost = isCost
    }
}

/// The first one that tells something counts.
package let usageSpots: [UsageSpot] = [
    UsageSpot(.member("usage")),
    // Gatelet's own, in translated streams whose provider tells of the prompt when it begins.
    UsageSpot(.member("usage_so_far")),
    // Groq, in streams (recorded; https://console.groq.com/docs/api-reference, 2026-11).
    UsageSpot(.member("x_groq"), .member("usage")),
    // Moonshot, in the last chunk of a stream (https://platform.moonshot.ai/docs/api/chat, 2026-11).
    UsageSpot(.member("choices"), .each, .member("usage")),
    // Infron, and Venice (recorded).
    UsageSpot(.member("cost"), isCost: true),
]

/// What members of usage objects hold, whoever sends them.
enum UsageField: Int {
    /// All of the prompt, what was cached included.
    case prompt
    /// The prompt without what was cached (Anthropic).
    case uncached
    case completion
    /// The answer without what was thought (Gemini).
    case candidates
    case total, cached, missed, written, written5m, writtenHour, reasoning, thoughts, audioInput, audioOutput, imageOutput
    /// Prompt tokens of the provider's own tools, beside the prompt (Gemini).
    case toolPrompt
    case webSearches
    case ticks
    case cost, upstreamCost, ownKey, iterations
}

/// In which object a member stands.
enum UsageScope: UInt8 { case top, input, output, creation, tools, cost }

private struct Entry {
    let name: StaticString
    let scope: UsageScope
    let field: UsageField
    init(_ name: StaticString, _ scope: UsageScope, _ field: UsageField) {
        self.name = name
        self.scope = scope
        self.field = field
    }
}

/// Sources: recorded answers of 25 providers, and the references of
/// OpenAI (https://platform.openai.com/docs/api-reference/chat/object), Anthropic (https://docs.anthropic.com/en/api/messages),
/// Gemini (https://ai.google.dev/api/generate-content#UsageMetadata), DeepSeek (https://api-docs.deepseek.com/api/create-chat-completion),
/// OpenRouter (https://openrouter.ai/docs/use-cases/usage-accounting). The most frequent ones first.
private let entries: [Entry] = [
    Entry("prompt_tokens", .top, .prompt), Entry("completion_tokens", .top, .completion), Entry("total_tokens", .top, .total),
    Entry("cached_tokens", .input, .cached), Entry("reasoning_tokens", .output, .reasoning),
    Entry("audio_tokens", .input, .audioInput), Entry("audio_tokens", .output, .audioOutput),
    Entry("cache_write_tokens", .input, .written), Entry("cache_creation_tokens", .input, .written),
    Entry("image_tokens", .output, .imageOutput), Entry("thinking_tokens", .output, .reasoning),
    Entry("cost", .top, .cost), Entry("is_byok", .top, .ownKey), Entry("upstream_inference_cost", .cost, .upstreamCost),
    Entry("input_tokens", .top, .uncached), Entry("output_tokens", .top, .completion),
    Entry("cache_read_input_tokens", .top, .cached), Entry("cache_creation_input_tokens", .top, .written),
    Entry("ephemeral_5m_input_tokens", .creation, .written5m), Entry("ephemeral_1h_input_tokens", .creation, .writtenHour),
    Entry("iterations", .top, .iterations), Entry("web_search_requests", .tools, .webSearches),
    Entry("promptTokenCount", .top, .prompt), Entry("candidatesTokenCount", .top, .candidates),
    Entry("thoughtsTokenCount", .top, .thoughts), Entry("totalTokenCount", .top, .total),
    Entry("cachedContentTokenCount", .top, .cached), Entry("toolUsePromptTokenCount", .top, .toolPrompt),
    Entry("prompt_cache_hit_tokens", .top, .cached), Entry("prompt_cache_miss_tokens", .top, .missed),
    Entry("reasoning_tokens", .top, .reasoning), Entry("cached_tokens", .top, .cached), Entry("num_cached_tokens", .top, .cached),
    Entry("audio_prompt_tokens", .top, .audioInput), Entry("cost_in_usd_ticks", .top, .ticks),
]

private let scopes: [Entry] = [
    Entry("prompt_tokens_details", .input, .prompt), Entry("completion_tokens_details", .output, .prompt),
    Entry("cost_details", .cost, .prompt), Entry("cache_creation", .creation, .prompt),
    Entry("input_tokens_details", .input, .uncached), Entry("output_tokens_details", .output, .prompt),
    Entry("server_tool_use", .tools, .prompt), Entry("server_tool_use_details", .tools, .prompt),
]

/// Where a document tells usage, an object, and cost; `.none`: nowhere. A last element tells more than the ones before, and one of zeros nothing,
/// where another place has numbers.
package func usageInDocument(_ document: JSONView) -> (usage: ByteRange, cost: ByteRange) {
    var usage = ByteRange.none, cost = ByteRange.none
    var hasNumbers = false
    for spot in usageSpots where spot.isCost ? cost.isNone : !hasNumbers {
        spot.look(in: document, 0) { value in
            if spot.isCost { return cost = value.range }
            let tells = value.isObject && hasNumber(value)
            if tells || value.isObject && usage.isNone { usage = value.range }
            hasNumbers = hasNumbers || tells
        }
    }
    return (usage, cost)
}

/// Other than 0, also one that is written as text.
func hasNumber(_ object: JSONView) -> Bool {
    var found = false
    object.forEachMember { _, value in
        found = found || (value.isObject ? hasNumber(value) : (value.isNumber || value.isString) && value.raw.contains { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) })
    }
    return found
}

extension UsageSpot {
    fileprivate func look(in value: JSONView, _ depth: Int, _ found: (JSONView) -> Void) {
        if depth == path.count { return value.isNull ? () : found(value) }
        switch path[depth] {
        case .member(let name): if let inner = value[name] { look(in: inner, depth + 1, found) }
        case .each: value.forEachElement { look(in: $0, depth + 1, found) }
        }
    }
}

/// A provider's member names are never escaped, so they are compared as they stand.
func usageField(_ name: UnsafeRawBufferPointer, _ scope: UsageScope) -> UsageField? {
    for entry in entries where entry.scope == scope && name.equals(entry.name) { return entry.field }
    return nil
}

/// The object that a member of the top opens, and whether it shows that `input_tokens` are all of the prompt.
func usageScope(_ name: UnsafeRawBufferPointer) -> (scope: UsageScope, isWhole: Bool)? {
    for entry in scopes where name.equals(entry.name) { return (entry.scope, entry.field == .uncached) }
    return nil
}
