internal import Providers
internal import Wire

/// The path of the first member that an object of this document has twice; nil when there is none. A parsed tree cannot
/// tell: it holds one of them. The text must be valid JSON.
func duplicateMember(in text: String) -> String? {
    var finder = DuplicateFinder(bytes: Array(text.utf8))
    return finder.value(path: "")
}

private struct DuplicateFinder {
    let bytes: [UInt8]
    var at = 0

    /// Walks one value and what follows it up to the next `,`, `}` or `]`.
    mutating func value(path: String) -> String? {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): return object(path: path)
        case UInt8(ascii: "["): return array(path: path)
        case UInt8(ascii: "\""): _ = string()
        default: while let byte = peek(), !endsScalar(byte) { at += 1 }
        }
        return nil
    }

    private mutating func object(path: String) -> String? {
        var names: [[UInt8]] = [] // few: a set would cost more code than it saves time
        at += 1
        while next(until: UInt8(ascii: "}")) {
            let name = string()
            let member = memberPath(path, name)
            let bytes = Array(name.utf8)
            if names.contains(bytes) { return member }
            names.append(bytes)
            skipSpace()
            at += 1 // the colon
            if let found = value(path: member) { return found }
        }
        return nil
    }

    private mutating func array(path: String) -> String? {
        var index = 0
        at += 1
        while next(until: UInt8(ascii: "]")) {
            if let found = value(path: elementPath(path, index)) { return found }
            index += 1
        }
        return nil
    }

    /// Steps to the next member or element; false past the closing bracket or at the end of the text.
    private mutating func next(until close: UInt8) -> Bool {
        skipSpace()
        if peek() == UInt8(ascii: ",") { at += 1 }
        skipSpace()
        guard let byte = peek() else { return false }
        if byte == close { at += 1 }
        return byte != close
    }

    /// Reads a string, its escapes decoded.
    private mutating func string() -> String {
        let start = at
        var escaped = false
        at += 1
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { escaped = true }
            at += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        at = min(at + 1, bytes.count)
        let raw = bytes[min(start + 1, at)..<max(at - 1, min(start + 1, at))]
        let decoded = ByteBuffer()
        defer { decoded.keepAlive() }
        if escaped, raw.withUnsafeBytes({ appendDecodedJSON($0, to: decoded) }) {
            return String(utf8: decoded.bytes)
        }
        return String(utf8: raw)
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte >= 0x09 && byte <= 0x0D { at += 1 }
    }

    private func endsScalar(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 0x20
    }

    private func peek() -> UInt8? { at < bytes.count ? bytes[at] : nil }
}
