internal import Bytes
internal import Model
internal import Planning

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
            return expense(candidate, excess(bound, before ?? .max, most))
        } catch {
            return setup.configuration.limits.allowsUnknownPrice ? nil : expense(candidate, unknownCost(error, "max_cost"))
        }
    }

    /// Bytes of what was delivered, which the next attempt gets behind the messages.
    var prefill: Int { winner == nil ? 0 : output?.deliveredText?.count ?? 0 }

    /// How it would fit.
    private func excess(_ bound: CostBound, _ before: AttoUSD, _ most: AttoUSD) -> String {
        let said = concat("the request may cost ", Money.text(bound.cost), " USD", before > 0 ? concat(" beside the ", Money.text(before), " USD of other attempts") : "")
        let more = concat(said, ", more than max_cost (", Money.text(most), "): ")
        let left = most > before ? most &- before : 0
        if let tokens = bound.longest(within: left) {
            let number = String(decimal: tokens)
            return bound.isUnheld ? concat(more, "an answer can have ", number, " tokens at most, and max_tokens does not hold it to that here")
                : concat(more, "max_tokens can be ", number, " at most")
        }
        if bound.fixed <= left { return concat(more, "beside its prompt (", Money.text(bound.fixed), " USD) not one token of each answer fits") }
        return concat(more, "its prompt alone may cost ", Money.text(bound.fixed), " USD")
    }

    func unknownCost(_ gap: CostGap, _ cap: String) -> String {
        concat("what this request may cost is not known, and ", cap, " limits it: ", String(gap.text), "; limits.unknown_price \"allow\" sends it nevertheless")
    }

    func expense(_ candidate: Candidate, _ message: String) -> Failure {
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
