internal import Bytes
internal import JSON
package import Model
internal import Settings

/// What is counted by what, in the order of the ledger's tables.
private enum StatsTable: String, CaseIterable {
    case provider, model, key, tag, minute, hour, day
    /// No tables of the ledger.
    case limits, cache

    var bit: UInt16 { StatsTable.allCases.firstIndex(of: self).map { 1 << UInt16($0) } ?? 0 }
}

/// {"by": "model" | ["model", "day"], "provider": "...", "model": "...", "tag": "...", "since": 1764288000, "reset": true}
package struct StatsQuery {
    /// Bits of `StatsTable`.
    var by: UInt16 = .max
    package var provider: String?
    var model: String?
    var tag: String?
    /// Seconds since 1970: no minute, hour or day that began before.
    var since: Int64 = 0
    /// Counting begins anew afterwards.
    package fileprivate(set) var reset = false

    package init() {}

    package var wantsCache: Bool { by & StatsTable.cache.bit != 0 }
    package var wantsLimits: Bool { by & StatsTable.limits.bit != 0 }

    /// How the rules of a scope stand: those of a provider or a tag that was not asked for are left out.
    package func wants(provider other: String?, tag otherTag: String?) -> Bool {
        if let tag, !same(tag, otherTag ?? "") { return false }
        return provider.map { same($0, other ?? "") } ?? true
    }

    var isWhole: Bool { provider == nil && model == nil && tag == nil }

    /// A row of one of the tables with names.
    func wants(_ row: LedgerRow, _ table: Int) -> Bool {
        if table == 3 { return tag.map { same($0, row.name) } ?? true }
        if let provider, !same(provider, table == 0 ? row.name : row.provider) { return false }
        return table != 1 || (model.map { same($0, row.name) } ?? true)
    }
}

package func readStatsQuery(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) -> StatsQuery {
    guard let root = JSONView(document: bytes, depthLimit: depth) else { throw Failure(.json, "the query is not JSON") }
    let members = try ConfigValue(request: root, path: "query").object()
    var query = StatsQuery()
    if let by = members.take("by") {
        query.by = 0
        for word in by.isArray ? try by.elements() : [by] { query.by |= (try word.word(as: StatsTable.self)).bit }
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
