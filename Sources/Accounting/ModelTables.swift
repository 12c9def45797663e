internal import Bytes
internal import CShims
package import Catalog

/// The price tables of this process: the brief one in the library, and the full one beside it, which is read when it is first
/// asked for: `gatelet/models.tsv` in the folder of the library. One that is put there later, or a newer one, needs no new library.
package final class ModelTables: @unchecked Sendable { // what it reads once is read and written while no fork can happen, and published by an atomic
    package static let shared = ModelTables(besideLibrary())

    private let embedded = ModelTable.embedded()
    private let path: String?
    private var beside: ModelTable?
    /// 1 once `beside` is what it stays.
    private let isRead = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    package init(_ path: String?) {
        self.path = path
        isRead.initialize(to: 0)
    }

    deinit { isRead.deallocate() }

    /// Hears what is wrong with the table beside the library, once.
    package typealias Complaint = (String) -> Void

    /// The full table; nil when it is not there.
    package func full(_ complain: Complaint) -> ModelTable? {
        if gl_load(isRead) != 0 { return beside }
        let complaint = withoutForks { () -> String? in
            if gl_load(isRead) != 0 { return nil }
            defer { gl_store(isRead, 1) }
            return read()
        }
        if let complaint, let path { complain(concat(path, ": ", complaint, "; the prices in the library count")) }
        return gl_load(isRead) != 0 ? beside : nil
    }

    /// What the tables say of a model; the full one first.
    package func row(_ provider: String, _ model: String, _ complain: Complaint) -> TableRow? {
        full(complain)?.row(provider, model) ?? embedded.row(provider, model)
    }

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
