internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import ModelLists

/// The last good list of a provider in a file of its own, `<cache_dir>/<provider>.models.json`:
/// {"gatelet_models": 2, "provider", "url", "library", "fetched_at", "reading", "entries": [...], "check"}. `reading` and `check`
/// are hashes: of how the list was read, and of the entries. It is read and written in pieces, as long lists must not take a
/// caller's time at once.
enum ListDisk {
    fileprivate static let version = 2

    /// nil: there is to be none.
    fileprivate static func folder(_ setup: Setup, _ provider: Provider) -> String? {
        provider.isScripted || provider.list.file != nil ? nil : setup.configuration.cacheDir
    }

    fileprivate static func path(_ folder: String, _ provider: Provider) -> String { concat(folder, "/", provider.id, ".models.json") }

    /// Where the list came from, without secrets.
    fileprivate static func origin(_ setup: Setup, _ provider: Provider) -> String {
        setup.redaction.text(Dialects.listAddress(of: provider))
    }
}

/// Why a file does not count, or could not be written.
struct DiskProblem: Error {
    let note: String
    init(_ note: String) { self.note = note }
    init(code: Int32) { note = String(cString: strerror(code)) }
}

// MARK: - reading

/// A copy on disk while it is read.
final class ListDiskReader {
    private enum Work { case loading, looking(PageScan), checking(ByteRange, at: Int, hash: UInt64), taking(PageScan), done }

    private static let members = ["gatelet_models", "provider", "url", "library", "fetched_at", "reading", "entries", "check"]

    private let setup: Setup
    private let provider: Provider
    private let file: Int32
    private let bytes: ByteBuffer
    private let builder = ListBuilder()
    private var work = Work.loading
    private var found: [JSONView?] = []

    /// nil: there is none.
    convenience init?(_ setup: Setup, _ provider: Provider) throws(DiskProblem) {
        guard let folder = ListDisk.folder(setup, provider) else { return nil }
        var size = 0
        let file = ListDisk.path(folder, provider).withCString { gl_open_file($0, &size) }
        if file == -ENOENT { return nil }
        if file < 0 { throw DiskProblem(code: -file) }
        self.init(setup, provider, file, size)
    }

    private init(_ setup: Setup, _ provider: Provider, _ file: Int32, _ size: Int) {
        self.setup = setup
        self.provider = provider
        self.file = file
        bytes = ByteBuffer(limit: setup.configuration.caps.body)
        _ = bytes.reserve(min(size, setup.configuration.caps.body))
    }

    deinit { _ = close(file) }

    /// Reads on, for about as long as it takes to pass `most` bytes. nil: there is more.
    func step(_ most: Int) throws(DiskProblem) -> CatalogList? {
        defer { bytes.keepAlive() }
        switch work {
        case .loading: if try load(most) { work = .looking(PageScan(bytes.bytes, paths: ListDiskReader.members)) }
        case .looking(var scan):
            work = .done
            guard let stop = try? scan.run(most) else { throw DiskProblem("damaged") }
            work = if case .finished = stop { .checking(try entries(scan), at: 0, hash: fnvSeed) } else { .looking(scan) }
        case .checking(let entries, let at, let hash):
            let piece = bytes.bytes[ByteRange(entries.start &+ at, min(entries.end, entries.start &+ at &+ most / 8))] // each byte is worked on
            let hash = fnv1a(piece, from: hash)
            if at &+ piece.count < entries.count {
                work = .checking(entries, at: at &+ piece.count, hash: hash)
            } else {
                try check(hash)
                work = .taking(PageScan(bytes.bytes[entries], stopsAtElements: true))
            }
        case .taking(var scan):
            work = .done
            if try take(&scan, most) { return try made() }
            work = .taking(scan)
        case .done: throw DiskProblem("damaged")
        }
        return nil
    }

    /// True: that was all of the file.
    private func load(_ most: Int) throws(DiskProblem) -> Bool {
        let piece = min(most, 64 << 10)
        let count = withUnsafeTemporaryAllocation(byteCount: piece, alignment: 1) { room in
            let count = gl_read(file, room.baseAddress, piece)
            if count > 0, !bytes.append(UnsafeRawBufferPointer(rebasing: room[..<count])) { return -Int(bytes.lacksMemory ? ENOMEM : EFBIG) }
            return count
        }
        if count < 0 { throw DiskProblem(code: Int32(truncatingIfNeeded: -count)) }
        return count == 0
    }

    private func member(_ name: String) -> JSONView? { ListDiskReader.members.firstIndex { same($0, name) }.flatMap { found[$0] } }

    /// Where the entries are, when the file is one for this list.
    private func entries(_ scan: PageScan) throws(DiskProblem) -> ByteRange {
        found = scan.found.map { $0.isNone ? nil : JSONView(valid: bytes.bytes, $0) }
        guard member("gatelet_models")?.int == ListDisk.version, let entries = member("entries"), entries.isArray, member("fetched_at")?.int != nil else {
            throw DiskProblem("not a list of this version")
        }
        guard let url = member("url")?.string, same(url, ListDisk.origin(setup, provider)), let id = member("provider")?.string, same(id, provider.id) else {
            throw DiskProblem("a list of somebody else")
        }
        guard let library = member("library")?.string, same(library, libraryVersion), let reading = member("reading")?.string,
              same(reading, String(decimal: Int(truncatingIfNeeded: provider.listReading))) else { throw DiskProblem("read in another way") }
        let count = ListDiskReader.members.firstIndex { same($0, "entries") }.map { scan.elements[$0] } ?? 0
        if !builder.prepare(min(count, entries.range.count / 2), bytes: entries.range.count) { throw DiskProblem("no memory") }
        return entries.range
    }

    private func check(_ hash: UInt64) throws(DiskProblem) {
        guard let check = member("check")?.string, same(check, String(decimal: Int(truncatingIfNeeded: hash))) else { throw DiskProblem("damaged") }
        guard let fetched = member("fetched_at")?.int, fetched >= 0, Int64(fetched) <= gl_unix_seconds() else { throw DiskProblem("from the future") }
    }

    /// True: those were all.
    private func take(_ scan: inout PageScan, _ most: Int) throws(DiskProblem) -> Bool {
        var left = most
        while left > 0 {
            guard let stop = try? scan.run(left) else { throw DiskProblem("damaged") }
            switch stop {
            case .finished: return true
            case .paused: return false
            case .element(let range):
                guard let list = member("entries") else { throw DiskProblem("damaged") }
                left &-= (range.count &+ 512) &* 8 // to take one takes longer than to pass it
                if !builder.take(JSONView(valid: bytes.bytes, ByteRange(list.range.start &+ range.start, list.range.start &+ range.end))) { throw DiskProblem("no memory") }
            }
        }
        return false
    }

    private func made() throws(DiskProblem) -> CatalogList {
        guard let fetched = member("fetched_at")?.int, let list = CatalogList.made(builder, provider.id, .disk, fetchedAt: Int64(fetched)) else {
            throw DiskProblem("no memory")
        }
        if list.entries.isEmpty { throw DiskProblem("empty") }
        return list
    }
}

// MARK: - writing

/// A copy on disk while it is written: under another name until it is whole.
final class ListDiskWriter {
    private let list: CatalogList
    private let setup: Setup
    private let endpoint: Endpoint
    private let path: String
    var provider: String { list.provider }
    private var file: Int32 = -1
    private var part: [CChar] = []
    private var next = 0
    private var hash = fnvSeed

    /// nil: there is to be none.
    convenience init?(_ list: CatalogList, _ setup: Setup, _ endpoint: Endpoint) {
        guard let folder = ListDisk.folder(setup, endpoint.provider) else { return nil }
        self.init(list, setup, endpoint, ListDisk.path(folder, endpoint.provider))
    }

    private init(_ list: CatalogList, _ setup: Setup, _ endpoint: Endpoint, _ path: String) {
        self.list = list
        self.setup = setup
        self.endpoint = endpoint
        self.path = path
    }

    deinit { if file >= 0 { _ = gl_write_end(file, part, nil) } }

    /// Writes on, about `most` bytes. True: that was all.
    func step(_ most: Int) throws(DiskProblem) -> Bool {
        let out = ByteBuffer()
        defer { out.keepAlive() }
        var ok = true
        if file < 0 {
            try begin()
            ok = head(out)
        }
        let start = out.count &- (next == 0 ? 1 : 0) // the bracket
        while ok, next < list.entries.count, out.count < most {
            let entry = list.entries[next]
            let own = ByteRange(entry.range.start, entry.range.end &- CatalogList.tail.utf8CodeUnitCount)
            ok = (next == 0 || out.append(",\n")) && out.append(list.text.bytes[own]) && out.append("}")
            next &+= 1
        }
        let isWhole = next == list.entries.count
        ok = ok && (!isWhole || out.append("]"))
        hash = fnv1a(out.bytes[ByteRange(max(0, start), out.count)], from: hash)
        if isWhole { ok = ok && out.append(",\"check\":\"") && Report.number(Int64(truncatingIfNeeded: hash), out) && out.append("\"}\n") }
        if !ok { throw DiskProblem("no memory") }
        let code = gl_write_more(file, out.bytes.baseAddress, out.count)
        if code != 0 { throw DiskProblem(code: code) }
        if isWhole { try end() }
        return isWhole
    }

    private func begin() throws(DiskProblem) {
        part = Array(repeating: 0, count: Int(PATH_MAX))
        let folder = setup.configuration.cacheDir ?? ""
        let opened = folder.withCString { folder in path.withCString { gl_write_begin(folder, $0, &part) } }
        if opened < 0 { throw DiskProblem(code: -opened) }
        file = opened
    }

    private func head(_ out: ByteBuffer) -> Bool {
        let provider = endpoint.provider
        return out.append("{\"gatelet_models\":") && Report.number(Int64(ListDisk.version), out)
            && out.append(",\"provider\":") && Report.text(provider.id, out) && out.append(",\"url\":") && Report.text(ListDisk.origin(setup, provider), out)
            && out.append(",\"library\":") && Report.text(libraryVersion, out)
            && out.append(",\"fetched_at\":") && Report.number(list.fetchedAt, out)
            && out.append(",\"reading\":\"") && Report.number(Int64(truncatingIfNeeded: provider.listReading), out) && out.append("\",\"entries\":[")
    }

    private func end() throws(DiskProblem) {
        let open = file
        file = -1
        let code = path.withCString { gl_write_end(open, part, $0) }
        if code != 0 { throw DiskProblem(code: code) }
    }
}
