@testable import Model
@testable import Resilience

/// A policy whose waits are exact.
func retry(_ attempts: Int = 3, base: Double = 1, jitter: Double = 0) -> RetryPolicy {
    var policy = RetryPolicy()
    (policy.attempts, policy.backoffBase, policy.jitter) = (attempts, base, jitter)
    return policy
}

/// One candidate for each rank.
func machine(_ ranks: [Int], _ preset: FailoverPreset = .gatelet, rules: [FailoverRule] = [], retry policy: RetryPolicy = retry(),
             seed: UInt64 = 1, _ adjust: (inout AttemptBudget) -> Void = { _ in }) -> AttemptMachine {
    var budget = AttemptBudget()
    adjust(&budget)
    let marks = ranks.enumerated().map { CandidateMark(provider: $0.offset, rank: $0.element, retry: policy) }
    return AttemptMachine(marks: marks, table: FailoverTable(preset: preset, rules: rules), budget: budget, seed: seed)
}

func failure(_ status: Status, retryAfter seconds: Double? = nil, billed: Bool = false) -> AttemptFailure {
    AttemptFailure(status: status, retryAfter: seconds.map { Int64($0 * 1e6) }, mayBeBilled: billed)
}

func ask(_ candidate: Int, _ key: KeyWish = .any, probe: Bool = false) -> Step { .admit(candidate: candidate, key: key, probe: probe) }

extension AttemptMachine {
    /// Answers the question that it asks and fails the attempt: the next step.
    mutating func admitAndFail(_ status: Status, _ now: Int64 = 0, retryAfter: Double? = nil, billed: Bool = false) -> Step {
        _ = admitted(now)
        return failed(attempts.count - 1, failure(status, retryAfter: retryAfter, billed: billed), now)
    }
}
