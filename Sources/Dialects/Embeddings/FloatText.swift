internal import Bytes

/// The fewest digits that are this number again when they are read as a 32-bit float: nine always are. It is finite.
func appendShortest(_ number: Float, to out: ByteBuffer) -> Bool {
    if number == 0 { return out.append("0.0") }
    let size = Double(number.magnitude)
    var exponent = 0
    while scaled(size, by: -exponent) >= 10 { exponent += 1 }
    while scaled(size, by: -exponent) < 1 { exponent -= 1 }
    var digits = 5, whole = 0.0
    repeat {
        digits += 1
        whole = scaled(size, by: digits - 1 - exponent).rounded()
    } while digits < 9 && Float(scaled(whole, by: exponent + 1 - digits)) != number.magnitude
    return (number > 0 || out.append("-")) && append(UInt64(whole), tens: exponent + 1 - digits, to: out)
}

/// Times a power of ten: of a float's size, one that a Double holds.
private func scaled(_ number: Double, by power: Int) -> Double {
    var factor = 1.0
    for _ in 0..<abs(power) { factor *= 10 }
    return power < 0 ? number / factor : number * factor
}

private func append(_ whole: UInt64, tens: Int, to out: ByteBuffer) -> Bool {
    var whole = whole, tens = tens
    while whole % 10 == 0, whole > 0 {
        whole /= 10
        tens += 1
    }
    if tens == 0 { return appendDigits(whole &* 10, decimals: 1, to: out) }
    if tens < 0, tens > -18 { return appendDigits(whole, decimals: -tens, to: out) }
    return appendDigits(whole, decimals: 0, to: out) && out.append("e") && out.append(String(tens))
}
