internal import Bytes
internal import Model

/// What a row counts, in the order in which it is told.
enum Counter: Int, CaseIterable {
    case requests, successes, failures, cancelled, truncated, streams, fallbacks, attempts, failedAttempts, retries, hedges
    case listFetches, listFailures, unsentAttempts, cacheHits

    var name: StaticString {
        switch self {
        case .requests: "requests"
        case .successes: "successes"
        case .failures: "failures"
        case .cancelled: "cancelled"
        case .truncated: "truncated"
        case .streams: "streams"
        case .fallbacks: "fallbacks"
        case .attempts: "attempts"
        case .failedAttempts: "failed_attempts"
        case .retries: "retries"
        case .hedges: "hedges"
        case .listFetches: "list_fetches"
        case .listFailures: "list_failures"
        case .unsentAttempts: "unsent_attempts"
        case .cacheHits: "cache_hits"
        }
    }
}

/// How many values lie where: eight steps to each doubling, from half a millisecond to half an hour, so that a percentile
/// is at most a sixteenth off.
final class Histogram {
    private static let steps = 177, least = 9
    private var counts = [UInt32](repeating: 0, count: Histogram.steps)
    private(set) var count: Int64 = 0
    private(set) var sum: Int64 = 0
    private(set) var most: Int64 = 0

    func add(_ microseconds: Int64) {
        count &+= 1
        sum &+= microseconds
        most = max(most, microseconds)
        let power = 63 &- Int(max(1, microseconds)).leadingZeroBitCount
        let step = power < Histogram.least ? 0 : (power &- Histogram.least) &* 8 &+ Int(microseconds >> Int64(power &- 3)) & 7 &+ 1
        counts[min(step, Histogram.steps &- 1)] &+= 1
    }

    /// Below which that many thousandths of the values lie.
    func value(_ thousandths: Int64) -> Int64 {
        var left = (count &* thousandths &+ 999) / 1000
        for step in 0..<Histogram.steps {
            left &-= Int64(counts[step])
            if left > 0 { continue }
            if step == 0 { return min(most, 512) }
            let power = Histogram.least &+ (step &- 1) / 8
            let low = Int64(8 &+ (step &- 1) % 8) << Int64(power &- 3)
            return min(most, low &+ Int64(1) << Int64(power &- 3) / 2)
        }
        return most
    }

    func report(_ out: ByteBuffer) -> Bool {
        var ok = out.append("{\"count\":") && Report.number(count, out) && out.append(",\"mean\":") && Report.milliseconds(sum / max(1, count), out)
        let marks: [(StaticString, Int64)] = [(",\"p50\":", 500), (",\"p90\":", 900), (",\"p95\":", 950), (",\"p99\":", 990)]
        for (name, thousandths) in marks { ok = ok && out.append(name) && Report.milliseconds(value(thousandths), out) }
        return ok && out.append(",\"max\":") && Report.milliseconds(most, out) && out.append("}")
    }
}

/// The sums of one provider, model, key, tag or stretch of time.
final class LedgerRow {
    let provider: String
    let name: String
    /// Of its stretch of time: minutes, hours or days since 1970.
    let stamp: Int64
    /// The next row of the same bucket, or -1.
    var next = -1
    private var counts = InlineArray<15, Int64>(repeating: 0)
    private var tokens = InlineArray<10, Int64>(repeating: 0)
    private var errors: [(status: Status, count: Int64)] = []
    private var known: AttoUSD = 0
    private var estimated: AttoUSD = 0
    private var unknownCosts: Int64 = 0
    /// nil: not measured here.
    private var latency: Histogram?
    private var firstContent: Histogram?
    /// Of streams whose output is known.
    private var spokenTokens: Int64 = 0
    private var spokenTime: Int64 = 0

    init(provider: String = "", name: String = "", stamp: Int64 = 0) {
        self.provider = provider
        self.name = name
        self.stamp = stamp
    }

    func count(_ counter: Counter, _ more: Int64 = 1) { counts[counter.rawValue] &+= more }

    func add(_ account: Account) {
        if let usage = account.usage {
            for kind in UsageKind.allCases { tokens[kind.rawValue] &+= Int64(usage.count(kind)) }
        }
        guard let cost = account.total else { return unknownCosts &+= 1 }
        if account.source == .estimated { estimated = Money.sum(estimated, cost) ?? .max } else { known = Money.sum(known, cost) ?? .max }
    }

    func add(error status: Status) {
        for index in errors.indices where errors[index].status == status { return errors[index].count &+= 1 }
        errors.append((status, 1))
    }

    func add(latency total: Int64, first: Int64) {
        let own = latency ?? Histogram()
        latency = own
        own.add(total)
        if first < 0 { return }
        let start = firstContent ?? Histogram()
        firstContent = start
        start.add(first)
    }

    func add(spoken output: Int, in time: Int64) {
        spokenTokens &+= Int64(output)
        spokenTime &+= time
    }
}

extension LedgerRow {
    /// Begins behind an opened brace.
    func report(_ out: ByteBuffer) -> Bool {
        var ok = true
        let fetchedLists = counts[Counter.listFetches.rawValue] > 0
        for counter in Counter.allCases where isShown(counter, fetchedLists) {
            ok = ok && member(counter.name, out, first: counter == .requests) && Report.number(counts[counter.rawValue], out)
        }
        ok = ok && member("error_rate", out) && rate(.failedAttempts, of: .attempts, out)
            && member("fallback_rate", out) && rate(.fallbacks, of: .requests, out)
        if fetchedLists { ok = ok && member("list_failure_rate", out) && rate(.listFailures, of: .listFetches, out) }
        ok = ok && member("errors", out) && out.append("{")
        for (index, error) in errors.enumerated() { ok = ok && member(error.status.name, out, first: index == 0) && Report.number(error.count, out) }
        ok = ok && out.append("}") && member("tokens", out) && out.append("{")
        for kind in UsageKind.allCases { ok = ok && member(kind.name, out, first: kind == .input) && Report.number(tokens[kind.rawValue], out) }
        return ok && out.append("}") && member("cost", out) && out.append("{\"known\":") && Report.amount(known, out)
            && member("estimated", out) && Report.amount(estimated, out) && member("unknown_attempts", out) && Report.number(unknownCosts, out)
            && out.append("}") && times(out)
    }

    private func isShown(_ counter: Counter, _ fetchedLists: Bool) -> Bool {
        switch counter {
        case .listFetches, .listFailures: fetchedLists
        case .unsentAttempts, .cacheHits: counts[counter.rawValue] > 0
        default: true
        }
    }

    private func times(_ out: ByteBuffer) -> Bool {
        if let latency { guard member("latency_ms", out), latency.report(out) else { return false } }
        if let firstContent { guard member("first_content_ms", out), firstContent.report(out) else { return false } }
        if spokenTime <= 0 { return true }
        // Thousandths of tokens per second, written like milliseconds.
        let speed = min(Double(spokenTokens) * 1e9 / Double(spokenTime), 1e15)
        return member("tokens_per_second", out) && Report.milliseconds(Int64(speed), out)
    }

    private func member(_ name: StaticString, _ out: ByteBuffer, first: Bool = false) -> Bool {
        out.append(first ? "\"" : ",\"") && out.append(name) && out.append("\":")
    }

    private func rate(_ part: Counter, of whole: Counter, _ out: ByteBuffer) -> Bool {
        let all = counts[whole.rawValue]
        return all > 0 ? Report.milliseconds(counts[part.rawValue] &* 1000 / all, out) : out.append("null")
    }
}
