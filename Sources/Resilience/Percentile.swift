/// The 95th percentile of the last 64 samples by nearest rank: the smallest sample that 95 % of them do not exceed. With at
/// most 64 of them it is among the four largest, so nothing needs sorting.
package struct Percentile: Sendable, Equatable {
    package static let kept = 64, fewest = 20

    /// Microseconds; more than 71 minutes is all the same.
    private var samples: [UInt32] = []
    private var next = 0

    package init() {}

    package mutating func add(_ sample: Int64) {
        let value = UInt32(clamping: sample)
        if samples.count < Percentile.kept {
            if samples.isEmpty { samples.reserveCapacity(Percentile.kept) }
            samples.append(value)
        } else {
            samples[next] = value
            next = (next &+ 1) & (Percentile.kept &- 1)
        }
    }

    /// nil: fewer than 20 samples.
    package var p95: Int64? {
        guard samples.count >= Percentile.fewest else { return nil }
        var largest = SIMD4<UInt32>(repeating: 0)      // falling
        for sample in samples where sample > largest[3] {
            var at = 3
            while at > 0, largest[at &- 1] < sample {
                largest[at] = largest[at &- 1]
                at &-= 1
            }
            largest[at] = sample
        }
        // Rank ceil(0.95 n) leaves n/20 larger ones.
        return Int64(largest[samples.count / 20])
    }
}
