internal import Bytes
internal import JSON
internal import Model
internal import Planning

/// A query made ready for one list: reads its index only. What is not known satisfies nothing that asks for it.
struct ListFilter {
    private let query: ListQuery
    private let list: CatalogList
    /// All of these, and one of those.
    private var wanted = WordSet()
    private var types = WordSet()
    private var hopeless = false

    init(_ query: ListQuery, _ list: CatalogList) {
        self.query = query
        self.list = list
        want(query.inputs, .input)
        want(query.outputs, .output)
        want(query.abilities, .ability)
        for word in query.types {
            let bit = list.words.bit(word, .type)
            if bit >= 0 { types.insert(bit) }
        }
        if types.isEmpty, !query.types.isEmpty { hopeless = true }
    }

    private mutating func want(_ words: [String], _ kind: CatalogWords.Kind) {
        for word in words {
            let bit = list.words.bit(word, kind)
            if bit < 0 { hopeless = true } else { wanted.insert(bit) }
        }
    }

    func passes(_ index: Int) -> Bool {
        let entry = list.entries[index]
        if entry.words.isPartial {
            if !reads(entry) { return false }
        } else if hopeless || !entry.words.holds(wanted) || !types.isEmpty && !entry.words.meets(types) {
            return false
        }
        if let least = query.minContext, entry.context < least { return false }
        if let free = query.free, entry.isFree != free { return false }
        if let most = query.maxPrice, !entry.isWithin(most) { return false }
        return query.ids.isEmpty || hasID(entry)
    }

    /// Of an entry whose words found no bit in the index, the words themselves.
    private func reads(_ entry: CatalogEntry) -> Bool {
        defer { list.text.keepAlive() }
        let view = JSONView(valid: list.text.bytes, entry.range), architecture = view["architecture"], type = view["type"]?.string
        return query.inputs.allSatisfy { lists(architecture?["input_modalities"], $0) }
            && query.outputs.allSatisfy { lists(architecture?["output_modalities"], $0) }
            && query.abilities.allSatisfy { lists(view["supported_parameters"], $0) || lists(view["capabilities"], $0) }
            && (query.types.isEmpty || type.map { query.types.has($0) } ?? false)
    }

    private func lists(_ words: JSONView?, _ word: String) -> Bool {
        var found = false
        words?.forEachElement { if let text = $0.string, same(text, word) { found = true } }
        return found
    }

    private func hasID(_ entry: CatalogEntry) -> Bool {
        defer { list.text.keepAlive() }
        let raw = list.text.bytes[entry.id]
        if !contains(raw, Ascii.backslash) { return query.ids.contains { $0.matches(raw) } }
        var id = decodedText(list.text.bytes, entry.id)
        return id.withUTF8 { id in query.ids.contains { $0.matches(UnsafeRawBufferPointer(id)) } }
    }
}

extension CatalogEntry {
    /// nil: not known.
    fileprivate var isFree: Bool? { prompt < 0 || completion < 0 ? nil : prompt == 0 && completion == 0 && request <= 0 }

    fileprivate func isWithin(_ most: PriceCeiling) -> Bool {
        fits(prompt, most.prompt) && fits(completion, most.completion) && fits(request, most.request) && fits(image, most.image)
    }

    private func fits(_ price: AttoUSD, _ most: AttoUSD?) -> Bool {
        guard let most else { return true }
        return price >= 0 && price <= most
    }
}
