package import Bytes
internal import CShims

/// Decodes the raw body of a JSON string (between its quotes): escapes, surrogate pairs; a lone surrogate and a malformed
/// escape become U+FFFD. Other bytes are copied as they are. False: over the buffer's limit or out of memory.
package func appendDecodedJSON(_ raw: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    guard let base = raw.baseAddress, raw.count > 0 else { return true }
    let bytes = base.assumingMemoryBound(to: UInt8.self), count = raw.count
    guard out.reserve(count) else { return false }      // decoding never grows
    var at = 0
    while at < count {
        let escape = memchr(base + at, 0x5C, count &- at).map { UnsafeRawPointer($0) - base } ?? count
        if !out.append(raw[ByteRange(at, escape)]) { return false }
        at = escape
        if at >= count { break }
        var notes: UInt32 = 0
        let length = gl_json_escape(bytes + at, count &- at, &notes)
        if !out.append(scalar: escapedScalar(bytes + at, length)) { return false }
        at &+= max(length, 1)
    }
    return true
}

/// What the escape of that length (see `gl_json_escape`) at `p` stands for.
private func escapedScalar(_ p: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
    if length == 0 { return 0xFFFD }
    if length == 2 {
        return switch p[1] {
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        default: UInt32(p[1])
        }
    }
    let first = UInt32(bitPattern: gl_hex4(p + 2, 4))
    if length == 12 {
        let second = UInt32(bitPattern: gl_hex4(p + 8, 4))
        return 0x10000 &+ ((first & 0x3FF) &<< 10) &+ (second & 0x3FF)
    }
    return first &- 0xD800 < 0x800 ? 0xFFFD : first
}

extension ByteBuffer {
    /// Appends a code point as UTF-8; what is none becomes U+FFFD.
    package func append(scalar: UInt32) -> Bool {
        let s = scalar > 0x10FFFF || scalar &- 0xD800 < 0x800 ? 0xFFFD : scalar
        func low(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: s &>> shift & 0x3F | 0x80) }
        if s < 0x80 { return append(UInt8(truncatingIfNeeded: s)) }
        if s < 0x800 { return append(UInt8(truncatingIfNeeded: s &>> 6 | 0xC0)) && append(low(0)) }
        if s < 0x10000 { return append(UInt8(truncatingIfNeeded: s &>> 12 | 0xE0)) && append(low(6)) && append(low(0)) }
        return append(UInt8(truncatingIfNeeded: s &>> 18 | 0xF0)) && append(low(12)) && append(low(6)) && append(low(0))
    }
}

/// Appends text as a quoted JSON string; a bad UTF-8 sequence becomes U+FFFD.
package func appendJSONString(_ text: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    out.append(Ascii.quote) && appendJSONBody(text, to: out) && out.append(Ascii.quote)
}

/// The inside of a JSON string: `appendJSONString` without the quotes.
package func appendJSONBody(_ text: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    guard let base = text.baseAddress, text.count > 0 else { return true }
    let p = base.assumingMemoryBound(to: UInt8.self), n = text.count
    var at = 0
    while at < n {
        let plain = at &+ gl_plain_run(p + at, n &- at)
        if !out.append(text[ByteRange(at, plain)]) { return false }
        at = plain
        if at >= n { break }
        if p[at] >= 0x80 {
            let length = gl_utf8_sequence(p + at, n &- at)
            if !(length > 0 ? out.append(text[ByteRange(at, at &+ length)]) : out.append("\u{FFFD}")) { return false }
            at &+= length > 0 ? length : gl_utf8_bad(p + at, n &- at)
        } else {
            if !appendEscape(of: p[at], to: out) { return false }
            at &+= 1
        }
    }
    return true
}

private func appendEscape(of byte: UInt8, to out: ByteBuffer) -> Bool {
    switch byte {
    case Ascii.quote: return out.append("\\\"")
    case Ascii.backslash: return out.append("\\\\")
    case Ascii.lf: return out.append("\\n")
    case Ascii.cr: return out.append("\\r")
    case UInt8(ascii: "\t"): return out.append("\\t")
    default:
        let low = byte & 15
        return out.append("\\u00") && out.append(0x30 &+ (byte &>> 4)) && out.append(low &+ (low < 10 ? 0x30 : 0x57))
    }
}

/// Copies a JSON document so that strict parsers accept its strings: bad UTF-8 becomes U+FFFD, unpaired surrogate escapes
/// and raw NULs become \ufffd. Everything else stays as it is, well-formed or not. `keepingEdges`: half a pair at the end or
/// the beginning of a string stays, since the string of another document may hold the other half.
package func repairJSON(_ bytes: UnsafeRawBufferPointer, into out: ByteBuffer, keepingEdges: Bool = false) -> Bool {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return true }
    let p = base.assumingMemoryBound(to: UInt8.self), n = bytes.count
    guard out.reserve(n) else { return false }
    var at = 0, copied = 0, behindEscape = 0
    /// Appends what came before and a replacement for `length` bytes.
    func replace(_ length: Int, _ with: StaticString) -> Bool {
        let done = out.append(bytes[ByteRange(copied, at)]) && out.append(with)
        at &+= length
        copied = at
        return done
    }
    while at < n {
        at &+= gl_plain_run(p + at, n &- at)
        if at >= n { break }
        if p[at] == Ascii.backslash {
            var notes: UInt32 = 0
            let length = gl_json_escape(p + at, n &- at, &notes)
            let stays = keepingEdges && isEdge(bytes, at, length, begins: at > 0 && at != behindEscape && p[at &- 1] == Ascii.quote)
            if notes == 0 || stays { at &+= max(length, 1) } else if !replace(length, "\\ufffd") { return false }
            behindEscape = at
        } else if p[at] >= 0x80 {
            let length = gl_utf8_sequence(p + at, n &- at)
            if length > 0 { at &+= length } else if !replace(gl_utf8_bad(p + at, n &- at), "\u{FFFD}") { return false }
        } else if p[at] == 0 {
            if !replace(1, "\\ufffd") { return false }
        } else {
            at &+= 1
        }
    }
    return out.append(bytes[ByteRange(copied, n)])
}

/// Whether the escape is a first half of a pair right before the string's end, or a second half at its beginning.
private func isEdge(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ length: Int, begins: Bool) -> Bool {
    guard length == 6, let half = escapedSurrogate(bytes, at) else { return false }
    return half < 0xDC00 ? bytes.byte(at: at &+ 6) == Ascii.quote : begins
}

/// The surrogate whose escape of six bytes is at `at`; nil when there is something else.
private func escapedSurrogate(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32? {
    guard at >= 0, at &+ 6 <= bytes.count, let base = bytes.baseAddress, bytes.byte(at: at) == Ascii.backslash,
          bytes.byte(at: at &+ 1) == UInt8(ascii: "u") else { return nil }
    let value = gl_hex4(base.assumingMemoryBound(to: UInt8.self) + (at &+ 2), 4)
    return value >= 0xD800 && value < 0xE000 ? UInt32(value) : nil
}

/// Decodes one text that comes in the strings of several documents. A character whose surrogates are escaped in two of them is
/// put out whole, with the second.
package struct TextJoiner {
    /// The first half of a pair that ended the string before; 0 for none.
    private var half: UInt32 = 0

    package init() {}

    package var isOpen: Bool { half != 0 }

    /// Appends the decoded body of the next string. False: over the buffer's limit or out of memory.
    package mutating func append(_ raw: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        var rest = raw
        if rest.count == 0 { return true }
        if half != 0 {
            let other = escapedSurrogate(rest, 0)
            let whole = other.map { $0 >= 0xDC00 } ?? false
            guard out.append(scalar: whole ? 0x10000 &+ ((half & 0x3FF) &<< 10) &+ ((other ?? 0) & 0x3FF) : 0xFFFD) else { return false }
            if whole { rest = rest[ByteRange(6, rest.count)] }
            half = 0
        }
        let last = rest.count &- 6
        if let found = escapedSurrogate(rest, last), found < 0xDC00, isEscape(rest, last) {
            half = found
            rest = rest[ByteRange(0, last)]
        }
        return appendDecodedJSON(rest, to: out)
    }

    /// Whether the backslash at `at` is not itself escaped.
    private func isEscape(_ raw: UnsafeRawBufferPointer, _ at: Int) -> Bool {
        var before = at
        while before > 0, raw.byte(at: before &- 1) == Ascii.backslash { before &-= 1 }
        return (at &- before) & 1 == 0
    }
}
