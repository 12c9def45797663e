internal import Bytes

/// Cuts a JSON array that comes bit by bit into its elements, objects or arrays. Those that lie whole in what was fed are handed out where
/// they lie; only what the end of a feed cuts is kept. What is between them, and whether they are JSON, is not looked at. Not thread-safe.
package final class JSONArrayFramer {
    private let elementLimit: Int
    private let cut = ByteBuffer()
    /// Brackets that are open, that of the list not counted.
    private var depth = 0
    private var isText = false, isEscape = false
    private var hasBegun = false, hasEnded = false
    package var lacksMemory: Bool { cut.lacksMemory }

    package init(elementLimit: Int) { self.elementLimit = elementLimit }

    /// `stop`: the handler returned false; the rest of the feed is dropped.
    package func feed(_ bytes: UnsafeRawBufferPointer, _ element: (UnsafeRawBufferPointer) -> Bool) -> SSEFramer.Outcome {
        var start = depth > 0 ? 0 : -1, at = 0
        while at < bytes.count, !hasEnded {
            let byte = bytes.byte(at: at)
            at &+= 1
            if isText {
                if isEscape { isEscape = false } else if byte == Ascii.backslash { isEscape = true } else if byte == Ascii.quote { isText = false }
                continue
            }
            if byte == Ascii.quote {
                isText = depth > 0
            } else if byte | 0x20 == Ascii.openBrace {
                if !hasBegun {
                    hasBegun = true
                } else {
                    if depth == 0 { start = at &- 1 }
                    depth &+= 1
                }
            } else if byte | 0x20 == Ascii.closeBrace {
                if depth == 0 {
                    hasEnded = hasBegun
                    continue
                }
                depth &-= 1
                if depth > 0 { continue }
                guard let goesOn = handOut(bytes[ByteRange(start, at)], element) else { return .tooLarge }
                start = -1
                if !goesOn { return .stop }
            }
        }
        if start < 0 { return .more }
        return keep(bytes[ByteRange(start, bytes.count)]) ? .more : .tooLarge
    }

    /// nil: it is too long, or there is no memory.
    private func handOut(_ piece: UnsafeRawBufferPointer, _ element: (UnsafeRawBufferPointer) -> Bool) -> Bool? {
        if cut.count == 0 { return piece.count > elementLimit ? nil : element(piece) }
        if !keep(piece) { return nil }
        defer {
            cut.removeAll()
            cut.keepAlive()
        }
        return element(cut.bytes)
    }

    private func keep(_ piece: UnsafeRawBufferPointer) -> Bool { cut.count &+ piece.count <= elementLimit && cut.append(piece) }
}
