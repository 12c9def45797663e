// Standard library calls that are inlined into whoever uses them, as calls of our own: much less code.

extension String {
    /// Bad UTF-8 becomes U+FFFD.
    @inline(never) // the decoder of the standard library would stand at each use
    package init(utf8 bytes: UnsafeRawBufferPointer) { self.init(decoding: bytes, as: UTF8.self) }

    package init(utf8 bytes: ArraySlice<UInt8>) { self = bytes.withUnsafeBytes { String(utf8: $0) } }

    package init(utf8 bytes: [UInt8]) { self = bytes.withUnsafeBytes { String(utf8: $0) } }

    package init(_ text: StaticString) {
        self.init(utf8: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package init(decimal number: Int) { self.init(number) }

    /// The bytes of the text. Its `utf8` view can do the same, with code for strings of foreign kinds at each use.
    @inline(never)
    package var octets: [UInt8] { Array(utf8) }
}
