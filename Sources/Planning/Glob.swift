internal import Bytes

/// A pattern of model ids: `*` stands for any bytes, "/" included. An "@" at the beginning of an id is a form of its own
/// (`@cf/...`, `@slug/...`): only a pattern that begins with it matches.
package struct Glob: Sendable {
    private let pattern: [UInt8]
    /// Bytes before the first star.
    private let head: Int
    private let tail: Int
    let ends: Ends
    private let stars: Int
    private let anyForm: Bool

    /// The first and the last byte, where it is none of a star; else 0. Most ids differ in one of them.
    struct Ends {
        let first: UInt8
        let last: UInt8

        func fit(_ first: UInt8, _ last: UInt8) -> Bool { (self.first == 0 || self.first == first) && (self.last == 0 || self.last == last) }
    }

    private static let star = UInt8(ascii: "*")

    /// `anyForm`: an "@" at the beginning of an id is like any other byte.
    package init(_ text: String, anyForm: Bool = false) {
        let bytes = text.octets
        self.anyForm = anyForm
        pattern = bytes
        stars = bytes.reduce(0) { $1 == Glob.star ? $0 &+ 1 : $0 }
        head = bytes.firstIndex(of: Glob.star) ?? bytes.count
        tail = bytes.lastIndex(of: Glob.star).map { bytes.count &- $0 &- 1 } ?? 0
        ends = Ends(first: head > 0 ? bytes[0] : 0, last: tail > 0 ? bytes[bytes.count &- 1] : 0)
    }

    /// How much the pattern says: by what stands before its first star, then by all of its bytes.
    var weight: Int { (stars == 0 ? head &+ 1 : head) &* 65536 &+ min(pattern.count &- stars, 65535) }

    package func matches(_ id: UnsafeRawBufferPointer) -> Bool {
        if !ends.fit(id.byte(at: 0), id.byte(at: id.count &- 1)) { return false }
        if stars == 0 { return id.count == pattern.count && has(id, 0, 0, head) }
        if head == 0 && !anyForm && id.byte(at: 0) == UInt8(ascii: "@") { return false }
        guard id.count >= head &+ tail, has(id, 0, 0, head),
              has(id, id.count &- tail, pattern.count &- tail, tail) else { return false }
        return stars == 1 || middle(id)
    }

    /// The pieces between stars, each as early as possible.
    private func middle(_ id: UnsafeRawBufferPointer) -> Bool {
        var at = head, piece = head &+ 1
        let end = id.count &- tail, lastStar = pattern.count &- tail &- 1
        while piece <= lastStar {
            var next = piece
            while next < lastStar, pattern[next] != Glob.star { next &+= 1 }
            let length = next &- piece
            while at &+ length <= end, !has(id, at, piece, length) { at &+= 1 }
            if at &+ length > end { return false }
            at &+= length
            piece = next &+ 1
        }
        return true
    }

    private func has(_ id: UnsafeRawBufferPointer, _ at: Int, _ piece: Int, _ length: Int) -> Bool {
        var i = 0
        while i < length {
            if id.byte(at: at &+ i) != pattern[piece &+ i] { return false }
            i &+= 1
        }
        return true
    }
}
