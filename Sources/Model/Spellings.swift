/// One byte of a text, or one character beyond ASCII, and how many bytes it takes to write it.
struct Spelling {
    private let value: UInt32
    /// The value is a Unicode scalar, which has several bytes; else it is a byte.
    let isCharacter: Bool
    let length: Int

    init(_ byte: UInt8, length: Int = 1) { (value, isCharacter, self.length) = (UInt32(byte), false, length) }

    /// Below 128 a character is a byte.
    init(scalar: UInt32, length: Int) { (value, isCharacter, self.length) = (scalar, scalar >= 0x80, length) }

    /// nil: no such character.
    var utf8: Unicode.UTF8.EncodedScalar? { Unicode.Scalar(value).flatMap { Unicode.UTF8.encode($0) } }

    /// The byte, or the first one of the character.
    var first: UInt8 { isCharacter ? utf8?.first ?? 0 : UInt8(truncatingIfNeeded: value) }
}

/// What stands here: plainly, with escapes of JSON and of programming languages (`\u0041`, `\x41`, `\101`, `\/`, also with more backslashes
/// where it was escaped again), `%41` (and `%2541`), `&amp;` and `&#65;`. `wanted` decides where there are two ways to read it.
func spelling(_ text: [UInt8], _ at: Int, _ wanted: UInt8) -> Spelling {
    switch text[at] {
    case UInt8(ascii: "\\"): return backslashed(text, at, wanted)
    case UInt8(ascii: "%"):
        guard let value = hex(text, at + 1, 2) else { break }
        if value == UInt32(UInt8(ascii: "%")), UInt32(wanted) != value, let inner = hex(text, at + 3, 2) { return Spelling(UInt8(truncatingIfNeeded: inner), length: 5) }
        return Spelling(UInt8(truncatingIfNeeded: value), length: 3)
    case UInt8(ascii: "&"): return entity(text, at)
    default: break
    }
    return Spelling(text[at])
}

func beginsEscape(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "&") }

/// Behind an odd number of backslashes.
func isEscaped(_ text: [UInt8], _ at: Int) -> Bool {
    var first = at
    while first > 0, text[first - 1] == UInt8(ascii: "\\") { first -= 1 }
    return (at - first) % 2 == 1
}

/// So many backslashes come of escaping five times. A longer run is none, and its length does not cost time at each of its bytes.
private let mostBackslashes = 32

private func backslashed(_ text: [UInt8], _ start: Int, _ wanted: UInt8) -> Spelling {
    var at = start
    while at < text.count, at - start < mostBackslashes, text[at] == UInt8(ascii: "\\") { at += 1 }
    let numbered = numbered(text, start, at)
    if wanted == UInt8(ascii: "\\"), numbered?.first != wanted { return Spelling(wanted, length: min(at - start, 2)) }
    if let numbered { return numbered }
    return at < text.count ? Spelling(text[at], length: at + 1 - start) : Spelling(text[start], length: at - start)
}

/// The number of a byte or character behind backslashes.
private func numbered(_ text: [UInt8], _ start: Int, _ at: Int) -> Spelling? {
    guard at < text.count else { return nil }
    switch text[at] {
    case UInt8(ascii: "u"):
        guard let unit = hex(text, at + 1, 4) else { return nil }
        if unit & 0xFC00 == 0xD800, let second = secondHalf(text, at + 5) {
            return Spelling(scalar: 0x10000 + (unit & 0x3FF) << 10 + second.unit & 0x3FF, length: second.end - start)
        }
        return Spelling(scalar: unit, length: at + 5 - start)
    case UInt8(ascii: "x"):
        return hex(text, at + 1, 2).map { Spelling(UInt8(truncatingIfNeeded: $0), length: at + 3 - start) }
    case UInt8(ascii: "0")...UInt8(ascii: "3"):
        guard at + 3 <= text.count, text[at..<(at + 3)].allSatisfy({ $0 & 0xF8 == 0x30 }) else { return nil }
        return Spelling((text[at] & 3) << 6 | (text[at + 1] & 7) << 3 | text[at + 2] & 7, length: at + 3 - start)
    default: return nil
    }
}

/// The other half of a surrogate pair.
private func secondHalf(_ text: [UInt8], _ start: Int) -> (unit: UInt32, end: Int)? {
    var at = start
    while at < text.count, at - start < mostBackslashes, text[at] == UInt8(ascii: "\\") { at += 1 }
    guard at > start, at < text.count, text[at] == UInt8(ascii: "u"), let unit = hex(text, at + 1, 4), unit & 0xFC00 == 0xDC00 else { return nil }
    return (unit, at + 5)
}

private let entities: [(name: StaticString, byte: UInt8)] = [
    ("&amp;", 0x26), ("&lt;", 0x3C), ("&gt;", 0x3E), ("&quot;", 0x22), ("&apos;", 0x27),
]

private func entity(_ text: [UInt8], _ start: Int) -> Spelling {
    for entity in entities where text[start...].starts(with: UnsafeBufferPointer(start: entity.name.utf8Start, count: entity.name.utf8CodeUnitCount)) {
        return Spelling(entity.byte, length: entity.name.utf8CodeUnitCount)
    }
    var at = start + 2, value: UInt32 = 0, radix: UInt32 = 10
    guard at < text.count, text[start + 1] == UInt8(ascii: "#") else { return Spelling(text[start]) }
    if text[at] | 0x20 == UInt8(ascii: "x") { (at, radix) = (at + 1, 16) }
    while at < text.count, at - start < 10, let digit = hexDigit(text[at]), digit < radix {
        value = min(value * radix + digit, 0x110000)
        at += 1
    }
    guard at < text.count, text[at] == UInt8(ascii: ";") else { return Spelling(text[start]) }
    return Spelling(scalar: value, length: at + 1 - start)
}

private func hex(_ text: [UInt8], _ at: Int, _ digits: Int) -> UInt32? {
    guard at + digits <= text.count else { return nil }
    var value: UInt32 = 0
    for byte in text[at..<(at + digits)] {
        guard let digit = hexDigit(byte) else { return nil }
        value = value << 4 | digit
    }
    return value
}

private func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) - 0x30
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte) - 0x57
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte) - 0x37
    default: nil
    }
}

/// Dots where somebody has shortened it.
func isCut(_ text: [UInt8], _ at: Int) -> Bool {
    text[at...].starts(with: [0x2E, 0x2E, 0x2E]) || text[at...].starts(with: [0xE2, 0x80, 0xA6])
}

/// The same of the last escape that begins here or shortly before: its first byte may have counted as itself.
func cutEscape(_ text: [UInt8], before at: Int) -> Int? {
    var start = at
    while start >= 0, at - start < 6 {
        if beginsEscape(text[start]), let end = cutEscape(text, start) { return end }
        start -= 1
    }
    return nil
}

/// Where the text ends, or was shortened, inside this escape; nil: it does not.
private func cutEscape(_ text: [UInt8], _ at: Int) -> Int? {
    var end = at + 1
    while end < text.count, end - at < 10, !isCut(text, end) { end += 1 }
    guard end >= text.count || isCut(text, end) else { return nil }
    let rest = text[(at + 1)..<end], first = text[at]
    let isBroken = switch first {
    case UInt8(ascii: "\\"): rest.allSatisfy { $0 == first || $0 == UInt8(ascii: "u") || hexDigit($0) != nil }
    case UInt8(ascii: "%"): rest.count < 4 && rest.allSatisfy { hexDigit($0) != nil }
    case UInt8(ascii: "&"): !rest.contains(UInt8(ascii: ";")) && !rest.contains(0x20)
    default: false
    }
    return isBroken ? end : nil
}

