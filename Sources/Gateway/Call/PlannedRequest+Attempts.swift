internal import Bytes
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Settings

/// How a request is tried.
extension PlannedRequest {
    /// One deadline over all attempts: the request's total time-out, else that of the provider that is asked first.
    func deadline(from start: Int64) -> Int64 {
        guard let first = candidates.first, first.provider < setup.endpoints.count else { return .max }
        let seconds = options.timeouts(setup.endpoints[first.provider].timeouts).total
        return seconds > 0 ? start &+ Int64(min(seconds, 86_400 * 365) * 1_000_000) : .max
    }

    func machine(deadline: Int64, seed: UInt64) -> AttemptMachine {
        let retry = setup.configuration.retry, limits = setup.configuration.limits
        var marks: [CandidateMark] = []
        marks.reserveCapacity(candidates.count)
        for candidate in candidates {
            let base = setup.provider(candidate.provider)?.routing.retry ?? retry
            marks.append(CandidateMark(provider: candidate.provider, rank: candidate.rank, retry: options.retry(base)))
        }
        var budget = AttemptBudget()
        budget.attempts = options.retry(retry).attemptsPerRequest
        budget.deadline = deadline
        budget.waits = limits.wait
        budget.maxWait = Int64(limits.maxWait * 1_000_000)
        let (hedge, notBefore) = options.hedge(setup.configuration.hedge)
        if raw == nil, let hedge, let delay = hedgeDelay(hedge) { budget.hedgeDelay = max(delay, microseconds(notBefore ?? 0)) }
        return AttemptMachine(marks: marks, table: setup.failover, budget: budget, seed: seed)
    }

    /// Without a number, the 95th percentile of what was observed; as long as little was, there is no hedge.
    private func hedgeDelay(_ hedge: HedgePolicy) -> Int64? {
        if let seconds = hedge.delay { return microseconds(seconds) }
        guard let first = candidates.first, first.provider < setup.endpoints.count else { return nil }
        return setup.endpoints[first.provider].health.usualFirstContent(first.model)
    }

    private func microseconds(_ seconds: Double) -> Int64 { Int64(min(seconds, 86_400) * 1_000_000) }

    /// Gatelet adds the question for usage: where the provider takes it, and where nobody says whether it does, to try.
    func asksUsage(_ index: Int) -> Bool {
        guard operation.isStream, view.includeUsage == nil, index >= 0, index < candidates.count, !refused.contains(where: { $0.candidate == index && $0.member.isUsage }),
              let provider = setup.provider(candidates[index].provider), provider.requests.streamUsage || provider.triesStreamUsage else { return false }
        return !services.refusals.of(provider, candidates[index].model).contains { $0.isUsage }
    }

    /// A body without what was refused before, by this request's candidate or in the client's time.
    func withoutRefused(_ written: WrittenBody, _ endpoint: Endpoint, _ model: String, _ index: Int) -> WrittenBody {
        if passes(through: endpoint) { return written }
        var written = written
        for member in services.refusals.of(endpoint.provider, model) + refused.filter({ $0.candidate == index }).map({ $0.member }) where !member.isUsage {
            guard let less = without(member, written.buffer) else { continue }
            if let path = told(member) { written.warn(path, endpoint.provider, model) }
            written.buffer = less
        }
        return written
    }
}

/// What is sent to one candidate, and what of the request is not told there.
struct WrittenBody {
    var buffer: ByteBuffer
    var warnings: RequestWarnings

    func warn(_ path: String, _ provider: Provider, _ model: String) {
        warnings.add(.dropped, path, concat(provider.title, " has refused it for `", model, "`"))
    }
}
