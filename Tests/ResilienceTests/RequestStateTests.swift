@testable import Model
@testable import Resilience
import Testing

/// What each state of a request makes of events that are no exits of it: nothing.
@Suite struct RequestStateTests {
    private let server = AttemptFailure(status: .server)

    /// Two candidates of one model, and a hedge after a second.
    private func machine() -> AttemptMachine {
        var budget = AttemptBudget()
        budget.hedgeDelay = second
        let marks = (0..<2).map { CandidateMark(provider: $0, rank: 0, retry: RetryPolicy()) }
        return AttemptMachine(marks: marks, table: FailoverTable(), budget: budget, seed: 1)
    }

    private enum Event: CaseIterable { case start, admitted, blocked, failed, interrupted, committed, timer, slotFreed }

    /// All events but the exits leave step and attempts as they are. Attempts that events name are those that are over, or never were.
    private func expectOnly(_ exits: [Event], _ before: AttemptMachine, at now: Int64, over: Int = 9) {
        for event in Event.allCases where !exits.contains(event) {
            var machine = before, step: Step?
            switch event {
            case .start: step = machine.start(now)
            case .admitted: step = machine.admitted(now)
            case .blocked: step = machine.blocked(.breakerOpen, now)
            case .failed: step = machine.failed(over, server, now)
            case .interrupted: step = machine.interrupted(over, server, now)
            case .committed: yes(!machine.committed(over))
            case .timer: step = machine.timer(now)
            case .slotFreed: step = machine.slotFreed(now)
            }
            #expect(step ?? machine.step == before.step && machine.attempts == before.attempts, "\(event)")
        }
    }

    @Test func onlyTheExitsLeadOn() {
        var machine = machine()
        #expect(machine.step == .fail)
        expectOnly([.start], machine, at: 0)

        yes(machine.start(0) == .admit(candidate: 0, key: .any, probe: false))
        expectOnly([.admitted, .blocked], machine, at: 0)

        yes(machine.admitted(0) == .run(hedgeAt: second))
        expectOnly([.timer], machine, at: second)
        expectOnly([], machine, at: second - 1)

        guard case .wait(let until) = machine.failed(0, server, second) else {
            Issue.record("a server's error is retried")
            return
        }
        expectOnly([.timer], machine, at: until, over: 0)
        expectOnly([], machine, at: until - 1, over: 0)

        yes(machine.timer(until) == .admit(candidate: 0, key: .same, probe: false))
        yes(machine.blocked(.limited(until: until + 5 * second), until) == .admit(candidate: 1, key: .any, probe: false))
        yes(machine.blocked(.limited(until: until + 3 * second), until) == .wait(until: until + 3 * second))
        #expect(machine.isWaitingForLimit)
        expectOnly([.timer, .slotFreed], machine, at: until + 3 * second, over: 0)
        expectOnly([.slotFreed], machine, at: until, over: 0)
        guard case .admit = machine.slotFreed(until) else {
            Issue.record("a slot is free")
            return
        }

        yes(machine.admitted(until) == .run(hedgeAt: until + second))
        let last = machine.attempts.count - 1
        yes(machine.committed(last))
        expectOnly([], machine, at: until + second, over: 0)

        yes(machine.failed(last, server, until) == .fail && machine.verdict == .attempt(last))
        expectOnly([], machine, at: until + second, over: last)
    }
}
