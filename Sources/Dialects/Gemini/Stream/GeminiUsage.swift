internal import Bytes
internal import JSON

/// What an answer has used (https://ai.google.dev/api/generate-content#UsageMetadata, 2026-11): prompts include what was cached, and
/// not what the provider's own tools read; answers do not include thoughts. Numbers that are 0 are not told.
struct GeminiUsage {
    private var prompt = 0, toolPrompt = 0, cached: Int?, answer = 0, thoughts: Int?, total: Int?
    private var audioIn: Int?, audioOut: Int?, imageOut: Int?
    private var tier: JSONView?
    /// Vertex's word for it (https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#TrafficType, 2026-11).
    private var traffic: UnsafeRawBufferPointer?
    private let view: JSONView
    /// Members that say more.
    private var others: [ByteRange] = []

    init(_ usage: JSONView) {
        view = usage
        for (name, value) in usage.members where !value.isNull { read(usage.bytes[name], name, value) }
    }

    private mutating func read(_ word: UnsafeRawBufferPointer, _ name: ByteRange, _ value: JSONView) {
        if isGemini(word, "promptTokenCount") {
            prompt = count(value)
        } else if isGemini(word, "toolUsePromptTokenCount") {
            toolPrompt = count(value)
        } else if isGemini(word, "cachedContentTokenCount") {
            cached = count(value)
        } else if isGemini(word, "candidatesTokenCount") || isGemini(word, "responseTokenCount") {
            answer = count(value)
        } else if isGemini(word, "thoughtsTokenCount") {
            thoughts = count(value)
        } else if isGemini(word, "totalTokenCount") {
            total = count(value)
        } else if isGemini(word, "serviceTier") {
            tier = value
        } else {
            if isGemini(word, "trafficType") { traffic = value.inside }
            if isGemini(word, "promptTokensDetails") { audioIn = tokens(of: "AUDIO", value) }
            if isGemini(word, "candidatesTokensDetails") { (audioOut, imageOut) = (tokens(of: "AUDIO", value), tokens(of: "IMAGE", value)) }
            others.append(ByteRange(name.start &- 1, value.range.end))
        }
    }

    private func count(_ value: JSONView) -> Int { min(max(value.int ?? 0, 0), 1 << 48) }

    /// Of one modality; nil: none.
    private func tokens(of modality: StaticString, _ details: JSONView) -> Int? {
        var sum = 0
        for detail in details.elements where detail["modality"]?.says(modality) ?? false {
            sum = min(sum &+ count(detail["tokenCount"] ?? detail["token_count"] ?? detail), 1 << 48)
        }
        return sum > 0 ? sum : nil
    }

    /// `searches`: of the web, beside the tokens.
    func write(_ out: inout MemberWriter, searches: Int = 0) {
        let prompt = prompt &+ toolPrompt, answer = answer &+ (thoughts ?? 0)
        out.member("prompt_tokens", prompt)
        out.member("completion_tokens", answer)
        out.member("total_tokens", total ?? prompt &+ answer)
        details("prompt_tokens_details", [("cached_tokens", cached), ("audio_tokens", audioIn)], &out)
        details("completion_tokens_details", [("reasoning_tokens", thoughts), ("audio_tokens", audioOut), ("image_tokens", imageOut)], &out)
        if let tier { out.member("service_tier", tier) } else if let word = trafficTier { out.member("service_tier", word: word) }
        if searches > 0 {
            out.name("server_tool_use")
            out.open()
            out.member("web_search_requests", searches)
            out.close()
        }
        for other in others {
            out.separate()
            out.raw(view.bytes[other])
        }
    }

    /// nil: the plain prices hold, or nobody said.
    private var trafficTier: StaticString? {
        guard let traffic else { return nil }
        if traffic.equals("ON_DEMAND_PRIORITY") { return "priority" }
        if traffic.equals("ON_DEMAND_FLEX") || traffic.equals("FLEX") { return "flex" }
        if traffic.equals("BATCH") { return "batch" }
        return traffic.equals("PROVISIONED_THROUGHPUT") ? "provisioned_throughput" : nil
    }

    private func details(_ name: StaticString, _ counts: [(StaticString, Int?)], _ out: inout MemberWriter) {
        if !counts.contains(where: { $0.1 != nil }) { return }
        out.name(name)
        out.open()
        for (name, count) in counts { if let count { out.member(name, count) } }
        out.close()
    }
}
