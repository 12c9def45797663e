/// SipHash-2-4, twice over: 128 bits that say nothing of the text to who does not have the key, and that nobody can make two texts agree on.
package func keyedHash(_ text: UnsafeRawBufferPointer, key: UInt64) -> String {
    var digits: [UInt8] = []
    for half in [sipHash(text, key, 0x6761_7465_6C65_7431), sipHash(text, key, 0x6761_7465_6C65_7432)] {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(shift)) & 15
            digits.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
        }
    }
    return String(utf8: digits)
}

/// https://www.aumasson.jp/siphash/siphash.pdf
package func sipHash(_ text: UnsafeRawBufferPointer, _ key: UInt64, _ other: UInt64) -> UInt64 {
    var v0 = key ^ 0x736F_6D65_7073_6575, v1 = other ^ 0x646F_7261_6E64_6F6D, v2 = key ^ 0x6C79_6765_6E65_7261, v3 = other ^ 0x7465_6462_7974_6573
    func rounds(_ count: Int) {
        for _ in 0..<count {
            v0 = v0 &+ v1
            v1 = turned(v1, 13) ^ v0
            v0 = turned(v0, 32)
            v2 = v2 &+ v3
            v3 = turned(v3, 16) ^ v2
            v0 = v0 &+ v3
            v3 = turned(v3, 21) ^ v0
            v2 = v2 &+ v1
            v1 = turned(v1, 17) ^ v2
            v2 = turned(v2, 32)
        }
    }
    var word: UInt64 = 0
    for (at, byte) in text.enumerated() {
        word |= UInt64(byte) << UInt64(8 &* (at & 7))
        if at & 7 != 7 { continue }
        v3 ^= word
        rounds(2)
        v0 ^= word
        word = 0
    }
    word |= UInt64(truncatingIfNeeded: text.count & 255) << 56
    v3 ^= word
    rounds(2)
    v0 ^= word
    v2 ^= 255
    rounds(4)
    return v0 ^ v1 ^ v2 ^ v3
}

private func turned(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
