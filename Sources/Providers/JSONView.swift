internal import CShims
package import Wire

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

    /// A string's text, decoded.
    package var string: String? {
        isString ? decodedText(bytes, ByteRange(range.start &+ 1, range.end &- 1)) : nil
    }

    /// A number as it is written.
    package var numberText: String? { isNumber ? String(decoding: raw, as: UTF8.self) : nil }

    package var double: Double? {
        guard let text = numberText else { return nil }
        return parsedDouble(text)
    }

    /// A whole number that fits; `4096.0` counts, `1e400` and `0.5` do not.
    package var int: Int? {
        guard let text = numberText else { return nil }
        if let exact = Int(text) { return exact }
        guard let value = parsedDouble(text), value.magnitude < 9e15, value == value.rounded() else { return nil }
        return Int(value)
    }

    /// A member of an object; the last one where a name occurs twice. nil also where this is no object.
    package subscript(name: StaticString) -> JSONView? {
        var found: JSONView?
        forEachMember { member, value in
            if jsonName(bytes, member, is: name) { found = value }
        }
        return found
    }

    package func forEachMember<E: Error>(_ body: (ByteRange, JSONView) throws(E) -> Void) throws(E) {
        guard isObject else { return }
        var cursor = JSONCursor(raw, depthLimit: JSONCursor.deepest)
        guard (try? cursor.beginObject()) != nil else { return }
        while let name = (try? cursor.nextName()) ?? nil, let value = try? cursor.value() {
            try body(shifted(name), JSONView(valid: bytes, shifted(value)))
        }
    }

    package func forEachElement<E: Error>(_ body: (JSONView) throws(E) -> Void) throws(E) {
        guard isArray else { return }
        var cursor = JSONCursor(raw, depthLimit: JSONCursor.deepest)
        guard (try? cursor.beginArray()) != nil else { return }
        while (try? cursor.nextElement()) ?? false, let value = try? cursor.value() {
            try body(JSONView(valid: bytes, shifted(value)))
        }
    }

    private func shifted(_ inner: ByteRange) -> ByteRange {
        ByteRange(inner.start &+ range.start, inner.end &+ range.start)
    }

    package var firstElement: JSONView? {
        var found: JSONView?
        forEachElement { if found == nil { found = $0 } }
        return found
    }
}

/// The text of a JSON string without its quotes, escapes decoded and bad UTF-8 repaired.
func decodedText(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) -> String {
    let raw = bytes[range]
    if !contains(raw, Ascii.backslash) { return String(decoding: raw, as: UTF8.self) }
    let decoded = ByteBuffer()
    defer { decoded.keepAlive() }
    guard appendDecodedJSON(raw, to: decoded) else { return "" }
    return String(decoding: decoded.bytes, as: UTF8.self)
}

func parsedDouble(_ text: String) -> Double? {
    var value = 0.0
    return text.withCString { gl_parse_double($0, &value) } == 1 ? value : nil
}
