/// Appends an amount in units of 1e-18 as plain decimal text: no exponent, no trailing zeros.
///
/// Nine digits at a time by divisions of 64 bits: one of 128 bits would need libgcc_s.
package func appendAtto(_ amount: Int128, to out: ByteBuffer) -> Bool {
    let magnitude = amount.magnitude
    var words: InlineArray<4, UInt64> = [word(magnitude, 3), word(magnitude, 2), word(magnitude, 1), word(magnitude, 0)]
    // 27 digits, the point, 18 digits.
    var digits = InlineArray<46, UInt8>(repeating: 0x30)
    digits[27] = 0x2E
    let ends: InlineArray<5, Int> = [46, 37, 27, 18, 9]
    for index in ends.indices { put(billionth(&words), &digits, endingAt: ends[index]) }
    var start = 0, end = 46
    while start < 26, digits[start] == 0x30 { start &+= 1 }
    while end > 28, digits[end &- 1] == 0x30 { end &-= 1 }
    if end == 28 { end = 27 }
    if amount < 0, !out.append(0x2D) { return false }
    return withUnsafeBytes(of: &digits) { out.append($0[ByteRange(start, end)]) }
}

private func word(_ value: UInt128, _ index: Int) -> UInt64 { UInt64(truncatingIfNeeded: value &>> UInt128(truncatingIfNeeded: index &* 32)) & 0xFFFF_FFFF }

/// Divides a number of four words of 32 bits by 1e9; the remainder.
private func billionth(_ words: inout InlineArray<4, UInt64>) -> UInt64 {
    var rest: UInt64 = 0
    for index in words.indices {
        let value = rest << 32 | words[index]
        words[index] = value / 1_000_000_000
        rest = value % 1_000_000_000
    }
    return rest
}

private func put(_ value: UInt64, _ digits: inout InlineArray<46, UInt8>, endingAt end: Int) {
    var rest = value, at = end
    while rest > 0, at > 0 {
        at &-= 1
        digits[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        rest /= 10
    }
}
