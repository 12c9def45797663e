internal import Bytes
internal import CShims

/// Why a document could not be read.
package struct JSONProblem: Error, Equatable {
    package enum Kind: Sendable { case syntax, depth, utf8, nul, duplicate, length, memory }
    package var kind: Kind
    /// Bytes before the place.
    package var offset: Int
    /// From 1.
    package var line: Int
}

/// A parsed JSON document, for the cold paths: jansson holds the tree.
/// Fractions, exponents and integers too big for a word are kept as text: jansson would round or refuse them, and reads and
/// prints them by the host's locale.
package final class JSONDocument {
    private var tree: UnsafeMutablePointer<json_t>?
    private(set) var mark = NumberMark(notIn: UnsafeRawBufferPointer(start: nil, count: 0))
    /// Something was replaced by U+FFFD.
    package private(set) var wasRepaired = false

    package struct Options: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        package static let rejectDuplicates = Options(rawValue: 1)
        /// Bad UTF-8 and raw NULs inside strings are replaced instead of refused. (Unpaired surrogate escapes always are.)
        package static let repair = Options(rawValue: 2)
    }

    private init() {}

    package convenience init(_ bytes: UnsafeRawBufferPointer, _ options: Options = [], depthLimit: Int = 512) throws(JSONProblem) {
        self.init()
        try parse(bytes, options, depthLimit)
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, _ options: Options, _ depthLimit: Int) throws(JSONProblem) {
        var source = bytes
        let repaired = ByteBuffer()
        defer { repaired.keepAlive() }
        do throws(JSONFault) {
            if try JSONDocument.validate(bytes, depthLimit) { source = repairJSON(bytes, into: repaired) ? repaired.bytes : bytes }
        } catch {
            guard options.contains(.repair), error.kind == .utf8 || error.kind == .nul, repairJSON(bytes, into: repaired) else {
                throw JSONProblem(error, in: bytes)
            }
            source = repaired.bytes
            do throws(JSONFault) { _ = try JSONDocument.validate(source, depthLimit) } catch { throw JSONProblem(error, in: source) }
        }
        wasRepaired = repaired.count > 0
        mark = NumberMark(notIn: source)
        let marked = ByteBuffer()
        defer { marked.keepAlive() }
        guard mark.quoteNumbers(of: source, into: marked) else { throw JSONProblem(kind: .memory, offset: 0, line: 1) }
        let text = marked.count > 0 ? marked.bytes : source
        if let offset = JSONDocument.longText(in: text) {
            throw JSONProblem(kind: .length, offset: mark.originalOffset(of: offset, in: source), line: 1)
        }
        let flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | (options.contains(.rejectDuplicates) ? JSON_REJECT_DUPLICATES : 0)
        var error = json_error_t()
        guard let base = text.baseAddress, let tree = json_loadb(base.assumingMemoryBound(to: CChar.self), text.count, Int(flags), &error) else {
            throw JSONProblem(error, mark.originalOffset(of: Int(error.position), in: source), in: source)
        }
        self.tree = tree
    }

    package convenience init(_ text: String, _ options: Options = [], depthLimit: Int = 512) throws(JSONProblem) {
        self.init()
        let copy = ByteBuffer()
        defer { copy.keepAlive() }
        guard copy.append(text) else { throw JSONProblem(kind: .memory, offset: 0, line: 1) }
        try parse(copy.bytes, options, depthLimit)
    }

    deinit { json_decref(tree) }

    /// Bytes of the longest text of a document.
    package static let longestText = 256 << 10

    /// Where a text begins that is longer. jansson asks for the memory of one at once, and crashes where it gets none.
    private static func longText(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count > longestText, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        var at = 0, start = -1
        while at < bytes.count {
            at = start < 0 ? quote(base, bytes.count, at) : gl_json_plain(base, bytes.count, at)
            if at >= bytes.count { return nil }
            if base[at] == Ascii.quote {
                if start >= 0, at &- start > longestText { return start }
                start = start < 0 ? at : -1
            } else if base[at] == Ascii.backslash {
                at &+= 1
            }
            at &+= 1
        }
        return nil
    }

    private static func quote(_ base: UnsafePointer<UInt8>, _ count: Int, _ at: Int) -> Int {
        memchr(base + at, Int32(Ascii.quote), count &- at).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? count
    }

    package var root: JSONNode { JSONNode(tree: tree, document: self) }

    /// Whether an unpaired surrogate has to be repaired.
    private static func validate(_ bytes: UnsafeRawBufferPointer, _ depthLimit: Int) throws(JSONFault) -> Bool {
        var cursor = JSONCursor(bytes, depthLimit: depthLimit)
        _ = try cursor.value()
        try cursor.finish()
        return cursor.sawLoneSurrogate
    }
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
    fileprivate init(_ error: json_error_t, _ offset: Int, in bytes: UnsafeRawBufferPointer) {
        var error = error
        let code = json_error_code(&error)
        let kind: Kind = code == json_error_duplicate_key ? .duplicate
            : code == json_error_null_byte_in_key || code == json_error_null_character ? .nul
            : code == json_error_stack_overflow ? .depth
            : .memory // it is JSON: jansson also calls it a wrong token where it finds no memory for one
        self.init(kind: kind, offset: offset, line: lineNumber(of: offset, in: bytes))
    }
}

private func lineNumber(of offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var line = 1
    for byte in bytes[ByteRange(0, min(offset, bytes.count))] where byte == Ascii.lf { line &+= 1 }
    return line
}
