@testable import Model
@testable import Resilience
import Testing

@Suite struct AttemptBlockTests {
    @Test func openCandidatesAreSkippedAndCountForNothing() {
        var m = machine([0, 0, 1]) { $0.attempts = 1 }
        #expect(m.start(0) == ask(0))
        #expect(m.blocked(.breakerOpen, 0) == ask(1))
        #expect(m.blocked(.breakerOpen, 0) == ask(2))
        #expect(m.admitted(0) == .run(hedgeAt: nil))
        #expect(m.attempts.count == 1)
        #expect(m.attempts[0].cause == .none)
    }

    @Test func whenAllAreOpenEachIsProbedOnce() {
        var m = machine([0, 1], retry: retry(0))
        _ = m.start(0)
        #expect(m.blocked(.breakerOpen, 0) == ask(1))
        #expect(m.blocked(.breakerOpen, 0) == ask(0, probe: true))
        #expect(m.admitAndFail(.overloaded) == ask(1, probe: true))
        #expect(m.admitAndFail(.overloaded) == .fail)
        #expect(m.attempts.map { $0.probe } == [true, true])
    }

    @Test func aProbeMayBeRefused() {
        var m = machine([0])
        _ = m.start(0)
        #expect(m.blocked(.breakerOpen, 0) == ask(0, probe: true))
        #expect(m.blocked(.breakerOpen, 0) == .fail)
        #expect(m.verdict == .block(.breakerOpen, candidate: 0))
    }

    @Test func anOpenCandidateIsProbedBeforeTheRequestIsGivenUp() {
        var m = machine([0, 0], retry: retry(0))
        _ = m.start(0)
        #expect(m.blocked(.breakerOpen, 0) == ask(1))
        #expect(m.admitAndFail(.overloaded) == ask(0, probe: true))
        #expect(m.attempts[0].next == .none)
        _ = m.admitted(0)
        #expect(m.attempts[0].next == .nextProvider)
    }

    @Test func noProbeWhereTheActionsDoNotLead() {
        var m = machine([0, 1], .gatewayz)
        _ = m.start(0)
        #expect(m.blocked(.breakerOpen, 0) == ask(1))
        #expect(m.admitAndFail(.unavailable) == .fail)
    }

    @Test func aBreakerThatOpensBetweenRetriesIsProbed() {
        var m = machine([0])
        _ = m.start(0)
        #expect(m.admitAndFail(.overloaded) == .wait(until: second))
        #expect(m.timer(second) == ask(0, .same))
        #expect(m.blocked(.breakerOpen, second) == ask(0, .same, probe: true))
        #expect(m.admitAndFail(.overloaded, second) == .wait(until: 3 * second))
        #expect(m.timer(3 * second) == ask(0, .same))
        #expect(m.blocked(.breakerOpen, 3 * second) == .fail) // once
        #expect(m.verdict == .attempt(1))
    }

    @Test func aLimitMovesOnWhereItCan() {
        var m = machine([0, 0])
        _ = m.start(0)
        #expect(m.blocked(.limited(until: 5 * second), 0) == ask(1))
        #expect(m.blocked(.limited(until: 3 * second), 0) == .wait(until: 3 * second))
        #expect(m.timer(3 * second) == ask(1))
        #expect(m.admitted(3 * second) == .run(hedgeAt: nil))
        #expect(m.attempts[0].wait == 3 * second)
    }

    @Test func aLimitedCandidateIsReturnedTo() {
        var m = machine([0, 1])
        _ = m.start(0)
        #expect(m.blocked(.limited(until: 5 * second), 0) == ask(1))
        #expect(m.admitAndFail(.notFound, second) == .wait(until: 5 * second))
        #expect(m.timer(5 * second) == ask(0))
        _ = m.admitted(5 * second)
        #expect(m.attempts.map { $0.next } == [.nextModel, .none])
    }

    @Test func limitsAreNotWaitedForWhenThatIsOffOrTooLong() {
        var off = machine([0]) { $0.waits = false }
        _ = off.start(0)
        #expect(off.blocked(.limited(until: second), 0) == .fail)
        #expect(off.verdict == .block(.limited(until: second), candidate: 0))
        var long = machine([0]) { $0.maxWait = 2 * second }
        _ = long.start(0)
        #expect(long.blocked(.limited(until: 2 * second + 1), 0) == .fail)
        var deadline = machine([0]) { $0.deadline = 2 * second }
        _ = deadline.start(0)
        #expect(deadline.blocked(.limited(until: 2 * second), 0) == .fail)
        #expect(deadline.verdict == .block(.limited(until: 2 * second), candidate: 0))
    }

    @Test func theLongestWaitHoldsForAllWaits() {
        var m = machine([0]) { $0.maxWait = 2 * second }
        _ = m.start(0)
        #expect(m.blocked(.limited(until: second), 0) == .wait(until: second))
        #expect(m.timer(second) == ask(0))
        #expect(m.blocked(.limited(until: 2 * second), second) == .wait(until: 2 * second))
        #expect(m.timer(2 * second) == ask(0))
        #expect(m.blocked(.limited(until: 2 * second + 1), 2 * second) == .fail)
    }

    @Test func aSlotIsWaitedForUntilItIsFreed() {
        var m = machine([0]) { $0.maxWait = 9 * second }
        _ = m.start(0)
        #expect(m.blocked(.limited(until: nil), 0) == .wait(until: 9 * second))
        #expect(m.slotFreed(4) == ask(0))
        #expect(m.blocked(.limited(until: nil), 4) == .wait(until: 9 * second))
        #expect(m.timer(9 * second) == .fail)
        #expect(m.verdict == .block(.limited(until: nil), candidate: 0))
    }

    /// It is waited for even where its own time is too far away, and no longer than that.
    @Test func whatRunningRequestsReservedIsWaitedFor() {
        var m = machine([0, 0]) { $0.maxWait = 9 * second }
        _ = m.start(0)
        #expect(m.blocked(.reserved(until: 80_000 * second), 0) == ask(1))
        #expect(m.blocked(.reserved(until: 70_000 * second), 0) == .wait(until: 9 * second))
        #expect(m.slotFreed(4) == ask(0))
        #expect(m.blocked(.reserved(until: 5 * second), 4) == ask(1))
        #expect(m.blocked(.tooExpensive, 4) == .wait(until: 5 * second))
        #expect(m.timer(5 * second) == ask(0))
        #expect(m.blocked(.reserved(until: 80_000 * second), 5 * second) == .wait(until: 9 * second))
        #expect(m.timer(9 * second) == .fail)
        var off = machine([0]) { $0.waits = false }
        _ = off.start(0)
        #expect(off.blocked(.reserved(until: second), 0) == .fail)
    }

    @Test func aSlotIsNotWaitedForBeyondTheDeadline() {
        var m = machine([0]) { $0.deadline = 3 * second }
        _ = m.start(0)
        #expect(m.blocked(.limited(until: nil), 0) == .wait(until: 3 * second))
        #expect(m.timer(3 * second) == .fail)
        #expect(m.verdict == .block(.limited(until: nil), candidate: 0)) // rate_limit says more than timeout_total
    }

    @Test func aRetryThatALimitStopsWaitsAndIsNotLost() {
        var m = machine([0])
        _ = m.start(0)
        #expect(m.admitAndFail(.overloaded) == .wait(until: second))
        #expect(m.timer(second) == ask(0, .same))
        #expect(m.blocked(.limited(until: 4 * second), second) == .wait(until: 4 * second))
        #expect(m.timer(4 * second) == ask(0, .same))
        _ = m.admitted(4 * second)
        #expect(m.attempts[1].wait == 4 * second)
        #expect(m.attempts[1].cause == .retry)
    }

    @Test func aLimitInThePastCannotMakeARequestSpin() {
        var m = machine([0])
        _ = m.start(0)
        #expect(m.blocked(.limited(until: -5), 0) == .wait(until: 1000))
    }

    @Test func hopelessAndTooExpensiveCandidatesAreLeftForGood() {
        var m = machine([0, 0, 0, 0])
        _ = m.start(0)
        #expect(m.blocked(.hopeless(.unsupported), 0) == ask(1))
        #expect(m.blocked(.tooExpensive, 0) == ask(2))
        #expect(m.blocked(.keysRetired(.keysExhausted), 0) == ask(3))
        #expect(m.blocked(.noOtherKey, 0) == .fail)
        #expect(m.verdict == .block(.keysRetired(.keysExhausted), candidate: 2))
    }

    @Test func anAttemptSaysMoreThanWhatStoppedItsRetry() {
        var m = machine([0])
        _ = m.start(0)
        _ = m.admitAndFail(.overloaded)
        _ = m.timer(second)
        #expect(m.blocked(.tooExpensive, second) == .fail)
        #expect(m.verdict == .attempt(0))
        var keys = machine([0])
        _ = keys.start(0)
        #expect(keys.admitAndFail(.auth) == ask(0, .another))
        #expect(keys.blocked(.keysRetired(.keysExhausted), 0) == .fail)
        #expect(keys.verdict == .block(.keysRetired(.keysExhausted), candidate: 0)) // a class of its own
    }
}
