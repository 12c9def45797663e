internal import CShims
internal import Model
internal import Providers
internal import Routing
internal import Transport
internal import Wire

/// What a client has done since it was made, by provider, model, key, tag and time; in memory, and bounded: 256 providers,
/// 1,024 models, 1,024 keys, 4,096 tags. A row takes 0.5 KB, its two histograms 1.5 KB more, so all of it 8 MB at most.
final class Ledger: @unchecked Sendable {
    private let lock = Lock()
    private var books = LedgerBooks()

    /// What a request leaves behind. One lock, once.
    func add(_ call: Call, _ end: Outcome.End) {
        let now = gl_unix_seconds()
        lock.with { books.add(call, end, now) }
    }

    /// A model list was fetched, or was not to be had.
    func noteFetch(_ provider: String, _ ok: Bool) {
        let now = gl_unix_seconds()
        lock.with { books.fetched(provider, ok, now) }
    }

    func report(_ query: StatsQuery, into out: ByteBuffer) -> Bool {
        let now = gl_unix_seconds()
        return lock.with {
            let ok = books.report(query, now, out)
            if ok, query.reset { books = LedgerBooks() }
            return ok
        }
    }
}

final class LedgerBooks {
    private let since = gl_unix_seconds()
    private let total = LedgerRow()
    private let providers = LedgerTable(most: 256)
    private let models = LedgerTable(most: 1024)
    private let keys = LedgerTable(most: 1024)
    private let tags = LedgerTable(most: 4096)
    private let minutes = LedgerRing(seconds: 60, count: 60)
    private let hours = LedgerRing(seconds: 3600, count: 48)
    private let days = LedgerRing(seconds: 86_400, count: 62)

    private func common(_ now: Int64, _ tag: String?) -> [LedgerRow] {
        var rows = [total, minutes.row(now), hours.row(now), days.row(now)]
        if let tag { rows.append(tags.row("", tag)) }
        return rows
    }

    private func rows(of attempt: Report.Attempted) -> [LedgerRow] {
        var rows = [providers.row("", attempt.provider), models.row(attempt.provider, attempt.model)]
        if let key = attempt.key { rows.append(keys.row(attempt.provider, key)) }
        return rows
    }

    func add(_ call: Call, _ end: Outcome.End, _ now: Int64) {
        let common = common(now, call.request.options.tag), attempts = call.journey.attempts
        for index in attempts.indices {
            let own = rows(of: attempts[index])
            let isAgain = index > 0 && same(attempts[index].provider, attempts[index &- 1].provider) && same(attempts[index].model, attempts[index &- 1].model)
            for row in common { add(attempts[index], isAgain, to: row) }
            for row in own { add(attempts[index], isAgain, to: row) }
            if index == call.journey.telling { for row in own { add(call, end, to: row, isTag: false) } }
        }
        for (index, row) in common.enumerated() { add(call, end, to: row, isTag: index > 3) }
    }

    private func add(_ attempt: Report.Attempted, _ isAgain: Bool, to row: LedgerRow) {
        row.count(.attempts)
        if attempt.status != .ok {
            row.count(.failedAttempts)
            row.add(error: attempt.status)
        }
        if attempt.isHedge { row.count(.hedges) } else if isAgain { row.count(.retries) }
        if let account = attempt.account { row.add(account) }
    }

    private func add(_ call: Call, _ end: Outcome.End, to row: LedgerRow, isTag: Bool) {
        row.count(.requests)
        if call.operation.isStream { row.count(.streams) }
        switch end {
        case .finished: row.count(.successes)
        case .error: row.count(.failures)
        case .cancelled: row.count(.cancelled)
        case .truncated: row.count(.truncated)
        }
        if call.isFallback { row.count(.fallbacks) }
        guard end == .finished else { return }
        let told = call.journey.told, first = told.timings.firstContent
        if !isTag { row.add(latency: call.journey.total, first: first) }
        if first >= 0, let account = told.account, !account.isEstimate, let output = account.usage?[.output] {
            row.add(spoken: output, in: max(0, told.timings.total &- first))
        }
    }

    func fetched(_ provider: String, _ ok: Bool, _ now: Int64) {
        var rows = common(now, nil)
        rows.append(providers.row("", provider))
        for row in rows {
            row.count(.listFetches)
            if !ok { row.count(.listFailures) }
        }
    }
}

extension Call {
    /// Somebody other than the first choice answered.
    var isFallback: Bool {
        guard let first = request.candidates.first, let provider = setup.provider(first.provider), !journey.attempts.isEmpty else { return false }
        let told = journey.told
        return !same(told.provider, provider.id) || !same(told.model, first.model)
    }
}

extension LedgerBooks {
    func report(_ query: StatsQuery, _ now: Int64, _ out: ByteBuffer) -> Bool {
        var ok = out.append("{\"object\":\"gatelet.stats\",\"since\":") && Report.number(since, out) && out.append(",\"now\":") && Report.number(now, out)
            && out.append(",\"total\":{") && total.report(out) && out.append("}")
        let tables: [(StaticString, LedgerTable, StatsBy)] = [
            ("provider", providers, .provider), ("model", models, .model), ("key", keys, .key), ("tag", tags, .tag),
        ]
        for (name, table, by) in tables where query.by.contains(by) { ok = ok && report(name, table, by, query, out) }
        let rings: [(StaticString, LedgerRing, StatsBy)] = [("minute", minutes, .minute), ("hour", hours, .hour), ("day", days, .day)]
        for (name, ring, by) in rings where query.by.contains(by) {
            ok = ok && open(name, out)
            var first = true
            ring.forEach(now, since: query.since) { row, start in
                ok = ok && out.append(first ? "{\"start\":" : ",{\"start\":") && Report.number(start, out) && out.append(",") && row.report(out) && out.append("}")
                first = false
            }
            ok = ok && out.append("]")
        }
        return ok && out.append("}")
    }

    private func open(_ name: StaticString, _ out: ByteBuffer) -> Bool { out.append(",\"") && out.append(name) && out.append("\":[") }

    private func report(_ name: StaticString, _ table: LedgerTable, _ by: StatsBy, _ query: StatsQuery, _ out: ByteBuffer) -> Bool {
        var ok = open(name, out), first = true
        for row in table.rows where query.wants(row, by) {
            ok = ok && out.append(first ? "{" : ",{")
            if !row.provider.isEmpty { ok = ok && out.append("\"provider\":") && Report.text(row.provider, out) && out.append(",") }
            ok = ok && out.append("\"") && out.append(name) && out.append("\":") && Report.text(row.name, out) && out.append(",") && row.report(out) && out.append("}")
            first = false
        }
        if let other = table.other, query.isWhole {
            ok = ok && out.append(first ? "{\"other\":true," : ",{\"other\":true,") && other.report(out) && out.append("}")
        }
        return ok && out.append("]")
    }
}
