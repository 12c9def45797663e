internal import Bytes
internal import CShims
internal import JSON
internal import Model
internal import ModelLists
internal import Transport

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
final class CatalogList {
    let provider: String
    let origin: ListOrigin
    /// Unix seconds, and the same moment on the clock of `gl_now_us`.
    let fetchedAt: Int64
    let time: Int64
    /// Entries with commas between them.
    let text: ByteBuffer
    let entries: CheckedArray<CatalogEntry>
    let words: CatalogWords
    private let table: CheckedArray<UInt32>
    private let lock = Lock()
    /// Those that were asked for, and by entry the place among them, from 1.
    private var facts: [ModelFacts] = []
    private let places: CheckedArray<UInt32>

    /// Behind every entry, until something is known: see `ListWriter`.
    static let tail: StaticString = ",\"availability\":null}"
    /// And in front of it, in a snapshot.
    static let snapshotMark: StaticString = ",\"source\":\"snapshot\""
    static let unknown: StaticString = "null}"
    /// Further ones are read each time.
    private static let mostFacts = 10_000

    /// nil: out of memory. `array`: our own entries.
    static func read(_ array: UnsafeRawBufferPointer, _ provider: String, _ origin: ListOrigin, fetchedAt: Int64) -> CatalogList? {
        let builder = ListBuilder(isSnapshot: origin == .snapshot)
        guard builder.take(all: JSONView(valid: array, ByteRange(0, array.count))) else { return nil }
        return made(builder, provider, origin, fetchedAt: fetchedAt)
    }

    /// nil: out of memory.
    static func made(_ builder: ListBuilder, _ provider: String, _ origin: ListOrigin, fetchedAt: Int64, time: Int64? = nil) -> CatalogList? {
        let places = CheckedArray<UInt32>()
        guard builder.prepare(0), places.append(repeating: 0, count: builder.entries.count) else { return nil }
        return CatalogList(provider, origin, fetchedAt, time, builder, places)
    }

    private init(_ provider: String, _ origin: ListOrigin, _ fetchedAt: Int64, _ time: Int64?, _ builder: ListBuilder, _ places: CheckedArray<UInt32>) {
        self.provider = provider
        self.origin = origin
        self.fetchedAt = fetchedAt
        text = builder.text
        entries = builder.entries
        words = builder.words
        table = builder.table
        self.places = places
        self.time = time ?? gl_now_us() &- max(0, gl_unix_seconds() &- fetchedAt) &* 1_000_000
    }

    /// The provider said so itself, or the user.
    var isWhole: Bool { origin != .snapshot }

    /// The bytes of an entry without what was added behind it, its bracket included.
    func core(_ index: Int) -> UnsafeRawBufferPointer {
        let added = CatalogList.tail.utf8CodeUnitCount &+ (isWhole ? 0 : CatalogList.snapshotMark.utf8CodeUnitCount)
        let range = entries[index].range
        return text.bytes[ByteRange(range.start, max(range.start, range.end &- added))]
    }

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
        if let known = lock.with({ places[index] == 0 ? nil : facts[Int(places[index]) &- 1] }) { return known }
        let read = readFacts(JSONView(valid: text.bytes, entries[index].range))
        text.keepAlive()
        return lock.with {
            if places[index] > 0 { return facts[Int(places[index]) &- 1] } // another thread was faster
            if facts.count >= CatalogList.mostFacts { return read }
            facts.append(read)
            places[index] = UInt32(facts.count)
            return read
        }
    }
}
