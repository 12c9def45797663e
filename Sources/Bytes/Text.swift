internal import CShims

// Names in configuration and model ids are compared byte by byte. `==` of String compares what Unicode calls equal: that
// is not wanted here, and brings tables and much code into the library.

package func same(_ a: String, _ b: String) -> Bool {
    if a.utf8.count != b.utf8.count { return false } // mostly
    var a = a, b = b
    return a.withUTF8 { x in
        b.withUTF8 { y in
            guard let from = x.baseAddress, let to = y.baseAddress else { return x.count == y.count }
            return x.count == y.count && memcmp(from, to, x.count) == 0
        }
    }
}

package func same(_ a: UnsafeRawBufferPointer, _ b: String) -> Bool {
    var b = b
    return b.withUTF8 { y in
        guard let from = a.baseAddress, let to = y.baseAddress else { return a.count == y.count }
        return a.count == y.count && memcmp(from, to, a.count) == 0
    }
}

extension [String] {
    package func has(_ text: String) -> Bool { contains { same($0, text) } }
}

/// A word of a document, for `switch`.
package struct Word {
    package let text: String
    package init(_ text: String) { self.text = text }

    /// One bit, by the length and the first byte: words with different marks differ.
    package var mark: UInt64 {
        var text = text
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return 1 }
            return Word.mark(start, bytes.count)
        }
    }

    package static func mark(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        count == 0 ? 1 : 1 << UInt64(truncatingIfNeeded: (Int(start.pointee) ^ count &<< 2) & 63)
    }

    package static func ~= (pattern: StaticString, word: Word) -> Bool {
        if word.text.utf8.count != pattern.utf8CodeUnitCount { return false } // mostly
        var text = word.text
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return pattern.utf8CodeUnitCount == 0 }
            return bytes.count == pattern.utf8CodeUnitCount && memcmp(base, pattern.utf8Start, bytes.count) == 0
        }
    }
}

/// Texts one after the other: less code at each use than interpolation.
package func concat(_ parts: String...) -> String {
    var result = ""
    for part in parts { result.append(part) }
    return result
}

package func concat(_ a: String, _ b: String) -> String {
    var result = a
    result.append(b)
    return result
}

// Without an array for the parts: most messages have three or four.

package func concat(_ a: String, _ b: String, _ c: String) -> String { concat(concat(a, b), c) }

package func concat(_ a: String, _ b: String, _ c: String, _ d: String) -> String { concat(concat(a, b), concat(c, d)) }

package func concat(_ a: String, _ b: String, _ c: String, _ d: String, _ e: String) -> String { concat(concat(a, b, c), concat(d, e)) }

/// ASCII letters only.
package func lowercased(_ text: String) -> String { String(utf8: text.octets.map(lowercased)) }

package func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

extension String {
    package func equals(_ text: StaticString) -> Bool { text ~= Word(self) }
}

package func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0, end = bytes.count
    if bytes.byte(at: 0) == 0xEF && bytes.byte(at: 1) == 0xBB && bytes.byte(at: 2) == 0xBF { start = 3 }
    while start < end, bytes.byte(at: start) <= UInt8(ascii: " ") { start &+= 1 }
    while end > start, bytes.byte(at: end &- 1) <= UInt8(ascii: " ") { end &-= 1 }
    return bytes[ByteRange(start, end)]
}

extension String {
    @inline(__always)
    package func bytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        var text = self
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// What follows the first bytes.
    package func dropping(_ count: Int) -> String {
        bytes { String(utf8: $0[ByteRange(count, $0.count)]) }
    }
}
