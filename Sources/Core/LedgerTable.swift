internal import Providers
internal import Wire

/// Rows found by their names, up to a bound; the rest shares one row, named "other".
final class LedgerTable {
    private static let buckets = 256
    private let most: Int
    private var heads = [Int32](repeating: -1, count: LedgerTable.buckets)
    private(set) var rows: [LedgerRow] = []
    private(set) var other: LedgerRow?

    init(most: Int) { self.most = most }

    func row(_ provider: String, _ name: String) -> LedgerRow {
        var hash: UInt32 = 2_166_136_261
        mix(provider, &hash)
        mix(name, &hash)
        let place = Int((hash ^ hash >> 15) & UInt32(LedgerTable.buckets &- 1))
        var at = Int(heads[place])
        while at >= 0, at < rows.count {
            if same(rows[at].name, name), same(rows[at].provider, provider) { return rows[at] }
            at = rows[at].next
        }
        if rows.count >= most {
            let row = other ?? LedgerRow(name: "other")
            other = row
            return row
        }
        let row = LedgerRow(provider: provider, name: name)
        row.next = Int(heads[place])
        heads[place] = Int32(truncatingIfNeeded: rows.count)
        rows.append(row)
        return row
    }

    private func mix(_ text: String, _ hash: inout UInt32) {
        for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        hash = (hash ^ 0xFF) &* 16_777_619
    }
}

/// Rows of the latest stretches of time, one each, the oldest given up for the newest.
final class LedgerRing {
    private let seconds: Int64
    private var rows: [LedgerRow?]

    init(seconds: Int64, count: Int) {
        self.seconds = seconds
        rows = [LedgerRow?](repeating: nil, count: count)
    }

    func row(_ unixSeconds: Int64) -> LedgerRow {
        let stamp = max(0, unixSeconds / seconds), place = Int(stamp % Int64(rows.count))
        if let row = rows[place], row.stamp == stamp { return row }
        let row = LedgerRow(stamp: stamp)
        rows[place] = row
        return row
    }

    /// Those that are not older than the ring is long, the oldest first, each with the second in which it begins.
    func forEach(_ unixSeconds: Int64, since: Int64, _ body: (LedgerRow, Int64) -> Void) {
        let now = max(0, unixSeconds / seconds)
        for step in stride(from: Int64(rows.count) - 1, through: 0, by: -1) {
            let stamp = now &- step
            guard stamp >= 0, let row = rows[Int(stamp % Int64(rows.count))], row.stamp == stamp, stamp &* seconds >= since else { continue }
            body(row, stamp &* seconds)
        }
    }
}
