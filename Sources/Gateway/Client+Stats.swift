internal import Accounting
package import Bytes
internal import Dialects
internal import JSON
package import Model
internal import Resilience

extension Client {
    /// `gatelet_stats`.
    package func stats(_ bytes: UnsafeRawBufferPointer?) throws(Failure) -> ByteBuffer {
        let setup = setup
        var query = StatsQuery()
        if let bytes { query = try readStatsQuery(bytes, setup.configuration.caps.depth) }
        if let name = query.provider, let endpoint = try? setup.named([name]).first { query.provider = endpoint.provider.id } // an alias will do
        let out = ByteBuffer()
        guard services.ledger.report(query, into: out), !query.wantsLimits || appendLimits(setup, query, out),
              !query.wantsCache || setup.configuration.cache == nil || appendCache(query, out), services.redaction.clean(out) else { throw Failure(.memory, "out of memory") }
        return out
    }

    private func appendCache(_ query: StatsQuery, _ stats: ByteBuffer) -> Bool {
        let counts = services.cache.counts(reset: query.reset), object = ByteBuffer()
        defer { object.keepAlive() }
        var out = MemberWriter(object)
        out.open()
        out.member("entries", counts.entries)
        out.member("bytes", counts.bytes)
        out.member("hits", Int(clamping: counts.hits))
        out.member("misses", Int(clamping: counts.misses))
        out.member("stored", Int(clamping: counts.stored))
        out.member("evicted", Int(clamping: counts.evicted))
        out.member("saved", Money.text(counts.saved))
        out.close()
        return !out.failed && appendMember("cache", object.bytes, to: stats)
    }

    private func appendLimits(_ setup: Setup, _ query: StatsQuery, _ stats: ByteBuffer) -> Bool {
        let list = ByteBuffer()
        defer { list.keepAlive() }
        var ok = list.append("["), first = true
        for scope in services.limits.standings(setup.limits) {
            let provider = scope.provider.flatMap { setup.provider($0) }
            guard query.wants(provider: provider?.id, tag: scope.tag) else { continue }
            let key = scope.key.flatMap { key in provider.flatMap { key < $0.access.keys.count ? $0.access.keys[key].name : nil } }
            ok = ok && list.append(first ? "{\"scope\":\"" : ",{\"scope\":\"") && list.append(scope.kind.name) && list.append("\"")
                && Report.optional(",\"tag\":", scope.tag, list) && Report.optional(",\"provider\":", provider?.id, list)
                && Report.optional(",\"key\":", key, list) && list.append(",\"rules\":") && Report.limits(scope.rules, into: list) && list.append("}")
            first = false
        }
        return ok && list.append("]") && appendMember("limits", list.bytes, to: stats) && appendRedis(stats)
    }

    /// What was lost or not counted there, where there is one.
    private func appendRedis(_ stats: ByteBuffer) -> Bool {
        guard let redis = services.redis.limits?.redis else { return true }
        let report = ByteBuffer()
        defer { report.keepAlive() }
        return redis.report(into: report, redaction) && appendMember("redis", report.bytes, to: stats)
    }
}
