package import Bytes

/// `JSONCursor` where speed is not all: its steps are inlined into whoever takes them, these are calls.
package struct JSONSteps {
    private var cursor: JSONCursor

    @inline(never)
    package init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int = 512) { cursor = JSONCursor(bytes, depthLimit: depthLimit) }

    package var offset: Int { cursor.offset }
    package var sawLoneSurrogate: Bool { cursor.sawLoneSurrogate }
    package var sawEscape: Bool { cursor.sawEscape }

    @inline(never)
    package mutating func peek() -> UInt8 { cursor.peek() }

    @inline(never)
    package mutating func beginObject() throws(JSONFault) -> Bool { try cursor.beginObject() }

    @inline(never)
    package mutating func beginArray() throws(JSONFault) -> Bool { try cursor.beginArray() }

    @inline(never)
    package mutating func nextName() throws(JSONFault) -> ByteRange? { try cursor.nextName() }

    @inline(never)
    package mutating func nextElement() throws(JSONFault) -> Bool { try cursor.nextElement() }

    @inline(never)
    package mutating func value() throws(JSONFault) -> ByteRange { try cursor.value() }

    @inline(never)
    package mutating func finish() throws(JSONFault) { try cursor.finish() }
}
