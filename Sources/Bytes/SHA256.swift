internal import CShims

/// SHA-256 (FIPS 180-4).
package struct SHA256 {
    /// 32 bytes, as four words in the order of the bytes.
    package struct Digest: Sendable, Equatable {
        package let words: InlineArray<4, UInt64>

        package static func == (a: Digest, b: Digest) -> Bool {
            a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2] && a.words[3] == b.words[3]
        }
    }

    private var state: InlineArray<8, UInt32> = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var block = InlineArray<64, UInt8>(repeating: 0)
    private var filled = 0
    private var length: UInt64 = 0

    package init() {}

    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(truncatingIfNeeded: bytes.count)
        var at = 0
        while at < bytes.count {
            if filled == 0, bytes.count &- at >= 64 {
                mix { bytes.loadUnaligned(fromByteOffset: at &+ $0 &* 4, as: UInt32.self).bigEndian }
                at &+= 64
                continue
            }
            block[filled] = bytes[at]
            filled &+= 1
            at &+= 1
            if filled == 64 { mixBlock() }
        }
    }

    /// Ends it: eight bytes with the length in bits come last.
    package mutating func finish() -> Digest {
        let bits = length &* 8
        put(0x80)
        while filled != 56 { put(0) }
        for shift in stride(from: 56, through: 0, by: -8) { put(UInt8(truncatingIfNeeded: bits &>> UInt64(shift))) }
        func word(_ index: Int) -> UInt64 { UInt64(state[index &* 2]) &<< 32 | UInt64(state[index &* 2 &+ 1]) }
        return Digest(words: [word(0), word(1), word(2), word(3)])
    }

    private mutating func put(_ byte: UInt8) {
        block[filled] = byte
        filled &+= 1
        if filled == 64 { mixBlock() }
    }

    private mutating func mixBlock() {
        filled = 0
        let block = self.block
        mix { index in
            let at = index &* 4
            return UInt32(block[at]) &<< 24 | UInt32(block[at &+ 1]) &<< 16 | UInt32(block[at &+ 2]) &<< 8 | UInt32(block[at &+ 3])
        }
    }

    @inline(__always)
    private mutating func mix(_ word: (Int) -> UInt32) {
        var w = InlineArray<16, UInt32>(repeating: 0)
        for index in 0..<16 { w[index] = word(index) }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]), (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for round in 0..<64 {
            let slot = round & 15
            if round >= 16 {
                let early = w[(round &+ 1) & 15], late = w[(round &+ 14) & 15]
                let s0 = turned(early, 7) ^ turned(early, 18) ^ early &>> 3, s1 = turned(late, 17) ^ turned(late, 19) ^ late &>> 10
                w[slot] = w[slot] &+ s0 &+ w[(round &+ 9) & 15] &+ s1
            }
            let sum = h &+ (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) &+ (e & f ^ ~e & g) &+ gl_sha256_constant(Int32(truncatingIfNeeded: round)) &+ w[slot]
            let other = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ sum, c, b, a, sum &+ other)
        }
        state[0] = state[0] &+ a
        state[1] = state[1] &+ b
        state[2] = state[2] &+ c
        state[3] = state[3] &+ d
        state[4] = state[4] &+ e
        state[5] = state[5] &+ f
        state[6] = state[6] &+ g
        state[7] = state[7] &+ h
    }

    @inline(__always)
    private func turned(_ word: UInt32, _ by: UInt32) -> UInt32 { word &>> by | word &<< (32 &- by) }
}
