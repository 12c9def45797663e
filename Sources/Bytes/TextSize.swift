internal import CShims

/// How much a text is to a model, while nobody has counted its tokens (docs/usage.md).
package struct TextSize: Sendable, Equatable {
    /// An estimate, in quarters of a token: 1 for a character of one byte of UTF-8, 2 for one of two bytes, 4 for those of three and
    /// four. Latin script has about four characters a token, Greek, Cyrillic, Hebrew and Arabic about two, and what lies beyond (the
    /// scripts of India, Thai, Chinese, Japanese, Korean, symbols) about one.
    package var quarters = 0
    /// Bytes of UTF-8: no tokenizer makes more tokens than there are bytes.
    package var bytes = 0

    package init() {}

    package var tokens: Int { (quarters &+ 3) / 4 }

    package mutating func add(_ other: TextSize) {
        quarters &+= other.quarters
        bytes &+= other.bytes
    }

    /// A JSON string without its quotes, or any JSON as it stands; each escape is what it stands for.
    package mutating func add(json raw: UnsafeRawBufferPointer) {
        guard let base = raw.baseAddress else { return }
        var at = 0
        while at < raw.count {
            let found = memchr(base + at, 0x5C, raw.count &- at).map { UnsafeRawPointer($0) - base } ?? raw.count
            add(plain: UnsafeRawBufferPointer(rebasing: raw[at..<found]))
            at = found < raw.count ? addEscape(raw, found) : found
        }
    }

    private mutating func add(plain text: UnsafeRawBufferPointer) {
        var sum = 0
        for byte in text { sum &+= byte < 0x80 ? 1 : byte < 0xC0 ? 0 : byte < 0xE0 ? 2 : 4 }
        quarters &+= sum
        bytes &+= text.count
    }

    /// The offset behind it.
    private mutating func addEscape(_ raw: UnsafeRawBufferPointer, _ start: Int) -> Int {
        guard raw.byte(at: start &+ 1) == UInt8(ascii: "u"), start &+ 6 <= raw.count else {
            quarters &+= 1
            bytes &+= 1
            return min(start &+ 2, raw.count)
        }
        switch unit(raw, start) {
        case ..<0x80: (quarters, bytes) = (quarters &+ 1, bytes &+ 1)
        case ..<0x800: (quarters, bytes) = (quarters &+ 2, bytes &+ 2)
        case 0xD800..<0xDC00 where start &+ 12 <= raw.count && raw.byte(at: start &+ 6) == UInt8(ascii: "\\") && (0xDC00..<0xE000).contains(unit(raw, start &+ 6)):
            (quarters, bytes) = (quarters &+ 4, bytes &+ 4)
            return start &+ 12
        default: // half a character is sent as U+FFFD
            (quarters, bytes) = (quarters &+ 4, bytes &+ 3)
        }
        return start &+ 6
    }

    /// Of UTF-16, by an escape of six bytes.
    private func unit(_ raw: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var code = 0
        for offset in 2..<6 { code = code << 4 | hexDigit(raw.byte(at: start &+ offset)) }
        return code
    }

    private func hexDigit(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) &- 0x30
        default: (Int(byte | 0x20) &- 0x57) & 15
        }
    }
}
