package import Bytes
package import JSON

/// Passes a document in pieces, as long ones must not take a caller's time at once: notes where the values are that some paths
/// lead to, or stops behind each element of an array. What is inside of texts is not looked at.
package struct PageScan {
    package enum Stop { case paused, element(ByteRange), finished }

    /// An open object or array, and its path where paths may go on in it.
    private struct Level {
        var start = 0
        /// Which of the paths leads to it; nil: none.
        var pathIndex: Int?
        var elements = 0
        var pathHash: UInt64 = 0
    }

    /// Deeper nesting is refused, and paths do not go so deep.
    private static let deepest = 512, deepestPath = 8

    private let bytes: UnsafeRawBufferPointer
    private var cursor: JSONCursor
    /// Their hashes.
    private let paths: [UInt64]
    private let stopsAtElements: Bool
    /// Of each path: the value it leads to, the last one where there are several, and how many elements that has.
    package private(set) var found: [ByteRange]
    package private(set) var elements: [Int]

    private var depth = 0
    /// A value comes next; else a member, an element or the end of what is open.
    private var expectsValue = true
    /// One bit of each open level: it is an object.
    private var objects = InlineArray<8, UInt64>(repeating: 0)
    private var levels = InlineArray<10, Level>(repeating: Level())
    /// So many of the outer levels are objects, each in the one before.
    private var tracked = 0
    private var nameHash: UInt64 = 0

    /// `paths`: as mappings write them; "" is the document.
    package init(_ bytes: UnsafeRawBufferPointer, paths: [String] = [], stopsAtElements: Bool = false) {
        self.bytes = bytes
        cursor = JSONCursor(bytes, depthLimit: PageScan.deepest, checkingTexts: false)
        self.paths = paths.map { fnv1a($0) }
        self.stopsAtElements = stopsAtElements
        found = Array(repeating: .none, count: paths.count)
        elements = Array(repeating: 0, count: paths.count)
    }

    /// Passes about so many bytes: a step passes one text, number or bracket.
    package mutating func run(_ most: Int) throws(JSONFault) -> Stop {
        let start = cursor.offset
        repeat {
            if depth == 0, !expectsValue {
                try cursor.finish()
                return .finished
            }
            if let element = try step() { return .element(element) }
        } while cursor.offset &- start < most
        return .paused
    }

    // MARK: steps

    private static func afterDot(_ hash: UInt64) -> UInt64 { withUnsafeBytes(of: UInt8(ascii: ".")) { fnv1a($0, from: hash) } }

    /// An element that ended with this step.
    private mutating func step() throws(JSONFault) -> ByteRange? {
        if expectsValue { return try value() }
        if isObject {
            guard let name = try cursor.nextName() else { return close() }
            if tracked == depth, !paths.isEmpty {
                nameHash = fnv1a(bytes[name], from: depth == 1 ? fnvSeed : PageScan.afterDot(levels[depth].pathHash))
            }
        } else {
            guard try cursor.nextElement() else { return close() }
            if depth < levels.count { levels[depth].elements &+= 1 }
        }
        expectsValue = true
        return nil
    }

    private mutating func value() throws(JSONFault) -> ByteRange? {
        _ = cursor.peek()
        let start = cursor.offset
        if try cursor.beginObject() {
            open(start, isObject: true)
        } else if try cursor.beginArray() {
            open(start, isObject: false)
        } else {
            let range = try cursor.value()
            return ended(range, valueHash.flatMap { paths.firstIndex(of: $0) }, 0)
        }
        return nil
    }

    private var isObject: Bool { objects[((depth &- 1) &>> 6) & 7] &>> UInt64((depth &- 1) & 63) & 1 == 1 }

    /// Of the path to the value that comes next; nil: it is none that paths lead to.
    private var valueHash: UInt64? {
        if paths.isEmpty { return nil }
        if depth == 0 { return fnvSeed }
        return tracked == depth ? nameHash : nil
    }

    /// The cursor refuses what is deeper than the bits.
    private mutating func open(_ start: Int, isObject: Bool) {
        let hash = valueHash, bit: UInt64 = 1 &<< UInt64(depth & 63), word = (depth &>> 6) & 7
        if isObject { objects[word] |= bit } else { objects[word] &= ~bit }
        depth &+= 1
        expectsValue = false
        if depth >= levels.count { return }
        levels[depth] = Level(start: start, pathIndex: hash.flatMap { paths.firstIndex(of: $0) }, pathHash: hash ?? 0)
        if isObject, depth <= PageScan.deepestPath, hash != nil { tracked = depth }
    }

    private mutating func close() -> ByteRange? {
        let level = depth < levels.count ? levels[depth] : nil
        depth &-= 1
        tracked = min(tracked, depth)
        return ended(level.map { ByteRange($0.start, cursor.offset) } ?? .none, level?.pathIndex, level?.elements ?? 0)
    }

    private mutating func ended(_ range: ByteRange, _ path: Int?, _ elements: Int) -> ByteRange? {
        expectsValue = false
        if let path { (found[path], self.elements[path]) = (range, elements) }
        return stopsAtElements && depth == 1 ? range : nil
    }
}
