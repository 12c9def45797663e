internal import Bytes

/// Rows found by their names, up to a bound: the rest shares one row. Or rows of the latest stretches of time, one each, the
/// oldest given up for the newest.
final class LedgerTable {
    private static let buckets = 256
    let name: StaticString
    private let most: Int
    /// Of a stretch of time; 0 where rows have names.
    let seconds: Int64
    private var heads: [Int32] = []
    private(set) var rows: [LedgerRow] = []
    private(set) var other: LedgerRow?

    init(_ name: StaticString, most: Int, seconds: Int64 = 0) {
        self.name = name
        self.most = most
        self.seconds = seconds
        if seconds == 0 { heads = [Int32](repeating: -1, count: LedgerTable.buckets) }
    }

    func row(_ provider: String, _ name: String) -> LedgerRow {
        let bucket = bucket(provider, name)
        var at = Int(heads[bucket])
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
        row.next = Int(heads[bucket])
        heads[bucket] = Int32(truncatingIfNeeded: rows.count)
        rows.append(row)
        return row
    }

    private func bucket(_ provider: String, _ name: String) -> Int {
        let hash = fnv1a(provider) &* 31 ^ fnv1a(name)
        return Int(truncatingIfNeeded: hash ^ hash >> 32) & (LedgerTable.buckets &- 1)
    }

    func row(at unixSeconds: Int64) -> LedgerRow {
        let stamp = max(0, unixSeconds / seconds)
        if let row = rows.last, row.stamp == stamp { return row }
        // Ordered by time; a clock that was set back finds its row again, or begins anew.
        for row in rows where row.stamp == stamp { return row }
        let row = LedgerRow(stamp: stamp)
        rows.append(row)
        if rows.count > most { rows.removeFirst() }
        return row
    }

    /// When its stretch of time began.
    func start(_ row: LedgerRow) -> Int64 { row.stamp &* seconds }

    /// Whether a row is still of the latest stretches.
    func isCurrent(_ row: LedgerRow, _ unixSeconds: Int64) -> Bool { row.stamp > unixSeconds / seconds &- Int64(most) }
}
