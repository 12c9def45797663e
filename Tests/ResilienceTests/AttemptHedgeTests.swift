@testable import Model
@testable import Resilience
import Testing

@Suite struct AttemptHedgeTests {
    private func hedging(_ ranks: [Int], attempts: Int = 8, deadline: Int64 = .max) -> AttemptMachine {
        machine(ranks, retry: retry(1)) { ($0.hedgeDelay, $0.attempts, $0.deadline) = (10, attempts, deadline) }
    }

    @Test func theNextProviderJoinsASlowOne() {
        var m = hedging([0, 0])
        _ = m.start(0)
        #expect(m.admitted(5) == .run(hedgeAt: 15))
        #expect(m.timer(14) == .run(hedgeAt: 15))
        #expect(m.timer(15) == ask(1))
        #expect(m.admitted(15) == .run(hedgeAt: nil))
        #expect(m.running == 2)
        #expect(m.attempts[1].cause == .hedged)
        #expect(m.timer(99) == .run(hedgeAt: nil))
    }

    @Test func anAttemptThatNobodyHadBegunWithIsMadeOnceMoreAndCountsAsOne() {
        var m = hedging([0, 0], attempts: 2)
        _ = m.start(0)
        #expect(m.admitted(5) == .run(hedgeAt: 15))
        for (attempt, runs) in [(0, true), (0, false), (7, false)] { #expect(m.resent(attempt) == runs) }
        #expect(m.attempts[0].next == .resend && m.attempts[1].candidate == 0 && m.running == 1)
        #expect(m.timer(15) == ask(1))
        _ = m.admitted(15)
        #expect(m.resent(2) == true)
        #expect(m.attempts[3].cause == .hedged && m.running == 2)
        #expect(m.failed(1, failure(.overloaded), 20) == .run(hedgeAt: nil))
        #expect(m.failed(3, failure(.overloaded), 30) == .fail) // two are the most, and two they were
        #expect(m.verdict == .attempt(3))
    }

    @Test func aloneItTakesAnotherKeyElseTheSame() {
        var m = hedging([0, 1]) // another model is no hedge
        _ = m.start(0)
        _ = m.admitted(0)
        #expect(m.timer(10) == ask(0, .another))
        #expect(m.blocked(.noOtherKey, 10) == ask(0, .same))
        #expect(m.admitted(10) == .run(hedgeAt: nil))
    }

    @Test func aBlockedHedgeIsDropped() {
        for block in [Block.breakerOpen, .limited(until: 99), .keysRetired(.keysExhausted), .tooExpensive] {
            var m = hedging([0, 0])
            _ = m.start(0)
            _ = m.admitted(0)
            #expect(m.timer(10) == ask(1))
            #expect(m.blocked(block, 10) == .run(hedgeAt: nil))
            #expect(m.attempts.count == 1)
            #expect(m.timer(50) == .run(hedgeAt: nil))
        }
    }

    @Test func aBlockedHedgeOfTheSameCandidateLeavesItsRetries() {
        var m = hedging([0])
        _ = m.start(0)
        _ = m.admitted(0)
        #expect(m.timer(10) == ask(0, .another))
        #expect(m.blocked(.keysRetired(.keysExhausted), 10) == .run(hedgeAt: nil))
        #expect(m.failed(0, failure(.overloaded), 20) == .wait(until: 20 + second))
    }

    @Test func theFailureOfOneWaitsForTheOther() {
        var m = hedging([0, 0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.timer(10)
        _ = m.admitted(10)
        #expect(m.failed(0, failure(.badRequest), 20) == .run(hedgeAt: nil))
        #expect(m.attempts[0].next == .hedged)
        #expect(m.failed(1, failure(.notFound), 30) == ask(2)) // not the first again
    }

    @Test func theLatterFailureDecides() {
        var m = hedging([0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.timer(10)
        _ = m.admitted(10)
        #expect(m.failed(1, failure(.badRequest), 20) == .run(hedgeAt: nil))
        #expect(m.failed(0, failure(.overloaded), 30) == .wait(until: 30 + second))
        #expect(m.timer(30 + second) == ask(0, .same))
        #expect(m.admitted(30 + second) == .run(hedgeAt: nil)) // one hedge for each request
        #expect(m.attempts.map { $0.next } == [.retry, .hedged, .none])
    }

    @Test func aFinalFailureDoesNotWaitForTheOther() {
        var m = hedging([0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.timer(10)
        _ = m.admitted(10)
        #expect(m.failed(0, AttemptFailure(status: .closed, isFinal: true), 20) == .fail)
        #expect(m.attempts[1].next == .abandoned)
        #expect(m.running == 0)
        #expect(m.verdict == .attempt(0))
    }

    @Test func noHedgeWithoutAttemptsOrTime() {
        var last = hedging([0, 0], attempts: 1)
        _ = last.start(0)
        #expect(last.admitted(0) == .run(hedgeAt: nil))
        var late = hedging([0, 0], deadline: 10)
        _ = late.start(0)
        #expect(late.admitted(0) == .run(hedgeAt: nil))
        var slow = hedging([0, 0], deadline: 20)
        _ = slow.start(0)
        #expect(slow.admitted(0) == .run(hedgeAt: 10))
        #expect(slow.timer(20) == .run(hedgeAt: nil))
    }

    @Test func onlyOneAttemptDelivers() {
        var m = hedging([0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.timer(10)
        _ = m.admitted(10)
        #expect(m.committed(1) == true)
        #expect(m.committed(1) == true)
        #expect(m.committed(0) == false)
        #expect(m.attempts.map { $0.next } == [.abandoned, .none])
        #expect(m.failed(0, failure(.overloaded), 20) == .run(hedgeAt: nil)) // it is not asked any more
        #expect(m.attempts[0].failure == nil)
    }

    @Test func aBlockThatIsOverIsNoReason() {
        var m = hedging([0, 0], attempts: 2)
        _ = m.start(0)
        _ = m.blocked(.limited(until: second), 0)
        _ = m.blocked(.limited(until: second), 0)
        #expect(m.timer(second) == ask(0))
        _ = m.admitted(second)
        _ = m.timer(second + 10)
        _ = m.admitted(second + 10)
        #expect(m.committed(1) == true)
        #expect(m.interrupted(1, failure(.truncated), 2 * second) == .fail)
        #expect(m.verdict == .attempt(1))
    }

    @Test func noHedgeAfterText() {
        var m = hedging([0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        #expect(m.committed(0) == true)
        #expect(m.timer(10) == .run(hedgeAt: nil))
    }
}

@Suite struct AttemptContinueTests {
    @Test func afterTextAFailureIsTheEnd() {
        var m = machine([0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        #expect(m.committed(0) == true)
        #expect(m.failed(0, failure(.truncated), 1) == .fail)
        #expect(m.attempts[0].next == .stop)
    }

    @Test func theNextCandidateContinues() {
        var m = machine([0, 0, 1], .gatewayz)
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.committed(0)
        #expect(m.interrupted(0, failure(.truncated, billed: true), 1) == ask(1))
        _ = m.admitted(1)
        #expect(m.attempts[0].next == .continued)
        #expect(m.attempts[1].cause == .continued)
        #expect(m.committed(1) == true)
        #expect(m.interrupted(1, failure(.truncated, billed: true), 2) == ask(2))
    }

    @Test func aloneItIsRetried() {
        var m = machine([0], retry: retry(2))
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.committed(0)
        #expect(m.interrupted(0, failure(.truncated, billed: true), 0) == .wait(until: second))
        #expect(m.timer(second) == ask(0, .same))
        _ = m.admitted(second)
        #expect(m.attempts.map { $0.next } == [.continued, .none])
        _ = m.committed(1)
        #expect(m.interrupted(1, failure(.truncated, billed: true), second) == .fail)
    }

    @Test func theContinuationMayFailOverToo() {
        var m = machine([0, 0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.committed(0)
        _ = m.interrupted(0, failure(.timeoutIdle, billed: true), 1)
        #expect(m.admitAndFail(.auth, 1) == ask(1, .another))
        #expect(m.blocked(.noOtherKey, 1) == ask(2))
    }

    @Test func whatEndsARequestEndsItAfterTextToo() {
        for bad in [failure(.contentPolicy), AttemptFailure(status: .cancelled, isFinal: true)] {
            var m = machine([0, 0])
            _ = m.start(0)
            _ = m.admitted(0)
            _ = m.committed(0)
            #expect(m.interrupted(0, bad, 1) == .fail)
        }
    }

    @Test func itCountsAsAnAttempt() {
        var m = machine([0, 0]) { $0.attempts = 1 }
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.committed(0)
        #expect(m.interrupted(0, failure(.truncated), 1) == .fail)
        #expect(m.verdict == .attempt(0))
    }

    @Test func noHedgesWhileContinuing() {
        var m = machine([0, 0, 0]) { $0.hedgeDelay = 5 }
        _ = m.start(0)
        _ = m.admitted(0)
        _ = m.committed(0)
        _ = m.interrupted(0, failure(.truncated), 1)
        #expect(m.admitted(1) == .run(hedgeAt: nil))
    }
}
