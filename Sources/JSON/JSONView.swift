package import Bytes
internal import CShims

/// One value of a document whose bytes were found to be JSON. Every look-up walks the bytes again: meant for documents that
/// are read once, and where numbers must stay text.
package struct JSONView {
    package let bytes: UnsafeRawBufferPointer
    package let range: ByteRange

    /// Takes the caller's word that `range` holds one valid value.
    package init(valid bytes: UnsafeRawBufferPointer, _ range: ByteRange) {
        self.bytes = bytes
        self.range = range
    }

    /// Takes the caller's word that one valid value is all there is, blanks around it aside.
    package init(trusted bytes: UnsafeRawBufferPointer) {
        var start = 0
        while start < bytes.count, bytes.byte(at: start) <= Ascii.space { start &+= 1 }
        self.init(valid: bytes, ByteRange(start, bytes.count))
    }

    /// nil when the bytes are not one JSON document (blanks around it allowed).
    package init?(document bytes: UnsafeRawBufferPointer, depthLimit: Int = 512) {
        var cursor = JSONCursor(bytes, depthLimit: depthLimit)
        guard let range = try? cursor.value(), (try? cursor.finish()) != nil else { return nil }
        self.init(valid: bytes, range)
    }

    private var first: UInt8 { bytes.byte(at: range.start) }

    package var isNull: Bool { first == UInt8(ascii: "n") }
    package var isObject: Bool { first == UInt8(ascii: "{") }
    package var isArray: Bool { first == UInt8(ascii: "[") }
    package var isString: Bool { first == UInt8(ascii: "\"") }
    package var isNumber: Bool { first == UInt8(ascii: "-") || (first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9")) }

    package var raw: UnsafeRawBufferPointer { bytes[range] }

    package var bool: Bool? {
        switch first {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    /// A string's text, decoded; nil where it is longer than `longestText`.
    package var string: String? {
        isString && range.count &- 2 <= longestText ? decodedText(bytes, ByteRange(range.start &+ 1, range.end &- 1)) : nil
    }

    /// A string's text when it has at most so many bytes.
    package func string(upTo most: Int) -> String? {
        // No escape is longer than six bytes for one.
        guard range.count &- 2 <= most &* 6, let text = string, text.utf8.count <= most else { return nil }
        return text
    }

    /// A number as it is written.
    package var numberText: String? { isNumber && range.count <= longestText ? String(utf8: raw) : nil }

    package var double: Double? {
        guard let text = numberText else { return nil }
        return parsedDouble(text)
    }

    /// A whole number that fits; `4096.0` counts, `1e400` and `0.5` do not.
    package var int: Int? {
        if let small = smallInt { return small }
        guard let text = numberText else { return nil }
        if let exact = Int(text) { return exact }
        guard let value = parsedDouble(text), value.magnitude < 9e15, value == value.rounded() else { return nil }
        return Int(value)
    }

    /// Digits alone, as nearly all whole numbers are written.
    private var smallInt: Int? {
        if range.count > 18 || range.count == 0 { return nil }
        var value = 0
        for byte in bytes[range] {
            guard byte &- 0x30 < 10 else { return nil }
            value = value &* 10 &+ Int(byte &- 0x30)
        }
        return value
    }
}

/// Bytes of the longest text that becomes a `String`. Memory for a String cannot be refused without the end of the process, so
/// none has the size that somebody else chooses: longer ones stay bytes, or are not read.
package let longestText = 256 << 10

/// The text of a JSON string without its quotes, escapes decoded and bad UTF-8 repaired; empty where it is too long for one.
package func decodedText(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) -> String {
    if range.count > longestText { return "" }
    let raw = bytes[range]
    if !contains(raw, Ascii.backslash) { return String(utf8: raw) }
    let decoded = ByteBuffer()
    defer { decoded.keepAlive() }
    guard appendDecodedJSON(raw, to: decoded) else { return "" }
    return String(utf8: decoded.bytes)
}

package func parsedDouble(_ text: String) -> Double? {
    var value = 0.0
    return text.withCString { gl_parse_double($0, &value) } == 1 ? value : nil
}
