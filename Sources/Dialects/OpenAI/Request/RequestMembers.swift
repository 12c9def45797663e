internal import Bytes
internal import CShims
internal import JSON

/// Members of a request that Gatelet itself reads: the one list of them, for whoever reads them and for the check that none
/// occurs twice (the first would route, the last would bill). The usual ones come first: they are looked for one by one.
package enum KnownMember: UInt8, CaseIterable, Sendable {
    case other
    case model, messages, stream, temperature, maxTokens, tools, streamOptions, maxCompletionTokens
    case topP, stop, seed, responseFormat, toolChoice, parallelToolCalls, gatelet, usage, reasoning, reasoningEffort
    case prompt, input, encodingFormat, n, bestOf, functions, functionCall, prediction, suffix
    case frequencyPenalty, presencePenalty, repetitionPenalty, logitBias, logprobs, topLogprobs, topK, minP, topA, verbosity, webSearchOptions, serviceTier
    /// OpenRouter's routing words; `route` is an old one.
    case models, provider, route

    package var name: StaticString {
        switch self {
        case .other: ""
        case .model: "model"
        case .messages: "messages"
        case .stream: "stream"
        case .temperature: "temperature"
        case .maxTokens: "max_tokens"
        case .tools: "tools"
        case .streamOptions: "stream_options"
        case .maxCompletionTokens: "max_completion_tokens"
        case .topP: "top_p"
        case .stop: "stop"
        case .seed: "seed"
        case .responseFormat: "response_format"
        case .toolChoice: "tool_choice"
        case .parallelToolCalls: "parallel_tool_calls"
        case .gatelet: "gatelet"
        case .usage: "usage"
        case .reasoning: "reasoning"
        case .reasoningEffort: "reasoning_effort"
        case .prompt: "prompt"
        case .input: "input"
        case .encodingFormat: "encoding_format"
        case .n: "n"
        case .bestOf: "best_of"
        case .functions: "functions"
        case .functionCall: "function_call"
        case .prediction: "prediction"
        case .suffix: "suffix"
        case .frequencyPenalty: "frequency_penalty"
        case .presencePenalty: "presence_penalty"
        case .repetitionPenalty: "repetition_penalty"
        case .logitBias: "logit_bias"
        case .logprobs: "logprobs"
        case .topLogprobs: "top_logprobs"
        case .topK: "top_k"
        case .minP: "min_p"
        case .topA: "top_a"
        case .verbosity: "verbosity"
        case .webSearchOptions: "web_search_options"
        case .serviceTier: "service_tier"
        case .models: "models"
        case .provider: "provider"
        case .route: "route"
        }
    }

    /// What OpenRouter calls a parameter of the model in `supported_parameters`
    /// (https://openrouter.ai/docs/api-reference/parameters); nil: it has no word for this.
    var parameter: StaticString? {
        switch self {
        case .maxCompletionTokens: "max_tokens"
        case .reasoningEffort: "reasoning"
        case .temperature, .maxTokens, .tools, .topP, .stop, .seed, .responseFormat, .toolChoice, .parallelToolCalls, .reasoning, .frequencyPenalty,
             .presencePenalty, .repetitionPenalty, .logitBias, .logprobs, .topLogprobs, .topK, .minP, .topA, .verbosity, .webSearchOptions: name
        default: nil
        }
    }

    /// Objects below the member in which names must not occur twice, because Gatelet reads there; 0 for none.
    var levels: Int {
        switch self {
        case .gatelet: 8
        case .provider: 4
        case .messages: 2
        case .streamOptions, .usage, .responseFormat: 1
        default: 0
        }
    }

    static func named(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange) -> KnownMember {
        let text = bytes[name], escaped = contains(text, Ascii.backslash)
        var raw: UInt8 = 1
        while let member = KnownMember(rawValue: raw) {
            if text.equals(member.name) || escaped && jsonName(bytes, name, is: member.name) { return member }
            raw &+= 1
        }
        return .other
    }
}

/// Looks for names that occur twice in an object. Bounded: whoever sends more members than any reader wants is refused.
struct RepeatedNames {
    private static let most = 128
    private let bytes: UnsafeRawBufferPointer
    /// Of the names of the objects that are open.
    private var hashes: [UInt64] = []
    private(set) var repeated = ByteRange.none
    /// Where an object with too many members begins.
    private(set) var crowded: Int?
    /// One was there under which other dialects' words may stand: see `OthersWords`.
    private(set) var sawOthersWords = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// False: something was found.
    mutating func check(_ value: JSONView, levels: Int) -> Bool {
        if levels <= 0 { return true }
        if value.isArray {
            var fine = true
            value.forEachElement { element in
                if fine { fine = check(element, levels: levels) }
            }
            return fine
        }
        return !value.isObject || checkObject(value, levels)
    }

    private mutating func checkObject(_ object: JSONView, _ levels: Int) -> Bool {
        let start = hashes.count
        var fine = true
        object.forEachMember { name, value in
            if fine { fine = note(name, from: start, object) && check(value, levels: levels &- 1) }
        }
        hashes.removeLast(hashes.count &- start)
        return fine
    }

    private mutating func note(_ name: ByteRange, from start: Int, _ object: JSONView) -> Bool {
        let hash = hash(name)
        if OthersWords.mayStand(under: bytes[name]) { sawOthersWords = true }
        var at = start
        while at < hashes.count {
            if hashes[at] == hash { // two names of one hash do not come about by chance
                repeated = name
                return false
            }
            at &+= 1
        }
        if hashes.count &- start >= RepeatedNames.most {
            crowded = object.range.start
            return false
        }
        hashes.append(hash)
        return true
    }

    private func hash(_ name: ByteRange) -> UInt64 {
        let raw = bytes[name]
        if !contains(raw, Ascii.backslash) { return fnv1a(raw) }
        let decoded = ByteBuffer()
        defer { decoded.keepAlive() }
        return appendDecodedJSON(raw, to: decoded) ? fnv1a(decoded.bytes) : fnv1a(raw)
    }
}
