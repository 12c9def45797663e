/// Appends an amount in units of 1e-18 as plain decimal text: no exponent, no trailing zeros.
@inline(never)
package func appendAtto(_ amount: Int128, to out: ByteBuffer) -> Bool {
    let unit: UInt128 = 1_000_000_000_000_000_000
    let (whole, rest) = amount.magnitude.quotientAndRemainder(dividingBy: unit)
    let (high, low) = whole.quotientAndRemainder(dividingBy: unit)
    // Three and eighteen digits, the point, eighteen digits.
    var digits = InlineArray<40, UInt8>(repeating: 0x30)
    digits[21] = 0x2E
    put(UInt64(truncatingIfNeeded: rest), &digits, endingAt: 40)
    put(UInt64(truncatingIfNeeded: low), &digits, endingAt: 21)
    put(UInt64(truncatingIfNeeded: high), &digits, endingAt: 3)
    var start = 0, end = 40
    while start < 20, digits[start] == 0x30 { start &+= 1 }
    while end > 22, digits[end &- 1] == 0x30 { end &-= 1 }
    if end == 22 { end = 21 }
    if amount < 0, !out.append(0x2D) { return false }
    return withUnsafeBytes(of: &digits) { out.append($0[ByteRange(start, end)]) }
}

private func put(_ value: UInt64, _ digits: inout InlineArray<40, UInt8>, endingAt end: Int) {
    var rest = value, at = end
    while rest > 0, at > 0 {
        at &-= 1
        digits[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        rest /= 10
    }
}
