internal import Bytes
internal import JSON

/// Whether a text that comes in pieces is a whole JSON object already.
struct ObjectProgress {
    private var depth = 0
    private var inString = false, isEscaped = false
    private(set) var isComplete = false

    /// A piece of it, as it is written inside a JSON string.
    mutating func read(escaped piece: UnsafeRawBufferPointer) {
        if piece.count == 0 { return }
        if !contains(piece, Ascii.backslash) { return read(piece) }
        let plain = ByteBuffer()
        defer { plain.keepAlive() }
        if appendDecodedJSON(piece, to: plain) { read(plain.bytes) }
    }

    private mutating func read(_ piece: UnsafeRawBufferPointer) {
        for byte in piece {
            if isEscaped {
                isEscaped = false
            } else if inString {
                if byte == Ascii.backslash { isEscaped = true } else if byte == Ascii.quote { inString = false }
            } else if byte == Ascii.quote {
                inString = true
            } else if byte | 0x20 == Ascii.openBrace {
                depth &+= 1
            } else if byte | 0x20 == Ascii.closeBrace {
                depth &-= 1
                if depth <= 0 { isComplete = true }
            }
        }
    }
}
