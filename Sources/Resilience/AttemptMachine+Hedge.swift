internal import Model

/// A second attempt beside a slow first one; once for each request, and never after text was delivered.
extension AttemptMachine {
    func hedgeTime(_ now: Int64) -> Int64? {
        guard let delay = budget.hedgeDelay, !spent.hedge, counted < budget.attempts, running == 1 else { return nil }
        let time = later(now, by: max(0, delay))
        return time < budget.deadline ? time : nil
    }

    /// The next provider of the same model, else the same one with another key.
    mutating func startHedge(_ now: Int64) -> Step {
        guard now < budget.deadline, let slow = attempts.firstIndex(where: { $0.isRunning }) else { return enter(.running(hedgeAt: nil)) }
        spent.hedge = true
        let candidate = attempts[slow].candidate
        walk = Walk(after: slow, of: candidate, list: ActionList())
        let other = reach(.nextProvider) { isReady($0, now) }
        return enter(.asking(Ask(candidate: other ?? candidate, key: other == nil ? .another : .any, cause: .hedged)))
    }

    /// Without another key the same one serves; what else stops a hedge drops it.
    mutating func hedgeBlocked(_ ask: Ask, _ block: Block, _ now: Int64) -> Step {
        if block == .noOtherKey, ask.key == .another {
            var same = ask
            same.key = .same
            return enter(.asking(same))
        }
        // The candidate of the attempt that is under way keeps its state: it will answer for itself.
        if ask.key == .any { note(block, ask, now) }
        return enter(.running(hedgeAt: nil))
    }

    /// One of two has failed: nothing is decided before the other has.
    mutating func otherGoesOn(_ attempt: Int) -> Step {
        attempts[attempt].next = .hedged
        let candidate = attempts[attempt].candidate
        if !attempts.contains(where: { $0.isRunning && $0.candidate == candidate }) { change(candidate) { $0.isGivenUp = true } }
        return enter(.running(hedgeAt: nil))
    }
}
