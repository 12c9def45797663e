internal import Model
internal import Providers
internal import Routing
internal import Wire

extension Call {
    /// `max_cost`: what was spent, and what this attempt may cost, must stay within it. A candidate whose price is not
    /// known cannot be held to it.
    func tooExpensive(_ candidate: Candidate) -> Failure? {
        guard let most = request.maxCost else { return nil }
        guard let estimate = request.estimate(candidate) else {
            return expense(candidate, "what this request may cost is not known: max_cost needs a known price, and max_tokens")
        }
        var all = Money.sum(spent, estimate)
        for other in running where other.landing.candidate >= 0 && !other.abandoned { // not settled yet
            all = Money.sum(all, request.estimate(request.candidates[other.landing.candidate]))
        }
        guard let total = all, total <= most else { return expense(candidate, "the request may cost more than max_cost") }
        return nil
    }

    private func expense(_ candidate: Candidate, _ message: String) -> Failure {
        var failure = Failure(.refused, message)
        failure.provider = setup.provider(candidate.provider)?.id
        failure.model = candidate.model
        return failure
    }

    /// What all attempts so far have cost, or may have cost.
    private var spent: AttoUSD {
        var sum: AttoUSD = 0
        for attempt in journey.attempts {
            guard let account = attempt.account, let cost = account.most ?? account.total else { continue }
            sum = Money.sum(sum, cost) ?? .max
        }
        return sum
    }
}
