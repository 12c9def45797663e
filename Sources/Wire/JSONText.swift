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
