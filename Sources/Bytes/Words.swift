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

/// A name of a table, and what stands there for it. Their bytes are a literal's, which any thread may read.
package struct TableEntry: @unchecked Sendable {
    package let name: UnsafeRawBufferPointer
    package let it: UnsafeRawBufferPointer
}

/// A table of names with something for each, as `name=it name=it`, made once: a table of literals would take thrice the room
/// in the library. Where nothing is said, it is `other`, or the name when that is nil.
package func table(_ text: StaticString, other: StaticString? = nil) -> [TableEntry] {
    var result: [TableEntry] = []
    var words = Words(bytes(text), Ascii.space)
    while let word = words.next() {
        var parts = Words(word, UInt8(ascii: "="))
        guard let name = parts.next() else { continue }
        result.append(TableEntry(name: name, it: parts.next() ?? other.map { bytes($0) } ?? name))
    }
    return result
}

private func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
}

/// As bytes: below zero when `a` comes first, 0 when they are equal.
package func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let shared = min(a.count, b.count)
    if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
        let difference = Int(memcmp(x, y, shared))
        if difference != 0 { return difference }
    }
    return a.count &- b.count
}
