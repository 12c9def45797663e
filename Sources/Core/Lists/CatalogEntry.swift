internal import Model
internal import Providers
internal import Wire

/// What a query may ask of one entry of a list, so that it need not be read again. Negative numbers are unknown.
struct CatalogEntry {
    /// The entry's bytes, and those of its id and name without their quotes.
    var range = ByteRange.none
    var id = ByteRange.none
    var name = ByteRange.none
    /// Of the id's text.
    var hash: UInt64 = 0
    var context = -1
    var created = -1
    var prompt: AttoUSD = -1
    var completion: AttoUSD = -1
    var request: AttoUSD = -1
    var image: AttoUSD = -1
    /// Its parameters, capabilities, modalities and type, as `CatalogWords` counts them.
    var words: UInt128 = 0
}

/// The words that the entries of one list use, a bit for each. A list uses some seventy; where one used more, those beyond
/// would find nothing.
struct CatalogWords {
    /// "image" of the input is another word than "image" of the output.
    enum Kind: UInt64 { case ability = 1, input, output, type }

    private var hashes: [UInt64] = []

    /// 0: no entry has it.
    func bit(_ word: UnsafeRawBufferPointer, _ kind: Kind) -> UInt128 {
        find(fnv1a(word, from: fnvSeed ^ kind.rawValue)).map { 1 << UInt128($0) } ?? 0
    }

    func bit(_ word: String, _ kind: Kind) -> UInt128 {
        var word = word
        return word.withUTF8 { bit(UnsafeRawBufferPointer($0), kind) }
    }

    mutating func add(_ word: UnsafeRawBufferPointer, _ kind: Kind) -> UInt128 {
        let hash = fnv1a(word, from: fnvSeed ^ kind.rawValue)
        if let known = find(hash) { return 1 << UInt128(known) }
        if hashes.count >= 128 { return 0 }
        hashes.append(hash)
        return 1 << UInt128(hashes.count &- 1)
    }

    private func find(_ hash: UInt64) -> Int? {
        for (index, known) in hashes.enumerated() where known == hash { return index }
        return nil
    }
}

extension CatalogEntry {
    /// nil: it has no id. Our own entries (docs/json.md, "Model lists"), or a disk copy of them.
    init?(_ entry: JSONView, _ words: inout CatalogWords) {
        let bytes = entry.bytes
        range = entry.range
        var bits: UInt128 = 0
        entry.forEachMember { name, value in
            let name = bytes[name]
            if name.equals("id") { id = inside(value) } else if name.equals("name") { self.name = inside(value) }
            else if name.equals("context_length") { context = value.int ?? -1 }
            else if name.equals("created") { created = value.int ?? -1 }
            else if name.equals("pricing") { readPrices(value) }
            else if name.equals("architecture") {
                value["input_modalities"]?.forEachElement { bits |= words.add(bytes[inside($0)], .input) }
                value["output_modalities"]?.forEachElement { bits |= words.add(bytes[inside($0)], .output) }
            } else if name.equals("supported_parameters") || name.equals("capabilities") {
                value.forEachElement { bits |= words.add(bytes[inside($0)], .ability) }
            } else if name.equals("type"), value.isString { bits |= words.add(bytes[inside(value)], .type) }
        }
        if id.count <= 0 { return nil }
        self.words = bits
        hash = idHash(bytes)
    }

    private func idHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        contains(bytes[id], Ascii.backslash) ? fnv1a(decodedText(bytes, id)) : fnv1a(bytes[id])
    }

    private mutating func readPrices(_ pricing: JSONView) {
        pricing.forEachMember { name, value in
            let name = pricing.bytes[name]
            if name.equals("prompt") { prompt = money(value) } else if name.equals("completion") { completion = money(value) }
            else if name.equals("request") { request = money(value) } else if name.equals("image") { image = money(value) }
        }
    }
}

/// Without the quotes; nothing of what is no string.
private func inside(_ value: JSONView) -> ByteRange {
    value.isString ? ByteRange(value.range.start &+ 1, value.range.end &- 1) : .none
}

private func money(_ value: JSONView) -> AttoUSD { value.string.flatMap { DecimalText($0) }?.atto ?? -1 }
