internal import Bytes
internal import CShims
internal import Catalog

/// The price tables of this process: the brief one in the library, and the full one beside it, which is read when it is first
/// asked for: `gatelet/models.tsv` in the folder of the library. One that is put there later, or a newer one, needs no new library.
final class ModelTables: @unchecked Sendable {
    static let shared = ModelTables(besideLibrary())

    private let embedded = ModelTable.embedded()
    private let path: String?
    private var beside: ModelTable?
    /// 1 once `beside` is what it stays.
    private let isRead = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    init(_ path: String?) {
        self.path = path
        isRead.initialize(to: 0)
    }

    deinit { isRead.deallocate() }

    /// The full table; nil when it is not there.
    func full(_ log: Client?) -> ModelTable? {
        if gl_load(isRead) != 0 { return beside }
        let complaint = FirstUse.inside { () -> String? in
            if gl_load(isRead) != 0 { return nil }
            defer { gl_store(isRead, 1) }
            return read()
        }
        if let complaint, let path { log?.log(2, concat(path, ": ", complaint, "; the prices in the library count")) }
        return gl_load(isRead) != 0 ? beside : nil
    }

    /// What the tables say of a model; the full one first.
    func row(_ provider: String, _ model: String, _ log: Client?) -> TableRow? { full(log)?.row(provider, model) ?? embedded.row(provider, model) }

    /// The table to look models up in, or to list them from. Its rows are good as long as the process.
    func best(_ log: Client?) -> ModelTable { full(log) ?? embedded }

    private static let limit = 64 << 20

    /// What is wrong with the file; nil also when there is none.
    private func read() -> String? {
        guard let path else { return nil }
        var text: UnsafeMutablePointer<CChar>?, length = 0
        let code = path.withCString { gl_read_file($0, ModelTables.limit, &text, &length) }
        guard code == 0, let text else { return code == ENOENT || code == ENOTDIR ? nil : String(cString: strerror(code)) }
        beside = ModelTable.read(ByteBuffer(taking: text, length))
        return beside == nil ? "no table of models, or its rows are not in order" : nil
    }
}

private func besideLibrary() -> String? {
    guard let path = gl_library_path() else { return nil }
    var folder = String(cString: path).octets
    while let last = folder.last, last != UInt8(ascii: "/") { folder.removeLast() }
    return concat(String(utf8: folder), "gatelet/models.tsv")
}
