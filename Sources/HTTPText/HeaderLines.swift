internal import Bytes
internal import CShims

/// The lines of a raw block of headers, one after the other.
package struct HeaderLines {
    private let block: UnsafeRawBufferPointer
    private var at = 0

    package init(_ block: UnsafeRawBufferPointer) { self.block = block }

    /// Without the line feed; nil at the end.
    package mutating func next() -> UnsafeRawBufferPointer? {
        guard let base = block.baseAddress, at < block.count else { return nil }
        let end = gl_line_end(base.assumingMemoryBound(to: UInt8.self), block.count, at)
        let line = block[ByteRange(at, end)]
        at = end &+ 1
        return line
    }
}

extension UnsafeRawBufferPointer {
    /// Whether it begins with a text given in lower case; letters of either case count.
    package func beginsFolded(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        for index in 0..<length {
            let byte = byte(at: index)
            if (byte &- 0x41 < 26 ? byte | 0x20 : byte) != text.utf8Start[index] { return false }
        }
        return true
    }
}

/// Dates of RFC 3339: "2026-11-20T10:00:00Z", with a fraction (cut off) or an offset.
package enum DateText {
    /// Seconds since 1970; nil when it is no date.
    package static func seconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 20, text.byte(at: 4) == 0x2D, text.byte(at: 7) == 0x2D, text.byte(at: 10) | 0x20 == UInt8(ascii: "t"),
              text.byte(at: 13) == Ascii.colon, text.byte(at: 16) == Ascii.colon,
              let century = pair(text, 0), let year = pair(text, 2), let month = pair(text, 5), let day = pair(text, 8),
              let h = pair(text, 11), let m = pair(text, 14), let s = pair(text, 17), let offset = offset(text),
              month >= 1, month <= 12, day >= 1, day <= 31, century >= 19, h < 24, m < 60, s <= 60 else { return nil }
        let days = HTTPDate.days(century &* 100 &+ year, month, day)
        return Int64(days &* 86400 &+ h &* 3600 &+ m &* 60 &+ s &- offset)
    }

    private static func pair(_ text: UnsafeRawBufferPointer, _ at: Int) -> Int? {
        let tens = text.byte(at: at) &- 0x30, ones = text.byte(at: at &+ 1) &- 0x30
        return tens <= 9 && ones <= 9 ? Int(tens) &* 10 &+ Int(ones) : nil
    }

    /// What stands behind the seconds, in seconds east of Greenwich.
    private static func offset(_ text: UnsafeRawBufferPointer) -> Int? {
        var at = 19
        if text.byte(at: at) == UInt8(ascii: ".") {
            at &+= 1
            while text.byte(at: at) &- 0x30 <= 9 { at &+= 1 }
        }
        let mark = text.byte(at: at)
        if mark | 0x20 == UInt8(ascii: "z") { return at &+ 1 == text.count ? 0 : nil }
        guard mark == UInt8(ascii: "+") || mark == 0x2D, text.count == at &+ 6, text.byte(at: at &+ 3) == Ascii.colon,
              let h = pair(text, at &+ 1), let m = pair(text, at &+ 4), h < 24, m < 60 else { return nil }
        let seconds = h &* 3600 &+ m &* 60
        return mark == 0x2D ? 0 &- seconds : seconds
    }
}
