/// Microseconds as milliseconds with three decimals; null when unknown.
package func appendMilliseconds(_ us: Int64, to out: ByteBuffer) -> Bool {
    us < 0 ? out.append("null") : appendDigits(us.magnitude, decimals: 3, to: out)
}

/// A number whose last `decimals` digits stand behind a point.
package func appendDigits(_ value: UInt64, decimals: Int, to out: ByteBuffer) -> Bool {
    var rest = value, count = 0
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0) // 24 bytes of scratch, enough for 20 digits and a point
    return withUnsafeMutableBytes(of: &digits) { scratch in
        var at = scratch.count
        repeat {
            if count == decimals, count > 0 {
                at -= 1
                scratch[at] = 0x2E
            }
            at -= 1
            scratch[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
            count += 1
        } while rest > 0 || count <= decimals
        return out.append(UnsafeRawBufferPointer(rebasing: scratch[at...]))
    }
}
