@testable import Model
@testable import Resilience
import Testing

@Suite struct BackoffTests {
    private func policy(base: Double, max: Double, jitter: Double) -> RetryPolicy {
        var policy = RetryPolicy()
        (policy.backoffBase, policy.backoffMax, policy.jitter) = (base, max, jitter)
        return policy
    }

    @Test func withoutJitterItDoublesUpToTheMost() {
        var random = SmallRandom(seed: 1)
        let waits = (1...6).map { policy(base: 1, max: 12, jitter: 0).backoff($0, &random) }
        #expect(waits == [1, 2, 4, 8, 12, 12].map { $0 * 1_000_000 })
    }

    @Test func jitterStaysWithinItsBoundsAndUsesThem() {
        var random = SmallRandom(seed: 7)
        for (n, seconds) in [(1, 1.0), (2, 2), (3, 4), (4, 8), (5, 12)] {
            let waits = (0..<2000).map { _ in Double(RetryPolicy().backoff(n, &random)) / 1e6 }
            let least = waits.min() ?? 0, most = waits.max() ?? 0
            #expect(least >= seconds * 0.75 && least < seconds * 0.76)
            #expect(most <= seconds * 1.25 && most > seconds * 1.24)
        }
    }

    @Test func strangePoliciesNeitherTrapNorWaitBackwards() {
        var random = SmallRandom(seed: 3)
        let odd: [Double] = [0, -1, 1e308, .infinity, .nan, Double.leastNonzeroMagnitude]
        for base in odd { for most in odd { for jitter in odd {
            for n in [Int.min, -1, 0, 1, 60, Int.max] {
                #expect(policy(base: base, max: most, jitter: jitter).backoff(n, &random) >= 0)
            }
        } } }
    }

    @Test func microsecondsAreBounded() {
        #expect(microseconds(1.5) == 1_500_000)
        #expect(microseconds(-1) == 0)
        #expect(microseconds(.nan) == 0)
        #expect(microseconds(.infinity) == 1_000_000_000_000_000)
    }

    @Test func randomIsDeterministicAndCoversItsRange() {
        var a = SmallRandom(seed: 42), b = SmallRandom(seed: 42), c = SmallRandom(seed: 43)
        #expect((0..<8).map { _ in a.next() } == (0..<8).map { _ in b.next() })
        #expect(a.next() != c.next())
        let units = (0..<4000).map { _ in a.unit() }
        #expect(units.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(units.reduce(0, +) / 4000 - 0.5) < 0.03)
    }
}
