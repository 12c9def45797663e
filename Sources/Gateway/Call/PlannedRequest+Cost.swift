internal import Accounting
internal import Bytes
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Settings

/// What a request may cost, and how much it is.
extension PlannedRequest {
    /// What it may cost at most at a candidate. `prefill`: bytes of text that goes behind the messages.
    func costBound(_ candidate: Candidate, prefill: Int = 0) throws(CostGap) -> CostBound {
        guard let provider = setup.provider(candidate.provider) else { throw .price }
        if operation == .countTokens || raw?.method.isFree ?? false { return .nothing(needs()) }
        if raw != nil { throw .price }
        guard let price = models.price(provider, candidate.model, setup), price.isSound else {
            if provider.isScripted { return .nothing(needs()) } // it charges nobody
            throw .price
        }
        var bound = bound()
        bound.bytes &+= prefill
        var question = CostQuestion(operation, provider, candidate.model, bound: bound, needs: needs(),
                                    facts: setup.planner.facts(candidate.provider, candidate.model, self), defaultMaxTokens: defaultMaxTokens(provider, candidate.model))
        if let endpoint = setup.endpoint(candidate.provider) { question.obeysRules = !passes(through: endpoint) }
        return try question.costBound(by: price)
    }

    /// The operator's, where the request does not say how long its answer may be: the tag's, else the provider's, else the client's.
    func defaultMaxTokens(_ provider: Provider, _ model: String) -> Int? {
        if operation == .embeddings || operation == .countTokens || view.hasMaxTokens { return nil }
        let limits = setup.configuration.limits
        let tag = options.accountTag.flatMap { LimitBook.defaultMaxTokens(limits.tags, $0) }
        guard let most = tag ?? provider.routing.limits.defaultMaxTokens ?? limits.client.defaultMaxTokens else { return nil }
        return provider.within(provider.within(most, "max_tokens", model), "max_completion_tokens", model)
    }
}
