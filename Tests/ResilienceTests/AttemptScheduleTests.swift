import Testing

/// Random requests in a random world, under a simulated clock. A failure names its seed: `AttemptSimulation(seed:)` runs it again.
@Suite struct AttemptScheduleTests {
    @Test(arguments: 0..<8 as Range<UInt64>) func randomSchedulesKeepTheInvariants(block: UInt64) {
        var wrong = 0
        for seed in (block * 5_000)..<((block + 1) * 5_000) where wrong < 5 {
            var simulation = AttemptSimulation(seed: seed)
            simulation.run()
            guard let violation = simulation.violations.first else { continue }
            wrong += 1
            Issue.record("seed \(seed): \(violation)")
        }
    }

    /// The schedules above would prove nothing if they never came to the interesting places.
    @Test func randomSchedulesReachEverything() {
        var seen = Set<String>(), outcomes: [AttemptSimulation.Outcome] = []
        for seed in 0..<3_000 as Range<UInt64> {
            var simulation = AttemptSimulation(seed: seed)
            simulation.run()
            seen.formUnion(simulation.seen)
            outcomes += simulation.outcomes
        }
        let all: Set = ["probe", "limited", "no other key", "hedge", "retry", "wait", "slot freed", "commit", "abandoned", "interrupted",
                        "one of two failed", "verdict attempt", "verdict block", "verdict deadline"]
        #expect(seen == all)
        for outcome in [AttemptSimulation.Outcome.success, .failure, .cancelled] {
            #expect(outcomes.filter { $0 == outcome }.count > 100, "\(outcome)")
        }
    }
}
