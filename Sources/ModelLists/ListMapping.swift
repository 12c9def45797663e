internal import Bytes
internal import Catalog
internal import JSON
package import Model
package import Settings

/// A value of an entry that a mapping can say a place for.
enum ListSlot: UInt8, CaseIterable {
    case id, canonicalSlug, huggingFaceID, name, created, description, contextLength, maxOutput, modality, inputs, outputs, instructType
    case tokenizer, topProvider, requestLimits, parameters, defaults, type, capabilities, aliases, expiration, overrides, hourly

    var name: StaticString {
        switch self {
        case .id: "id"
        case .canonicalSlug: "canonical_slug"
        case .huggingFaceID: "hugging_face_id"
        case .name: "name"
        case .created: "created"
        case .description: "description"
        case .contextLength: "context_length"
        case .maxOutput: "max_output_tokens"
        case .modality: "modality"
        case .inputs: "input_modalities"
        case .outputs: "output_modalities"
        case .instructType: "instruct_type"
        case .tokenizer: "tokenizer"
        case .topProvider: "top_provider"
        case .requestLimits: "per_request_limits"
        case .parameters: "supported_parameters"
        case .defaults: "default_parameters"
        case .type: "type"
        case .capabilities: "capabilities"
        case .aliases: "aliases"
        case .expiration: "expiration_date"
        case .overrides: "overrides"
        case .hourly: "hourly"
        }
    }
}

/// A place in an entry, where a value may be found. `cell` is set when the mapping is complete.
struct ListPath {
    var path: String
    /// Of a price; nil: the mapping's own.
    var unit: PriceUnit?
    var cell = 0
}

/// A place whose value stands for something else: the word of a flag, or a member that is left out if it has this value.
struct ListNote {
    var path: ListPath
    var text: String
}

/// Where an entry lists the servers behind a router, each with prices of its own.
struct ServerPaths {
    var list = ListPath(path: "")
    /// Of an element of it.
    var name = ""
    var prices: [(kind: PriceKind, path: ListPath)] = []
}

/// How the pages of a list follow each other; empty texts: not so.
struct ListPaging {
    /// Where a page tells the next one's token, and the member of the query that takes it.
    var next = ""
    var query = ""
    /// Where it says whether there is a next one at all.
    var more = ""
    /// Where it tells the next one's address.
    var link = ""
    /// The member of the query that counts pages, from 1.
    var page = ""
    /// A part of every query, such as "limit=1000".
    var size = ""
}

/// Where a provider's model list keeps what an entry of ours holds. Layers: the form `openai`, the provider's form, the `map` of
/// its row. What a layer names replaces what the earlier ones said of that member.
package final class ListMapping {
    var lists: [String] = []
    var slots: [[ListPath]] = Array(repeating: [], count: ListSlot.allCases.count)
    var prices: [[ListPath]] = Array(repeating: [], count: PriceKind.allCases.count)
    var tiers: [[ListPath]] = Array(repeating: [], count: PriceKind.allCases.count)
    var servers: ServerPaths?
    var flags: [ListNote] = []
    var defaults: [ListNote] = []
    var skips: [ListNote] = []
    var types: [ModelAlias] = []
    var words: [ModelAlias] = []
    var strip = ""
    var unit = PriceUnit.none
    var paging = ListPaging()
    private(set) var tree = NameTree()
    private(set) var hasPrices = false

    /// The mapping that a provider's row declares.
    convenience init(_ provider: Provider) throws(Failure) {
        self.init()
        try readForm("openai")
        if !provider.list.form.equals("openai") { try readForm(provider.list.form) }
        if let map = provider.list.mapping { try parse(map, "models.map") }
        if let unit = provider.list.priceUnit { self.unit = unit }
        complete()
    }

    /// Empty, to try a layer on.
    private init() {}

    /// A layer that configuration declares is held to the rules when it is read.
    package static func check(_ value: ConfigValue) throws(Failure) { try ListMapping().read(value) }

    private func readForm(_ name: String) throws(Failure) {
        for form in forms where same(form.name, name) { return try parse(String(utf8: form.json), name) }
        throw Failure(.internal, concat("no list form is called ", name))
    }

    private func parse(_ json: String, _ path: String) throws(Failure) {
        let text = ByteBuffer()
        defer { text.keepAlive() }
        guard text.append(json), let view = JSONView(document: trimmed(text.bytes)) else {
            throw Failure(.internal, concat("the list form ", path, " is not JSON"))
        }
        try read(ConfigValue(request: view, path: path))
    }

    private func read(_ value: ConfigValue) throws(Failure) {
        let members = try value.object()
        if let value = members.take("list") { lists = try paths(value, empty: true).map { $0.path } }
        for slot in ListSlot.allCases {
            if let value = members.take(slot.name) { slots[Int(slot.rawValue)] = try paths(value) }
        }
        if let value = members.take("prices") { try readPrices(value) }
        if let value = members.take("tiers") { try readKinds(value, into: &tiers) }
        if let value = try members.object("servers") { try readServers(value) }
        if let value = members.take("flags") { flags = try notes(value) }
        if let value = members.take("defaults") { defaults = try turned(value) }
        if let value = members.take("skip") { skips = try skipped(value) }
        if let value = members.take("types") { try readWords(value, into: &types) }
        if let value = members.take("words") { try readWords(value, into: &words) }
        try members.text("strip", &strip)
        if let word = try members.word("unit", as: PriceUnit.self) { unit = word }
        if let value = try members.object("paging") { try readPaging(value) }
        try members.end()
    }
}

// MARK: - Members

extension ListMapping {
    /// One path or a list of them, the first that has a value counts. `empty`: "" is the document itself.
    private func paths(_ value: ConfigValue, empty: Bool = false) throws(Failure) -> [ListPath] {
        var result: [ListPath] = []
        for element in value.isArray ? try value.elements() : [value] {
            if empty, element.string?.isEmpty ?? false { result.append(ListPath(path: "")) } else { result.append(try path(element)) }
        }
        return result
    }

    /// "pricing.input", or with its unit "usd_per_token:pricing.input".
    private func path(_ value: ConfigValue) throws(Failure) -> ListPath {
        let text = try value.text()
        let bytes = text.octets
        var path = ListPath(path: text)
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let unit = PriceUnit(word: String(utf8: bytes[..<colon])) {
            path = ListPath(path: String(utf8: bytes[(colon + 1)...]), unit: unit)
        }
        let names = path.path.octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if names.count > 8 || names.contains(where: { $0.isEmpty }) { throw value.failure("must be up to eight names with dots between them") }
        return path
    }

    /// The name of the object that has them all, or paths by kind.
    private func readPrices(_ value: ConfigValue) throws(Failure) {
        guard value.string != nil else { return try readKinds(value, into: &prices) }
        let base = try path(value)
        for kind in PriceKind.allCases {
            prices[Int(kind.rawValue)] = [ListPath(path: concat(base.path, ".", String(kind.name)), unit: base.unit)]
        }
    }

    private func readKinds(_ value: ConfigValue, into kinds: inout [[ListPath]]) throws(Failure) {
        let members = try value.object()
        for kind in PriceKind.allCases {
            if let value = members.take(kind.name) { kinds[Int(kind.rawValue)] = try paths(value) }
        }
        try members.end()
    }

    /// {"list": path, "name": path in it, "prices": {kind: path in it}}
    private func readServers(_ members: ConfigMembers) throws(Failure) {
        var found = ServerPaths()
        if let value = members.take("list") { found.list = try path(value) }
        try members.text("name", &found.name)
        if let value = try members.object("prices") {
            for kind in PriceKind.allCases {
                if let value = value.take(kind.name) { found.prices.append((kind, try path(value))) }
            }
            try value.end()
        }
        try members.end()
        servers = found.list.path.isEmpty || found.name.isEmpty ? nil : found
    }

    /// {path: word}
    private func notes(_ value: ConfigValue) throws(Failure) -> [ListNote] {
        var result: [ListNote] = []
        for (name, member) in try value.members() { result.append(ListNote(path: ListPath(path: name.text), text: try member.text())) }
        return result
    }

    /// {name: path}
    private func turned(_ value: ConfigValue) throws(Failure) -> [ListNote] {
        var result: [ListNote] = []
        for (name, member) in try value.members() { result.append(ListNote(path: try path(member), text: name.text)) }
        return result
    }

    /// {path: true, false, number or text}
    private func skipped(_ value: ConfigValue) throws(Failure) -> [ListNote] {
        var result: [ListNote] = []
        for (name, member) in try value.members() {
            if member.isObject || member.isArray { throw member.failure("must be a text, a number, true or false") }
            result.append(ListNote(path: ListPath(path: name.text), text: member.json ?? ""))
        }
        return result
    }

    /// A layer's own words stand before those of the earlier ones.
    private func readWords(_ value: ConfigValue, into words: inout [ModelAlias]) throws(Failure) {
        var own: [ModelAlias] = []
        for (name, member) in try value.members() {
            own.append(ModelAlias(name: name.text, model: member.string?.isEmpty ?? false ? "" : try member.text()))
        }
        words = own + words
    }

    private func readPaging(_ members: ConfigMembers) throws(Failure) {
        paging = ListPaging()
        try members.text("next", &paging.next)
        try members.text("query", &paging.query)
        try members.text("more", &paging.more)
        try members.text("link", &paging.link)
        try members.text("page", &paging.page)
        try members.text("size", &paging.size)
        try members.end()
    }

    /// Gives every path its cell.
    private func complete() {
        hasPrices = !slots[Int(ListSlot.overrides.rawValue)].isEmpty || !slots[Int(ListSlot.hourly.rawValue)].isEmpty || servers != nil
        func place(_ paths: inout [ListPath]) {
            for index in paths.indices { paths[index].cell = tree.cell(paths[index].path) }
        }
        func place(_ notes: inout [ListNote]) {
            for index in notes.indices { notes[index].path.cell = tree.cell(notes[index].path.path) }
        }
        for index in slots.indices { place(&slots[index]) }
        for index in prices.indices {
            if !prices[index].isEmpty || !tiers[index].isEmpty { hasPrices = true }
            place(&prices[index])
            place(&tiers[index])
        }
        if let list = servers?.list.path { servers?.list.cell = tree.cell(list) }
        place(&flags)
        place(&defaults)
        place(&skips)
    }
}

extension PriceUnit {
    /// The power of ten that makes it USD for one token, request, image or search. nil: there are no prices.
    func exponent(_ kind: PriceKind) -> Int? {
        let isPiece = kind.isForPieces
        return switch self {
        case .none: nil
        case .usdPerToken: 0
        case .usCentsPerToken: -2
        case .usdPerMillion: isPiece ? 0 : -6
        case .tenThousandthsPerMillion: isPiece ? -4 : -10
        }
    }
}

extension Provider {
    /// Another number where its list would be read in another way.
    package var listReading: UInt64 {
        var hash = fnvSeed
        func add(_ text: String) {
            var text = text
            hash = text.withUTF8 { fnv1a(UnsafeRawBufferPointer($0), from: hash) }
        }
        add(list.form)
        for form in forms where same(form.name, list.form) { hash = fnv1a(form.json, from: hash) }
        add(list.mapping ?? "")
        add(list.pricesURL)
        add(list.priceUnit?.rawValue ?? " ")
        add(billing.priceStrategy.rawValue)
        return hash
    }
}
