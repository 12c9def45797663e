/// Texts with a number each, found by their bytes: made once from configuration, asked with every request. A text may be
/// in it several times. (A Dictionary takes texts for equal that Unicode calls so, and would need a String for each question.)
package struct IDTable: Sendable {
    private struct Entry {
        let key: String
        let hash: UInt32
        let value: Int
        /// The next other text of the same bucket, or -1.
        let other: Int
        /// The next entry of the same text, or -1.
        var next = -1
    }
    private static let buckets = 256
    private var entries: [Entry] = []
    private var heads = Array(repeating: -1, count: buckets)

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// The first entry of a text, or -1.
    package func first(_ key: UnsafeRawBufferPointer) -> Int {
        if entries.isEmpty { return -1 }
        let hash = hash(key)
        return search(key, hash, from: heads[bucket(hash)])
    }

    package func first(_ key: String) -> Int { entries.isEmpty ? -1 : key.bytes { first($0) } }

    package func value(_ entry: Int) -> Int { entry >= 0 && entry < entries.count ? entries[entry].value : -1 }

    /// The next entry of the same text, or -1.
    package func next(_ entry: Int) -> Int { entry >= 0 && entry < entries.count ? entries[entry].next : -1 }

    package mutating func add(_ key: String, _ value: Int) {
        let hash = key.bytes { self.hash($0) }, bucket = self.bucket(hash), new = entries.count
        var last = key.bytes { search($0, hash, from: heads[bucket]) }
        entries.append(Entry(key: key, hash: hash, value: value, other: heads[bucket]))
        if last < 0 {
            heads[bucket] = new
            return
        }
        while entries[last].next >= 0 { last = entries[last].next }
        entries[last].next = new
    }

    private func bucket(_ hash: UInt32) -> Int { Int(hash) & (IDTable.buckets &- 1) }

    private func search(_ key: UnsafeRawBufferPointer, _ hash: UInt32, from start: Int) -> Int {
        var entry = start
        while entry >= 0, entries[entry].hash != hash || !same(key, entries[entry].key) { entry = entries[entry].other }
        return entry
    }

    private func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
        let hash = fnv1a(key)
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
