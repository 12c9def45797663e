internal import Bytes
internal import JSON
internal import Model

// Members at the top of a request that are not written elsewhere.

extension AnthropicWriter {
    mutating func writeOther(_ name: ByteRange, _ known: KnownMember, _ value: JSONView) throws(Failure) {
        switch known {
        case .other: try writeOther(name, value)
        case .n: if value.int != 1 { throw Failure(.unsupported, "`n`: Anthropic gives one answer to a request") }
        case .functions, .functionCall: throw Failure(.unsupported, concat("`", String(known.name), "`: only `tools` and `tool_choice` can be sent to Anthropic"))
        case .webSearchOptions:
            throw Failure(.unsupported, "`web_search_options`: Anthropic's search is a tool, {\"type\": \"web_search_20250305\", \"name\": \"web_search\"}")
        case .serviceTier: writeTier(value)
        case .seed: warn("seed", "Anthropic has no word for it")
        case .prediction, .frequencyPenalty, .presencePenalty, .repetitionPenalty, .logitBias, .logprobs, .topLogprobs, .minP, .topA, .verbosity, .suffix:
            if !value.saysNothing { warn(String(known.name), "Anthropic has no word for it") }
        default: break
        }
    }

    private mutating func writeOther(_ name: ByteRange, _ value: JSONView) throws(Failure) {
        let word = chat.bytes[name]
        for told: StaticString in ["thinking", "output_config", "user", "safety_identifier", "metadata"] where word.equals(told) { return }
        let text = decodedText(chat.bytes, name)
        if word.equals("modalities") {
            if !value.isArray { warn(text, "it is no list") }
            for modality in value.elements where !modality.says("text") { throw Failure(.unsupported, "`modalities`: Anthropic answers with text") }
            return
        }
        if let owner = MemberOwner(word), owner != .anthropic {
            if !value.saysNothing { warn(text, "Anthropic has no word for it") }
            return
        }
        // Its own, and what is too new to be known here.
        out.separate()
        out.raw(chat.bytes[ByteRange(name.start &- 1, value.range.end)])
    }

    /// https://docs.anthropic.com/en/api/service-tiers, 2026-11
    private mutating func writeTier(_ value: JSONView) {
        if value.says("auto") || value.says("standard_only") {
            out.member("service_tier", value)
        } else if value.says("default") {
            out.member("service_tier", "standard_only")
        } else if value.says("priority") {
            out.member("service_tier", "auto")
        } else {
            warn("service_tier", "Anthropic has no such tier")
        }
    }

    /// Whose request it is. Of what OpenAI calls metadata Anthropic takes nothing else.
    mutating func writeMetadata() {
        let metadata = chat["metadata"], own = metadata?.filled("user_id")
        if let metadata {
            for (name, _) in metadata.members where !jsonName(metadata.bytes, name, is: "user_id") {
                warn("metadata", "Anthropic takes `user_id` alone")
                break
            }
        }
        guard let user = own ?? chat["user"] ?? chat["safety_identifier"], user.isString else { return }
        out.name("metadata")
        out.open()
        out.member("user_id", user)
        out.close()
    }
}
