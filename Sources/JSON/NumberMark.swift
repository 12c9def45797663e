internal import Bytes
internal import CShims

/// A private-use character that a document does not contain, in front of the numbers that are kept as text in strings.
struct NumberMark {
    /// The UTF-8 of U+E000...U+EFFF behind its first byte.
    private let second: UInt8, third: UInt8
    private static let first: UInt8 = 0xEE

    init(notIn bytes: UnsafeRawBufferPointer) {
        let used = NumberMark.used(in: bytes)
        var free = 0
        while free < 0xFFF, used[free &>> 6] &>> UInt64(free & 63) & 1 == 1 { free &+= 1 }
        second = UInt8(truncatingIfNeeded: 0x80 | free &>> 6)
        third = UInt8(truncatingIfNeeded: 0x80 | free & 0x3F)
    }

    /// The number behind the mark, if this string is one.
    func number(in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard text.count > 3, text.byte(at: 0) == NumberMark.first, text.byte(at: 1) == second, text.byte(at: 2) == third else { return nil }
        return text[ByteRange(3, text.count)]
    }

    /// One bit for each candidate that the document contains, raw or as an escape.
    private static func used(in bytes: UnsafeRawBufferPointer) -> InlineArray<64, UInt64> {
        var used = InlineArray<64, UInt64>(repeating: 0)
        guard let base = bytes.baseAddress else { return used }
        let p = base.assumingMemoryBound(to: UInt8.self), n = bytes.count
        func note(_ candidate: Int) {
            if candidate >= 0, candidate < 4096 { used[candidate &>> 6] |= 1 &<< UInt64(candidate & 63) }
        }
        var at = 0
        while at < n, let found = memchr(base + at, Int32(first), n &- at) {
            at = UnsafeRawPointer(found) - base &+ 1
            note(Int(bytes.byte(at: at) & 0x3F) &<< 6 | Int(bytes.byte(at: at &+ 1) & 0x3F))
        }
        at = 0
        while at < n, let slash = memchr(base + at, Int32(Ascii.backslash), n &- at) {
            at = UnsafeRawPointer(slash) - base &+ 2
            if bytes.byte(at: at &- 1) == UInt8(ascii: "u"), at < n { note(Int(gl_hex4(p + at, n &- at)) &- 0xE000) }
        }
        return used
    }

    /// Copies a valid document with every number jansson cannot hold exactly as a marked string. Nothing is written when there is none.
    func quoteNumbers(of bytes: UnsafeRawBufferPointer, into out: ByteBuffer) -> Bool {
        var copied = 0, done = true
        NumberMark.forEachNumber(in: bytes) { number in
            done = out.append(bytes[ByteRange(copied, number.start)]) && out.append(Ascii.quote) && out.append(NumberMark.first)
                && out.append(second) && out.append(third) && out.append(bytes[number]) && out.append(Ascii.quote)
            copied = number.end
            return done
        }
        return done && (copied == 0 || out.append(bytes[ByteRange(copied, bytes.count)]))
    }

    /// Where a place in the copy was before: five bytes were added for each number before it.
    func originalOffset(of offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        var added = 0
        NumberMark.forEachNumber(in: bytes) { number in
            if number.start &+ added >= offset { return false }
            added &+= 5
            return true
        }
        return min(max(offset &- added, 0), bytes.count)
    }

    /// The numbers of a valid document that jansson cannot hold exactly.
    private static func forEachNumber(in bytes: UnsafeRawBufferPointer, _ body: (ByteRange) -> Bool) {
        guard let base = bytes.baseAddress else { return }
        let p = base.assumingMemoryBound(to: UInt8.self), n = bytes.count
        var at = 0
        while at < n {
            if p[at] == Ascii.quote {
                at = gl_json_string(p, n, at &+ 1).end &+ 1
            } else if p[at] == UInt8(ascii: "-") || p[at] &- 0x30 <= 9 {
                let end = gl_json_number(p, n, at).end
                if !isWord(bytes[ByteRange(at, end)]), !body(ByteRange(at, end)) { return }
                at = max(end, at &+ 1)
            } else {
                at &+= 1
            }
        }
    }

    /// An integer that surely fits 64 bits.
    private static func isWord(_ number: UnsafeRawBufferPointer) -> Bool {
        guard number.count <= 18 else { return false }
        for byte in number where byte != UInt8(ascii: "-") && byte &- 0x30 > 9 { return false }
        return true
    }
}
