internal import Accounting
internal import Bytes
internal import Model

/// What was seen of a model at a provider: the member `availability` of its entry.
struct SeenModel {
    let id: String
    let hash: UInt64
    let what: SeenAttempts
    /// Microseconds; -1 for none.
    var latency: Int64 { what.latency }

    func report(into out: ByteBuffer) -> Bool {
        var ok = out.append("{\"attempts\":") && Report.number(Int64(what.attempts), out) && out.append(",\"successes\":")
            && Report.number(Int64(what.successes), out) && out.append(",\"latency_ms\":") && Report.milliseconds(what.latency, out)
            && out.append(",\"last_success\":")
        ok = ok && (what.lastSuccess > 0 ? Report.number(what.lastSuccess, out) : out.append("null")) && out.append(",\"last_failure\":")
        if what.lastFailure == 0 { return ok && out.append("null}") }
        return ok && out.append("{\"kind\":\"") && out.append(what.failure.name) && out.append("\",\"at\":")
            && Report.number(what.lastFailure, out) && out.append("}}")
    }
}
