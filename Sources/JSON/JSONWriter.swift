package import Bytes

/// Writes JSON into a byte buffer, commas by itself. The first failure (limit or memory) is remembered in `failed`.
package struct JSONWriter {
    package let out: ByteBuffer
    package private(set) var failed = false
    private var needsComma = false

    package init(_ out: ByteBuffer) { self.out = out }

    package mutating func beginObject() { open(Ascii.openBrace) }
    package mutating func endObject() { close(Ascii.closeBrace) }
    package mutating func beginArray() { open(Ascii.openBracket) }
    package mutating func endArray() { close(Ascii.closeBracket) }

    package mutating func name(_ name: StaticString) {
        value(appendJSONString(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), to: comma()))
        afterName()
    }

    package mutating func name(_ name: String) {
        value(appendJSONString(name, to: comma()))
        afterName()
    }

    package mutating func string(_ text: String) { value(appendJSONString(text, to: comma())) }
    package mutating func string(_ bytes: UnsafeRawBufferPointer) { value(appendJSONString(bytes, to: comma())) }
    package mutating func int(_ number: Int) { value(comma().append(String(number))) }
    package mutating func bool(_ truth: Bool) { value(truth ? comma().append("true") : comma().append("false")) }
    package mutating func null() { value(comma().append("null")) }
    /// A value that is JSON already.
    package mutating func raw(_ json: UnsafeRawBufferPointer) { value(comma().append(json)) }
    package mutating func raw(_ json: String) { value(comma().append(json)) }

    private mutating func comma() -> ByteBuffer {
        if needsComma, !out.append(Ascii.comma) { failed = true }
        return out
    }

    private mutating func value(_ written: Bool) {
        if !written { failed = true }
        needsComma = true
    }

    private mutating func afterName() {
        if !out.append(Ascii.colon) { failed = true }
        needsComma = false
    }

    private mutating func open(_ bracket: UInt8) {
        value(comma().append(bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) { value(out.append(bracket)) }
}
