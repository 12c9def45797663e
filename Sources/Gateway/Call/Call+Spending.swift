internal import Accounting
internal import Bytes
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Settings

extension Call {
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

extension PlannedRequest {
    /// What it may cost at most at a candidate. `prefill`: bytes of text that goes behind the messages.
    func costBound(_ candidate: Candidate, prefill: Int = 0) throws(CostGap) -> CostBound {
        guard let provider = setup.provider(candidate.provider) else { throw .price }
        guard let price = models.price(provider, candidate.model, setup), price.isSound else {
            if same(provider.dialect, "dev") { return .nothing(needs()) } // it charges nobody
            throw .price
        }
        var bound = bound()
        bound.bytes &+= prefill
        return try CostQuestion(operation, provider, candidate.model, bound: bound, needs: needs(), facts: setup.planner.facts(candidate.provider, candidate.model, self),
                                defaultMaxTokens: defaultMaxTokens(provider)).costBound(by: price)
    }

    /// The operator's, where the request does not say how long its answer may be: the tag's, else the provider's, else the client's.
    func defaultMaxTokens(_ provider: Provider) -> Int? {
        if operation == .embeddings || view.tellsMaxTokens { return nil }
        let limits = setup.configuration.limits
        let tag = options.tag.flatMap { LimitBook.rules(limits.tags, $0)?.defaultMaxTokens }
        return tag ?? provider.limits.defaultMaxTokens ?? limits.client.defaultMaxTokens
    }
}
