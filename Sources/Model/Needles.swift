/// Finds secrets in text, however they are spelled.
struct Needles: Sendable {
    private struct Needle: Sendable {
        var bytes: [UInt8]
        var isBase64: Bool
    }

    private var all: [Needle] = []
    /// Numbers of needles by their first byte.
    private var starting: [[Int]] = []
    /// Whether anything can begin with this byte: most text is passed over by it.
    private var begins: [Bool] = []

    /// So much of the beginning of a secret is one where the text ends or is cut.
    private static let telling = 8

    init(_ secrets: [[UInt8]]) {
        for secret in secrets {
            all.append(Needle(bytes: secret, isBase64: false))
            for shift in 0..<3 {
                let inner = base64(of: secret, shift)
                if inner.count >= Needles.telling { all.append(Needle(bytes: inner, isBase64: true)) }
            }
        }
        if all.isEmpty { return }
        starting = Array(repeating: [], count: 256)
        for (number, needle) in all.enumerated() {
            guard let first = needle.bytes.first else { continue }
            starting[Int(first)].append(number)
            if needle.isBase64, let other = otherSpelling(first) { starting[Int(other)].append(number) }
        }
        for byte in 0...255 { begins.append(!starting[byte].isEmpty || beginsEscape(UInt8(byte))) }
    }

    var isEmpty: Bool { all.isEmpty }

    /// nil: there is none.
    func replaced(_ text: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = [], at = 0, copied = 0
        while at < text.count {
            guard begins[Int(text[at])], let found = find(text, at) else {
                at += 1
                continue
            }
            var start = at, end = found.end
            if found.isBase64 { // its neighbours hold the first and the last bits; but an escape of JSON stays whole
                let least = max(copied, at - 4), isPlain = !text[max(copied, at - 10)..<at].contains(UInt8(ascii: "\\"))
                while isPlain, start > least, isBase64(text[start - 1]) { start -= 1 }
                while end < text.count, end - found.end < 4, isBase64(text[end]) || text[end] == UInt8(ascii: "=") { end += 1 }
            }
            if isEscaped(text, start), start > copied { start -= 1 }
            out.append(contentsOf: text[copied..<start])
            out.append(contentsOf: [0x2A, 0x2A, 0x2A])
            at = end
            copied = end
        }
        if copied == 0 { return nil }
        out.append(contentsOf: text[copied...])
        return out
    }

    /// The longest secret that begins here.
    private func find(_ text: [UInt8], _ at: Int) -> (end: Int, isBase64: Bool)? {
        var best: (end: Int, isBase64: Bool)?
        func look(_ first: UInt8) {
            for number in starting[Int(first)] {
                let needle = all[number]
                let end = max(end(of: needle, text, at, escapes: false), end(of: needle, text, at, escapes: true))
                if end > best?.end ?? at { best = (end, needle.isBase64) }
            }
        }
        look(text[at])
        if beginsEscape(text[at]) {
            let byte = unit(text, at, 0).byte
            if byte != text[at] { look(byte) }
        }
        return best
    }

    /// Where this needle ends if it begins here, in the one spelling or the other; -1: it does not.
    private func end(of needle: Needle, _ text: [UInt8], _ start: Int, escapes: Bool) -> Int {
        var at = start
        for (count, wanted) in needle.bytes.enumerated() {
            let tells = count >= Needles.telling
            if at >= text.count || tells && isCut(text, at) { return tells ? at : -1 }
            var length = 1, byte = text[at]
            if escapes, beginsEscape(byte) { (byte, length) = unit(text, at, wanted) }
            if byte != wanted, !needle.isBase64 || otherSpelling(byte) != wanted {
                return tells ? cutEscape(text, before: at) ?? -1 : -1
            }
            at += length
        }
        return at
    }
}

// MARK: - spellings

/// One byte as it may be written: plainly, `\u0041` and `\/` of JSON (with more backslashes where it was escaped twice), `%41`
/// (and `%2541`), `&amp;` and `&#65;`. `wanted` decides where there are two ways to read it.
private func unit(_ text: [UInt8], _ at: Int, _ wanted: UInt8) -> (byte: UInt8, length: Int) {
    switch text[at] {
    case UInt8(ascii: "\\"): return backslashed(text, at, wanted)
    case UInt8(ascii: "%"):
        guard let value = hex(text, at + 1, 2) else { break }
        if value == UInt8(ascii: "%"), wanted != value, let inner = hex(text, at + 3, 2) { return (inner, 5) }
        return (value, 3)
    case UInt8(ascii: "&"): return entity(text, at)
    default: break
    }
    return (text[at], 1)
}

private func beginsEscape(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "&") }

/// Behind an odd number of backslashes.
private func isEscaped(_ text: [UInt8], _ at: Int) -> Bool {
    var first = at
    while first > 0, text[first - 1] == UInt8(ascii: "\\") { first -= 1 }
    return (at - first) % 2 == 1
}

private func backslashed(_ text: [UInt8], _ start: Int, _ wanted: UInt8) -> (byte: UInt8, length: Int) {
    var at = start
    while at < text.count, text[at] == UInt8(ascii: "\\") { at += 1 }
    if wanted == UInt8(ascii: "\\") { return (wanted, min(at - start, 2)) }
    guard at < text.count else { return (text[start], at - start) }
    switch text[at] {
    case UInt8(ascii: "/"), UInt8(ascii: "\""): return (text[at], at + 1 - start)
    case UInt8(ascii: "u"):
        guard hex(text, at + 1, 2) == 0, let value = hex(text, at + 3, 2) else { break }
        return (value, at + 5 - start)
    default: break
    }
    return (text[start], at - start)
}

private let entities: [(name: StaticString, byte: UInt8)] = [
    ("&amp;", 0x26), ("&lt;", 0x3C), ("&gt;", 0x3E), ("&quot;", 0x22), ("&apos;", 0x27),
]

private func entity(_ text: [UInt8], _ start: Int) -> (byte: UInt8, length: Int) {
    for entity in entities where text[start...].starts(with: UnsafeBufferPointer(start: entity.name.utf8Start, count: entity.name.utf8CodeUnitCount)) {
        return (entity.byte, entity.name.utf8CodeUnitCount)
    }
    var at = start + 2, value = 0, radix = 10
    guard at < text.count, text[start + 1] == UInt8(ascii: "#") else { return (text[start], 1) }
    if text[at] | 0x20 == UInt8(ascii: "x") { (at, radix) = (at + 1, 16) }
    while at < text.count, at - start < 10, let digit = hexDigit(text[at]), digit < radix {
        value = min(value * radix + digit, 256)
        at += 1
    }
    guard at < text.count, text[at] == UInt8(ascii: ";"), let byte = UInt8(exactly: value) else { return (text[start], 1) }
    return (byte, at + 1 - start)
}

private func hex(_ text: [UInt8], _ at: Int, _ digits: Int) -> UInt8? {
    guard at + digits <= text.count else { return nil }
    var value = 0
    for byte in text[at..<(at + digits)] {
        guard let digit = hexDigit(byte) else { return nil }
        value = value * 16 + digit
    }
    return UInt8(truncatingIfNeeded: value)
}

private func hexDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 0x30
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 0x57
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 0x37
    default: nil
    }
}

/// Dots where somebody has shortened it.
private func isCut(_ text: [UInt8], _ at: Int) -> Bool {
    text[at...].starts(with: [0x2E, 0x2E, 0x2E]) || text[at...].starts(with: [0xE2, 0x80, 0xA6])
}

/// The same of the last escape that begins here or shortly before: its first byte may have counted as itself.
private func cutEscape(_ text: [UInt8], before at: Int) -> Int? {
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

// MARK: - Base64

private let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/// What of a secret stands in any Base64 text that holds it `shift` bytes behind a boundary of three: its first bytes share
/// their digits with what is before it, and so do the last ones.
private func base64(of secret: [UInt8], _ shift: Int) -> [UInt8] {
    var inner = secret.dropFirst((3 - shift) % 3), out: [UInt8] = []
    while inner.count >= 3 {
        var bits = 0
        for byte in inner.prefix(3) { bits = bits << 8 | Int(byte) }
        for place in [18, 12, 6, 0] { out.append(alphabet.utf8Start[bits >> place & 63]) }
        inner = inner.dropFirst(3)
    }
    return out
}

/// The alphabet for URLs has others for two of them.
private func otherSpelling(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "+"): UInt8(ascii: "-")
    case UInt8(ascii: "/"): UInt8(ascii: "_")
    case UInt8(ascii: "-"): UInt8(ascii: "+")
    case UInt8(ascii: "_"): UInt8(ascii: "/")
    default: nil
    }
}

private func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: otherSpelling(byte) != nil
    }
}
