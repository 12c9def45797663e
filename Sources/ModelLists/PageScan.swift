package import Bytes
internal import CShims
package import JSON

/// Passes a document in pieces, as long ones must not take a caller's time at once: checks its grammar, and notes where the values
/// are that some paths lead to, or stops behind each element of an array. What is inside of texts is not looked at.
package struct PageScan {
    package enum Stop { case paused, element(ByteRange), finished }

    private enum Expect { case value, valueOrEnd, name, nameOrEnd, colon, comma, end }

    /// Deeper nesting is refused, and paths do not go so deep.
    private static let deepest = 512, deepestPath = 8
    /// A number of more digits is none.
    private static let longestNumber = 4096

    private let base: UnsafePointer<UInt8>?
    private let count: Int
    private let paths: [UInt64]
    private let stopsAtElements: Bool
    /// Of each path: the value it leads to, the last one where there are several, and how many elements that has.
    package private(set) var found: [ByteRange]
    package private(set) var elements: [Int]

    private var at = 0
    private var expect = Expect.value
    /// Inside of a text, which began here.
    private var text = -1
    private var isName = false
    private var depth = 0
    /// One bit of each open level: it is an object.
    private var objects = InlineArray<8, UInt64>(repeating: 0)
    /// The outer levels that are objects, and the hash of the path that leads to each of them.
    private var tracked = 0
    private var hashes = InlineArray<10, UInt64>(repeating: 0)
    /// Of the outer levels: where the value began, which path leads to it (-1: none), and how many commas it has.
    private var starts = InlineArray<10, Int>(repeating: 0)
    private var marks = InlineArray<10, Int>(repeating: -1)
    private var commas = InlineArray<10, Int>(repeating: 0)
    private var nameHash: UInt64 = 0

    /// `paths`: as mappings write them; "" is the document.
    package init(_ bytes: UnsafeRawBufferPointer, paths: [String] = [], stopsAtElements: Bool = false) {
        base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        count = base == nil ? 0 : bytes.count
        self.paths = paths.map { fnv1a($0) }
        self.stopsAtElements = stopsAtElements
        found = Array(repeating: .none, count: paths.count)
        elements = Array(repeating: 0, count: paths.count)
    }

    /// Passes about so many bytes.
    package mutating func run(_ most: Int) throws(JSONFault) -> Stop {
        guard let base else { throw JSONFault(.syntax, 0) }
        let pause = most >= count &- at ? count : at &+ max(1, most)
        while true {
            if text >= 0 {
                if !passText(base, pause) { return try paused() }
                if let element = textEnded(base) { return .element(element) }
                continue
            }
            at = gl_json_space(base, pause, at)
            if at >= pause {
                if at >= count, expect == .end { return .finished }
                return try paused()
            }
            if let element = try token(base, base[at]) { return .element(element) }
        }
    }

    private func paused() throws(JSONFault) -> Stop {
        if at >= count { throw JSONFault(.syntax, count) }
        return .paused
    }

    // MARK: tokens

    private mutating func token(_ base: UnsafePointer<UInt8>, _ byte: UInt8) throws(JSONFault) -> ByteRange? {
        switch expect {
        case .value, .valueOrEnd:
            if byte == Ascii.closeBracket, expect == .valueOrEnd { return close() }
            return try value(base, byte)
        case .name, .nameOrEnd:
            if byte == Ascii.closeBrace, expect == .nameOrEnd { return close() }
            guard byte == Ascii.quote else { throw JSONFault(.syntax, at) }
            beginText(isName: true)
        case .colon:
            guard byte == Ascii.colon else { throw JSONFault(.syntax, at) }
            at &+= 1
            expect = .value
        case .comma:
            if byte == Ascii.comma {
                at &+= 1
                if depth < 10 { commas[depth] &+= 1 }
                expect = isObject ? .name : .value
            } else if byte == (isObject ? Ascii.closeBrace : Ascii.closeBracket) {
                return close()
            } else {
                throw JSONFault(.syntax, at)
            }
        case .end: throw JSONFault(.syntax, at)
        }
        return nil
    }

    private mutating func value(_ base: UnsafePointer<UInt8>, _ byte: UInt8) throws(JSONFault) -> ByteRange? {
        switch byte {
        case Ascii.quote:
            beginText(isName: false)
            return nil
        case Ascii.openBrace, Ascii.openBracket:
            try open(byte == Ascii.openBrace)
            return nil
        default:
            let start = at
            at = try scalarEnd(base, byte)
            return ended(ByteRange(start, at))
        }
    }

    private func scalarEnd(_ base: UnsafePointer<UInt8>, _ byte: UInt8) throws(JSONFault) -> Int {
        let word: StaticString = byte == UInt8(ascii: "n") ? "null" : byte == UInt8(ascii: "t") ? "true" : "false"
        let length = word.utf8CodeUnitCount
        if count &- at >= length, memcmp(base + at, word.utf8Start, length) == 0 { return at &+ length }
        let limit = min(count, at &+ PageScan.longestNumber), number = gl_json_number(base, limit, at)
        guard number.fault == 0, number.end < limit || limit == count else { throw JSONFault(.syntax, at) }
        return number.end
    }

    private var isObject: Bool { bit(depth &- 1) }

    private func bit(_ level: Int) -> Bool { objects[(level &>> 6) & 7] &>> UInt64(level & 63) & 1 == 1 }

    private mutating func open(_ isObject: Bool) throws(JSONFault) {
        if depth >= PageScan.deepest { throw JSONFault(.depth, at) }
        let path = pathHash
        let bit: UInt64 = 1 &<< UInt64(depth & 63), word = (depth &>> 6) & 7
        if isObject { objects[word] |= bit } else { objects[word] &= ~bit }
        depth &+= 1
        if depth < 10 {
            (starts[depth], marks[depth], commas[depth]) = (at, path.map { mark($0) } ?? -1, 0)
            if isObject, depth <= PageScan.deepestPath, let path {
                hashes[depth] = path
                tracked = depth
            }
        }
        at &+= 1
        expect = isObject ? .nameOrEnd : .valueOrEnd
    }

    private mutating func close() -> ByteRange? {
        at &+= 1
        let isEmpty = expect == .valueOrEnd || expect == .nameOrEnd
        let level = depth
        depth &-= 1
        tracked = min(tracked, depth)
        if level >= 10 { return afterValue(.none) }
        let range = ByteRange(starts[level], at), mark = marks[level]
        if mark >= 0 {
            found[mark] = range
            elements[mark] = isEmpty ? 0 : commas[level] &+ 1
        }
        return afterValue(range)
    }

    // MARK: texts

    private mutating func beginText(isName: Bool) {
        text = at
        self.isName = isName
        at &+= 1
    }

    /// False: its end lies behind the pause.
    private mutating func passText(_ base: UnsafePointer<UInt8>, _ pause: Int) -> Bool {
        while true {
            at = gl_json_plain(base, pause, at)
            if at >= pause { return false }
            if base[at] == Ascii.quote { return true }
            at &+= base[at] == Ascii.backslash ? 2 : 1
        }
    }

    private mutating func textEnded(_ base: UnsafePointer<UInt8>) -> ByteRange? {
        let start = text
        at &+= 1
        text = -1
        if !isName { return ended(ByteRange(start, at)) }
        expect = .colon
        if tracked == depth, !paths.isEmpty {
            let name = UnsafeRawBufferPointer(start: base + (start &+ 1), count: at &- start &- 2)
            nameHash = fnv1a(name, from: depth == 1 ? fnvSeed : PageScan.afterDot(hashes[depth]))
        }
        return nil
    }

    // MARK: values

    private static func afterDot(_ hash: UInt64) -> UInt64 {
        withUnsafeBytes(of: UInt8(ascii: ".")) { fnv1a($0, from: hash) }
    }

    /// Of the value that comes next, or has just come; nil: it is none that paths lead to.
    private var pathHash: UInt64? {
        if paths.isEmpty { return nil }
        if depth == 0 { return fnvSeed }
        return tracked == depth ? nameHash : nil
    }

    private func mark(_ hash: UInt64) -> Int { paths.firstIndex(of: hash) ?? -1 }

    /// A text, number or word.
    private mutating func ended(_ range: ByteRange) -> ByteRange? {
        if let hash = pathHash {
            let mark = mark(hash)
            if mark >= 0 { (found[mark], elements[mark]) = (range, 0) }
        }
        return afterValue(range)
    }

    private mutating func afterValue(_ range: ByteRange) -> ByteRange? {
        expect = depth == 0 ? .end : .comma
        return stopsAtElements && depth == 1 ? range : nil
    }
}
