package import Bytes
internal import CShims

/// Where and why bytes are not JSON.
package struct JSONFault: Error, Equatable {
    package enum Kind: Sendable { case syntax, depth, utf8, nul }
    package var kind: Kind
    package var offset: Int

    package init(_ kind: Kind, _ offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

/// A pull parser over bytes that stay where they are: strict RFC 8259, validating, without allocation or recursion.
/// The caller names what it expects; whatever does not interest it is passed, validated, by `value()`.
/// After a fault the cursor must not be used.
package struct JSONCursor {
    /// Deeper nesting is refused whatever the caller asks for: the bits of `container()` end here.
    package static let deepest = 2048

    private let base: UnsafePointer<UInt8>?
    private let count: Int
    private var at = 0
    private var depth = 0
    private let depthLimit: Int
    private let checksTexts: Bool
    /// Right behind '{' or '[': no comma comes before the next member.
    private var fresh = false
    private static let commaQuote = UInt16(UInt8(ascii: ",")) | UInt16(UInt8(ascii: "\"")) &<< 8
    package private(set) var sawLoneSurrogate = false
    /// The string passed last, name or value, contains an escape.
    package private(set) var sawEscape = false

    /// `checkingTexts`: false passes texts up to their end, whatever is in them, for documents whose parts are repaired later.
    package init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int = 512, checkingTexts: Bool = true) {
        base = bytes.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) }
        count = base == nil ? 0 : bytes.count
        self.depthLimit = min(max(depthLimit, 0), JSONCursor.deepest)
        checksTexts = checkingTexts
    }

    /// Goes on in the middle of an object: the bytes before `offset` equal those of a document that a cursor has passed up
    /// to the value of a member at this depth, and so need no second look.
    package init(_ bytes: UnsafeRawBufferPointer, resumingAt offset: Int, depth: Int, depthLimit: Int) {
        self.init(bytes, depthLimit: depthLimit)
        at = min(max(offset, 0), count)
        self.depth = depth
    }

    package var offset: Int { at }

    /// The first byte of what comes next after white space; 0 at the end.
    @inline(always)
    package mutating func peek() -> UInt8 {
        let byte = gl_at(base, count, at)
        if byte > Ascii.space { return byte }
        at = JSONCursor.afterSpace(base, count, at)
        return gl_at(base, count, at)
    }

    /// Consumes '{' if the next value is an object; else consumes nothing.
    @inline(always)
    package mutating func beginObject() throws(JSONFault) -> Bool { try open(Ascii.openBrace) }

    @inline(always)
    package mutating func beginArray() throws(JSONFault) -> Bool { try open(Ascii.openBracket) }

    /// The next member's raw name, ':' consumed; nil when '}' was consumed.
    @inline(always)
    package mutating func nextName() throws(JSONFault) -> ByteRange? {
        var byte = Ascii.quote
        // The usual ,"name": without white space.
        if gl_pair(base, count, at) == JSONCursor.commaQuote, !fresh {
            at &+= 1
        } else {
            byte = peek()
            if byte == Ascii.closeBrace {
                close()
                return nil
            }
            if fresh { fresh = false } else { byte = try afterComma(byte) }
        }
        return try name(byte)
    }

    /// Whether another element follows; false when ']' was consumed.
    @inline(always)
    package mutating func nextElement() throws(JSONFault) -> Bool {
        let byte = peek()
        if byte == Ascii.closeBracket {
            close()
            return false
        }
        if fresh { fresh = false } else { _ = try afterComma(byte) }
        return true
    }

    /// Validates and passes one whole value; strings include their quotes.
    @inline(always)
    package mutating func value() throws(JSONFault) -> ByteRange {
        let byte = peek(), start = at
        if byte == Ascii.quote {
            try string()
        } else if byte == Ascii.openBrace || byte == Ascii.openBracket {
            // By value: a call that takes the cursor's address would keep it in memory, not in registers.
            let passed = try afterContainer()
            at = passed.at
            if passed.lone { sawLoneSurrogate = true }
        } else if gl_json_null(base, count, at) != 0 {
            at &+= 4
        } else {
            at = try JSONCursor.afterScalar(base, count, at)
        }
        return ByteRange(start, at)
    }

    /// Only white space may follow.
    package mutating func finish() throws(JSONFault) {
        let byte = peek()
        if at < count { throw fault(byte) }
    }

    // MARK: - Pieces

    // What is rare is a call: all else here is inlined, at many places.

    @inline(always)
    private func fault(_ byte: UInt8) -> JSONFault { JSONCursor.unexpected(byte, at, count) }

    @inline(never) // rare
    private static func unexpected(_ byte: UInt8, _ at: Int, _ count: Int) -> JSONFault {
        JSONFault(byte == 0 && at < count ? .nul : .syntax, at)
    }

    @inline(never) // rare
    private static func afterSpace(_ base: UnsafePointer<UInt8>?, _ count: Int, _ at: Int) -> Int { gl_json_space(base, count, at) }

    @inline(always)
    private mutating func open(_ bracket: UInt8) throws(JSONFault) -> Bool {
        if peek() != bracket { return false }
        if depth >= depthLimit { throw JSONFault(.depth, at) }
        depth &+= 1
        at &+= 1
        fresh = true
        return true
    }

    @inline(always)
    private mutating func close() {
        at &+= 1
        depth &-= 1
        fresh = false
    }

    @inline(always)
    private mutating func afterComma(_ byte: UInt8) throws(JSONFault) -> UInt8 {
        if byte != Ascii.comma { throw fault(byte) }
        at &+= 1
        return peek()
    }

    /// `at` stands on the name's first byte, given.
    @inline(always)
    private mutating func name(_ byte: UInt8) throws(JSONFault) -> ByteRange {
        if byte != Ascii.quote { throw fault(byte) }
        let start = at &+ 1
        try string()
        let name = ByteRange(start, at &- 1)
        if gl_at(base, count, at) != Ascii.colon {
            let colon = peek()
            if colon != Ascii.colon { throw fault(colon) }
        }
        at &+= 1
        return name
    }

    /// `at` stands on the opening quote; afterwards behind the closing one.
    @inline(always)
    private mutating func string() throws(JSONFault) {
        let plain = gl_json_plain(base, count, at &+ 1)
        if gl_at(base, count, plain) == Ascii.quote {
            sawEscape = false
            at = plain &+ 1
            return
        }
        let found = try checksTexts ? JSONCursor.string(base, count, plain) : JSONCursor.uncheckedString(base, count, plain)
        sawEscape = found.notes & UInt32(GL_NOTE_ESCAPE) != 0
        if found.notes & UInt32(GL_NOTE_LONE) != 0 { sawLoneSurrogate = true }
        at = found.end &+ 1
    }

    @inline(never) // rare
    private static func string(_ base: UnsafePointer<UInt8>?, _ count: Int, _ at: Int) throws(JSONFault) -> (end: Int, notes: UInt32) {
        let found = gl_json_string(base, count, at)
        let kind: JSONFault.Kind
        switch found.fault {
        case UInt32(GL_JSON_OK): return (found.end, found.notes)
        case UInt32(GL_JSON_UTF8): kind = .utf8
        case UInt32(GL_JSON_NUL): kind = .nul
        default: kind = .syntax
        }
        throw JSONFault(kind, found.end)
    }

    @inline(never) // rare
    private static func uncheckedString(_ base: UnsafePointer<UInt8>?, _ count: Int, _ start: Int) throws(JSONFault) -> (end: Int, notes: UInt32) {
        var at = start, notes: UInt32 = 0
        while true {
            at = gl_json_plain(base, count, at)
            switch gl_at(base, count, at) {
            case Ascii.quote: return (at, notes)
            case Ascii.backslash:
                notes = UInt32(GL_NOTE_ESCAPE)
                at &+= 2
            default:
                if at >= count { throw JSONFault(.syntax, count) }
                at &+= 1
            }
        }
    }

    /// Passes a number or one of the three words.
    @inline(never) // rarer than texts
    private static func afterScalar(_ base: UnsafePointer<UInt8>?, _ count: Int, _ at: Int) throws(JSONFault) -> Int {
        let byte = gl_at(base, count, at)
        switch byte {
        case UInt8(ascii: "n"): return try after("null", base, count, at)
        case UInt8(ascii: "t"): return try after("true", base, count, at)
        case UInt8(ascii: "f"): return try after("false", base, count, at)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let found = gl_json_number(base, count, at)
            if found.fault != 0 { throw unexpected(gl_at(base, count, found.end), found.end, count) }
            return found.end
        default: throw unexpected(byte, at, count)
        }
    }

    @inline(always)
    private static func after(_ word: StaticString, _ base: UnsafePointer<UInt8>?, _ count: Int, _ at: Int) throws(JSONFault) -> Int {
        let length = word.utf8CodeUnitCount
        guard let base, count &- at >= length, memcmp(base + at, word.utf8Start, length) == 0 else { throw JSONFault(.syntax, at) }
        return at &+ length
    }

    @inline(never) // see `value`
    private func afterContainer() throws(JSONFault) -> (at: Int, lone: Bool) {
        var copy = self
        try copy.container()
        return (copy.at, copy.sawLoneSurrogate)
    }

    /// Passes an object or array with everything in it. One bit per open level says which of the two it is.
    @inline(always)
    private mutating func container() throws(JSONFault) {
        let floor = depth
        var objects = InlineArray<32, UInt64>(repeating: 0)
        var byte = gl_at(base, count, at)
        while true {
            if byte == Ascii.openBrace || byte == Ascii.openBracket {
                if depth >= depthLimit { throw JSONFault(.depth, at) }
                let level = depth &- floor, bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: level & 63), word = (level &>> 6) & 31
                let isObject = byte == Ascii.openBrace
                if isObject { objects[word] |= bit } else { objects[word] &= ~bit }
                depth &+= 1
                at &+= 1
                let inside = peek()
                if inside != byte &+ 2 {            // ']' and '}' lie two behind '[' and '{'
                    if isObject { _ = try name(inside) }
                    byte = peek()
                    continue
                }
                close()
            } else if byte == Ascii.quote {
                try string()
            } else {
                at = try JSONCursor.afterScalar(base, count, at)
            }
            while true {
                if depth == floor { return }
                let level = depth &- floor &- 1
                let isObject = objects[(level &>> 6) & 31] &>> UInt64(truncatingIfNeeded: level & 63) & 1 == 1
                byte = peek()
                if byte == Ascii.comma {
                    at &+= 1
                    if isObject { _ = try name(peek()) }
                    byte = peek()
                    break
                }
                if byte != (isObject ? Ascii.closeBrace : Ascii.closeBracket) { throw fault(byte) }
                close()
            }
        }
    }
}

/// Whether a raw name (as `nextName` gives it) is `text` once its escapes are resolved: "\u006dodel" is model.
package func jsonName(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange, is text: StaticString) -> Bool {
    jsonName(bytes, name, is: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

package func jsonName(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange, is text: UnsafeRawBufferPointer) -> Bool {
    let raw = bytes[name]
    if raw.equals(text) { return true }
    // An escape is longer than what it stands for.
    if raw.count <= text.count || !contains(raw, Ascii.backslash) { return false }
    let decoded = ByteBuffer()
    defer { decoded.keepAlive() }
    return appendDecodedJSON(raw, to: decoded) && decoded.bytes.equals(text)
}

package func contains(_ bytes: UnsafeRawBufferPointer, _ byte: UInt8) -> Bool {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return false }
    return memchr(base, Int32(byte), bytes.count) != nil
}
