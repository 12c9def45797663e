@testable import Model
@testable import Resilience

/// What a random request meets: made from a seed, so that a schedule that fails can be run again.
struct AttemptWorld {
    var random: SmallRandom
    var marks: [CandidateMark] = []
    var budget = AttemptBudget()
    var preset: FailoverPreset
    var rules: [FailoverRule] = []
    var continues: Bool
    /// Keys of each candidate.
    var keys: [Int] = []
    var open: [Bool] = []
    /// How often, of a hundred, a candidate cannot start for another reason.
    var blocks: UInt64
    var successes: UInt64

    init(seed: UInt64) {
        var r = SmallRandom(seed: seed)
        preset = [FailoverPreset.gatelet, .gatelet, .gatewayz, .openrouter][Int(r.next() % 4)]
        continues = r.next() % 3 == 0
        blocks = [0, 5, 40][Int(r.next() % 3)]
        successes = [0, 10, 50][Int(r.next() % 3)]
        let openness = [0, 0, 30, 90][Int(r.next() % 4)] as UInt64
        random = r
        var rank = 0
        for provider in 0..<Int(1 + random.next() % 6) {
            if provider > 0, chance(40) { rank += 1 }
            marks.append(CandidateMark(provider: provider, rank: rank, retry: policy()))
            keys.append(Int(1 + random.next() % 3))
            open.append(chance(openness))
        }
        chooseBudget()
        if chance(25) { chooseRules() }
    }

    mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    mutating func time(_ seconds: Double) -> Int64 { Int64(random.unit() * seconds * 1e6) }

    private mutating func policy() -> RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = Int(random.next() % 5)
        policy.backoffBase = random.unit() * 2
        policy.backoffMax = random.unit() * 12
        policy.jitter = random.unit()
        return policy
    }

    private mutating func chooseBudget() {
        budget.attempts = Int(1 + random.next() % 10)
        if chance(50) { budget.deadline = time(40) }
        if chance(40) { budget.hedgeDelay = time(3) }
        budget.waits = chance(70)
        budget.maxWait = time(30)
    }

    private mutating func chooseRules() {
        for status in Status.allCases where (200..<400).contains(status.rawValue) && chance(30) {
            let actions = (0...(random.next() % 4)).map { _ in FailureAction.allCases[Int(random.next() % 5)] }
            rules.append(FailoverRule(status: status, actions: ActionList(actions)))
        }
    }

    mutating func failure() -> AttemptFailure {
        let all = Status.allCases.filter { (200..<400).contains($0.rawValue) && $0 != .timeoutTotal }
        let status = all[Int(random.next() % UInt64(all.count))]
        return AttemptFailure(status: status, retryAfter: chance(30) ? time(chance(50) ? 90 : 3) - 1 : nil,
                              mayBeBilled: mayBeBilled(status, nil), refusesRetry: chance(5), isFinal: chance(2))
    }

    /// Why an attempt cannot start, if so. `spare` is how many of the candidate's keys are unused.
    mutating func block(_ candidate: Int, _ wish: KeyWish, probe: Bool, spare: Int, _ now: Int64) -> Block? {
        if chance(5) { open[candidate].toggle() }
        if open[candidate], !probe || chance(20) { return .breakerOpen }
        if wish == .another, spare <= 0 { return .noOtherKey }
        guard chance(blocks) else { return nil }
        switch random.next() % 8 {
        case 0: return .keysRetired(.keysExhausted)
        case 1: return .tooExpensive
        case 2: return .hopeless(.unsupported)
        case 3, 4: return .limited(until: nil)
        default: return .limited(until: now + time(20) - 1000)
        }
    }
}
