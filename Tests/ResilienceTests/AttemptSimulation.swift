@testable import Model
@testable import Resilience

/// Something that happens to an attempt that is under way.
private struct Happening {
    enum Kind { case commit, success, failure(AttemptFailure) }
    var time: Int64
    var attempt: Int
    var kind: Kind
}

/// A driver under a clock of its own. It believes nothing that the machine says of itself: it keeps its own books, and `violations`
/// is what they show.
struct AttemptSimulation {
    enum Outcome { case success, failure, cancelled }

    var world: AttemptWorld
    var machine: AttemptMachine
    var now: Int64 = 0
    var steps = 0
    /// Prints each step.
    var trace = false
    private(set) var violations: [String] = []
    private(set) var outcomes: [Outcome] = []
    private(set) var seen = Set<String>()

    private var pending: [Happening] = []
    private var candidates: [Int] = []
    private var settled: [Int] = []
    private var failures: [AttemptFailure?] = []
    private var keysUsed: [Int]
    private var retries: [Int]
    private var wasAsked: [Bool]
    private var excluded: [Bool]
    private var saidOpen: [Bool]
    private var probed: [Bool]
    /// Failed, and an attempt elsewhere followed.
    private var left: [Bool]
    private var deliverer: Int?
    private var limitWaited: Int64 = 0
    private var hedges = 0
    private var billedRetries = 0
    private var isHedging = false
    private var lastFailed: Int?
    /// The last failure came after text.
    private var afterText = false

    init(seed: UInt64) {
        world = AttemptWorld(seed: seed)
        let table = FailoverTable(preset: world.preset, rules: world.rules)
        machine = AttemptMachine(marks: world.marks, table: table, budget: world.budget, seed: seed)
        let n = world.marks.count
        keysUsed = [Int](repeating: 0, count: n)
        retries = keysUsed
        wasAsked = [Bool](repeating: false, count: n)
        (excluded, saidOpen, left, probed) = (wasAsked, wasAsked, wasAsked, wasAsked)
    }

    private mutating func check(_ holds: Bool, _ message: String) {
        if !holds { violations.append("\(message) (at \(now) us, step \(steps))") }
    }

    mutating func run() {
        var step = machine.start(now)
        while outcomes.isEmpty, steps < 3000, violations.isEmpty {
            steps += 1
            if trace { print(now, step) }
            check(step == machine.step, "the step is not the one that is kept")
            switch step {
            case .admit(let candidate, let key, let probe): step = admit(candidate, key, probe)
            case .wait(let until): step = wait(until)
            case .run(let hedgeAt): step = happen(hedgeAt)
            case .fail: fail()
            }
        }
        check(outcomes.count == 1, "\(outcomes.count) outcomes after \(steps) steps")
        for attempt in settled.indices { check(settled[attempt] == 1, "attempt \(attempt) settled \(settled[attempt]) times") }
        check(machine.attempts.count == settled.count, "attempts were started that nobody asked for")
    }

    private var underWay: [Int] { settled.indices.filter { settled[$0] == 0 } }
}

extension AttemptSimulation {
    private mutating func admit(_ candidate: Int, _ key: KeyWish, _ probe: Bool) -> Step {
        check(now < world.budget.deadline, "asked at or after the deadline")
        check(candidates.count < world.budget.attempts, "asked beyond the cap of attempts")
        check(world.marks.indices.contains(candidate), "no such candidate")
        check(!excluded[candidate], "asked an excluded candidate")
        check(!left[candidate], "asked a candidate that was given up")
        check(deliverer == nil, "asked although text is being delivered")
        check(underWay.count == (isHedging ? 1 : 0), "\(underWay.count) under way")
        check(key == .any || candidates.contains(candidate), "a key wish for a candidate that was never tried")
        check(!saidOpen[candidate] || probe, "asked an open candidate without the mark")
        if probe { checkProbe(candidate) }
        wasAsked[candidate] = true
        let spare = world.keys[candidate] - keysUsed[candidate]
        let block = world.block(candidate, key, probe: probe, spare: spare, now)
        if probe, block == nil || block == .breakerOpen { probed[candidate] = true }
        if let block { return blocked(candidate, key, block) }
        begin(candidate, key)
        return machine.admitted(now)
    }

    private mutating func checkProbe(_ candidate: Int) {
        seen.insert("probe")
        check(!isHedging, "a hedge as a probe")
        check(!probed[candidate], "a second probe")
        check(saidOpen[candidate], "a probe of a candidate that was not open")
        if movesFreely { check(!wasAsked.contains(false), "a probe although a candidate was never asked") }
    }

    /// The table leads from every failure so far to every candidate.
    private var movesFreely: Bool {
        world.preset == .gatelet && world.rules.isEmpty && !failures.contains { $0?.status == .contextLength }
    }

    private mutating func blocked(_ candidate: Int, _ key: KeyWish, _ block: Block) -> Step {
        let wasHedge = isHedging
        if !(wasHedge && block == .noOtherKey) { isHedging = false }
        switch block {
        case .breakerOpen: saidOpen[candidate] = saidOpen[candidate] || !wasHedge || key == .any
        case .limited, .reserved: seen.insert("limited")
        case .noOtherKey: seen.insert("no other key")
        case .keysRetired, .tooExpensive, .hopeless: excluded[candidate] = excluded[candidate] || !wasHedge || key == .any
        }
        let step = machine.blocked(block, now)
        if wasHedge, block != .noOtherKey { check(step == .run(hedgeAt: nil), "a blocked hedge was not dropped") }
        return step
    }

    private mutating func begin(_ candidate: Int, _ key: KeyWish) {
        if key != .same { keysUsed[candidate] += 1 }
        if isHedging {
            hedges += 1
            seen.insert("hedge")
            check(hedges == 1, "a second hedge")
        } else if let before = lastFailed {
            if candidates[before] != candidate { left[candidates[before]] = true }
            if key == .same { countRetry(candidate, before) }
        }
        saidOpen[candidate] = false
        isHedging = false
        candidates.append(candidate)
        settled.append(0)
        failures.append(nil)
        plan(candidates.count - 1)
    }

    private mutating func countRetry(_ candidate: Int, _ before: Int) {
        seen.insert("retry")
        retries[candidate] += 1
        check(retries[candidate] <= world.marks[candidate].retry.attempts, "too many retries of a candidate")
        if failures[before]?.mayBeBilled ?? false { billedRetries += 1 }
        check(billedRetries <= 1, "a second retry of what may be billed")
    }

    /// What will happen to a new attempt.
    private mutating func plan(_ attempt: Int) {
        var time = now + world.time(5)
        if world.chance(30) {
            add(time, attempt, .commit)
            time += world.time(5)
        }
        add(time, attempt, world.chance(world.successes) ? .success : .failure(world.failure()))
    }

    private mutating func add(_ time: Int64, _ attempt: Int, _ kind: Happening.Kind) {
        if time < world.budget.deadline { return pending.append(Happening(time: time, attempt: attempt, kind: kind)) }
        if pending.contains(where: { $0.attempt == attempt && $0.time == world.budget.deadline }) { return }
        let status = world.chance(80) ? Status.timeoutTotal : .server
        let end = AttemptFailure(status: status, mayBeBilled: true)
        pending.append(Happening(time: world.budget.deadline, attempt: attempt, kind: .failure(end)))
    }
}

extension AttemptSimulation {
    private mutating func wait(_ until: Int64) -> Step {
        check(underWay.isEmpty, "waits while attempts are under way")
        check(until <= world.budget.deadline, "a wait ends after the deadline")
        let longest = world.marks.map { $0.retry.backoffMax * (1 + $0.retry.jitter) }.max() ?? 0
        let bound = max(lastRetryAfterCap, microseconds(longest), world.budget.waits ? world.budget.maxWait : 0)
        check(until > now && until - now <= bound, "waits for \(until - now) us")
        if lastFailed == nil {
            check(world.budget.waits, "waits for a limit")
            check(limitWaited + until - now <= world.budget.maxWait, "waits too long for limits")
        }
        seen.insert("wait")
        if world.chance(20) { check(machine.timer(now) == .wait(until: until), "an early timer was taken") }
        if world.chance(30), until - now > 1 {
            pass(until: now + 1 + world.time(Double(until - now - 1) / 1e6))
            seen.insert("slot freed")
            return machine.slotFreed(now)
        }
        pass(until: until + (world.chance(20) ? world.time(1) : 0))
        return machine.timer(now)
    }

    private mutating func pass(until time: Int64) {
        limitWaited += time - now
        now = time
    }

    /// The next thing that happens while attempts are under way.
    private mutating func happen(_ hedgeAt: Int64?) -> Step {
        if let hedgeAt { checkHedge(hedgeAt) }
        guard let index = pending.indices.min(by: { pending[$0].time < pending[$1].time }) else {
            check(false, "nothing is under way")
            return .fail
        }
        if let hedgeAt, hedgeAt <= pending[index].time { return hedge(hedgeAt) }
        let next = pending.remove(at: index)
        now = max(now, next.time)
        if world.chance(2) { return cancel() }
        switch next.kind {
        case .commit: return commit(next.attempt)
        case .success: return succeed(next.attempt)
        case .failure(let failure): return failed(next.attempt, failure)
        }
    }

    private mutating func checkHedge(_ hedgeAt: Int64) {
        check(underWay.count == 1 && deliverer == nil && hedges == 0, "a hedge that must not be")
        check(hedgeAt < world.budget.deadline && candidates.count < world.budget.attempts, "a hedge beyond the budget")
    }

    private mutating func hedge(_ time: Int64) -> Step {
        now = max(now, time)
        let step = machine.timer(now)
        if case .admit = step { isHedging = true }
        return step
    }

    private mutating func commit(_ attempt: Int) -> Step {
        let isFirst = deliverer == nil && settled[attempt] == 0
        let mayDeliver = machine.committed(attempt)
        check(mayDeliver == isFirst, mayDeliver ? "a second attempt delivers text" : "the first attempt may not deliver")
        guard mayDeliver else { return machine.step }
        deliverer = attempt
        seen.insert("commit")
        for other in underWay where other != attempt { abandon(other) }
        return machine.step
    }

    /// The driver cancels it; what it would have done may still arrive, and must change nothing.
    private mutating func abandon(_ attempt: Int) {
        settled[attempt] += 1
        seen.insert("abandoned")
        check(!machine.attempts[attempt].isRunning && machine.attempts[attempt].next == .abandoned, "a loser goes on")
        if world.chance(50) { pending.removeAll { $0.attempt == attempt } }
    }

    private mutating func succeed(_ attempt: Int) -> Step {
        guard settled[attempt] == 0 else { return machine.step }
        check(deliverer == nil || deliverer == attempt, "success of an attempt that was not first")
        for other in underWay { settled[other] += 1 }
        outcomes.append(.success)
        return machine.step
    }

    private mutating func cancel() -> Step {
        for other in underWay { settled[other] += 1 }
        outcomes.append(.cancelled)
        return machine.step
    }

    private mutating func failed(_ attempt: Int, _ failure: AttemptFailure) -> Step {
        if settled[attempt] > 0 {
            let before = machine.step
            check(machine.failed(attempt, failure, now) == before, "a failure that was no longer asked for")
            return machine.step
        }
        settled[attempt] += 1
        failures[attempt] = failure
        let delivered = deliverer == attempt
        if !underWay.isEmpty, !failure.isFinal { return oneOfTwoFailed(attempt, failure) }
        lastFailed = attempt
        afterText = delivered
        if delivered, world.continues {
            deliverer = nil
            seen.insert("interrupted")
            return machine.interrupted(attempt, failure, now)
        }
        let step = machine.failed(attempt, failure, now)
        check(!delivered || step == .fail, "text was delivered, and another attempt follows")
        return step
    }

    private mutating func oneOfTwoFailed(_ attempt: Int, _ failure: AttemptFailure) -> Step {
        seen.insert("one of two failed")
        let step = machine.failed(attempt, failure, now)
        check(step == .run(hedgeAt: nil), "the other attempt is not waited for")
        if !underWay.contains(where: { candidates[$0] == candidates[attempt] }) { left[candidates[attempt]] = true }
        return step
    }
}

extension AttemptSimulation {
    private mutating func fail() {
        for other in underWay { abandon(other) }
        outcomes.append(.failure)
        checkVerdict()
        checkNothingWasLeft()
        check(machine.timer(now + second) == .fail && machine.slotFreed(now) == .fail && machine.admitted(now) == .fail,
              "a request that failed goes on")
    }

    private func worth(_ attempt: Int) -> Int {
        failures[attempt].map { actionability($0.status, ofFirstCandidate: candidates[attempt] == 0) } ?? -1
    }

    private mutating func checkVerdict() {
        let best = candidates.indices.map(worth).max() ?? -1
        switch machine.verdict {
        case .attempt(let attempt):
            seen.insert("verdict attempt")
            let isFinal = failures[attempt]?.isFinal ?? false
            check(failures[attempt] != nil && (isFinal || afterText || worth(attempt) == best), "the verdict is not the most actionable")
        case .block(let block, let candidate):
            seen.insert("verdict block")
            check(actionability(block.status, ofFirstCandidate: candidate == 0) > best, "a block hides a failure")
        case .deadline:
            seen.insert("verdict deadline")
            check(now >= world.budget.deadline, "a time-out before the deadline")
        }
    }

    /// It gives up only for a reason.
    private mutating func checkNothingWasLeft() {
        if now >= world.budget.deadline || candidates.count >= world.budget.attempts || deliverer != nil { return }
        guard movesFreely else { return }
        let last = lastFailed.flatMap { failures[$0] }
        if let last, last.isFinal || FailoverTable(preset: .gatelet, rules: []).actions(for: last.status)[0] == .stop { return }
        check(!wasAsked.contains(false), "gives up although a candidate was never asked")
        let unprobed = saidOpen.indices.contains { saidOpen[$0] && !left[$0] && !excluded[$0] }
        check(!unprobed || seen.contains("probe"), "gives up without a probe")
    }
}
