internal import Bytes

/// e^-x, within 1 % up to x = 2 and small beyond: (1 - x/256)^256, without a mathematics library.
func decay(_ elapsed: Int64, over constant: Double) -> Double {
    var factor = max(0, 1 - Double(max(elapsed, 0)) / constant / 256)
    for _ in 0..<8 { factor *= factor }
    return factor
}

/// How slow a candidate is: jumps to a slower sample at once and comes down with a time constant of ten seconds between
/// samples. It does not come down by itself, else whoever was asked least lately would look fastest; after ten minutes
/// without a sample it is unknown again.
package struct PeakLatency: Sendable, Equatable {
    private var value = -1.0
    private var at: Int64 = 0

    package init() {}

    /// Microseconds.
    package mutating func add(_ sample: Int64, now: Int64) {
        let sample = Double(max(sample, 0))
        if value < 0 || sample > value || stale(now) { value = sample } else {
            let old = decay(now &- at, over: 10e6)
            value = value * old + sample * (1 - old)
        }
        at = max(at, now)
    }

    package func estimate(now: Int64) -> Int64? { value < 0 || stale(now) ? nil : Int64(min(value, 1e15)) }

    private func stale(_ now: Int64) -> Bool { now &- at > 600 &* Micros.second }
}

/// Tokens per second, averaged with a time constant of a minute; each sample weighs a tenth at least.
package struct Throughput: Sendable, Equatable {
    private var value = -1.0
    private var at: Int64 = 0

    package init() {}

    /// `duration` in microseconds, of the time in which the tokens came. None of either says nothing.
    package mutating func add(tokens: Int, duration: Int64, now: Int64) {
        guard tokens > 0, duration > 0 else { return }
        let sample = Double(tokens) / Double(duration) * 1e6
        let old = value < 0 ? 0 : min(decay(now &- at, over: 60e6), 0.9)
        value = max(value, 0) * old + sample * (1 - old)
        at = max(at, now)
    }

    package var estimate: Double? { value < 0 ? nil : value }
}
