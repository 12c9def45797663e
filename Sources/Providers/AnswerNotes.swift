package import Model
internal import Wire

/// What an answer tells, beside its usage, of how it was served. The chunks of a stream are read one after the other.
package struct AnswerNotes {
    /// What the provider says; nil: nothing.
    package private(set) var tier: ServedTier?

    /// Who gave the answer behind a router, as the router calls it.
    package private(set) var server: String?

    package init() {}

    /// The whole of a blocking answer, or a chunk.
    package mutating func read(_ root: JSONView, _ provider: Provider) {
        for path in provider.servedPaths {
            if let name = found(path.octets.split(separator: UInt8(ascii: "."))[...], root)?.string(upTo: 128), !name.isEmpty { server = name }
        }
        if let value = root.first("service_tier") { note(tier: value) }
        // Mistral, and Anthropic's own form.
        if let value = root.first("usage")?.first("service_tier") { note(tier: value) }
    }

    /// A header says it in any case.
    package mutating func read(headers: UnsafeRawBufferPointer, _ provider: Provider) {
        guard let name = provider.servedHeader, let value = HeaderText.find(name, in: headers), value.count > 0, value.count <= 128 else { return }
        server = String(utf8: value)
    }

    /// By names with dots between them; a list leads on by its first element.
    private func found(_ path: ArraySlice<ArraySlice<UInt8>>, _ view: JSONView) -> JSONView? {
        guard let name = path.first else { return view }
        if view.isArray { return view.firstElement.flatMap { found(path, $0) } }
        var inner: JSONView?
        let wanted = String(utf8: name)
        view.forEachMember { name, value in
            if inner == nil, same(view.bytes[name], wanted) { inner = value }
        }
        return inner.flatMap { found(path.dropFirst(), $0) }
    }

    /// What the provider says last holds. Servers that have no tiers say null; in a stream that takes nothing back.
    private mutating func note(tier value: JSONView) {
        if value.isNull { tier = tier ?? ServedTier("") } else if let told = servedTier(value) { tier = told }
    }
}

/// A word for a service tier; nil for anything else.
package func servedTier(_ value: JSONView) -> ServedTier? {
    guard let word = value.string(upTo: 64) else { return nil }
    for byte in word.octets where !isNameByte(byte) { return nil }
    return ServedTier(lowercased(word))
}
