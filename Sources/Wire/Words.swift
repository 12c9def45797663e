internal import CShims

/// The parts of a text between separators; an empty text has one empty part.
package struct Words {
    private var rest: UnsafeRawBufferPointer
    private let separator: UInt8
    private var isOver = false

    package init(_ text: UnsafeRawBufferPointer, _ separator: UInt8) {
        rest = text
        self.separator = separator
    }

    @inline(never)
    package mutating func next() -> UnsafeRawBufferPointer? {
        if isOver { return nil }
        guard let base = rest.baseAddress, let at = memchr(base, Int32(separator), rest.count) else {
            isOver = true
            return rest
        }
        let length = UnsafeRawPointer(at) - base, part = rest[ByteRange(0, length)]
        rest = rest[ByteRange(length &+ 1, rest.count)]
        return part
    }
}

/// As bytes: below zero when `a` comes first, 0 when they are equal.
@inline(never)
package func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let shared = min(a.count, b.count)
    if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
        let difference = Int(memcmp(x, y, shared))
        if difference != 0 { return difference }
    }
    return a.count &- b.count
}
