package import Model

/// Deterministic and small (SplitMix64): spreads waits, guards nothing.
package struct SmallRandom: Sendable, RandomNumberGenerator {
    private var state: UInt64
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// In [0, 1).
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Retry-After is waited for up to this many microseconds while there is another candidate, and when there is none.
package let retryAfterCap: Int64 = 12_000_000
package let lastRetryAfterCap: Int64 = 60_000_000

extension RetryPolicy {
    /// Microseconds before retry number n = 1, 2, ...: min(max, base x 2^(n-1)) x uniform(1 - jitter, 1 + jitter).
    package func backoff(_ n: Int, _ random: inout SmallRandom) -> Int64 {
        var seconds = backoffBase
        var left = n
        while left > 1, seconds < backoffMax, seconds > 0 {
            seconds *= 2
            left &-= 1
        }
        let spread = min(max(jitter, 0), 1)
        return microseconds(min(seconds, backoffMax) * (1 - spread + 2 * spread * random.unit()))
    }
}

/// Never negative, at most some 30 years; not a number counts as nothing.
package func microseconds(_ seconds: Double) -> Int64 {
    guard seconds > 0 else { return 0 }
    return Int64(min(seconds, 1e9) * 1e6)
}

/// A point in time; beyond the last one means never.
func later(_ time: Int64, by wait: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(wait)
    return overflow ? .max : sum
}
