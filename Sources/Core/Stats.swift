internal import CShims
package import Model
internal import Providers
package import Wire

/// By what sums are told. The bits count as the words do.
struct StatsBy: OptionSet {
    let rawValue: UInt8
    static let provider = StatsBy(rawValue: 1), model = StatsBy(rawValue: 2), key = StatsBy(rawValue: 4), tag = StatsBy(rawValue: 8)
    static let minute = StatsBy(rawValue: 16), hour = StatsBy(rawValue: 32), day = StatsBy(rawValue: 64)
    static let all = StatsBy(rawValue: 127)
}

/// {"by": "model" | ["model", "day"], "provider": "...", "model": "...", "tag": "...", "since": 1764288000, "reset": true}
struct StatsQuery {
    var by = StatsBy.all
    var provider: String?
    var model: String?
    var tag: String?
    /// Seconds since 1970: no minute, hour or day that began before.
    var since: Int64 = 0
    /// Counting begins anew afterwards.
    var reset = false

    var isWhole: Bool { provider == nil && model == nil && tag == nil }

    func wants(_ row: LedgerRow, _ by: StatsBy) -> Bool {
        if by == .tag { return tag.map { same($0, row.name) } ?? true }
        if let provider, !same(provider, by == .provider ? row.name : row.provider) { return false }
        return by != .model || (model.map { same($0, row.name) } ?? true)
    }
}

private func readQuery(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) -> StatsQuery {
    guard let root = JSONView(document: bytes, depthLimit: depth) else { throw Failure(.json, "the query is not JSON") }
    let members = try ConfigValue(request: root, path: "query").object()
    var query = StatsQuery()
    if let by = members.take("by") {
        query.by = []
        let words: StaticString = "provider, model, key, tag, minute, hour, day"
        if by.isArray {
            for word in try by.elements() { query.by.formUnion(StatsBy(rawValue: 1 << (try word.word(of: words)))) }
        } else {
            query.by = StatsBy(rawValue: 1 << (try by.word(of: words)))
        }
    }
    try members.text("provider", &query.provider)
    try members.text("model", &query.model)
    try members.text("tag", &query.tag)
    var since: Int?
    try members.integer("since", 0, 1 << 40, &since)
    query.since = Int64(since ?? 0)
    try members.flag("reset", &query.reset)
    try members.end()
    return query
}

extension Client {
    /// `gatelet_stats`.
    package func stats(_ bytes: UnsafeRawBufferPointer?) throws(Failure) -> ByteBuffer {
        let setup = setup
        do throws(Failure) {
            var query = StatsQuery()
            if let bytes { query = try readQuery(bytes, setup.configuration.caps.depth) }
            if let name = query.provider, let route = try? setup.named([name]).first { query.provider = route.provider.id } // an alias will do
            let out = ByteBuffer()
            guard ledger.report(query, into: out) else { throw Failure(.memory, "out of memory") }
            return out
        } catch {
            throw setup.redaction.failure(error)
        }
    }
}
