internal import Bytes
internal import CShims

/// Why a document could not be read.
package struct JSONProblem: Error, Equatable {
    package enum Kind: Sendable { case syntax, depth, utf8, nul, duplicate, length, memory }
    package var kind: Kind
    /// Bytes before it; of a member that an object has twice, those up to the end of its second name.
    package var offset: Int
    /// From 1.
    package var line: Int
}

/// A document for the cold paths, with a copy of its bytes. Objects that have a member twice are refused, and names with a NUL
/// in them: both by jansson, which reads all names anyway. What the document says is read from `root`.
package final class JSONDocument {
    private let text = ByteBuffer()

    private init() {}

    package convenience init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int = 512) throws(JSONProblem) {
        self.init()
        try read(bytes, depthLimit)
    }

    private func read(_ bytes: UnsafeRawBufferPointer, _ depthLimit: Int) throws(JSONProblem) {
        var cursor = JSONCursor(bytes, depthLimit: depthLimit)
        do throws(JSONFault) {
            _ = try cursor.value()
            try cursor.finish()
        } catch { throw JSONProblem(error, in: bytes) }
        // jansson refuses unpaired surrogates.
        guard cursor.sawLoneSurrogate ? repairJSON(bytes, into: text) : text.append(bytes) else { throw JSONProblem(kind: .memory, offset: 0, line: 1) }
        if let offset = longText { throw JSONProblem(kind: .length, offset: offset, line: 1) }
        if let problem = try janssonsProblem() { throw problem }
    }

    /// Its bytes are the document's: it must not outlive it.
    package var root: JSONView { JSONView(trusted: text.bytes) }

    /// Where a text begins that is too long for a `String`. jansson too asks for the memory of one at once, and crashes where it gets none.
    private var longText: Int? {
        let bytes = text.bytes
        guard bytes.count > longestText, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        var at = 0
        while at < bytes.count, let quote = memchr(base + at, Int32(Ascii.quote), bytes.count &- at) {
            let start = UnsafeRawPointer(quote) - UnsafeRawPointer(base), end = gl_json_string(base, bytes.count, start &+ 1).end
            if end &- start &- 1 > longestText { return start }
            at = end &+ 1
        }
        return nil
    }

    private func janssonsProblem() throws(JSONProblem) -> JSONProblem? {
        let names = ByteBuffer()
        defer { names.keepAlive() }
        guard appendWithoutNumbers(text.bytes, to: names) else { throw JSONProblem(kind: .memory, offset: 0, line: 1) }
        var error = json_error_t()
        let flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES
        guard let base = names.bytes.baseAddress, let tree = json_loadb(base.assumingMemoryBound(to: CChar.self), names.count, Int(flags), &error) else {
            return JSONProblem(error, in: text.bytes)
        }
        json_decref(tree)
        return nil
    }
}

/// A copy of a valid document in which every number is a zero and blanks: jansson refuses those that it cannot hold.
private func appendWithoutNumbers(_ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    guard out.append(bytes), let from = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), let to = out.base else { return false }
    var at = 0
    while at < bytes.count {
        let byte = from[at]
        if byte == Ascii.quote {
            at = gl_json_string(from, bytes.count, at &+ 1).end &+ 1
        } else if byte == UInt8(ascii: "-") || byte &- 0x30 <= 9 {
            let end = max(gl_json_number(from, bytes.count, at).end, at &+ 1)
            memset(to + at, Int32(Ascii.space), end &- at)
            to[at] = UInt8(ascii: "0")
            at = end
        } else {
            at &+= 1
        }
    }
    return true
}

extension JSONProblem {
    package init(_ fault: JSONFault, in bytes: UnsafeRawBufferPointer) {
        let kind: Kind = switch fault.kind {
        case .syntax: .syntax
        case .depth: .depth
        case .utf8: .utf8
        case .nul: .nul
        }
        self.init(kind: kind, offset: fault.offset, line: lineNumber(of: fault.offset, in: bytes))
    }

    /// What jansson says of a document that the cursor accepted.
    fileprivate init(_ error: json_error_t, in bytes: UnsafeRawBufferPointer) {
        var error = error
        let kind: Kind = switch json_error_code(&error) {
        case json_error_duplicate_key: .duplicate
        case json_error_null_byte_in_key, json_error_null_character: .nul
        case json_error_stack_overflow: .depth
        default: .memory // it is JSON: jansson also calls it a wrong token where it finds no memory for one
        }
        let offset = min(max(Int(error.position), 0), bytes.count)
        self.init(kind: kind, offset: offset, line: lineNumber(of: offset, in: bytes))
    }
}

private func lineNumber(of offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var line = 1
    for byte in bytes[ByteRange(0, min(offset, bytes.count))] where byte == Ascii.lf { line &+= 1 }
    return line
}
