internal import Bytes
internal import JSON
internal import Model

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
    /// Its parameters, capabilities, modalities and type, as `CatalogWords` numbers them.
    var words = WordSet()
}

/// Some of the 128 words of a list. (Shifting a UInt128 would take a library of the compiler's.)
struct WordSet {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// It has more, for which no bit was left.
    var isPartial = false

    mutating func insert(_ bit: Int) {
        if bit < 64 { low |= 1 &<< UInt64(bit) } else { high |= 1 &<< UInt64(bit &- 64) }
    }

    var isEmpty: Bool { low | high == 0 }
    func holds(_ other: WordSet) -> Bool { low & other.low == other.low && high & other.high == other.high }
    func meets(_ other: WordSet) -> Bool { low & other.low | high & other.high != 0 }
}

/// The words that the entries of one list use, a bit for each. A list uses some seventy; an entry with others beyond 128 is
/// marked.
struct CatalogWords {
    /// "image" of the input is another word than "image" of the output.
    enum Kind: UInt64 { case ability = 1, input, output, type }

    private var hashes: [UInt64] = []

    /// -1: no entry has it.
    func bit(_ word: String, _ kind: Kind) -> Int {
        var word = word
        return word.withUTF8 { find(fnv1a(UnsafeRawBufferPointer($0), from: fnvSeed ^ kind.rawValue)) }
    }

    mutating func add(_ word: UnsafeRawBufferPointer, _ kind: Kind, to set: inout WordSet) {
        let hash = fnv1a(word, from: fnvSeed ^ kind.rawValue)
        var bit = find(hash)
        if bit < 0, hashes.count < 128 {
            bit = hashes.count
            hashes.append(hash)
        }
        if bit >= 0 { set.insert(bit) } else { set.isPartial = true }
    }

    private func find(_ hash: UInt64) -> Int {
        for (index, known) in hashes.enumerated() where known == hash { return index }
        return -1
    }
}

extension CatalogEntry {
    /// nil: it has no id. Our own entries (docs/answers.md, "Model lists"), or a disk copy of them.
    init?(_ entry: JSONView, _ words: inout CatalogWords) {
        let bytes = entry.bytes
        range = entry.range
        var found = WordSet()
        entry.forEachMember { name, value in
            let name = bytes[name]
            if name.equals("id") { id = inside(value) } else if name.equals("name") { self.name = inside(value) }
            else if name.equals("context_length") { context = value.int ?? -1 }
            else if name.equals("created") { created = value.int ?? -1 }
            else if name.equals("pricing") { readPrices(value) }
            else if name.equals("architecture") {
                value["input_modalities"]?.forEachElement { words.add(bytes[inside($0)], .input, to: &found) }
                value["output_modalities"]?.forEachElement { words.add(bytes[inside($0)], .output, to: &found) }
            } else if name.equals("supported_parameters") || name.equals("capabilities") {
                value.forEachElement { words.add(bytes[inside($0)], .ability, to: &found) }
            } else if name.equals("type"), value.isString { words.add(bytes[inside(value)], .type, to: &found) }
        }
        if id.count <= 0 { return nil }
        self.words = found
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
