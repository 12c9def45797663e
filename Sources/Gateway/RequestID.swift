internal import CShims

/// Ids such as `gl-5f3c09a1b2d4e687`: random, not guessable, unique over processes. Seeded per client.
final class RequestIDs: @unchecked Sendable {
    private let state = UnsafeMutablePointer<UInt64>.allocate(capacity: 2)
    private let count: UnsafeMutablePointer<UInt32>

    init() {
        var random = SystemRandomNumberGenerator()
        state[0] = random.next()
        state[1] = random.next() | 1
        count = .allocate(capacity: 1)
        count.initialize(to: 0)
    }

    deinit {
        state.deallocate()
        count.deallocate()
    }

    /// A random number.
    func random() -> UInt64 {
        // splitmix64 over an atomic counter: no lock, no system call.
        let nth = UInt64(gl_add(count, 1))
        var z = state[0] &+ nth &* (state[1] | 1)
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    func next() -> [UInt8] {
        let z = random()
        return Array(unsafeUninitializedCapacity: 19) { id, count in
            (id[0], id[1], id[2]) = (0x67, 0x6C, 0x2D)
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: z >> UInt64(60 - 4 * place)) & 15
                id[3 + place] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            count = 19
        }
    }
}
