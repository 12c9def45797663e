internal import Bytes
internal import Model

/// The order among the candidates of one model. Each has a place, and the smallest comes first: those in the request's
/// order; a provider that was asked for by name; provider_order; guesses of provider_order; the rest by priority. Strategies
/// give new places to those that no order has placed.
extension Planner {
    private static var head: Double { 1_000_000 }
    private static var listed: Double { 2_000_000 }
    private static var guesses: Double { 3_000_000 }
    private static var rest: Double { 4_000_000 }

    func placeOfPrimary(_ found: Found, _ run: PlanRun) -> Double {
        if let place = placeInOrder(found.provider, run) { return place }
        let preference = tables.preference[found.provider]
        return !found.isFixed && preference < tables.ordered ? Planner.listed + Double(preference) : Planner.head
    }

    func placeOfOther(_ index: Int, _ wish: Wish, _ isGuess: Bool, _ run: PlanRun) -> Double {
        if wish == .request, let place = placeInOrder(index, run) { return place }
        let preference = tables.preference[index]
        return (preference >= tables.ordered ? Planner.rest : isGuess ? Planner.guesses : Planner.listed) + Double(preference)
    }

    private func placeInOrder(_ index: Int, _ run: PlanRun) -> Double? {
        guard let words = run.words else { return nil }
        if let place = words.callOrder.firstIndex(of: index) { return Double(place) }
        if let place = words.routeOrder.firstIndex(of: index) { return 5_000 + Double(place) }
        if run.isWorded, let place = words.order.firstIndex(of: index) { return 10_000 + Double(place) }
        return nil
    }

    func arrange(_ found: Found, _ run: PlanRun) {
        let sort = run.request.callPreferences.sort ?? run.request.route.sort ?? (run.isWorded ? run.request.words.sort : nil) ?? run.suffix
        let strategy = sort ?? run.request.callPreferences.strategy ?? run.request.route.strategy ?? configuration.strategy
        // The provider that was found is as free as the others, unless it was asked for or there is an order.
        let moves = sort != nil || !found.isFixed && configuration.providerOrder.isEmpty
        if strategy != .priority {
            permute(from: moves ? Planner.head : Planner.rest, above: sort != nil || !moves ? 0 : Planner.guesses, strategy, strict: sort != nil, run)
        }
        run.sort()
        cut(run)
        if run.candidates.count &- run.start > 1 { sortOut(run) }
    }

    /// New places for those that no order has placed.
    private func permute(from: Double, above: Double, _ strategy: RoutingStrategy, strict: Bool, _ run: PlanRun) {
        var order: [Int] = []
        for at in run.places.indices where run.places[at] >= from && (run.places[at] == Planner.head || run.places[at] >= above) { order.append(at) }
        Planning.sort(&order, by: run.places)
        if strategy == .weighted || strategy == .latency && !strict {
            order = drawn(order, byWeight: strategy == .weighted, run)
        } else {
            var scores = run.places
            for at in order { scores[at] = score(run.candidates[run.start &+ at], strategy, run.world) }
            Planning.sort(&order, by: scores)
        }
        for (place, at) in order.enumerated() { run.places[at] = from + Double(place) }
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
        min(max(configuration.providers[run.candidates[run.start &+ at].provider].weight, 0), 1 << 20)
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
        let candidate = run.candidates[run.start &+ at]
        let health = run.world.health(candidate.provider, candidate.model)
        return Double(max(health.latency ?? 0, 0)) * Double(max(health.inFlight, 0) &+ 1)
    }

    /// A number below `count`.
    private func draw(_ count: Int, _ run: PlanRun) -> Int { Int(run.world.random() >> 1) % max(count, 1) }

    /// `allow_fallbacks: false`: one provider for each model.
    private func cut(_ run: PlanRun) {
        let allowed = run.request.callPreferences.allowFallbacks && run.request.route.allowFallbacks
        if allowed && run.request.words.allowFallbacks { return }
        var at = run.start &+ 1
        while at < run.candidates.count {
            let candidate = run.candidates[at]
            if allowed && configuration.providers[candidate.provider].nativeRouting {
                at &+= 1
                continue
            }
            run.drop(at, .fallbacksOff)
        }
    }

    /// Open breakers come last, for the attempts decide about them. Providers without a working key go, but for the first of
    /// them where there is nobody else: what then happens is also decided by the attempts.
    private func sortOut(_ run: PlanRun) {
        var at = run.start, retired = -1, others = false
        while at < run.candidates.count {
            let health = run.world.health(run.candidates[at].provider, run.candidates[at].model)
            if !health.keysLeft {
                if retired < 0 { (retired, at) = (at, at &+ 1) } else { run.drop(at, .keysRetired) }
                continue
            }
            others = true
            if health.open { run.places[at &- run.start] += 1e9 }
            at &+= 1
        }
        if others, retired >= 0 { run.drop(retired, .keysRetired) }
        run.sort()
    }
}

extension Found {
    /// The provider was asked for by name, so that nothing but the request's own order comes before it.
    var isFixed: Bool { why == .asked || why == .prefix }
}

extension PlanRun {
    func drop(_ at: Int, _ why: ExclusionReason) {
        let candidate = candidates.remove(at: at)
        places.remove(at: at &- start)
        exclude(candidate.provider, candidate.model, why)
    }

    /// The candidates of this rank by their places.
    func sort() {
        var isSorted = true
        for at in places.indices where at > 0 && places[at] < places[at &- 1] { isSorted = false }
        if isSorted { return }
        var order = Array(places.indices)
        Planning.sort(&order, by: places)
        let old = candidates, oldPlaces = places
        for (to, from) in order.enumerated() {
            candidates[start &+ to] = old[start &+ from]
            places[to] = oldPlaces[from]
        }
    }
}
