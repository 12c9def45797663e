internal import Bytes
internal import JSON
internal import Model
internal import Planning
internal import Settings

/// The query of `gatelet_list_models` (docs/catalog.md). Read once, and never written to afterwards.
final class ListQuery {
    enum Sort: String, CaseIterable { case price, context, created, name, id, latency }
    private enum Direction: String, CaseIterable { case asc, desc }
    private enum View: String, CaseIterable { case gatelet, gatewayz }

    var providers: [String] = []
    /// Fetched again whatever its age.
    var fresh = false
    /// An old list is an answer even where the provider refuses the key.
    var stale = false
    var ids: [Glob] = []
    var inputs: [String] = []
    var outputs: [String] = []
    var abilities: [String] = []
    var types: [String] = []
    var free: Bool?
    var minContext: Int?
    var maxPrice: PriceCeiling?
    var sort: Sort?
    var descending = false
    /// Empty: all.
    var fields: [String] = []
    var limit: Int?
    var offset = 0
    /// The defaults of Gatewayz' catalog in the place of what is not known.
    var gatewayz = false

    private init() {}

    private static let fieldNames = [
        "id", "slug", "canonical_slug", "hugging_face_id", "name", "created", "description", "context_length", "max_output_tokens",
        "architecture", "pricing", "pricing_source", "pricing_known", "pricing_flags", "top_provider", "per_request_limits",
        "supported_parameters", "default_parameters", "type", "capabilities", "aliases", "expiration_date", "provider", "provider_slug",
        "provider_site_url", "model_logo_url", "source_gateway", "sources", "source", "availability",
    ]

    /// nil: all models of the configured providers.
    static func read(_ bytes: UnsafeRawBufferPointer?, depth: Int) throws(Failure) -> ListQuery {
        let query = ListQuery()
        guard let bytes else { return query }
        guard let root = JSONView(document: bytes, depthLimit: depth), root.isObject else { throw Failure(.json, "the query is not a JSON object") }
        let members = try ConfigValue(request: root, path: "query").object()
        query.providers = try words(members, "provider")
        try members.flag("fresh", &query.fresh)
        try members.flag("stale", &query.stale)
        try query.readFilter(members)
        try query.readShape(members)
        try members.end()
        return query
    }

    private func readFilter(_ members: ConfigMembers) throws(Failure) {
        for pattern in try words(members, "id") { ids.append(Glob(pattern, anyForm: true)) }
        for word in try words(members, "modality") { readModality(word) }
        abilities = try words(members, "capability")
        types = try words(members, "type")
        if let value = members.take("free") { free = try value.flag() }
        try members.integer("min_context", 0, 1_000_000_000_000, &minContext)
        if let value = members.take("max_price") { maxPrice = try value.priceCeiling(strict: true) }
    }

    private func readShape(_ members: ConfigMembers) throws(Failure) {
        sort = try members.word("sort")
        descending = sort == .context || sort == .created // the most and the newest first
        if let word = try members.word("direction", as: Direction.self) { descending = word == .desc }
        if let value = members.take("fields") {
            for field in value.isArray ? try value.elements() : [value] {
                fields.append(try field.word(among: ListQuery.fieldNames))
            }
        }
        try members.integer("limit", 0, 1_000_000, &limit)
        try members.integer("offset", 0, 1_000_000, &offset)
        if let word = try members.word("view", as: View.self) { gatewayz = word == .gatewayz }
    }

    /// "image", or "text+image->text", either side of which may be empty.
    private func readModality(_ text: String) {
        let bytes = text.octets
        bytes.withUnsafeBytes { bytes in
            let arrow = bytes.find("->")
            ListQuery.split(bytes[ByteRange(0, arrow ?? bytes.count)], into: &inputs)
            if let arrow { ListQuery.split(bytes[ByteRange(arrow &+ 2, bytes.count)], into: &outputs) }
        }
    }

    private static func split(_ text: UnsafeRawBufferPointer, into words: inout [String]) {
        var parts = Words(text, UInt8(ascii: "+"))
        while let part = parts.next() { if part.count > 0 { words.append(String(utf8: part)) } }
    }
}

/// A text or a list of texts.
private func words(_ members: ConfigMembers, _ name: StaticString) throws(Failure) -> [String] {
    guard let value = members.take(name) else { return [] }
    return try value.isArray ? value.texts() : [value.text()]
}
