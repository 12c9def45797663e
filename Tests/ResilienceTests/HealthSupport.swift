@testable import Model
import Testing

/// Random numbers that are the same in every run.
struct Dice: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func roll(_ n: Int) -> Int { Int(next() % UInt64(n)) }
}

let second: Int64 = 1_000_000
let today: Int64 = 20_000 * 86_400        // midnight of some UTC day
let usd: AttoUSD = 1_000_000_000_000_000_000

// The macros cannot look into calls that change a variable.
func need<T>(_ value: T?, at: SourceLocation = #_sourceLocation) throws -> T { try #require(value, sourceLocation: at) }
func yes(_ value: Bool, at: SourceLocation = #_sourceLocation) { #expect(value, sourceLocation: at) }
