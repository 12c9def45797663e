internal import Bytes

/// How candidates that nobody put in an order are ordered.
package enum RoutingStrategy: String, CaseIterable, Sendable {
    case priority, weighted, price, throughput, latency, leastBusy = "least_busy", rateLimit = "rate_limit"
}

/// The most that a caller wants to pay (OpenRouter's `max_price`, there in USD per million tokens).
package struct PriceCeiling: Sendable, Equatable {
    package var prompt: AttoUSD?
    package var completion: AttoUSD?
    package var request: AttoUSD?
    package var image: AttoUSD?
    package init() {}
}

/// OpenRouter's `provider` object (https://openrouter.ai/docs/features/provider-routing), and `gatelet.route` with the
/// same words and two more.
package struct RoutingPreferences: Sendable, Equatable {
    package var order: [String] = []
    package var only: [String] = []
    package var ignore: [String] = []
    package var allowFallbacks = true
    package var requireParameters = false
    /// Sorts all candidates, strictly.
    package var sort: RoutingStrategy?
    package var maxPrice: PriceCeiling?
    /// `data_collection: "deny"`: only providers whose row says that they keep nothing.
    package var denyDataCollection = false
    package var zeroDataRetention = false
    /// Gatelet's own: the strategy among equals, and tags of which a provider's `regions` must have one.
    package var strategy: RoutingStrategy?
    package var regions: [String] = []
    package init() {}
}

/// What a model reads, in OpenRouter's words.
package enum Modality: String, CaseIterable, Sendable { case text, image, audio, file, video }

package struct Modalities: OptionSet, Sendable, Equatable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let text = Modalities(rawValue: 1), image = Modalities(rawValue: 2), audio = Modalities(rawValue: 4),
                       file = Modalities(rawValue: 8), video = Modalities(rawValue: 16)

    package init(_ modality: Modality) {
        self = switch modality {
        case .text: .text
        case .image: .image
        case .audio: .audio
        case .file: .file
        case .video: .video
        }
    }

    /// One of them by its name.
    package init?(named name: UnsafeRawBufferPointer) {
        guard let modality = Modality(word: String(utf8: name)) else { return nil }
        self.init(modality)
    }

    package var names: [String] { Modality.allCases.filter { contains(Modalities($0)) }.map { $0.rawValue } }
}

/// What is known of one model at one provider; nil is unknown.
package struct ModelFacts: Sendable, Equatable {
    package var contextLength: Int?
    package var maxOutput: Int?
    package var inputs: Modalities?
    /// `supported_parameters`, in OpenRouter's words ("tools", "structured_outputs", "response_format", ...).
    package var parameters: [String]?
    package var price: ModelPrice?
    package init() {}

    /// Where this says nothing, the other one's word holds.
    package func filled(from other: ModelFacts) -> ModelFacts {
        var facts = ModelFacts()
        facts.contextLength = contextLength ?? other.contextLength
        facts.maxOutput = maxOutput ?? other.maxOutput
        facts.inputs = inputs ?? other.inputs
        facts.parameters = parameters ?? other.parameters
        if let price, let listed = other.price { facts.price = price.filled(from: listed) } else { facts.price = price ?? other.price }
        return facts
    }
}

/// A model that configuration describes: `providers.<id>.known_models`.
package struct KnownModel: Sendable, Equatable {
    package var id: String
    package var facts: ModelFacts
    package init(id: String, facts: ModelFacts) { self.id = id; self.facts = facts }
}

/// What a request needs of a model. Computed when a candidate's facts are known, not before.
package struct RequestNeeds: Sendable, Equatable {
    /// An estimate on the low side (bytes of text / 4), so that nothing is refused that would have fitted.
    package var promptTokens = 0
    /// An estimate of all that is billed: several prompts, the definitions of tools, pictures (docs/usage.md).
    package var allTokens = 0
    /// `max_completion_tokens` or `max_tokens`, of one choice.
    package var maxOutput: Int?
    /// Either of them.
    package var maxTokens: Int?, maxCompletionTokens: Int?
    /// The largest number under other words for it ("max_new_tokens", "num_predict"), which some servers obey.
    package var otherLimit: Int?
    /// How many answers are asked for: `n` or `best_of`, for each prompt.
    package var choices = 1
    /// Texts of an embeddings request.
    package var inputs = 1
    package var modalities: Modalities = .text
    package var tools = false
    /// `response_format` of type json_schema.
    package var structuredOutput = false
    /// `service_tier`, where it names one.
    package var tier: ServiceTier?
    /// Names of the members that are model parameters ("temperature", "tools", "seed", ...), for require_parameters.
    package var parameters: [String] = []
    package init() {}

    /// Tokens of all choices at most, when one has so many.
    package func most(_ output: Int) -> Int {
        let (tokens, over) = max(0, output).multipliedReportingOverflow(by: choices)
        return over ? 1 << 48 : min(tokens, 1 << 48)
    }
}

/// What may be used in one window; nil is unlimited.
package struct LimitCaps: Sendable, Equatable {
    package var requests: Int?
    package var tokens: Int?
    package var usd: AttoUSD?
    package init() {}
}

/// What one key, provider, tag or the whole client may use. The minute slides; hours, days and months are those of UTC.
package struct LimitRules: Sendable, Equatable {
    package var minute = LimitCaps()
    package var hour = LimitCaps()
    package var day = LimitCaps()
    package var month = LimitCaps()
    package var concurrency: Int?
    /// Seconds between the starts of two attempts.
    package var spacing: Double?
    /// Sent where a request does not say how long its answer may be. Not of a key.
    package var defaultMaxTokens: Int?
    /// Shares of these that the log and the hook are told of when they are used; the lowest first.
    package var warnAt: [Double] = []
    package init() {}
    package var isEmpty: Bool { self == LimitRules() }
}

/// Bytes of a caller's tag.
package let longestTag = 128
/// Bytes of a model's id, and of any other text that Gatelet reads in a request: they are kept, counted and reported.
package let longestModel = 512

package struct TagLimits: Sendable, Equatable {
    /// A path: `org` holds for `org/team` too, beside an entry of that name. `*`, or `org/*`, stands for every tag (beneath `org`)
    /// that has no entry of its own, each counted by itself.
    package var tag: String
    package var rules: LimitRules
    package init(tag: String, rules: LimitRules) { self.tag = tag; self.rules = rules }
}

/// `limits` of the configuration. Those of providers and keys stand with them.
package struct LimitsPolicy: Sendable, Equatable {
    package var client = LimitRules()
    package var tags: [TagLimits] = []
    /// A request over a limit waits (true) or fails at once.
    package var wait = true
    /// Seconds that it waits at most.
    package var maxWait = 60.0
    /// Requests of one tag that wait at a time; one more fails at once.
    package var queue = 1000
    /// The most that all attempts of one request together may cost, where the options of its call say nothing else.
    package var maxCost: AttoUSD?
    /// Where USD are limited, a request whose cost cannot be known before is sent nevertheless.
    package var allowsUnknownPrice = false
    package init() {}
}

/// Opt-in: after every other candidate, all known models of the usable providers by context length.
package struct AllModelsPolicy: Sendable, Equatable {
    /// Per million tokens becomes per token while loading; models without a known price are left out.
    package var maxPrice: PriceCeiling
    package init(maxPrice: PriceCeiling) { self.maxPrice = maxPrice }
}

/// nil: neither is known.
package func larger(_ a: Int?, _ b: Int?) -> Int? { a == nil && b == nil ? nil : max(a ?? 0, b ?? 0) }
