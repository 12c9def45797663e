package import Bytes
internal import CShims

/// Walks one object or array of JSON that was validated before, and so checks nothing but bounds. (`JSONCursor` validates.)
package struct ValidSteps {
    private let base: UnsafePointer<UInt8>?
    private let end: Int
    private var at: Int

    /// `open`: the bracket it must begin with; without it there is nothing to walk.
    package init(_ bytes: UnsafeRawBufferPointer, _ container: ByteRange, open: UInt8) {
        base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        end = base == nil ? 0 : min(container.end, bytes.count)
        at = bytes.byte(at: container.start) == open ? container.start &+ 1 : end
    }

    /// The name without its quotes, and the value.
    @inline(never)
    package mutating func nextMember() -> (name: ByteRange, value: ByteRange)? {
        skip()
        guard let base, at < end, base[at] == Ascii.quote else { return nil }
        let start = at &+ 1
        at = stringEnd(base, at)
        let name = ByteRange(start, max(start, at &- 1))
        skip()
        let value = at
        at = valueEnd(base, at)
        return at > value ? (name, ByteRange(value, at)) : nil
    }

    @inline(never)
    package mutating func nextElement() -> ByteRange? {
        skip()
        guard let base, at < end else { return nil }
        let value = at
        at = valueEnd(base, at)
        return at > value ? ByteRange(value, at) : nil
    }

    /// Blanks, and what stands between members.
    private mutating func skip() {
        guard let base else { return }
        while at < end, base[at] <= Ascii.space || base[at] == Ascii.comma || base[at] == Ascii.colon { at &+= 1 }
    }

    private func valueEnd(_ base: UnsafePointer<UInt8>, _ start: Int) -> Int {
        if start >= end { return start }
        switch base[start] {
        case Ascii.quote: return stringEnd(base, start)
        case Ascii.openBrace, Ascii.openBracket: return containerEnd(base, start)
        default:
            var at = start
            while at < end, base[at] > Ascii.space, base[at] != Ascii.comma, base[at] | 0x20 != Ascii.closeBrace { at &+= 1 }
            return at
        }
    }

    private func containerEnd(_ base: UnsafePointer<UInt8>, _ start: Int) -> Int {
        var at = start, depth = 0
        while at < end {
            let byte = base[at]
            if byte == Ascii.quote {
                at = stringEnd(base, at)
                continue
            }
            at &+= 1
            // Square and curly brackets differ in this bit alone.
            if byte | 0x20 == Ascii.openBrace {
                depth &+= 1
            } else if byte | 0x20 == Ascii.closeBrace {
                depth &-= 1
                if depth == 0 { return at }
            }
        }
        return end
    }

    /// Behind the closing quote: the first with an even number of backslashes before it.
    @inline(never)
    private func stringEnd(_ base: UnsafePointer<UInt8>, _ start: Int) -> Int {
        var at = start &+ 1
        while at < end, let found = memchr(base + at, Int32(Ascii.quote), end &- at) {
            let quote = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            var before = quote
            while before > start &+ 1, base[before &- 1] == Ascii.backslash { before &-= 1 }
            at = quote &+ 1
            if (quote &- before) & 1 == 0 { return at }
        }
        return end
    }
}
