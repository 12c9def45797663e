/// How candidates that nobody put in an order are ordered.
package enum RouteStrategy: Sendable, Equatable {
    case priority, weighted, price, throughput, latency, leastBusy, rateLimit

    package var name: StaticString {
        switch self {
        case .priority: "priority"
        case .weighted: "weighted"
        case .price: "price"
        case .throughput: "throughput"
        case .latency: "latency"
        case .leastBusy: "least_busy"
        case .rateLimit: "rate_limit"
        }
    }
}

/// Prices are in 1e-18 USD, exact: for a token, a request or an image.
package typealias AttoUSD = Int128

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
package struct RouteWords: Sendable, Equatable {
    package var order: [String] = []
    package var only: [String] = []
    package var ignore: [String] = []
    package var allowFallbacks = true
    package var requireParameters = false
    /// Sorts all candidates, strictly.
    package var sort: RouteStrategy?
    package var maxPrice: PriceCeiling?
    /// `data_collection: "deny"`: only providers whose row says that they keep nothing.
    package var denyDataCollection = false
    package var zeroDataRetention = false
    /// Gatelet's own: the strategy among equals, and tags of which a provider's `regions` must have one.
    package var strategy: RouteStrategy?
    package var regions: [String] = []
    package init() {}
}

package struct Modalities: OptionSet, Sendable, Equatable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let text = Modalities(rawValue: 1), image = Modalities(rawValue: 2), audio = Modalities(rawValue: 4),
                       file = Modalities(rawValue: 8), video = Modalities(rawValue: 16)
}

/// What is known of one model at one provider; nil is unknown.
package struct ModelFacts: Sendable, Equatable {
    package var contextLength: Int?
    package var maxOutput: Int?
    package var inputs: Modalities?
    /// `supported_parameters`, in OpenRouter's words ("tools", "structured_outputs", "response_format", ...).
    package var parameters: [String]?
    package var promptPrice: AttoUSD?
    package var completionPrice: AttoUSD?
    package var requestPrice: AttoUSD?
    package var imagePrice: AttoUSD?
    package init() {}
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
    /// `max_completion_tokens` or `max_tokens`.
    package var maxOutput: Int?
    package var modalities: Modalities = .text
    package var tools = false
    /// `response_format` of type json_schema.
    package var structuredOutput = false
    /// Names of the members that are model parameters ("temperature", "tools", "seed", ...), for require_parameters.
    package var parameters: [String] = []
    package init() {}
}

/// What one key, provider, tag or the whole client may use. nil is unlimited. Windows are of one minute (sliding) and of
/// one UTC day.
package struct LimitRules: Sendable, Equatable {
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?
    package var usdPerMinute: AttoUSD?
    package var requestsPerDay: Int?
    package var tokensPerDay: Int?
    package var usdPerDay: AttoUSD?
    package var concurrency: Int?
    /// Seconds between the starts of two attempts.
    package var spacing: Double?
    package init() {}
    package var isEmpty: Bool { self == LimitRules() }
}

package struct TagLimits: Sendable, Equatable {
    /// "*" holds for every tag that has no rules of its own, each counted by itself.
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
    /// Requests that wait at a time; one more fails at once.
    package var queue = 1000
    package init() {}
}

/// Opt-in: after every other candidate, all known models of the usable providers by context length (seed 003).
package struct AllModelsPolicy: Sendable, Equatable {
    /// Per million tokens becomes per token while loading; models without a known price are left out.
    package var maxPrice: PriceCeiling
    package init(maxPrice: PriceCeiling) { self.maxPrice = maxPrice }
}
