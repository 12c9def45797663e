@testable import Model
@testable import Resilience
import Testing

@Suite struct ActionabilityTests {
    /// The verdict after candidates that failed like this, one after the other.
    private func verdict(_ statuses: [Status]) -> Verdict {
        let rules = statuses.map { FailoverRule(status: $0, actions: ActionList(.nextProvider)) }
        var m = machine(statuses.map { _ in 0 }, rules: rules)
        _ = m.start(0)
        for status in statuses { _ = m.admitAndFail(status) }
        #expect(m.step == .fail)
        return m.verdict
    }

    @Test(arguments: [
        ([Status.funds, .unavailable, .overloaded], 0), ([.unavailable, .auth, .connect], 1), ([.rateLimit, .overloaded, .server], 0),
        ([.connect, .server, .connect], 1), ([.server, .unavailable], 1), ([.auth, .funds, .permission], 1),
        ([.notFound, .unavailable], 0), ([.unavailable, .notFound], 0), ([.rateLimit, .notFound], 0), ([.notFound, .rateLimit], 0),
        ([.overloaded, .contextLength], 0), ([.contextLength, .overloaded], 0), ([.unavailable, .badRequest], 1),
        ([.notFound, .notFound], 0), ([.keysExhausted, .auth], 0), ([.timeoutFirstByte, .resolve], 1),
    ])
    func theMostActionableFailureIsTold(statuses: [Status], index: Int) {
        #expect(verdict(statuses) == .attempt(index), "\(statuses)")
    }

    @Test func theTimeOutIsToldUnlessAFailureSaysMore() {
        for (status, told) in [(Status.unavailable, Verdict.deadline), (.rateLimit, .attempt(0)), (.connect, .deadline), (.auth, .attempt(0)),
                               (.timeoutTotal, .attempt(0))] {
            var m = machine([0, 0]) { $0.deadline = 10 }
            _ = m.start(0)
            _ = m.admitAndFail(status, 10)
            #expect(m.verdict == told, "\(status)")
        }
    }

    @Test func blocksAreWeighedLikeFailures() {
        var m = machine([0, 0])
        _ = m.start(0)
        _ = m.blocked(.keysRetired(.keysExhausted), 0)
        _ = m.admitAndFail(.notFound)
        #expect(m.verdict == .block(.keysRetired(.keysExhausted), candidate: 0))
        var equal = machine([0, 0], retry: retry(0))
        _ = equal.start(0)
        _ = equal.blocked(.hopeless(.unavailable), 0)
        _ = equal.admitAndFail(.unavailable)
        #expect(equal.verdict == .attempt(0))
    }

    @Test func whatMayBeBilled() {
        let billed: [(Status, Int?)] = [(.server, 500), (.unavailable, 502), (.unavailable, 504), (.unavailable, 524), (.server, 200),
            (.timeoutFirstByte, nil), (.timeoutIdle, 200), (.timeoutContent, 200), (.truncated, 200), (.empty, 200)]
        let free: [(Status, Int?)] = [(.overloaded, 503), (.rateLimit, 429), (.connect, nil), (.resolve, nil), (.tls, nil),
            (.timeoutConnect, nil), (.auth, 401), (.unavailable, 521)]
        for (status, http) in billed { #expect(mayBeBilled(status, http), "\(status)") }
        for (status, http) in free { #expect(!mayBeBilled(status, http), "\(status)") }
    }

    @Test func aFailureBecomesAnAttemptsFailure() {
        var failure = Failure(.rateLimit, "slow down")
        failure.retryAfterMs = 1500
        #expect(AttemptFailure(failure) == AttemptFailure(status: .rateLimit, retryAfter: 1_500_000))
        failure.retryable = false
        #expect(AttemptFailure(failure).refusesRetry)
        failure.retryAfterMs = .max
        #expect(AttemptFailure(failure).retryAfter ?? 0 > lastRetryAfterCap)
        #expect(AttemptFailure(Failure(.cancelled, "")).isFinal)
        #expect(!AttemptFailure(Failure(.notFound, "")).refusesRetry)
    }
}
