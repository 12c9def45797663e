internal import Bytes

/// One found model: where it stands, and by what it is sorted. A number below zero is unknown and comes last.
struct ListRow {
    var part: Int
    var entry: Int
    var key: Int128
    var text = ByteRange.none
}

extension CatalogEntry {
    /// `latency`: microseconds.
    func row(_ sort: ListQuery.Sort, _ part: Int, _ index: Int, latency: Int64) -> ListRow {
        var row = ListRow(part: part, entry: index, key: 0)
        switch sort {
        case .price: row.key = prompt < 0 || completion < 0 ? -1 : Money.sum(prompt, completion) ?? -1
        case .context: row.key = Int128(context)
        case .created: row.key = Int128(created)
        case .latency: row.key = Int128(latency)
        case .name: row.text = name.count > 0 ? name : id
        case .id: row.text = id
        }
        return row
    }
}

/// Sorts in place, the same way every time: equals stay in the order of the lists. (A heap: it needs no memory of its own, which might not be there.)
func arrange(_ rows: CheckedArray<ListRow>, _ parts: [ListPart], descending: Bool) {
    func isBefore(_ a: ListRow, _ b: ListRow) -> Bool {
        if a.key < 0 || b.key < 0, (a.key < 0) != (b.key < 0) { return b.key < 0 }
        var difference = a.key < b.key ? -1 : a.key > b.key ? 1 : 0
        if difference == 0, !a.text.isNone { difference = order(parts[a.part].text[a.text], parts[b.part].text[b.text]) }
        if difference != 0 { return descending ? difference > 0 : difference < 0 }
        return a.part != b.part ? a.part < b.part : a.entry < b.entry
    }
    func sink(_ start: Int, _ count: Int) {
        var at = start
        while at &* 2 &+ 1 < count {
            var child = at &* 2 &+ 1
            if child &+ 1 < count, isBefore(rows[child], rows[child &+ 1]) { child &+= 1 }
            if !isBefore(rows[at], rows[child]) { return }
            rows.swapAt(at, child)
            at = child
        }
    }
    var count = rows.count
    for start in stride(from: count / 2 &- 1, through: 0, by: -1) { sink(start, count) }
    while count > 1 {
        count &-= 1
        rows.swapAt(0, count)
        sink(0, count)
    }
}
