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
        var out: [UInt8] = [], copied = 0
        forEach(in: text) { start, end in
            out.append(contentsOf: text[copied..<start])
            out.append(contentsOf: [0x2A, 0x2A, 0x2A])
            copied = end
        }
        if copied == 0 { return nil }
        out.append(contentsOf: text[copied...])
        return out
    }

    /// Where secrets are, in their order.
    func forEach(in text: [UInt8], _ body: (_ start: Int, _ end: Int) -> Void) {
        var at = 0, copied = 0
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
            body(start, end)
            at = end
            copied = end
        }
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
            let first = spelling(text, at, 0).first
            if first != text[at] { look(first) }
        }
        return best
    }

    /// So much of the beginning of a secret is one wherever it stands: 16 bytes of it at least, and half of it.
    private static func enough(_ secret: [UInt8]) -> Int { max(2 * telling, secret.count / 2) }

    /// Where this needle ends if it begins here, in the one spelling or the other; -1: it does not.
    private func end(of needle: Needle, _ text: [UInt8], _ start: Int, escapes: Bool) -> Int {
        let secret = needle.bytes
        var at = start, count = 0
        while count < secret.count {
            let tells = count >= Needles.telling
            if at >= text.count || tells && isCut(text, at) { return tells ? at : -1 }
            let spelled = escapes ? spelling(text, at, secret[count]) : Spelling(text[at])
            let known = part(of: needle, count, spelled)
            if known == 0 {
                if tells, let end = cutEscape(text, before: at) { return end }
                return count >= Needles.enough(secret) ? withoutBackslashes(text, start, at) : -1
            }
            count += known
            at += spelled.length
        }
        return at
    }

    /// How many bytes of the needle this is, from the given one on; 0: none.
    private func part(of needle: Needle, _ count: Int, _ spelled: Spelling) -> Int {
        let wanted = needle.bytes[count]
        if spelled.isCharacter {
            guard let bytes = spelled.utf8, needle.bytes[count...].starts(with: bytes) else { return 0 }
            return bytes.count
        }
        return spelled.first == wanted || needle.isBase64 && otherSpelling(spelled.first) == wanted ? 1 : 0
    }
}

/// The end of what is taken out: backslashes there may belong to what follows.
private func withoutBackslashes(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
    var end = end
    while end > start, text[end - 1] == UInt8(ascii: "\\") { end -= 1 }
    return end
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
