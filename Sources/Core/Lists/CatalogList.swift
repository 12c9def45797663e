internal import CShims
internal import Model
internal import Providers
internal import Transport
internal import Wire

/// Where a list was read.
enum ListOrigin {
    case api, disk, snapshot, file

    var name: StaticString {
        switch self {
        case .api: "api"
        case .disk: "disk"
        case .snapshot: "snapshot"
        case .file: "static"
        }
    }
}

/// The models of one provider as they were at one moment: its entries as they are printed, and an index of them. Nothing of
/// it changes any more, the memory of facts excepted.
final class CatalogList: @unchecked Sendable {
    let provider: String
    let origin: ListOrigin
    /// Unix seconds, and the same moment on the clock of `gl_now_us`.
    let fetchedAt: Int64
    let time: Int64
    /// Entries with commas between them.
    let text: ByteBuffer
    let entries: [CatalogEntry]
    let words: CatalogWords
    /// Places of entries by the hash of their id, 0 for none: twice as long as there are entries, or longer.
    private let table: [UInt32]
    private let lock = Lock()
    private var facts: [ModelFacts?]

    /// Behind every entry, until something is known: see `ListWriter`.
    static let tail: StaticString = ",\"availability\":null}"
    static let unknown: StaticString = "null}"

    /// nil: out of memory. `array`: our own entries.
    static func read(_ array: UnsafeRawBufferPointer, _ provider: String, _ origin: ListOrigin, fetchedAt: Int64, time: Int64? = nil) -> CatalogList? {
        let text = ByteBuffer()
        var entries: [CatalogEntry] = [], words = CatalogWords(), ok = text.reserve(array.count)
        JSONView(valid: array, ByteRange(0, array.count)).forEachElement { element in
            guard ok, var entry = CatalogEntry(element, &words) else { return }
            if !entries.isEmpty { ok = text.append(",") }
            entry.move(by: text.count &- element.range.start)
            ok = ok && text.append(array[ByteRange(element.range.start, element.range.end &- 1)])
                && (origin != .snapshot || text.append(",\"source\":\"snapshot\"")) && text.append(tail)
            entry.range.end = text.count
            entries.append(entry)
        }
        return ok ? CatalogList(provider, origin, fetchedAt, time, text, entries, words) : nil
    }

    private init(_ provider: String, _ origin: ListOrigin, _ fetchedAt: Int64, _ time: Int64?, _ text: ByteBuffer, _ entries: [CatalogEntry], _ words: CatalogWords) {
        self.provider = provider
        self.origin = origin
        self.fetchedAt = fetchedAt
        self.text = text
        self.entries = entries
        self.words = words
        self.time = time ?? gl_now_us() &- max(0, gl_unix_seconds() &- fetchedAt) &* 1_000_000
        facts = Array(repeating: nil, count: entries.count)
        table = CatalogList.table(entries)
    }

    private static func table(_ entries: [CatalogEntry]) -> [UInt32] {
        var size = 16
        while size < entries.count &* 2 { size &*= 2 }
        var table = [UInt32](repeating: 0, count: size)
        for (index, entry) in entries.enumerated() {
            var at = Int(truncatingIfNeeded: entry.hash) & (size &- 1)
            while table[at] != 0 { at = (at &+ 1) & (size &- 1) }
            table[at] = UInt32(truncatingIfNeeded: index &+ 1)
        }
        return table
    }

    /// The provider said so itself, or the user.
    var isWhole: Bool { origin != .snapshot }

    func age(_ now: Int64) -> Int64 { max(0, now &- time) }

    // MARK: one model

    /// The place of a model's entry.
    func find(_ id: String, _ hash: UInt64) -> Int? {
        let mask = table.count &- 1
        var at = Int(truncatingIfNeeded: hash) & mask
        while table[at] != 0 {
            let index = Int(table[at]) &- 1
            if entries[index].hash == hash, has(id, entries[index]) { return index }
            at = (at &+ 1) & mask
        }
        return nil
    }

    private func has(_ id: String, _ entry: CatalogEntry) -> Bool {
        defer { text.keepAlive() }
        let raw = text.bytes[entry.id]
        return contains(raw, Ascii.backslash) ? same(decodedText(text.bytes, entry.id), id) : same(raw, id)
    }

    func id(_ index: Int) -> String {
        defer { text.keepAlive() }
        return decodedText(text.bytes, entries[index].id)
    }

    /// Read when they are first asked for: few models of a list are ever used.
    func facts(_ index: Int) -> ModelFacts {
        if let known = lock.with({ facts[index] }) { return known }
        let read = readFacts(JSONView(valid: text.bytes, entries[index].range))
        text.keepAlive()
        lock.with { facts[index] = read }
        return read
    }
}

extension CatalogEntry {
    fileprivate mutating func move(by distance: Int) {
        range = moved(range, distance)
        id = moved(id, distance)
        name = moved(name, distance)
    }
}

private func moved(_ range: ByteRange, _ distance: Int) -> ByteRange {
    range.isNone ? range : ByteRange(range.start &+ distance, range.end &+ distance)
}
