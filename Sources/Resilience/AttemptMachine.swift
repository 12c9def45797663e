internal import Model

/// The attempts of one request: which candidate is asked when, until one answers or there is nothing left to try. It does nothing
/// itself: each event is told to it with the time (microseconds of any one clock), and it answers with the driver's next step.
/// Success and cancellation end a request without it. An event that makes no sense (an attempt that is over, a timer too early)
/// changes nothing and gets the same step again.
package struct AttemptMachine: Sendable {
    let marks: [CandidateMark]
    let table: FailoverTable
    let budget: AttemptBudget
    var random: SmallRandom

    /// All attempts that were started; the index is the attempt's number.
    package internal(set) var attempts: [AttemptRecord] = []
    /// Where the request stands.
    var state = RequestState.unstarted
    /// Empty until something goes wrong: an ordinary request needs none.
    var candidates: [CandidateState] = []
    var walk = Walk()
    var spent = Spent()

    package init(marks: [CandidateMark], table: FailoverTable, budget: AttemptBudget, seed: UInt64) {
        self.marks = marks
        self.table = table
        self.budget = budget
        random = SmallRandom(seed: seed)
    }

    /// The step that was answered last.
    package var step: Step {
        switch state {
        case .asking(let ask): .admit(candidate: ask.candidate, key: ask.key, probe: ask.probe)
        case .waiting(let wait): .wait(until: wait.until)
        case .running(let hedgeAt): .run(hedgeAt: hedgeAt)
        case .committed: .run(hedgeAt: nil)
        case .unstarted, .failed: .fail
        }
    }

    package var running: Int { attempts.count { $0.isRunning } }

    package var isWaitingForLimit: Bool {
        if case .waiting(let wait) = state { wait.isForLimit } else { false }
    }

    /// What the last failure leads to, unless something gets in the way.
    package var intent: AttemptAction {
        switch state {
        case .asking(let ask): ask.cause
        case .waiting(let wait): wait.isForLimit ? .none : .retry
        default: .none
        }
    }

    package mutating func start(_ now: Int64) -> Step {
        guard case .unstarted = state else { return step }
        return resume(now)
    }

    /// The attempt that the last `.admit` asked for is under way; its number is `attempts.count - 1` from here on.
    package mutating func admitted(_ now: Int64) -> Step {
        guard case .asking(let ask) = state else { return step }
        settle(ask)
        attempts.append(AttemptRecord(candidate: ask.candidate, cause: ask.cause, probe: ask.probe, wait: spent.wait))
        spent.wait = 0
        return enter(.running(hedgeAt: hedgeTime(now)))
    }

    package mutating func blocked(_ block: Block, _ now: Int64) -> Step {
        guard case .asking(let ask) = state else { return step }
        if ask.cause == .hedged { return hedgeBlocked(ask, block, now) }
        note(block, ask, now)
        return resume(now)
    }

    package mutating func failed(_ attempt: Int, _ failure: AttemptFailure, _ now: Int64) -> Step {
        guard end(attempt, failure) else { return step }
        if failure.isFinal { return giveUp(now, because: attempt) }
        if case .committed = state { return giveUp(now, because: attempt) }
        if running > 0 { return otherGoesOn(attempt) }
        forgetSlots()
        walk = Walk(after: attempt, of: attempts[attempt].candidate, list: table.actions(for: failure.status))
        return resume(now)
    }

    /// The attempt has delivered text and then failed, and the request wants the rest from somebody else. What would end the request
    /// before any text ends it here too.
    package mutating func interrupted(_ attempt: Int, _ failure: AttemptFailure, _ now: Int64) -> Step {
        guard end(attempt, failure) else { return step }
        let list = table.actions(for: failure.status)
        if failure.isFinal || list[0] == nil || list[0] == .stop { return giveUp(now, because: attempt) }
        spent.hedge = true // text was delivered
        abandonOthers()
        forgetSlots()
        walk = Walk(after: attempt, of: attempts[attempt].candidate, list: ActionList(.nextProvider, .nextModel, .retry))
        walk.cause = .continued
        return resume(now)
    }

    /// Nobody had begun with the attempt, and it is made once more: under a number of its own, but it counts as one. False: it is over.
    package mutating func resent(_ attempt: Int) -> Bool {
        guard attempts.indices.contains(attempt), attempts[attempt].isRunning else { return false }
        var again = attempts[attempt]
        again.wait = 0
        attempts[attempt].isRunning = false
        attempts[attempt].next = .resend
        attempts.append(again)
        spent.unsent &+= 1
        return true
    }

    /// How many attempts count.
    var counted: Int { attempts.count &- spent.unsent }

    /// The first text of this attempt is there. True: it goes to the caller, and the others are marked as abandoned: the driver cancels
    /// them. False: another attempt was first, and this one must not deliver anything.
    package mutating func committed(_ attempt: Int) -> Bool {
        guard attempts.indices.contains(attempt), attempts[attempt].isRunning else { return false }
        for other in attempts.indices where other != attempt { abandon(other) }
        state = .committed(attempt)
        return true
    }

    package mutating func timer(_ now: Int64) -> Step {
        switch state {
        case .waiting(let wait) where now >= wait.until:
            end(wait, now)
            return resume(now)
        case .running(let hedgeAt?) where now >= hedgeAt: return startHedge(now)
        default: return step
        }
    }

    /// A limit that the request waits for may have room now.
    package mutating func slotFreed(_ now: Int64) -> Step {
        guard case .waiting(let wait) = state, wait.isForLimit else { return step }
        for index in candidates.indices { candidates[index].limitedUntil = .min }
        end(wait, now)
        return resume(now)
    }
}

extension AttemptMachine {
    /// False: it is not under way.
    private mutating func end(_ attempt: Int, _ failure: AttemptFailure) -> Bool {
        guard attempts.indices.contains(attempt), attempts[attempt].isRunning else { return false }
        attempts[attempt].isRunning = false
        attempts[attempt].failure = failure
        return true
    }

    mutating func abandon(_ attempt: Int) {
        guard attempts[attempt].isRunning else { return }
        attempts[attempt].isRunning = false
        attempts[attempt].next = .abandoned
    }

    mutating func abandonOthers() { for index in attempts.indices { abandon(index) } }

    mutating func enter(_ state: RequestState) -> Step {
        self.state = state
        return step
    }

    /// `because` is the attempt that ends everything, whatever else has failed.
    mutating func giveUp(_ now: Int64, because attempt: Int? = nil) -> Step {
        abandonOthers()
        if let last = attempt ?? walk.attempt, attempts[last].next == .none { attempts[last].next = .stop }
        return enter(.failed(Ending(attempt: attempt, isLate: now >= budget.deadline)))
    }

    private mutating func end(_ wait: Wait, _ now: Int64) {
        let time = max(0, now &- wait.since)
        spent.wait = later(spent.wait, by: time)
        if wait.isForLimit { spent.limitWait = later(spent.limitWait, by: time) } else {
            walk.isDue = true
            forgetSlots()
        }
    }

    /// What waits in line before a limit is out of it as soon as something else is done: whoever wants a slot has to ask again.
    private mutating func forgetSlots() {
        for index in candidates.indices where candidates[index].limitedUntil == .max || candidates[index].waitsForSlot {
            candidates[index].limitedUntil = .min
        }
    }
}
