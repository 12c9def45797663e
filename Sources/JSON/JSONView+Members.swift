package import Bytes
internal import CShims

// What is in a view. The bytes were validated before: nothing but their bounds is looked at again.

extension JSONView {
    /// The members of an object in their order, names without quotes; none for anything else.
    package var members: Members { Members(self) }

    /// The elements of an array; none for anything else.
    package var elements: Elements { Elements(self) }

    package struct Members: Sequence, IteratorProtocol {
        private let bytes: UnsafeRawBufferPointer
        private var walk: Walk

        fileprivate init(_ view: JSONView) {
            bytes = view.bytes
            walk = Walk(view, open: Ascii.openBrace)
        }

        package mutating func next() -> (name: ByteRange, value: JSONView)? {
            guard let (name, value) = walk.nextMember() else { return nil }
            return (name, JSONView(valid: bytes, value))
        }
    }

    package struct Elements: Sequence, IteratorProtocol {
        private let bytes: UnsafeRawBufferPointer
        private var walk: Walk

        fileprivate init(_ view: JSONView) {
            bytes = view.bytes
            walk = Walk(view, open: Ascii.openBracket)
        }

        package mutating func next() -> JSONView? { walk.nextElement().map { JSONView(valid: bytes, $0) } }
    }

    /// A member of an object; the last one where a name occurs twice. nil also where this is no object.
    package subscript(name: StaticString) -> JSONView? {
        var found: JSONView?
        for member in members where jsonName(bytes, member.name, is: name) { found = member.value }
        return found
    }

    /// The first member of this name, without a look at what follows.
    package func first(_ name: StaticString) -> JSONView? { members.first { jsonName(bytes, $0.name, is: name) }?.value }

    package func forEachMember<E: Error>(_ body: (ByteRange, JSONView) throws(E) -> Void) throws(E) {
        for member in members { try body(member.name, member.value) }
    }

    package func forEachElement<E: Error>(_ body: (JSONView) throws(E) -> Void) throws(E) {
        for element in elements { try body(element) }
    }

    package var firstElement: JSONView? { elements.first { _ in true } }

    /// A value by its path, with dots between the names; the whole for the path "".
    package func value(at path: String) -> JSONView? {
        var view = self
        for name in path.octets.split(separator: UInt8(ascii: ".")) {
            var inner: JSONView?
            let wanted = String(utf8: name)
            for member in view.members where same(bytes[member.name], wanted) { inner = member.value }
            guard let inner else { return nil }
            view = inner
        }
        return view
    }
}

/// Walks one object or array.
private struct Walk {
    private let base: UnsafePointer<UInt8>?
    private let end: Int
    private var at: Int

    /// `open`: the bracket it must begin with; without it there is nothing to walk.
    init(_ view: JSONView, open: UInt8) {
        base = view.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        end = base == nil ? 0 : min(view.range.end, view.bytes.count)
        at = view.bytes.byte(at: view.range.start) == open ? view.range.start &+ 1 : end
    }

    /// The name without its quotes, and the value.
    mutating func nextMember() -> (name: ByteRange, value: ByteRange)? {
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

    mutating func nextElement() -> ByteRange? {
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
