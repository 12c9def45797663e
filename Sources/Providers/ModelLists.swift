package import Model
package import Wire

package struct ModelListCount: Sendable, Equatable {
    package var models = 0
    /// Entries without an id, or that are no objects.
    package var skipped = 0
    /// Entries with the id of an earlier one.
    package var duplicates = 0
    package init() {}
}

/// Reads a provider's model list and appends ours as one JSON array. `fill` gives what is known elsewhere of a model, for values
/// that the list does not tell.
package func readModelList(_ body: UnsafeRawBufferPointer, provider: Provider, fill: (String) -> ModelFacts? = { _ in nil },
                           into buffer: ByteBuffer) throws(Failure) -> ModelListCount {
    let reader = try ModelListReader(provider, into: buffer)
    try reader.read(body, fill: fill)
    return try reader.finish()
}

/// Reads a list of one page or several. The array is closed by `finish`.
package final class ModelListReader {
    private let provider: Provider
    private let mapping: ListMapping
    private let entry: ListEntry
    private var out: MemberWriter
    private var count = ModelListCount()
    private var seen = SeenIDs()

    /// `isFile`: the list is a file of the user's (`models.file`), not an answer.
    package init(_ provider: Provider, isFile: Bool = false, into buffer: ByteBuffer) throws(Failure) {
        self.provider = provider
        mapping = try ListMapping(provider)
        entry = ListEntry(provider, mapping, isFile: isFile)
        out = MemberWriter(buffer)
        out.open("[")
    }

    /// One page. Fails when it is no list. `stops`: nobody wants it any more.
    package func read(_ body: UnsafeRawBufferPointer, fill: (String) -> ModelFacts?, stops: () -> Bool = { false }) throws(Failure) {
        guard let root = JSONView(document: trimmed(body)) else { return try readRepaired(body, fill, stops) }
        guard let list = mapping.array(root) else {
            if speaksOfAnError(body) {
                throw classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: body, provider: provider, model: "")
            }
            throw failure(concat(provider.title, " answered with something that is no model list"))
        }
        try list.forEachElement { (element: JSONView) throws(Failure) in
            if stops() { throw Failure(.closed, "the client was freed while a model list was read") }
            if !entry.read(element) {
                count.skipped &+= 1
            } else if entry.isLeftOut { return
            } else if !seen.insert(entry.id) {
                count.duplicates &+= 1
            } else {
                entry.write(fill(entry.id), &out)
                count.models &+= 1
            }
        }
    }

    package func finish() throws(Failure) -> ModelListCount {
        out.close("]")
        if out.failed { throw failure(concat("the model list of ", provider.title, " is too large"), .tooLarge) }
        return count
    }

    /// Bad UTF-8 or a lone surrogate in one description must not cost the whole list.
    private func readRepaired(_ body: UnsafeRawBufferPointer, _ fill: (String) -> ModelFacts?, _ stops: () -> Bool) throws(Failure) {
        let repaired = ByteBuffer()
        defer { repaired.keepAlive() }
        guard repairJSON(body, into: repaired), JSONView(document: trimmed(repaired.bytes)) != nil else {
            throw notJSON(body, provider, "")
        }
        try read(repaired.bytes, fill: fill, stops: stops)
    }

    private func failure(_ message: String, _ status: Status = .badResponse) -> Failure {
        var failure = Failure(status, message)
        failure.provider = provider.id
        return failure
    }
}

extension ListMapping {
    /// The list in an answer: the first of the paths that leads to an array.
    func array(_ root: JSONView) -> JSONView? {
        for path in lists {
            if let found = value(path, in: root), found.isArray { return found }
        }
        return nil
    }
}

/// A value by its path; the whole for the path "".
package func value(_ path: String, in root: JSONView) -> JSONView? {
    var view = root
    for name in path.octets.split(separator: UInt8(ascii: ".")) {
        var inner: JSONView?
        let wanted = String(utf8: name)
        view.forEachMember { name, value in
            if same(view.bytes[name], wanted) { inner = value }
        }
        guard let inner else { return nil }
        view = inner
    }
    return view
}
