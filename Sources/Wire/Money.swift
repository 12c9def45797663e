/// Arithmetic with amounts in 1e-18 USD (AttoUSD): exact, and nil where a result is too big to be one.
package enum Money {
    /// `count` things at this price; a count below zero is none.
    @inline(never)
    package static func times(_ count: Int, _ price: Int128?) -> Int128? {
        guard let price else { return nil }
        let (value, over) = price.multipliedReportingOverflow(by: Int128(max(0, count)))
        return over ? nil : value
    }

    /// nil as soon as one of them is.
    @inline(never)
    package static func sum(_ a: Int128?, _ b: Int128?) -> Int128? {
        guard let a, let b else { return nil }
        let (value, over) = a.addingReportingOverflow(b)
        return over ? nil : value
    }

    /// USD as canonical decimal text: "0.00000015", "12.5", "-1", "0"; never an exponent.
    @inline(never)
    package static func text(_ atto: Int128) -> String {
        var digits: [UInt8] = [], rest = atto.magnitude, place = 0
        while rest > 0 || place <= 18 {
            let (next, digit) = rest.quotientAndRemainder(dividingBy: 10)
            if digit != 0 || place >= 18 || !digits.isEmpty { // no zeros at the end
                if place == 18, !digits.isEmpty { digits.append(UInt8(ascii: ".")) }
                digits.append(UInt8(truncatingIfNeeded: digit) &+ 0x30)
            }
            rest = next
            place &+= 1
        }
        if atto < 0 { digits.append(UInt8(ascii: "-")) }
        digits.reverse()
        return String(utf8: digits)
    }
}
