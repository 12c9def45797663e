internal import CShims
internal import Model
internal import Providers
internal import Wire

/// The last good list of a provider in a file of its own, `<cache_dir>/<provider>.models.json`:
/// {"gatelet_models": 2, "provider", "url", "library", "fetched_at", "reading", "entries": [...], "check"}. `reading` and `check`
/// are hashes: of how the list was read, and of the entries.
enum ListDisk {
    private static let version = 2

    private static func path(_ folder: String, _ provider: Provider) -> String { concat(folder, "/", provider.id, ".models.json") }

    private static func folder(_ setup: Setup, _ provider: Provider) -> String? {
        same(provider.dialect, "dev") || provider.modelsFile != nil ? nil : setup.configuration.cacheDir
    }

    /// Where the list came from, without secrets.
    private static func origin(_ setup: Setup, _ provider: Provider) -> String {
        setup.redaction.text(provider.listAddress)
    }

    // MARK: reading

    /// `note`: why a file that is there does not count.
    static func read(_ setup: Setup, _ route: Route) -> (list: CatalogList?, note: String?) {
        guard let folder = folder(setup, route.provider) else { return (nil, nil) }
        var text: UnsafeMutablePointer<CChar>?, length = 0
        let code = path(folder, route.provider).withCString { gl_read_file($0, setup.configuration.caps.body, &text, &length) }
        if code == ENOENT { return (nil, nil) }
        guard code == 0, let text else { return (nil, String(cString: strerror(code))) }
        let bytes = ByteBuffer(taking: text, length)
        defer { bytes.keepAlive() }
        guard let root = JSONView(document: bytes.bytes), root["gatelet_models"]?.int == version, let entries = root["entries"], entries.isArray,
              let fetched = root["fetched_at"]?.int else { return (nil, "not a list of this version") }
        guard let url = root["url"]?.string, same(url, origin(setup, route.provider)),
              let provider = root["provider"]?.string, same(provider, route.provider.id) else { return (nil, "a list of somebody else") }
        guard let library = root["library"]?.string, same(library, libraryVersion), let reading = root["reading"]?.string,
              same(reading, String(decimal: Int(truncatingIfNeeded: route.provider.listReading))) else { return (nil, "read in another way") }
        guard let check = root["check"]?.string, same(check, String(decimal: Int(truncatingIfNeeded: fnv1a(entries.raw)))) else { return (nil, "damaged") }
        if fetched < 0 || Int64(fetched) > gl_unix_seconds() { return (nil, "from the future") }
        guard let list = CatalogList.read(entries.raw, route.provider.id, .disk, fetchedAt: Int64(fetched)) else { return (nil, "no memory") }
        return list.entries.isEmpty ? (nil, "empty") : (list, nil)
    }

    // MARK: writing

    /// What went wrong.
    static func write(_ list: CatalogList, _ setup: Setup, _ route: Route) -> String? {
        guard let folderPath = folder(setup, route.provider) else { return nil }
        let out = ByteBuffer()
        defer { out.keepAlive() }
        guard write(list, setup, route.provider, out) else { return "no memory" }
        let code = folderPath.withCString { folder in
            path(folderPath, route.provider).withCString { gl_write_file(folder, $0, out.bytes.baseAddress, out.count) }
        }
        return code == 0 ? nil : String(cString: strerror(code))
    }

    private static func write(_ list: CatalogList, _ setup: Setup, _ provider: Provider, _ out: ByteBuffer) -> Bool {
        defer { list.text.keepAlive() }
        var ok = out.reserve(list.text.count) && out.append("{\"gatelet_models\":") && Report.number(Int64(version), out)
            && out.append(",\"provider\":") && Report.text(provider.id, out) && out.append(",\"url\":") && Report.text(origin(setup, provider), out)
            && out.append(",\"library\":") && Report.text(libraryVersion, out)
            && out.append(",\"fetched_at\":") && Report.number(list.fetchedAt, out)
            && out.append(",\"reading\":\"") && Report.number(Int64(truncatingIfNeeded: provider.listReading), out) && out.append("\",\"entries\":")
        let start = out.count
        ok = ok && out.append("[")
        for index in list.entries.indices {
            let entry = list.entries[index]
            let own = ByteRange(entry.range.start, entry.range.end &- CatalogList.tail.utf8CodeUnitCount)
            ok = ok && (index == 0 || out.append(",\n")) && out.append(list.text.bytes[own]) && out.append("}")
        }
        ok = ok && out.append("]")
        let check = ok ? fnv1a(out.bytes[ByteRange(start, out.count)]) : 0
        return ok && out.append(",\"check\":\"") && Report.number(Int64(truncatingIfNeeded: check), out) && out.append("\"}\n")
    }
}
