/// Durations in microseconds, as the states of this module count them.
package enum Micros {
    package static let second: Int64 = 1_000_000

    /// Negative and absurd ones are cut (to 0, to thirty years).
    package static func of(seconds: Double) -> Int64 { seconds > 0 ? Int64(min(seconds, 1e9) * 1e6) : 0 }
}
