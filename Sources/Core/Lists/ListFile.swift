internal import CShims
internal import Model
internal import Providers
internal import Wire

/// `providers.<id>.models.file`: a list that the user keeps.
enum ListFile {
    static func read(_ path: String, _ provider: Provider, _ call: ListCall) throws(Failure) -> CatalogList {
        var text: UnsafeMutablePointer<CChar>?, length = 0
        let code = path.withCString { gl_read_file($0, call.setup.configuration.caps.body, &text, &length) }
        guard code == 0, let text else { throw failure(provider, path, String(cString: strerror(code))) }
        let bytes = ByteBuffer(taking: text, length), entries = ByteBuffer()
        defer {
            bytes.keepAlive()
            entries.keepAlive()
        }
        _ = try readModelFile(bytes.bytes, name: path, provider: provider, fill: call.client.fill(provider, call.setup), into: entries)
        guard let list = CatalogList.read(entries.bytes, provider.id, .file, fetchedAt: gl_unix_seconds()) else {
            throw Failure(.memory, "no memory for a model list")
        }
        return list
    }

    private static func failure(_ provider: Provider, _ path: String, _ why: String) -> Failure {
        var failure = Failure(.config, concat("providers.", provider.id, ".models.file: ", path) + ": " + why)
        failure.provider = provider.id
        return failure
    }
}
