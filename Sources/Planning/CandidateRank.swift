/// Where a candidate stands among those of one model; the smallest comes first.
struct CandidateRank: Comparable {
    /// What places a candidate. Strategies give a score, or a new position, to those that no order has placed.
    enum Tier: UInt8, Comparable {
        /// The order of the call's options, of `gatelet.route`, of `provider`.
        case callOrder, routeOrder, order
        /// A provider that was asked for by name, or that the model led to.
        case found
        /// provider_order.
        case listed
        /// provider_order names it, and nobody knows whether it has the model.
        case guess
        /// Its priority.
        case rest

        static func < (a: Tier, b: Tier) -> Bool { a.rawValue < b.rawValue }
    }

    var tier: Tier
    /// By a strategy: the smaller the better.
    var score = 0.0
    var position: Int
    /// Its breaker is open: it comes last, and the attempts decide about it.
    var isOpen = false

    static func < (a: CandidateRank, b: CandidateRank) -> Bool {
        if a.isOpen != b.isOpen { return b.isOpen }
        if a.tier != b.tier { return a.tier < b.tier }
        return a.score == b.score ? a.position < b.position : a.score < b.score
    }
}

struct RankedCandidate {
    var candidate: Candidate
    var rank: CandidateRank
}
