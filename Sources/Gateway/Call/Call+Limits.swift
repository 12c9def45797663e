internal import Accounting
internal import Bytes
internal import Model
internal import Planning
internal import Resilience
internal import Settings

extension Call {
    /// Reserves what one attempt may use at most, as far as the request says it.
    func reserve(_ endpoint: Endpoint, _ key: Int, _ candidate: Candidate, _ now: Int64) throws(Refusal) -> LimitReservation? {
        guard let engine else { return nil }
        let needs = request.needs()
        let output = needs.maxOutput ?? request.defaultMaxTokens(endpoint.provider) ?? 0
        var amount = LimitAmount(tokens: needs.allTokens &+ needs.most(output), usd: 0), gap: CostGap?
        do throws(CostGap) { amount.usd = try request.costBound(candidate, prefill: prefill).cost } catch { gap = error }
        let wish = LimitWish(policy: setup.configuration.limits, map: setup.limits, amount: amount, gap: gap, tag: request.options.tag,
                             provider: endpoint.provider, providerIndex: candidate.provider, key: key)
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
    func settleLimits(_ reservation: LimitReservation, _ account: Account) {
        if account.isUnbilled, !account.wasSent { return services.limits.settle(reservation, used: nil) }
        var used = account.isUnbilled ? LimitAmount(tokens: 0, usd: 0) : reservation.amount
        if !account.isEstimate, !account.isUnbilled {
            if let total = account.usage?.total { used.tokens = total }
            if let cost = account.total { used.usd = max(cost, account.most ?? 0) }
        } else if !account.isUnbilled { // nothing was told: what was reserved, or what came if that is more
            used.tokens = max(used.tokens, account.usage?.total ?? 0)
            used.usd = max(used.usd, account.most ?? account.total ?? 0)
        }
        services.limits.settle(reservation, used: used)
    }

    func releasePlace() {
        if limitPlace != nil { services.limits.leave(&limitPlace) }
    }
}
