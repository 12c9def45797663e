internal import Bytes

/// Tags and their places, found by a hash of their bytes.
struct LimitTags {
    private struct Entry {
        let hash: UInt64
        let tag: String
        let at: ScopeRef
    }

    /// Rising by hash.
    private var entries: [Entry] = []

    var count: Int { entries.count }

    func find(_ tag: String, _ hash: UInt64) -> ScopeRef? {
        var at = place(of: hash)
        while at < entries.count, entries[at].hash == hash {
            if same(entries[at].tag, tag) { return entries[at].at }
            at &+= 1
        }
        return nil
    }

    mutating func insert(_ tag: String, _ hash: UInt64, _ ref: ScopeRef) {
        entries.insert(Entry(hash: hash, tag: tag, at: ref), at: place(of: hash))
    }

    mutating func sweep(_ goes: (ScopeRef) -> Bool) { entries.removeAll { goes($0.at) } }

    func each(_ body: (String, ScopeRef) -> Void) { for entry in entries { body(entry.tag, entry.at) } }

    /// The first entry whose hash is not smaller.
    private func place(of hash: UInt64) -> Int {
        var low = 0, high = entries.count
        while low < high {
            let middle = (low &+ high) / 2
            if entries[middle].hash < hash { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}
