package import Bytes

/// Writes JSON objects and arrays into a buffer. Remembers whether an append failed, so that a writer asks once, at its end.
package struct MemberWriter {
    package let buffer: ByteBuffer
    package private(set) var failed = false
    /// Something was written since the last open bracket: the next element needs a comma.
    private var needsComma = false

    package init(_ buffer: ByteBuffer) { self.buffer = buffer }

    package mutating func check(_ ok: Bool) { if !ok { failed = true } }

    package mutating func raw(_ text: StaticString) { check(buffer.append(text)) }
    package mutating func raw(_ bytes: UnsafeRawBufferPointer) { check(buffer.append(bytes)) }
    package mutating func raw(_ text: String) { check(buffer.append(text)) }

    package mutating func open(_ bracket: StaticString = "{") {
        raw(bracket)
        needsComma = false
    }

    /// Ends an object or array; whatever follows it needs a comma.
    package mutating func close(_ bracket: StaticString = "}") {
        raw(bracket)
        needsComma = true
    }

    /// The comma before an element, where one is due.
    package mutating func separate() {
        if needsComma { raw(",") }
        needsComma = true
    }

    package mutating func name(_ name: StaticString) {
        separate()
        raw("\"")
        raw(name)
        raw("\":")
    }

    package mutating func name(_ name: String) {
        separate()
        string(name)
        raw(":")
    }

    /// A quoted and escaped string.
    package mutating func string(_ text: String) {
        var text = text
        check(text.withUTF8 { appendJSONString(UnsafeRawBufferPointer($0), to: buffer) })
    }

    package mutating func member(_ name: StaticString, _ text: String) {
        self.name(name)
        string(text)
    }

    package mutating func member(_ name: StaticString, raw text: String) {
        self.name(name)
        raw(text)
    }

    package mutating func member(_ name: StaticString, _ number: Int) {
        self.name(name)
        raw(String(decimal: number))
    }

    /// A value again without its blanks, texts in their plain spelling and repaired, numbers as they were written.
    package mutating func compact(_ value: JSONView) {
        if value.isObject {
            open()
            for member in value.members {
                separate()
                text(value.bytes[member.name])
                raw(":")
                compact(member.value)
            }
            close()
        } else if value.isArray {
            open("[")
            for element in value.elements {
                separate()
                compact(element)
            }
            close("]")
        } else if value.isString {
            text(value.bytes[ByteRange(value.range.start &+ 1, value.range.end &- 1)])
        } else {
            raw(value.raw)
        }
    }

    /// The inside of a JSON string, spelt anew.
    private mutating func text(_ body: UnsafeRawBufferPointer) {
        let decoded = ByteBuffer()
        defer { decoded.keepAlive() }
        check(appendDecodedJSON(body, to: decoded) && appendJSONString(decoded.bytes, to: buffer))
    }
}
