/// A decimal number of any common spelling, kept as digits and a power of ten: no binary fraction ever touches money.
package struct DecimalText: Equatable {
    /// More digits, or a power of ten further from zero, are no number to us.
    package static let mostDigits = 64, farthestPower = 400

    /// Digits 0...9 without leading or trailing zeros; none for zero.
    private var digits: [UInt8]
    /// The number is digits x 10^power.
    private var power: Int
    private var isNegative: Bool

    /// "12", "-1", "0.0000015", "5e-08", "$1,234.50", " 3 ". nil: not a number, or absurdly long.
    package init?(_ text: String) {
        var text = text
        guard let parsed = text.withUTF8({ DecimalText(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = parsed
    }

    package init?(_ text: UnsafeRawBufferPointer) {
        var reader = Reader(text)
        guard text.count <= 512, let negative = reader.prefix(), reader.number(), reader.exponent(), reader.atEnd() else { return nil }
        digits = reader.digits
        power = reader.power
        isNegative = negative
        trim()
        if digits.count > DecimalText.mostDigits || abs(power) > DecimalText.farthestPower { return nil }
    }

    package var isZero: Bool { digits.isEmpty }
    package var isBelowZero: Bool { isNegative }

    /// The number times 10^power; nil when that is absurdly far away.
    package func scaled(byPowerOfTen shift: Int) -> DecimalText? {
        guard shift.magnitude <= UInt(2 * DecimalText.farthestPower) else { return nil }
        var scaled = self
        if !isZero { scaled.power &+= shift }
        return abs(scaled.power) > DecimalText.farthestPower ? nil : scaled
    }

    /// Plain canonical text: no exponent, no trailing zeros: "0.00000015", "1234.5", "-1", "0".
    package var text: String {
        if isZero { return "0" }
        var out: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        let whole = digits.count &+ power          // digits before the point
        if whole <= 0 {
            out.append(UInt8(ascii: "0"))
            out.append(UInt8(ascii: "."))
            for _ in 0..<(0 &- whole) { out.append(UInt8(ascii: "0")) }
        }
        for (index, digit) in digits.enumerated() {
            if index == whole, index > 0 { out.append(UInt8(ascii: ".")) }
            out.append(digit &+ 0x30)
        }
        if power > 0 { for _ in 0..<power { out.append(UInt8(ascii: "0")) } }
        return String(utf8: out)
    }

    /// In units of 1e-18, what is smaller rounded half up. nil: below zero, or too big (from 1.7e20 on).
    package var atto: Int128? {
        if isNegative { return nil }
        let shift = power &+ 18
        var result: Int128 = 0
        var fine = true
        func push(_ digit: UInt8) {
            let (tenfold, over) = result.multipliedReportingOverflow(by: 10)
            let (sum, more) = tenfold.addingReportingOverflow(Int128(digit))
            if over || more { fine = false } else { result = sum }
        }
        let kept = shift < 0 ? digits.count &+ shift : digits.count
        if kept < 0 { return 0 }
        for digit in digits.prefix(kept) { push(digit) }
        if shift > 0 && !isZero { for _ in 0..<min(shift, 40) { push(0) } }
        if fine && kept < digits.count && digits[kept] >= 5 { (result, fine) = (result &+ 1, result < .max) }
        return fine ? result : nil
    }

    private mutating func trim() {
        var kept = digits[...]
        while kept.first == 0 { kept = kept.dropFirst() }
        while kept.last == 0 {
            kept = kept.dropLast()
            power &+= 1
        }
        digits = Array(kept)
        if digits.isEmpty {
            power = 0
            isNegative = false
        }
    }
}

/// Reads the pieces of a number.
private struct Reader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    var digits: [UInt8] = []
    var power = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var byte: UInt8 { bytes.byte(at: at) }

    private mutating func pass(_ wanted: UInt8) -> Bool {
        guard byte == wanted else { return false }
        at &+= 1
        return true
    }

    private mutating func spaces() { while byte == Ascii.space || byte == UInt8(ascii: "\t") { at &+= 1 } }

    /// White space, sign and currency, the last two in either order. Whether the sign was minus; nil never.
    mutating func prefix() -> Bool? {
        spaces()
        var negative = pass(UInt8(ascii: "-"))
        if !negative { _ = pass(UInt8(ascii: "+")) }
        if pass(UInt8(ascii: "$")) {
            spaces()
            if !negative { negative = pass(UInt8(ascii: "-")) }
        }
        return negative
    }

    /// Digits with commas between groups of three, and a fraction. One digit at least.
    mutating func number() -> Bool {
        var group = 0, commas = 0
        while true {
            if byte &- 0x30 <= 9 {
                digits.append(byte &- 0x30)
                group &+= 1
            } else if byte == Ascii.comma, group > 0, commas == 0 ? group <= 3 : group == 3 {
                commas &+= 1
                group = 0
            } else { break }
            at &+= 1
        }
        if commas > 0, group != 3 { return false }
        if pass(UInt8(ascii: ".")) {
            while byte &- 0x30 <= 9 {
                digits.append(byte &- 0x30)
                power &-= 1
                at &+= 1
            }
        }
        return !digits.isEmpty
    }

    /// An optional exponent of at most four digits.
    mutating func exponent() -> Bool {
        guard byte | 0x20 == UInt8(ascii: "e") else { return true }
        at &+= 1
        let negative = pass(UInt8(ascii: "-"))
        if !negative { _ = pass(UInt8(ascii: "+")) }
        let start = at
        var value = 0
        while byte &- 0x30 <= 9, at &- start < 5 {
            value = value &* 10 &+ Int(byte &- 0x30)
            at &+= 1
        }
        power = negative ? power &- value : power &+ value
        return at > start && at &- start <= 4
    }

    mutating func atEnd() -> Bool {
        spaces()
        return at == bytes.count
    }
}
