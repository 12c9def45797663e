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
    /// The step that was answered last.
    package internal(set) var step = Step.fail

    /// Empty until something goes wrong: an ordinary request needs none.
    var states: [CandidateState] = []
    /// The question of the last `.admit`.
    var asked: Ask?
    var walk = Walk()
    var hedgeUsed = false
    /// Attempts that nobody had begun with.
    var unsent = 0
    /// Text of this attempt has gone to the caller: nothing else may start unless it is `interrupted`.
    var committedTo: Int?
    var isContinuing = false
    var billedRetryUsed = false
    /// Since when it waits, and whether for a limit.
    var waitStart: Int64 = 0
    var waitsForLimit = false
    /// What the next attempt has waited so far, and what the request has waited for limits.
    var waited: Int64 = 0
    var limitWaited: Int64 = 0
    /// Given up at or after the deadline.
    var isLate = false
    /// The attempt whose failure ended everything at once.
    var ending: Int?

    package init(marks: [CandidateMark], table: FailoverTable, budget: AttemptBudget, seed: UInt64) {
        self.marks = marks
        self.table = table
        self.budget = budget
        random = SmallRandom(seed: seed)
    }

    package var running: Int {
        var n = 0
        for attempt in attempts where attempt.isRunning { n &+= 1 }
        return n
    }

    package var isWaitingForLimit: Bool {
        if case .wait = step { waitsForLimit } else { false }
    }

    /// What the last failure leads to, unless something gets in the way.
    package var intent: AttemptAction {
        if let asked { return asked.cause }
        if case .wait = step, !waitsForLimit { return .retry }
        return .none
    }

    package mutating func start(_ now: Int64) -> Step {
        guard attempts.isEmpty, asked == nil else { return step }
        return resume(now)
    }

    /// The attempt that the last `.admit` asked for is under way; its number is `attempts.count - 1` from here on.
    package mutating func admitted(_ now: Int64) -> Step {
        guard let ask = asked else { return step }
        asked = nil
        settle(ask)
        attempts.append(AttemptRecord(candidate: ask.candidate, cause: ask.cause, probe: ask.probe, wait: waited))
        waited = 0
        step = .run(hedgeAt: hedgeTime(now))
        return step
    }

    package mutating func blocked(_ block: Block, _ now: Int64) -> Step {
        guard let ask = asked else { return step }
        asked = nil
        if ask.cause == .hedged { return hedgeBlocked(ask, block, now) }
        note(block, ask, now)
        return resume(now)
    }

    package mutating func failed(_ attempt: Int, _ failure: AttemptFailure, _ now: Int64) -> Step {
        guard end(attempt, failure) else { return step }
        if failure.isFinal || committedTo != nil { return giveUp(now, because: attempt) }
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
        committedTo = nil
        isContinuing = true
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
        unsent &+= 1
        return true
    }

    /// How many attempts count.
    var counted: Int { attempts.count &- unsent }

    /// The first text of this attempt is there. True: it goes to the caller, and the others are marked as abandoned: the driver cancels
    /// them. False: another attempt was first, and this one must not deliver anything.
    package mutating func committed(_ attempt: Int) -> Bool {
        guard attempts.indices.contains(attempt), attempts[attempt].isRunning else { return false }
        committedTo = attempt
        for other in attempts.indices where other != attempt { abandon(other) }
        asked = nil
        step = .run(hedgeAt: nil)
        return true
    }

    package mutating func timer(_ now: Int64) -> Step {
        switch step {
        case .wait(let until):
            guard now >= until else { return step }
            endWait(now)
            return resume(now)
        case .run(let hedgeAt?):
            return now >= hedgeAt ? startHedge(now) : step
        default:
            return step
        }
    }

    /// A limit that the request waits for may have room now.
    package mutating func slotFreed(_ now: Int64) -> Step {
        guard case .wait = step, waitsForLimit else { return step }
        for index in states.indices { states[index].limitedUntil = .min }
        endWait(now)
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

    /// `because` is the attempt that ends everything, whatever else has failed.
    mutating func giveUp(_ now: Int64, because attempt: Int? = nil) -> Step {
        ending = attempt
        isLate = now >= budget.deadline
        abandonOthers()
        if let last = attempt ?? walk.attempt, attempts[last].next == .none { attempts[last].next = .stop }
        asked = nil
        step = .fail
        return step
    }

    private mutating func endWait(_ now: Int64) {
        let time = max(0, now &- waitStart)
        waited = later(waited, by: time)
        if waitsForLimit { limitWaited = later(limitWaited, by: time) } else {
            walk.isDue = true
            forgetSlots()
        }
    }

    /// The place in the line before a limit is gone as soon as something else is done: whoever wants a slot has to ask again.
    private mutating func forgetSlots() {
        for index in states.indices where states[index].limitedUntil == .max || states[index].waitsForSlot { states[index].limitedUntil = .min }
    }
}
