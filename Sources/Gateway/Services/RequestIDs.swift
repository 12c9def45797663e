internal import Bytes

/// Ids such as `gl-5f3c09a1b2d4e687`: random, not guessable, unique over processes. Seeded per client.
final class RequestIDs {
    private let seed: UInt64
    private let step: UInt64
    private let count = AtomicWord()

    init() {
        var random = SystemRandomNumberGenerator()
        seed = random.next()
        step = random.next() | 1
    }

    /// A random number.
    func random() -> UInt64 {
        // splitmix64 over an atomic counter: no lock, no system call.
        var z = seed &+ UInt64(count.add(1)) &* step
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    func next() -> [UInt8] {
        let z = random()
        return Array(unsafeUninitializedCapacity: 19) { id, count in
            (id[0], id[1], id[2]) = (0x67, 0x6C, 0x2D)
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: z >> UInt64(60 - 4 * index)) & 15
                id[3 + index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            count = 19
        }
    }
}
