internal import Bytes
internal import Model

/// The order among the candidates of one model.
extension Planner {
    func rankOfPrimary(_ found: Found, _ run: PlanRun) -> CandidateRank {
        if let rank = rankInOrder(found.provider, run) { return rank }
        let preference = tables.preference[found.provider]
        return !found.isFixed && preference < tables.ordered ? CandidateRank(tier: .listed, position: preference) : CandidateRank(tier: .found, position: 0)
    }

    func rankOfOther(_ index: Int, _ wish: Wish, _ isGuess: Bool, _ run: PlanRun) -> CandidateRank {
        if wish == .request, let rank = rankInOrder(index, run) { return rank }
        let preference = tables.preference[index]
        return CandidateRank(tier: preference >= tables.ordered ? .rest : isGuess ? .guess : .listed, position: preference)
    }

    private func rankInOrder(_ index: Int, _ run: PlanRun) -> CandidateRank? {
        guard let words = run.words else { return nil }
        if let at = words.call?.order.firstIndex(of: index) { return CandidateRank(tier: .callOrder, position: at) }
        if let at = words.route?.order.firstIndex(of: index) { return CandidateRank(tier: .routeOrder, position: at) }
        if run.isWorded, let at = words.request?.order.firstIndex(of: index) { return CandidateRank(tier: .order, position: at) }
        return nil
    }

    func arrange(_ found: Found, _ run: PlanRun) {
        let sort = run.request.callPreferences.sort ?? run.request.route.sort ?? (run.isWorded ? run.request.words.sort : nil) ?? run.suffix
        let strategy = sort ?? run.request.callPreferences.strategy ?? run.request.route.strategy ?? configuration.strategy
        // The provider that was found is as free as the others, unless it was asked for or there is an order.
        let moves = sort != nil || !found.isFixed && configuration.providerOrder.isEmpty
        run.sort()
        if strategy != .priority {
            permute(from: moves ? .found : .rest, isSort: sort != nil, strategy, run)
            run.sort()
        }
        cut(run)
        if run.line.count > 1 { sortOut(run) }
    }

    /// New ranks for those that no order has placed; `isSort`: somebody asked to sort, so that those of provider_order move as well and only figures count.
    private func permute(from tier: CandidateRank.Tier, isSort: Bool, _ strategy: RoutingStrategy, _ run: PlanRun) {
        let moving = run.line.indices.filter { at in
            let its = run.line[at].rank.tier
            return its >= tier && (isSort || its != .listed)
        }
        let isByChance = strategy == .weighted || strategy == .latency && !isSort
        let order = isByChance ? drawn(moving, byWeight: strategy == .weighted, run) : moving
        for (position, at) in order.enumerated() {
            let score = isByChance ? 0 : score(run.line[at].candidate, strategy, run.world)
            run.line[at].rank = CandidateRank(tier: tier, score: score, position: position)
        }
    }

    /// The smaller the better; what is not known comes last.
    private func score(_ candidate: Candidate, _ strategy: RoutingStrategy, _ world: any PlanWorld) -> Double {
        if strategy == .price {
            let prices = world.prices(candidate.provider, candidate.model)
            guard let sum = Money.sum(prices?[.prompt], prices?[.completion]) else { return .infinity }
            return Double(Int64(clamping: sum))
        }
        let health = world.health(candidate.provider, candidate.model)
        switch strategy {
        case .throughput: return health.throughput.map { 0 - $0 } ?? .infinity
        case .leastBusy: return Double(health.inFlight)
        case .rateLimit: return 0 - (health.remaining ?? 1)
        case .latency: return health.latency.map { Double($0) } ?? .infinity
        default: return 0
        }
    }

    /// One after the other by chance.
    private func drawn(_ order: [Int], byWeight: Bool, _ run: PlanRun) -> [Int] {
        var left = order, drawn: [Int] = []
        while !left.isEmpty { drawn.append(left.remove(at: byWeight ? weighted(left, run) : betterOfTwo(left, run))) }
        return drawn
    }

    private func weighted(_ left: [Int], _ run: PlanRun) -> Int {
        var sum = 0
        for at in left { sum &+= weight(at, run) }
        var ticket = draw(sum, run)
        for (index, at) in left.enumerated() {
            ticket &-= weight(at, run)
            if ticket < 0 { return index }
        }
        return 0
    }

    private func weight(_ at: Int, _ run: PlanRun) -> Int {
        min(max(configuration.providers[run.line[at].candidate.provider].routing.weight, 0), 1 << 20)
    }

    /// Peak EWMA with the power of two choices. What was never measured is tried before what was.
    private func betterOfTwo(_ left: [Int], _ run: PlanRun) -> Int {
        if left.count < 2 { return 0 }
        let a = draw(left.count, run), other = draw(left.count - 1, run)
        let b = other < a ? other : other &+ 1
        let first = min(a, b), second = max(a, b)
        return cost(left[second], run) < cost(left[first], run) ? second : first
    }

    private func cost(_ at: Int, _ run: PlanRun) -> Double {
        let candidate = run.line[at].candidate
        let health = run.world.health(candidate.provider, candidate.model)
        return Double(max(health.latency ?? 0, 0)) * Double(max(health.inFlight, 0) &+ 1)
    }

    /// A number below `count`.
    private func draw(_ count: Int, _ run: PlanRun) -> Int { Int(run.world.random() >> 1) % max(count, 1) }

    /// `allow_fallbacks: false`: one provider for each model.
    private func cut(_ run: PlanRun) {
        let allowed = run.request.callPreferences.allowFallbacks && run.request.route.allowFallbacks
        if allowed && run.request.words.allowFallbacks { return }
        var at = 1
        while at < run.line.count {
            if allowed && configuration.providers[run.line[at].candidate.provider].requests.nativeRouting {
                at &+= 1
                continue
            }
            run.drop(at, .fallbacksOff)
        }
    }

    /// Open breakers come last, for the attempts decide about them. Providers without a working key go, but for the first of
    /// them where there is nobody else: what then happens is also decided by the attempts.
    private func sortOut(_ run: PlanRun) {
        var at = 0, retired = -1, others = false, someOpen = false
        while at < run.line.count {
            let candidate = run.line[at].candidate, health = run.world.health(candidate.provider, candidate.model)
            if !health.keysLeft {
                if retired < 0 { (retired, at) = (at, at &+ 1) } else { run.drop(at, .keysRetired) }
                continue
            }
            others = true
            if health.open { (run.line[at].rank.isOpen, someOpen) = (true, true) }
            at &+= 1
        }
        if others, retired >= 0 { run.drop(retired, .keysRetired) }
        if someOpen { run.sort() }
    }
}

extension Found {
    /// The provider was asked for by name, so that nothing but the request's own order comes before it.
    var isFixed: Bool { why == .asked || why == .prefix }
}

extension PlanRun {
    func drop(_ at: Int, _ why: ExclusionReason) {
        let candidate = line.remove(at: at).candidate
        exclude(candidate.provider, candidate.model, why)
    }

    func sort() { line.sort { $0.rank < $1.rank } }
}
