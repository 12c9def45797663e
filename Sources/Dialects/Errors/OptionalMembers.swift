internal import Bytes

/// Members of bodies that may be left out where a provider does not know them, as OpenAI, Anthropic, Gemini and servers of open models spell
/// them, with the parameter of the caller's that each says: the answer is still one to what was asked. Not those without which it would be longer
/// (`max_tokens`, `stop`), dearer (`service_tier`), of another form or made by other means.
enum OptionalMembers {
    static var all: [TableEntry] { table("""
        temperature top_p topP=top_p top_k topK=top_k min_p top_a typical_p frequency_penalty frequencyPenalty=frequency_penalty presence_penalty \
        presencePenalty=presence_penalty repetition_penalty seed random_seed=seed logit_bias logprobs responseLogprobs=logprobs top_logprobs user \
        store metadata reasoning reasoning_effort verbosity parallel_tool_calls prompt_cache_key prompt_cache_retention safety_identifier prediction \
        cache_control effort=reasoning summary=reasoning thinking=reasoning thinkingConfig=reasoning include
        """) }

    /// Objects in a body that have parameters inside.
    static let groups: [StaticString] = ["generationConfig", "stream_options", "reasoning", "text", "output_config"]

    static func isGroup(_ name: UnsafeRawBufferPointer) -> Bool { groups.contains { name.equals($0) } }

    /// What stands in these may be marked for a cache.
    static func mayHoldMarks(_ name: UnsafeRawBufferPointer) -> Bool {
        for one: StaticString in ["messages", "system", "content", "tools", "function", "tool_calls"] where name.equals(one) { return true }
        return false
    }

    /// How providers call a member that they refuse, beyond its own name, its name in its group, and the same in camel or snake case.
    /// xAI, https://docs.x.ai/docs/guides/reasoning: "does not support parameter reasoningEffort"; Anthropic, https://docs.anthropic.com/en/api/errors:
    /// "output_config: Extra inputs are not permitted"; Gemini, https://ai.google.dev/gemini-api/docs/thinking: "Thinking level is not supported".
    /// 2026-11
    private static var words: [TableEntry] { table("effort=output_config thinkingConfig=thinking_budget thinkingConfig=thinkingBudget thinkingConfig=thinking_level thinkingConfig=thinkingLevel") }

    /// Likewise, parts of sentences that speak of nothing else. Anthropic: "adaptive thinking is not supported on this model"; Mistral, recorded:
    /// "Logprobs are not enabled for this model". 2026-11
    private static var sentences: [(name: StaticString, part: String)] {
        [("thinking", "daptive thinking is not"), ("thinking", "xtended thinking is not"), ("thinkingConfig", "hinking is not"), ("thinkingConfig", "hinking level is not"),
         ("thinkingConfig", "hinking budget is not"), ("logprobs", "ogprobs are not"), ("include", "ncrypted content is not")]
    }

    /// All that a member may be called.
    static func spellings(_ name: String, in group: String?) -> [String] {
        var all = [name]
        if let group { all += [concat(group, ".", name), concat(snake(group), ".", snake(name))] }
        for entry in words where same(entry.name, name) { all.append(String(utf8: entry.it)) }
        for cased in [camel(name), snake(name)] where !same(cased, name) { all.append(cased) }
        return all
    }

    static func sentences(of name: String) -> [String] { sentences.filter { name.equals($0.name) }.map { $0.part } }

    private static func camel(_ name: String) -> String {
        var octets: [UInt8] = [], isCapital = false
        for byte in name.octets {
            if byte == UInt8(ascii: "_") { isCapital = true } else {
                octets.append(isCapital && byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & ~0x20 : byte)
                isCapital = false
            }
        }
        return String(utf8: octets)
    }

    private static func snake(_ name: String) -> String {
        var octets: [UInt8] = []
        for byte in name.octets {
            let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if isCapital { octets.append(UInt8(ascii: "_")) }
            octets.append(isCapital ? byte | 0x20 : byte)
        }
        return String(utf8: octets)
    }
}
