internal import Bytes
internal import CShims
internal import JSON
internal import Model
internal import ModelLists
internal import Settings

/// `providers.<id>.models.file`: a list that the user keeps.
enum ListFile {
    static func read(_ path: String, _ provider: Provider, _ caps: Caps, fill: @escaping (String) -> ModelFacts?) throws(Failure) -> CatalogList {
        var text: UnsafeMutablePointer<CChar>?, length = 0
        let code = path.withCString { gl_read_file($0, caps.body, &text, &length) }
        guard code == 0, let text else { throw failure(provider, path, String(cString: strerror(code))) }
        let bytes = ByteBuffer(taking: text, length), builder = ListBuilder()
        defer { bytes.keepAlive() }
        _ = try readModelFile(bytes.bytes, name: path, provider: provider, mostModels: caps.entries,
                              fill: fill, into: builder.text, each: { builder.take($0) })
        guard let list = CatalogList.made(builder, provider.id, .file, fetchedAt: gl_unix_seconds()) else {
            throw Failure(.memory, "no memory for a model list")
        }
        return list
    }

    /// The first price that no model has, in words.
    static func oddPrice(of list: CatalogList) -> String? {
        defer { list.text.keepAlive() }
        for index in list.entries.indices {
            guard let price = readFacts(JSONView(valid: list.text.bytes, list.entries[index].range)).price, price.source == .configuration,
                  let words = wordsOfOddPrice(price) else { continue }
            return concat(list.id(index), ": ") + words
        }
        return nil
    }

    private static func failure(_ provider: Provider, _ path: String, _ why: String) -> Failure {
        var failure = Failure(.config, concat("providers.", provider.id, ".models.file: ", path) + ": " + why)
        failure.provider = provider.id
        return failure
    }
}
