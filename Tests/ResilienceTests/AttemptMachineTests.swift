@testable import Model
@testable import Resilience
import Testing

@Suite struct AttemptMachineTests {
    @Test func anOrdinaryRequestIsOneAttempt() {
        var m = machine([0, 0, 1])
        #expect(m.start(0) == ask(0))
        #expect(m.admitted(0) == .run(hedgeAt: nil))
        #expect(m.attempts.map { $0.candidate } == [0])
        #expect(m.attempts[0].cause == .none && m.attempts[0].next == .none && m.attempts[0].wait == 0 && !m.attempts[0].probe)
        #expect(m.running == 1)
    }

    @Test func retriesOfSeed003WaitOneTwoAndFourSeconds() {
        var m = machine([0])
        #expect(m.start(0) == ask(0))
        var now: Int64 = 0
        for seconds: Int64 in [1, 2, 4] {
            #expect(m.admitAndFail(.overloaded, now) == .wait(until: now + seconds * second))
            now += seconds * second
            #expect(m.timer(now) == ask(0, .same))
        }
        #expect(m.admitAndFail(.overloaded, now) == .fail)
        #expect(m.attempts.map { $0.wait } == [0, 1, 2, 4].map { $0 * second })
        #expect(m.attempts.map { $0.next } == [.retry, .retry, .retry, .stop])
        #expect(m.attempts.map { $0.cause } == [.none, .retry, .retry, .retry])
        #expect(m.verdict == .attempt(3))
    }

    @Test func defaultsOfSeed003SpreadAQuarter() {
        for seed in 0..<200 as Range<UInt64> {
            var m = machine([0], .openrouter, retry: RetryPolicy(), seed: seed)
            _ = m.start(0)
            var now: Int64 = 0
            for seconds in [1.0, 2, 4] {
                guard case .wait(let until) = m.admitAndFail(.rateLimit, now) else { Issue.record("no wait, seed \(seed)"); return }
                let wait = Double(until - now) / 1e6
                #expect(wait >= seconds * 0.75 && wait <= seconds * 1.25, "seed \(seed)")
                now = until
                #expect(m.timer(now) == ask(0, .same))
            }
            #expect(m.admitAndFail(.rateLimit, now) == .fail)
        }
    }

    @Test func aTimerThatIsEarlyChangesNothing() {
        var m = machine([0])
        _ = m.start(0)
        #expect(m.admitAndFail(.overloaded) == .wait(until: second))
        #expect(m.timer(second - 1) == .wait(until: second))
        #expect(m.slotFreed(1) == .wait(until: second))
        #expect(m.timer(second) == ask(0, .same))
    }

    @Test func afterTheRetriesTheNextProviderThenTheNextModel() {
        var m = machine([0, 0, 1], retry: retry(1))
        _ = m.start(0)
        var now: Int64 = 0
        for candidate in [0, 1, 2] {
            #expect(m.admitAndFail(.overloaded, now) == .wait(until: now + second))
            now += second
            #expect(m.timer(now) == ask(candidate, .same))
            #expect(m.admitAndFail(.overloaded, now) == (candidate == 2 ? .fail : ask(candidate + 1)))
        }
        #expect(m.attempts.map { $0.next } == [.retry, .nextProvider, .retry, .nextModel, .retry, .stop])
    }

    @Test func aKeyIsRotatedAtOnce() {
        var m = machine([0, 0])
        _ = m.start(0)
        #expect(m.admitAndFail(.auth) == ask(0, .another))
        #expect(m.admitAndFail(.funds) == ask(0, .another))
        #expect(m.blocked(.noOtherKey, 0) == ask(1))
        #expect(m.admitted(0) == .run(hedgeAt: nil))
        #expect(m.attempts.map { $0.cause } == [.none, .rotateKey, .nextProvider])
    }

    @Test func aRateLimitRotatesThenWaitsThenMovesOn() {
        var m = machine([0, 0], retry: retry(1))
        _ = m.start(0)
        #expect(m.admitAndFail(.rateLimit, retryAfter: 3) == ask(0, .another))
        #expect(m.blocked(.noOtherKey, 0) == .wait(until: 3 * second))
        #expect(m.timer(3 * second) == ask(0, .same))
        #expect(m.admitAndFail(.rateLimit, 3 * second) == ask(0, .another))
        #expect(m.blocked(.noOtherKey, 3 * second) == ask(1))
    }

    @Test(arguments: [(1, 60.0, true), (1, 60.001, false), (2, 12.0, true), (2, 12.001, false)])
    func retryAfterHasItsCaps(candidates: Int, seconds: Double, waits: Bool) {
        var m = machine([Int](repeating: 0, count: candidates))
        _ = m.start(0)
        let step = m.admitAndFail(.overloaded, retryAfter: seconds)
        #expect(step == (waits ? .wait(until: Int64(seconds * 1e6)) : candidates == 1 ? .fail : ask(1)))
    }

    @Test func anotherCandidateOnlyCountsIfTheActionsLeadToIt() {
        var m = machine([0, 0], .openrouter) // rate_limit: retry, next_model
        _ = m.start(0)
        #expect(m.admitAndFail(.rateLimit, retryAfter: 50) == .wait(until: 50 * second))
    }

    @Test func aRetryAfterOfNothingIsABackoff() {
        for hint in [0.0, -5] {
            var m = machine([0])
            _ = m.start(0)
            #expect(m.admitAndFail(.overloaded, retryAfter: hint) == .wait(until: second))
        }
    }

    @Test func whatMayBeBilledIsRetriedOnceForTheRequest() {
        var m = machine([0, 0])
        _ = m.start(0)
        #expect(m.admitAndFail(.server, billed: true) == .wait(until: second))
        #expect(m.timer(second) == ask(0, .same))
        #expect(m.admitAndFail(.server, second, billed: true) == ask(1))
        #expect(m.admitAndFail(.server, second, billed: true) == .fail)
    }

    @Test func aRetryThatIsNotBilledLeavesTheOneThatIs() {
        var m = machine([0])
        _ = m.start(0)
        #expect(m.admitAndFail(.overloaded) == .wait(until: second))
        _ = m.timer(second)
        #expect(m.admitAndFail(.server, second, billed: true) == .wait(until: 3 * second))
    }

    @Test func aProviderMayRefuseRetries() {
        var m = machine([0, 0])
        _ = m.start(0)
        _ = m.admitted(0)
        #expect(m.failed(0, AttemptFailure(status: .overloaded, refusesRetry: true), 0) == ask(1))
    }

    @Test func timeOutsMoveOnAndRetryOnlyWhenAlone() {
        var m = machine([0, 1])
        _ = m.start(0)
        #expect(m.admitAndFail(.timeoutFirstByte, billed: true) == ask(1))
        #expect(m.admitAndFail(.timeoutFirstByte, billed: true) == .wait(until: second))
        _ = m.timer(second)
        #expect(m.admitAndFail(.timeoutFirstByte, second, billed: true) == .fail)
    }

    @Test func modelsAndProvidersAreNotMixedUp() {
        var gatewayz = machine([0, 1, 0].sorted(), .gatewayz)
        _ = gatewayz.start(0)
        #expect(gatewayz.admitAndFail(.auth) == ask(1))
        #expect(gatewayz.admitAndFail(.auth) == .fail) // the third is another model
        var context = machine([0, 0, 1])
        _ = context.start(0)
        #expect(context.admitAndFail(.contextLength) == ask(2))
        _ = context.admitted(0)
        #expect(context.attempts[0].next == .nextModel)
    }

    @Test func stopStopsAndWhatFollowsItIsNotTried() {
        var m = machine([0, 0], rules: [FailoverRule(status: .auth, actions: ActionList(.stop, .nextProvider))])
        _ = m.start(0)
        #expect(m.admitAndFail(.auth) == .fail)
        #expect(m.attempts[0].next == .stop)
        #expect(m.failed(0, failure(.auth), 0) == .fail)
        #expect(m.timer(99) == .fail)
    }

    @Test func aFinalFailureEndsEverything() {
        var m = machine([0, 0], rules: [FailoverRule(status: .server, actions: ActionList(.nextProvider))])
        _ = m.start(0)
        #expect(m.admitAndFail(.server) == ask(1))
        _ = m.admitted(0)
        #expect(m.failed(1, AttemptFailure(status: .cancelled, isFinal: true), 0) == .fail)
        #expect(m.verdict == .attempt(1))
    }

    @Test func attemptsAreCapped() {
        var m = machine([0, 0, 0], .gatewayz) { $0.attempts = 2 }
        _ = m.start(0)
        #expect(m.admitAndFail(.unavailable) == ask(1))
        #expect(m.admitAndFail(.unavailable) == .fail)
        var none = machine([0], .gatewayz) { $0.attempts = 0 }
        #expect(none.start(0) == ask(0))
    }

    @Test func noWaitEndsAtTheDeadline() {
        var exact = machine([0]) { $0.deadline = second }
        _ = exact.start(0)
        #expect(exact.admitAndFail(.overloaded) == .fail)
        #expect(exact.verdict == .attempt(0))
        var later = machine([0]) { $0.deadline = second + 1 }
        _ = later.start(0)
        #expect(later.admitAndFail(.overloaded) == .wait(until: second))
        #expect(later.timer(second + 1) == .fail) // the timer came late
        #expect(later.verdict == .attempt(0)) // overloaded says more than the time-out
    }

    @Test func nothingStartsAtTheDeadline() {
        var m = machine([0, 0]) { $0.deadline = 5 }
        #expect(m.start(5) == .fail)
        #expect(m.verdict == .deadline)
        var two = machine([0, 0], .gatewayz) { $0.deadline = 5 }
        _ = two.start(0)
        #expect(two.admitAndFail(.unavailable, 5) == .fail)
        #expect(two.verdict == .deadline)
        var funds = machine([0, 0], .gatewayz) { $0.deadline = 5 }
        _ = funds.start(0)
        #expect(funds.admitAndFail(.funds, 5) == .fail)
        #expect(funds.verdict == .attempt(0))
    }

    @Test func eventsOfAttemptsThatAreOverChangeNothing() {
        var m = machine([0, 0], .gatewayz)
        _ = m.start(0)
        #expect(m.admitAndFail(.unavailable) == ask(1))
        #expect(m.admitted(0) == .run(hedgeAt: nil))
        #expect(m.failed(0, failure(.funds), 1) == .run(hedgeAt: nil))
        #expect(m.failed(7, failure(.funds), 1) == .run(hedgeAt: nil))
        #expect(m.failed(-1, failure(.funds), 1) == .run(hedgeAt: nil))
        #expect(m.blocked(.keysRetired(.keysExhausted), 1) == .run(hedgeAt: nil))
        #expect(m.admitted(1) == .run(hedgeAt: nil))
        #expect(m.start(1) == .run(hedgeAt: nil))
        #expect(m.attempts.count == 2)
        #expect(m.attempts[0].failure?.status == .unavailable)
    }

    @Test func noCandidatesFail() {
        var m = machine([])
        #expect(m.start(0) == .fail)
    }
}
