internal import CShims

/// Part of a buffer, as offsets. Unlike Range<Int> it never traps when made.
package struct ByteRange: Equatable, Sendable, BitwiseCopyable {
    package var start: Int
    package var end: Int

    package init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }

    package static let none = ByteRange(-1, -1)

    @inline(always)
    package var isNone: Bool { start < 0 }
    @inline(always)
    package var count: Int { end &- start }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a range, cut to what the buffer holds; empty for `.none`.
    @inline(__always)
    package subscript(_ range: ByteRange) -> UnsafeRawBufferPointer {
        guard range.start >= 0, range.end <= count, range.start < range.end else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: baseAddress.map { $0 + range.start }, count: range.end &- range.start)
    }

    /// The byte at an offset, or 0 past the end: subscripts of raw buffers are not checked at -O.
    @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        guard offset >= 0, offset < count, let base = baseAddress else { return 0 }
        return base.load(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        guard let base = baseAddress else { return true }
        return memcmp(base, text.utf8Start, count) == 0
    }

    @inline(__always)
    package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let base = baseAddress, let text = other.baseAddress else { return true }
        return memcmp(base, text, count) == 0
    }
}

extension UnsafeRawBufferPointer {
    /// Where a text begins, or nil.
    package func find(_ text: StaticString) -> Int? {
        guard let base = baseAddress, let at = memmem(base, count, text.utf8Start, text.utf8CodeUnitCount) else { return nil }
        return UnsafeRawPointer(at) - base
    }
}
