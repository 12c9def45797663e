internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Planning
internal import Resilience
internal import Settings
internal import Transport

extension Call {
    /// Reserves what one attempt may use at most, as far as the request says it.
    func reserve(_ endpoint: Endpoint, _ key: Int, _ candidate: Candidate, _ now: Int64) throws(Refusal) -> LimitReservation? {
        guard let engine else { return nil }
        let needs = request.needs()
        // What passes is not changed by rules.
        let asked = request.passes(through: endpoint) ? needs.maxOutput : endpoint.provider.mostOutput(needs, candidate.model)
        let output = asked ?? request.defaultMaxTokens(endpoint.provider, candidate.model) ?? 0
        let tokens = operation == .countTokens || operation.isRaw ? 0 : needs.allTokens &+ needs.most(output)
        var amount = LimitAmount(tokens: tokens, usd: 0), gap: CostGap?
        do throws(CostGap) { amount.usd = try request.costBound(candidate, prefill: prefill).cost } catch { gap = error }
        var wish = LimitWish(policy: setup.configuration.limits, map: setup.limits, amount: amount, gap: gap, tag: request.options.accountTag,
                             provider: endpoint.provider, providerIndex: candidate.provider, key: key)
        wish.isShared = services.redis.limits != nil
        do throws(Refusal) {
            return try services.limits.reserve(wish, for: LimitWaiter(job: self, engine: engine), &limitPlace, now: now)
        } catch {
            var refusal = error
            refusal.failure?.provider = endpoint.provider.id
            refusal.failure?.model = candidate.model
            throw refusal
        }
    }

    /// What the attempt used: its own words where there are any, nothing where nothing was sent, else what was reserved.
    func settleLimits(_ reservation: LimitReservation, _ account: Account, _ target: AttemptTarget) {
        let used = account.isUnbilled && !account.wasSent ? nil : usedAmount(reservation, account)
        if let shared = target.shared { target.sharedLimits?.settle(shared, used: used) } // first: who is woken asks there
        for warning in services.limits.settle(reservation, used: used) { warn(warning, target) }
    }

    private func usedAmount(_ reservation: LimitReservation, _ account: Account) -> LimitAmount {
        var used = account.isUnbilled ? LimitAmount(tokens: 0, usd: 0) : reservation.amount
        if !account.isEstimate, !account.isUnbilled {
            if let total = account.usage?.total { used.tokens = total }
            if let cost = account.total { used.usd = max(cost, account.most ?? 0) }
        } else if !account.isUnbilled { // nothing was told: what was reserved, or what came if that is more
            used.tokens = max(used.tokens, account.usage?.total ?? 0)
            used.usd = max(used.usd, account.most ?? account.total ?? 0)
        }
        return used
    }

    /// How the rules of the request's tag stand now, for reports.
    func noteLimits() {
        guard setup.hasLimits, let tag = request.options.accountTag else { return }
        trace.limits = services.limits.standings(setup.limits, ofTag: tag)
    }

    private func warn(_ warning: LimitWarning, _ target: AttemptTarget) {
        let provider = target.endpoint.provider
        let of: String? = switch warning.kind {
        case .client: nil
        case .tag: warning.tag
        case .provider: provider.id
        case .key: target.key < provider.access.keys.count ? provider.access.keys[target.key].name : nil
        }
        log(of: warning, of)
        tell(of: warning, of)
    }

    func releasePlace() {
        if limitPlace != nil { services.limits.leave(&limitPlace) }
    }

    // MARK: limits that processes share

    /// The attempt that may start here starts if all agree. nil: they are asked, and `nudge` brings the answer.
    func share(_ target: AttemptTarget, _ now: Int64) throws(Refusal) -> Step? {
        if let engine, let limits = services.redis.limits, let reservation = target.reservation,
           let asked = limits.reserve(reservation.wish, for: LimitWaiter(job: self, engine: engine), id: String(utf8: services.ids.next())) {
            (target.shared, target.sharedLimits) = (asked, limits)
            if let answer = limits.answer(to: asked) { return try proceed(target, answer, now) }
            sharing = target
            if deadline != .max { startTimer(deadline) }
            return nil
        }
        return start(target, now)
    }

    /// What it waits for may have come.
    func hearOthers() {
        guard let target = sharing, let shared = target.shared, let answer = target.sharedLimits?.answer(to: shared) else { return }
        sharing = nil
        stopTimer()
        let now = gl_now_us()
        do throws(Refusal) {
            perform(try proceed(target, answer, now))
        } catch {
            perform(refused(error, target.candidate, now))
        }
    }

    /// What waits for an answer is not wanted any more.
    func waitNoMore() {
        guard let target = sharing else { return }
        sharing = nil
        giveBack(target, gl_now_us())
    }

    /// What follows from an answer.
    private func proceed(_ target: AttemptTarget, _ answer: SharedAnswer, _ now: Int64) throws(Refusal) -> Step? {
        guard let engine, let limits = target.sharedLimits, let reservation = target.reservation else { return start(target, now) }
        switch answer {
        case .granted: if let asked = target.shared { services.limits.learn(limits.use(asked), reservation) }
        case .unavailable(let fault):
            if limits.redis.goesOnAlone() { break }
            giveBack(target, now)
            throw named(Refusal(block: .hopeless(.unavailable), failure: limits.redis.failure(fault)), target)
        case .refused(let breach):
            let asked = target.shared
            (target.reservation, target.shared) = (nil, nil)
            let refusal = services.limits.giveBack(reservation, breach, for: LimitWaiter(job: self, engine: engine), &limitPlace, now: now)
            if let asked { services.limits.learn(limits.use(asked), reservation) }
            do throws(Refusal) {
                guard takesAnotherKey(target, refusal, now) else { throw named(refusal, target) }
                try reserve(target, request.candidates[target.candidate], now)
            } catch {
                giveBack(target, now)
                throw error
            }
            return try share(target, now)
        }
        services.limits.leave(&limitPlace, served: true)
        return start(target, now)
    }

    /// As if it had never been asked for.
    private func giveBack(_ target: AttemptTarget, _ now: Int64) {
        if let shared = target.shared { target.sharedLimits?.settle(shared, used: nil) }
        if let reservation = target.reservation { _ = services.limits.settle(reservation, used: nil) }
        if let ticket = target.ticket { target.endpoint.health.release(ticket, now) }
        (target.shared, target.reservation, target.ticket) = (nil, nil, nil)
    }

    private func named(_ refusal: Refusal, _ target: AttemptTarget) -> Refusal {
        var refusal = refusal
        refusal.failure?.provider = target.endpoint.provider.id
        refusal.failure?.model = target.model
        return refusal
    }

    // MARK: max_cost

    /// `max_cost`: what was spent, and what this attempt may cost, must stay within it. A candidate of which that is not known
    /// cannot be held to it.
    func tooExpensive(_ candidate: Candidate) -> Failure? {
        guard let most = request.maxCost else { return nil }
        do throws(CostGap) {
            let bound = try request.costBound(candidate, prefill: prefill)
            var before: AttoUSD? = spent
            for other in running where other.target.candidate >= 0 && !other.abandoned { // not settled yet
                before = Money.sum(before, try? request.costBound(request.candidates[other.target.candidate], prefill: other.target.prefill).cost)
            }
            if let before, let all = Money.sum(before, bound.cost), all <= most { return nil }
            return expense(candidate, bound.excess(before ?? .max, over: most))
        } catch {
            return setup.configuration.limits.allowsUnknownPrice ? nil : expense(candidate, error.complaint("max_cost"))
        }
    }

    /// Bytes of what was delivered, which the next attempt gets behind the messages.
    var prefill: Int { winner == nil ? 0 : output?.deliveredText?.count ?? 0 }

    private func expense(_ candidate: Candidate, _ message: String) -> Failure {
        var failure = Failure(.refused, message)
        failure.provider = setup.provider(candidate.provider)?.id
        failure.model = candidate.model
        return failure
    }

    /// What all attempts so far have cost, or may have cost.
    private var spent: AttoUSD {
        var sum: AttoUSD = 0
        for attempt in trace.attempts {
            guard let account = attempt.account, let cost = account.most ?? account.total else { continue }
            sum = Money.sum(sum, cost) ?? .max
        }
        return sum
    }
}
