internal import Accounting
internal import Bytes
internal import JSON
internal import Model

/// A list while it is read: the text of its entries as they are written, and what is known of each of them.
final class ListBuilder {
    /// Entries with commas between them.
    let text: ByteBuffer
    let entries = CheckedArray<CatalogEntry>()
    private(set) var words = CatalogWords()
    /// Places of entries by the hash of their id, from 1; 0 for none. Twice as long as there are entries, or longer.
    private(set) var table = CheckedArray<UInt32>()
    private let isSnapshot: Bool
    /// Bytes that an entry of ours takes beside what the list tells of the model.
    private static let usualFrame = 900

    init(limit: Int = .max, isSnapshot: Bool = false) {
        text = ByteBuffer(limit: limit)
        self.isSnapshot = isSnapshot
    }

    /// Makes room for so many further entries, of a list of so many bytes. Their text grows as they come where that much is not to be
    /// had; to move what is there takes a while. False: out of memory.
    func prepare(_ more: Int, bytes: Int) -> Bool {
        let room = bytes &+ bytes / 4 &+ more &* ListBuilder.usualFrame
        if more < 1 << 30, bytes < 1 << 40, text.count &+ room <= text.limit { _ = text.reserve(room) }
        return prepare(more)
    }

    /// Makes room for so many further entries at once. False: out of memory.
    func prepare(_ more: Int) -> Bool {
        if !entries.reserve(more) { return false }
        let (wanted, over) = entries.count.addingReportingOverflow(max(0, more))
        var size = max(16, table.count)
        while !over, size / 2 < wanted, size < 1 << 31 { size &*= 2 }
        if over || size / 2 < wanted { return false }
        if size == table.count { return true }
        let wider = CheckedArray<UInt32>()
        guard wider.append(repeating: 0, count: size) else { return false }
        table = wider
        for index in entries.indices { enter(index) }
        return true
    }

    /// Takes the entry of ours that stands at the end of the text. False: out of memory.
    func take(_ range: ByteRange) -> Bool {
        guard var entry = CatalogEntry(JSONView(valid: text.bytes, range), &words) else {
            text.removeLast(text.count &- range.start)
            if !entries.isEmpty { text.removeLast(1) }
            return true
        }
        text.removeLast(1) // its bracket
        guard !isSnapshot || text.append(CatalogList.snapshotMark), text.append(CatalogList.tail), prepare(1) else { return false }
        entry.range.end = text.count
        guard entries.append(entry) else { return false }
        enter(entries.count &- 1)
        return true
    }

    /// The same of what a provider wrote, who may write down what is secret.
    func take(_ range: ByteRange, _ redaction: Redaction) -> Bool {
        defer { text.keepAlive() }
        guard let clean = redaction.bytes(text.bytes[range]) else { return take(range) }
        text.removeLast(text.count &- range.start)
        return Report.append(clean, text) && take(ByteRange(range.start, text.count))
    }

    /// All entries of an array of ours. False: out of memory.
    func take(all array: JSONView) -> Bool {
        var ok = text.reserve(array.range.count)
        array.forEachElement { if ok { ok = take($0) } }
        return ok
    }

    /// One entry of an array of ours. False: out of memory.
    func take(_ element: JSONView) -> Bool {
        if !element.isObject { return true }
        guard entries.isEmpty || text.append(",") else { return false }
        let start = text.count
        return text.append(element.raw) && take(ByteRange(start, text.count))
    }

    private func enter(_ index: Int) {
        let mask = table.count &- 1
        var at = Int(truncatingIfNeeded: entries[index].hash) & mask
        while table[at] != 0 { at = (at &+ 1) & mask }
        table[at] = UInt32(truncatingIfNeeded: index &+ 1)
    }
}
