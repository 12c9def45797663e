@testable import Model
@testable import Resilience
import Testing

@Suite struct HealthTests {
    @Test func decayIsExponential() {
        #expect(decay(0, over: 10e6) == 1 && decay(-5, over: 10e6) == 1 && decay(.max, over: 10e6) == 0)
        for (x, y) in [(0.1, 0.904837), (0.5, 0.606531), (1.0, 0.367879), (2.0, 0.135335)] {
            #expect(abs(decay(Int64(x * 10e6), over: 10e6) - y) < 0.01 * y)
        }
    }

    @Test func latencyJumpsUpAndComesDownSlowly() {
        var latency = PeakLatency()
        #expect(latency.estimate(now: 0) == nil)
        latency.add(100_000, now: 0)
        #expect(latency.estimate(now: 0) == 100_000)
        latency.add(2_000_000, now: 1)
        #expect(latency.estimate(now: 1) == 2_000_000)
        latency.add(100_000, now: 1)                        // no time has passed: the peak stands
        #expect(latency.estimate(now: 1) == 2_000_000)
        latency.add(100_000, now: 1 + 10 * second)
        let after = latency.estimate(now: 1 + 10 * second) ?? 0
        #expect(abs(Double(after) - (100_000 + 1_900_000 * 0.3679)) < 10_000)
        #expect(latency.estimate(now: 400 * second) == after)
        #expect(latency.estimate(now: 700 * second) == nil)
        latency.add(-5, now: 700 * second)
        #expect(latency.estimate(now: 700 * second) == 0)
        latency.add(.max, now: 0)                           // absurd, and from the past
        #expect(latency.estimate(now: 700 * second) == 1_000_000_000_000_000)
    }

    @Test func throughput() {
        var throughput = Throughput()
        throughput.add(tokens: 0, duration: 5, now: 0)
        throughput.add(tokens: 5, duration: 0, now: 0)
        #expect(throughput.estimate == nil)
        throughput.add(tokens: 50, duration: second, now: 0)
        #expect(throughput.estimate == 50)
        throughput.add(tokens: 150, duration: second, now: 0)
        #expect(abs((throughput.estimate ?? 0) - 60) < 1e-9)
        throughput.add(tokens: 100, duration: second, now: 3600 * second)
        #expect(abs((throughput.estimate ?? 0) - 100) < 1e-6)
    }

    @Test func percentile() {
        var sample = Percentile()
        for value in 1...19 { sample.add(Int64(value)) }
        #expect(sample.p95 == nil)
        sample.add(20)
        #expect(sample.p95 == 19)                           // rank ceil(0.95 * 20)
        for value in 21...64 { sample.add(Int64(value)) }
        #expect(sample.p95 == 61)
        sample.add(1_000_000_000_000)                       // replaces the oldest, and is cut
        #expect(sample.p95 == 62)
    }

    @Test(arguments: 1...20) func percentileAgainstSorting(seed: UInt64) {
        var dice = Dice(seed), sample = Percentile(), log: [Int64] = []
        let spread = 1 + dice.roll(1_000_000)
        for _ in 0..<300 {
            let value = Int64(dice.roll(spread))
            sample.add(value)
            log.append(value)
            let kept = log.suffix(64).sorted()
            let rank = (kept.count * 95 + 99) / 100
            #expect(sample.p95 == (kept.count < 20 ? nil : kept[rank - 1]))
        }
    }

    @Test func healthOfACandidate() throws {
        var health = Health(BreakerPolicy())
        let first = try need(health.begin(now: 0, probe: false)), second = try need(health.begin(now: 0, probe: false))
        #expect(health.inFlight == 2)
        var report = AttemptReport(.ok)
        report.latency = 300
        report.streamed = true
        report.outputTokens = 10
        report.duration = 1_000_000
        health.end(first, report, now: 5)
        health.abandon(second)
        #expect(health.inFlight == 0 && health.latency.estimate(now: 5) == 300 && health.throughput.estimate == 10)
        report.streamed = false
        for status in [Status.rateLimit, .auth, .badRequest, .cancelled, .contextLength] {
            for _ in 0..<20 {
                let ticket = try need(health.begin(now: 6, probe: false))
                report.status = status
                health.end(ticket, report, now: 6)
            }
        }
        #expect(health.breaker.state(now: 6) == .closed)
        // Only the stream of all these says when a stream's first content comes: with 18 others it is not enough to tell.
        report.streamed = true
        for others in 18...19 {
            for _ in 0..<(others == 18 ? 18 : 1) {
                let ticket = try need(health.begin(now: 6, probe: false))
                report.status = .ok
                health.end(ticket, report, now: 6)
            }
            #expect((health.firstContent.p95 == nil) == (others == 18))
        }
        for _ in 0..<5 {
            let ticket = try need(health.begin(now: 7, probe: false))
            health.end(ticket, AttemptReport(.server), now: 7)
        }
        #expect(health.begin(now: 8, probe: false) == nil && health.inFlight == 0)
    }
}
