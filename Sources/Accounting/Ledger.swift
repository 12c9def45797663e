package import Bytes
internal import CShims
internal import Model

/// What a client has done since it was made, by provider, model, key, tag and time; in memory, and bounded: 256 providers,
/// 1,024 models, 1,024 keys, 4,096 tags. A row takes 0.5 KB, its two histograms 1.5 KB more, so all of it 8 MB at most.
package final class Ledger {
    private let lock = Lock()
    private var books = LedgerBooks()

    package init() {}

    /// What a request leaves behind. One lock, once.
    package func add(_ request: FinishedRequest) {
        let now = gl_unix_seconds()
        lock.with { books.add(request, now) }
    }

    /// A model list was fetched, or was not to be had.
    package func noteFetch(_ provider: String, _ ok: Bool) {
        let now = gl_unix_seconds()
        lock.with { books.fetched(provider, ok, now) }
    }

    package func report(_ query: StatsQuery, into out: ByteBuffer) -> Bool {
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
    /// In the order of the bits of `StatsQuery.by`.
    private let tables = [
        LedgerTable("provider", most: 256), LedgerTable("model", most: 1024), LedgerTable("key", most: 1024), LedgerTable("tag", most: 4096),
        LedgerTable("minute", most: 60, seconds: 60), LedgerTable("hour", most: 48, seconds: 3600), LedgerTable("day", most: 62, seconds: 86_400),
    ]

    private func common(_ now: Int64, _ tag: String?) -> [LedgerRow] {
        var rows = [total]
        for table in tables where table.seconds > 0 { rows.append(table.row(at: now)) }
        if let tag { rows.append(tables[3].row("", tag)) }
        return rows
    }

    private func rows(of attempt: AttemptTrace) -> [LedgerRow] {
        var rows = [tables[0].row("", attempt.provider), tables[1].row(attempt.provider, attempt.model)]
        if let key = attempt.key { rows.append(tables[2].row(attempt.provider, key)) }
        return rows
    }

    func add(_ finished: FinishedRequest, _ now: Int64) {
        let common = common(now, finished.tag), attempts = finished.trace.attempts, request = LedgerRequest(finished)
        var before: AttemptTrace?
        for index in attempts.indices {
            let own = rows(of: attempts[index])
            let isAgain = before.map { same(attempts[index].provider, $0.provider) && same(attempts[index].model, $0.model) } ?? false
            if !attempts[index].isUnsent, !attempts[index].isCached { before = attempts[index] }
            for row in common { add(attempts[index], isAgain, to: row) }
            for row in own { add(attempts[index], isAgain, to: row) }
            if index == finished.trace.reportedIndex { for row in own { row.add(request, isTag: false) } }
        }
        for (index, row) in common.enumerated() { row.add(request, isTag: index > 3) }
    }

    private func add(_ attempt: AttemptTrace, _ isAgain: Bool, to row: LedgerRow) {
        if attempt.isUnsent { return row.count(.unsentAttempts) }
        if attempt.isCached { return row.count(.cacheHits) }
        row.count(.attempts)
        if attempt.status != .ok {
            row.count(.failedAttempts)
            row.add(error: attempt.status)
        }
        if attempt.isHedge { row.count(.hedges) } else if isAgain { row.count(.retries) }
        if let account = attempt.account { row.add(account) }
    }

    func fetched(_ provider: String, _ ok: Bool, _ now: Int64) {
        var rows = common(now, nil)
        rows.append(tables[0].row("", provider))
        for row in rows {
            row.count(.listFetches)
            if !ok { row.count(.listFailures) }
        }
    }
}

/// What each row notes of a request: worked out once.
struct LedgerRequest {
    let end: Counter
    let isStream: Bool
    let isFallback: Bool
    let total: Int64
    /// Until the first content of a stream; -1 elsewhere.
    let first: Int64
    /// Tokens of a stream, and how long they took; nil where that is not known.
    private(set) var spoken: Int?
    private(set) var time: Int64 = 0
    /// Nobody was asked: how fast that was says nothing of anybody.
    let isCached: Bool

    init(_ finished: FinishedRequest) {
        end = switch finished.end {
        case .finished: .successes
        case .error: .failures
        case .cancelled: .cancelled
        case .truncated: .truncated
        }
        isStream = finished.operation.isStream
        isFallback = finished.isFallback
        total = finished.trace.total
        let reported = finished.trace.reported
        first = reported.timings.firstContent
        isCached = reported.isCached
        guard first >= 0, let account = reported.account, !account.isEstimate else { return }
        spoken = account.usage?[.output]
        time = max(0, reported.timings.total &- first)
    }
}

extension LedgerRow {
    func add(_ request: LedgerRequest, isTag: Bool) {
        count(.requests)
        count(request.end)
        if request.isStream { count(.streams) }
        if request.isFallback { count(.fallbacks) }
        guard request.end == .successes else { return }
        if !isTag, !request.isCached { add(latency: request.total, first: request.first) }
        if let output = request.spoken { add(spoken: output, in: request.time) }
    }
}

extension LedgerBooks {
    func report(_ query: StatsQuery, _ now: Int64, _ out: ByteBuffer) -> Bool {
        var ok = out.append("{\"object\":\"gatelet.stats\",\"since\":") && Report.number(since, out) && out.append(",\"now\":") && Report.number(now, out)
            && out.append(",\"total\":{") && total.report(out) && out.append("}")
        for (index, table) in tables.enumerated() where query.by & 1 << UInt16(index) != 0 { ok = ok && report(table, index, query, now, out) }
        return ok && out.append("}")
    }

    private func report(_ table: LedgerTable, _ index: Int, _ query: StatsQuery, _ now: Int64, _ out: ByteBuffer) -> Bool {
        var ok = out.append(",\"") && out.append(table.name) && out.append("\":["), first = true
        for row in table.rows where table.seconds > 0 ? table.isCurrent(row, now) && table.start(row) >= query.since : query.wants(row, index) {
            ok = ok && out.append(first ? "{\"" : ",{\"")
            if table.seconds > 0 {
                ok = ok && out.append("start\":") && Report.number(table.start(row), out)
            } else {
                if !row.provider.isEmpty { ok = ok && out.append("provider\":") && Report.text(row.provider, out) && out.append(",\"") }
                ok = ok && out.append(table.name) && out.append("\":") && Report.text(row.name, out)
            }
            ok = ok && out.append(",") && row.report(out) && out.append("}")
            first = false
        }
        if let other = table.other, query.isWhole {
            ok = ok && out.append(first ? "{\"other\":true," : ",{\"other\":true,") && other.report(out) && out.append("}")
        }
        return ok && out.append("]")
    }
}
