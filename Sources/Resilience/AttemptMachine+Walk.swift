internal import Model

/// Shorter waits for a limit are not worth a timer, and could make a request spin.
private let shortestLimitWait: Int64 = 1_000

extension AttemptMachine {
    func candidateState(_ candidate: Int) -> CandidateState {
        candidates.indices.contains(candidate) ? candidates[candidate] : CandidateState()
    }

    mutating func change(_ candidate: Int, _ body: (inout CandidateState) -> Void) {
        if candidates.isEmpty { candidates = [CandidateState](repeating: CandidateState(), count: marks.count) }
        if candidates.indices.contains(candidate) { body(&candidates[candidate]) }
    }

    /// Takes the first action that is possible now; else waits for a limit; else tries what an open breaker keeps shut. When that
    /// was blocked or its wait is over, it is called again, and begins at the front: what was impossible may be possible now.
    mutating func resume(_ now: Int64) -> Step {
        if counted >= max(1, budget.attempts) || now >= budget.deadline { return giveUp(now) }
        for action in walk.actions {
            if let step = take(action, now) { return step }
        }
        return waitForLimit(now) ?? probe(now) ?? giveUp(now)
    }

    /// nil: it is not possible.
    private mutating func take(_ action: FailureAction, _ now: Int64) -> Step? {
        guard let candidate = reach(action, { isReady($0, now) }) else { return nil }
        if action == .retry, !walk.isDue {
            guard let until = retryTime(candidate, now) else { return nil }
            if until > now { return enter(.waiting(Wait(since: now, until: until, isForLimit: false))) }
            walk.isDue = true
        }
        return ask(candidate, action, probe: false)
    }

    private mutating func ask(_ candidate: Int, _ action: FailureAction, probe: Bool) -> Step {
        let key: KeyWish = action == .retry ? .same : action == .rotateKey ? .another : .any
        return enter(.asking(Ask(candidate: candidate, key: key, probe: probe, cause: walk.cause ?? AttemptAction(action))))
    }

    func isReady(_ candidate: Int, _ now: Int64) -> Bool {
        let state = candidateState(candidate)
        return !state.isGivenUp && !state.isOpen && state.limitedUntil <= now
    }

    /// The first suitable candidate that an action leads to: those after the origin first, then from the beginning one that a
    /// limit or a breaker had kept shut.
    func reach(_ action: FailureAction, _ suits: (Int) -> Bool) -> Int? {
        if action == .retry || action == .rotateKey {
            let isSpent = action == .retry ? walk.cannotRetry : walk.cannotRotate
            return walk.origin.flatMap { !isSpent && suits($0) ? $0 : nil }
        }
        let from = walk.origin.map { $0 &+ 1 } ?? 0
        for index in from..<(from &+ marks.count) {
            let candidate = index < marks.count ? index : index &- marks.count
            let wasShut = index < marks.count || candidateState(candidate).block != nil
            if wasShut, leads(action, to: candidate), suits(candidate) { return candidate }
        }
        return nil
    }

    private func leads(_ action: FailureAction, to candidate: Int) -> Bool {
        guard let origin = walk.origin else { return action == .nextModel }
        if candidate == origin { return false }
        return (marks[candidate].rank == marks[origin].rank) == (action == .nextProvider)
    }

    /// When the same candidate may be asked again; nil: never.
    private mutating func retryTime(_ candidate: Int, _ now: Int64) -> Int64? {
        let policy = marks[candidate].retry, retries = candidateState(candidate).retries
        guard retries < policy.attempts, let failure = walk.attempt.flatMap({ attempts[$0].failure }) else { return nil }
        if failure.refusesRetry || failure.mayBeBilled && spent.billedRetry { return nil }
        var wait = policy.backoff(retries &+ 1, &random)
        if let asked = failure.retryAfter, asked > 0 {
            guard asked <= (hasAnother(now) ? retryAfterCap : lastRetryAfterCap) else { return nil }
            wait = asked
        }
        let until = later(now, by: wait)
        return until < budget.deadline ? until : nil
    }

    /// The actions of this failure lead to somebody else who can be asked.
    private func hasAnother(_ now: Int64) -> Bool {
        walk.actions.contains { ($0 == .nextProvider || $0 == .nextModel) && reach($0) { isReady($0, now) } != nil }
    }

    private mutating func waitForLimit(_ now: Int64) -> Step? {
        let end = later(now, by: budget.maxWait &- spent.limitWait)
        guard budget.waits, end > now else { return nil }
        var until = Int64.max, anySlot = false
        for candidate in marks.indices where isReachable(candidate) {
            let state = candidateState(candidate)
            guard !state.isOpen || !state.isProbed else { continue }
            if state.limitedUntil == .max || state.waitsForSlot && state.limitedUntil > now { anySlot = true }
            if state.limitedUntil != .max, state.limitedUntil > now { until = min(until, state.limitedUntil) }
        }
        if until <= end, until < budget.deadline { return enter(.waiting(Wait(since: now, until: until, isForLimit: true))) }
        return anySlot ? enter(.waiting(Wait(since: now, until: min(end, budget.deadline), isForLimit: true))) : nil
    }

    private mutating func probe(_ now: Int64) -> Step? {
        for action in walk.actions where action != .retry || walk.isDue {
            guard let candidate = reach(action, { canProbe($0, now) }) else { continue }
            change(candidate) { $0.isProbed = true }
            return ask(candidate, action, probe: true)
        }
        return nil
    }

    private func canProbe(_ candidate: Int, _ now: Int64) -> Bool {
        let state = candidateState(candidate)
        return !state.isGivenUp && state.isOpen && !state.isProbed && state.limitedUntil <= now
    }

    /// It could not start, and the actions lead to it.
    private func isReachable(_ candidate: Int) -> Bool {
        let state = candidateState(candidate)
        if state.isGivenUp || state.block == nil { return false }
        if candidate == walk.origin { return true }
        return walk.actions.contains { ($0 == .nextProvider || $0 == .nextModel) && leads($0, to: candidate) }
    }
}

extension AttemptMachine {
    /// An attempt starts: what it means for its candidate and for the one before.
    mutating func settle(_ ask: Ask) {
        if !candidates.isEmpty { change(ask.candidate) { ($0.block, $0.isOpen) = (nil, false) } }
        if ask.cause == .hedged { return }
        guard let before = walk.attempt, let origin = walk.origin else { return }
        attempts[before].next = ask.cause
        if origin != ask.candidate { return change(origin) { $0.isGivenUp = true } }
        guard ask.key == .same else { return }
        change(origin) { $0.retries &+= 1 }
        if attempts[before].failure?.mayBeBilled ?? false { spent.billedRetry = true }
    }

    mutating func note(_ block: Block, _ ask: Ask, _ now: Int64) {
        if block == .noOtherKey, ask.key != .any {
            if ask.key == .another { walk.cannotRotate = true } else { walk.cannotRetry = true }
            return
        }
        change(ask.candidate) { state in
            state.block = block
            switch block {
            case .breakerOpen: state.isOpen = true
            case .limited(let until):
                state.limitedUntil = max(until ?? .max, later(now, by: shortestLimitWait))
                state.waitsForSlot = false
                if ask.probe { state.isProbed = false }
            case .reserved(let until):
                state.limitedUntil = max(until, later(now, by: shortestLimitWait))
                state.waitsForSlot = true
                if ask.probe { state.isProbed = false }
            case .noOtherKey, .keysRetired, .tooExpensive, .hopeless: state.isGivenUp = true
            }
        }
    }
}
