internal import Bytes
internal import JSON

/// Takes the reasoning out of a text that begins with `<think>...</think>`, or with another tag of the kind. The text comes in pieces, as
/// bodies of JSON strings, and stays as it is spelt: a bracket may be `\u003c`.
struct TagSplitter {
    private enum Phase { case start, opened, inside, behind, over }

    private let tag: [UInt8]
    private var phase = Phase.start
    /// What may be the beginning of a tag, or stands before it.
    private let held = ByteBuffer(limit: TagSplitter.mostHeld)
    private static let mostHeld = 4096

    /// Nothing of what follows is changed.
    var isOver: Bool { phase == .over }

    var holdsAny: Bool { held.count > 0 }

    init(_ tag: String) { self.tag = tag.octets }

    /// `isLast`: nothing follows. False: there is no memory.
    mutating func take(_ piece: UnsafeRawBufferPointer, isLast: Bool, reasoning: ByteBuffer, content: ByteBuffer) -> Bool {
        if phase == .over { return content.append(piece) }
        let joined = ByteBuffer()
        defer { joined.keepAlive() }
        guard joined.append(held.bytes), joined.append(piece) else { return false }
        held.removeAll()
        let text = joined.bytes
        var at = 0
        if phase == .start {
            at = text.inkAt(0)
            switch tagEnd(text, at, closing: false) {
            case .found(let end): (phase, at) = (.opened, end)
            case .maybe where !isLast && held.append(text): return true
            case .maybe, .no:
                phase = .over
                return content.append(text)
            }
        }
        if phase == .opened {
            at = text.inkAt(at)
            if at < text.count { phase = .inside }
        }
        if phase == .inside {
            let (start, ink, found) = close(text, at)
            guard reasoning.append(text[ByteRange(at, ink)]) else { return false }
            switch found {
            case .found(let end): (phase, at) = (.behind, end)
            case .maybe, .no:
                // Blanks that the tag may follow wait with it.
                let rest = text[ByteRange(ink, text.count)], waits = !isLast && rest.count <= TagSplitter.mostHeld
                if case .maybe = found, !isLast, !waits { return reasoning.append(text[ByteRange(ink, start)]) && held.append(text[ByteRange(start, text.count)]) }
                return waits ? held.append(rest) : reasoning.append(rest)
            }
        }
        if phase == .behind {
            at = text.inkAt(at)
            if at < text.count { phase = .over }
        }
        return content.append(text[ByteRange(at, text.count)])
    }

    /// What follows stays as it is.
    mutating func end() { phase = .over }

    private enum Found {
        case found(end: Int)
        /// The text ends before it can be told.
        case maybe
        case no
    }

    /// Where the first closing tag begins, or may begin, and the blanks before it.
    private func close(_ text: UnsafeRawBufferPointer, _ start: Int) -> (Int, ink: Int, Found) {
        var at = start, ink = start
        while at < text.count {
            let found = tagEnd(text, at, closing: true)
            guard case .no = found else { return (at, ink, found) }
            let (byte, next) = text.unit(at)
            at = next
            if byte != Ascii.space { ink = at }
        }
        return (at, ink, .no)
    }

    private func tagEnd(_ text: UnsafeRawBufferPointer, _ start: Int, closing: Bool) -> Found {
        var at = start
        func matches(_ byte: UInt8) -> Bool? {
            if at >= text.count { return nil }
            let (found, next) = text.unit(at)
            at = next
            return found == byte
        }
        for byte in [UInt8(ascii: "<")] + (closing ? [UInt8(ascii: "/")] : []) + tag + [UInt8(ascii: ">")] {
            guard let fits = matches(byte) else { return .maybe }
            if !fits { return .no }
        }
        return .found(end: at)
    }
}

extension UnsafeRawBufferPointer {
    /// A byte of the text that a string's body stands for, and where the next one is; 0 for an escape of another character.
    fileprivate func unit(_ at: Int) -> (byte: UInt8, next: Int) {
        let first = byte(at: at)
        if first != Ascii.backslash { return (first, at &+ 1) }
        switch byte(at: at &+ 1) {
        case UInt8(ascii: "/"): return (UInt8(ascii: "/"), at &+ 2)
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return (Ascii.space, at &+ 2)
        case UInt8(ascii: "u"):
            let digits = self[ByteRange(at &+ 2, at &+ 6)]
            if digits.equals("003c") || digits.equals("003C") { return (UInt8(ascii: "<"), at &+ 6) }
            if digits.equals("003e") || digits.equals("003E") { return (UInt8(ascii: ">"), at &+ 6) }
            return (0, at &+ 6)
        default: return (0, at &+ 2)
        }
    }

    /// Where the first character is that is no blank.
    fileprivate func inkAt(_ start: Int) -> Int {
        var at = start
        while at < count {
            let (byte, next) = unit(at)
            if byte != Ascii.space { return at }
            at = next
        }
        return count
    }
}
