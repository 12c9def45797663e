package import Model

/// What decides about the plan of a request.
package final class PlanRequest {
    package var model: String?
    /// `models` of the request, which a provider with native routing gets, too.
    package var models: [String] = []
    /// `gatelet.models`, which nobody else sees.
    package var ownModels: [String] = []
    /// `gatelet.provider`: no other provider is asked.
    package var pinned: String?
    /// `provider`: OpenRouter's words. Providers with native routing get them, and are not excluded by them.
    package var words = RoutingPreferences()
    /// `gatelet.route`: the same words for every provider.
    package var route = RoutingPreferences()
    /// `route` of the call's options: beside it the others only narrow.
    package var callPreferences = RoutingPreferences()
    /// `regions` of the body count in the place of the configuration's.
    package var isLifted = false
    package var operation: Operation

    package init(model: String?, operation: Operation) {
        self.model = model
        self.operation = operation
    }
}

/// A provider that may be asked, and for what.
package struct Candidate: Sendable, Equatable {
    /// Index into `Configuration.providers`.
    package var provider: Int
    /// The id that the provider knows the model by.
    package var model: String
    /// 0 is the requested model; the others are fallbacks in their order.
    package var rank: Int
    package var why: PlanReason

    package init(provider: Int, model: String, rank: Int, why: PlanReason) {
        self.provider = provider
        self.model = model
        self.rank = rank
        self.why = why
    }
}

package struct Exclusion: Sendable, Equatable {
    /// Index into `Configuration.providers`; -1 where the model led to none.
    package var provider: Int
    package var model: String
    package var why: ExclusionReason

    package init(provider: Int, model: String, why: ExclusionReason) {
        self.provider = provider
        self.model = model
        self.why = why
    }
}

/// Whom to ask, in this order. Never without a candidate.
package struct Plan: Sendable, Equatable {
    package var candidates: [Candidate]
    package var exclusions: [Exclusion]
}

/// How a candidate has been doing.
package struct CandidateHealth: Sendable, Equatable {
    /// Its circuit breaker keeps requests away.
    package var open = false
    /// Microseconds, peak EWMA.
    package var latency: Int64?
    /// Tokens per second.
    package var throughput: Double?
    package var inFlight = 0
    /// The share of its rate limit that is left, 0 to 1.
    package var remaining: Double?
    /// Not all of its keys are retired.
    package var keysLeft = true

    package init() {}
}

/// Live state and the request's own facts. Asked only when a plan depends on it: what is asked for by several requests at
/// a time has to answer quickly.
package protocol PlanWorld: AnyObject {
    func facts(_ provider: Int, _ model: String) -> ModelFacts?
    /// What this request pays there: the prices that bill. nil: not known.
    func prices(_ provider: Int, _ model: String) -> PriceSet?
    /// A catalog of this provider is in memory.
    func lists(_ provider: Int) -> Bool
    /// The table of prices has this model of this provider.
    func tables(_ provider: Int, _ model: String) -> Bool
    func providers(listing model: String) -> [Int]
    func health(_ provider: Int, _ model: String) -> CandidateHealth
    func needs() -> RequestNeeds
    func random() -> UInt64
    /// What the catalog of this provider lists. For near matches in errors, and for `routing.all_models`.
    func catalog(_ provider: Int) -> [KnownModel]
}

extension PlanWorld {
    package func catalog(_ provider: Int) -> [KnownModel] { [] }
}
