internal import Model

/// How long a list counts: an hour fresh, then an hour more in which it is answered while it is fetched anew.
struct ListAges {
    /// Microseconds.
    let fresh: Int64
    let stale: Int64

    init(_ policy: ListPolicy) {
        fresh = microseconds(policy.fresh)
        stale = microseconds(policy.stale)
    }

    enum State { case fresh, stale, expired }

    /// `jitter`: of each list its own, so that not all are fetched again at the same time; it takes up to a tenth off `fresh`.
    func state(_ age: Int64, jitter: UInt8) -> State {
        if age < fresh &- fresh / 10 / 256 &* Int64(jitter) { return .fresh }
        return age < stale ? .stale : .expired
    }
}

private func microseconds(_ seconds: Double) -> Int64 { Int64(min(max(seconds, 0), 86_400 * 365) * 1_000_000) }
