internal import Accounting
internal import Bytes
internal import CShims
internal import HTTPText
internal import JSON
internal import Model

/// The results so far, and their sums.
final class ModelTestReport {
    private(set) var successful = 0, failed = 0, skipped = 0
    /// Slugs of the models that have a result, or whose turn will come.
    var known = IDTable()
    /// When earlier runs called each provider, in Unix seconds.
    private var calls = IDTable()
    /// Model lists that could not be had: the array of the model list.
    let listErrors = ByteBuffer()
    /// Microseconds of all successes together.
    private var latency: Int64 = 0
    private var fastest: [ModelTest] = []
    private var startedAt = timeText()
    /// Before this run's duration that of earlier ones.
    private var began = gl_now_us()
    /// A JSON array without its end.
    private let results = ByteBuffer()
    private let services: Services

    private static let mostFastest = 5
    private static let excerpt = 200

    init(_ services: Services) {
        self.services = services
        _ = results.append("[") && listErrors.append("[]")
    }

    var elapsed: Int64 { gl_now_us() &- began }
    /// -1 is unknown.
    var averageLatency: Int64 { successful > 0 ? latency / Int64(successful) : -1 }

    /// Takes over what an earlier run found.
    func adopt(_ document: JSONView) {
        startedAt = dig(document, "started_at").string ?? startedAt
        began &-= microseconds(dig(document, "summary.duration"), 1_000_000) ?? 0
        dig(document, "results").forEachElement { entry in
            guard let id = dig(entry, "model").string else { return }
            let test = ModelTest(id, dig(entry, "name").string ?? id, dig(entry, "provider").string ?? ""), status = dig(entry, "status").raw
            if !status.equals("\"success\"") { test.verdict = status.equals("\"skipped\"") ? .skipped : .failed }
            test.latency = microseconds(dig(entry, "latency_ms"), 1000) ?? -1
            known.add(test.slug, 1)
            if test.latency >= 0, let at = dig(entry, "tested_at").string, let seconds = at.octets.withUnsafeBytes({ DateText.seconds($0) }) {
                calls.add(test.provider, Int(seconds &- test.latency / 1_000_000))
            }
            add(test, entry.raw)
        }
    }

    /// Microseconds since an earlier run last called a provider, as far as its whole seconds tell; nil: none did.
    func sinceLastCall(_ provider: String) -> Int64? {
        var entry = calls.first(provider), last = -1
        while entry >= 0 {
            last = max(last, calls.value(entry))
            entry = calls.next(entry)
        }
        return last < 0 ? nil : max(0, gl_unix_seconds() &- Int64(last)) &* 1_000_000
    }

    private func microseconds(_ value: JSONView, _ unit: Double) -> Int64? {
        guard let number = value.double, number >= 0, number < 1e12 else { return nil }
        return Int64(number * unit)
    }

    /// Adds a result.
    func add(_ test: ModelTest, _ json: UnsafeRawBufferPointer) {
        _ = (results.count == 1 || results.append(",")) && results.append(json)
        switch test.verdict {
        case .failed: failed &+= 1
        case .skipped: skipped &+= 1
        case .success:
            successful &+= 1
            latency &+= max(0, test.latency)
            if test.latency >= 0 { rank(test) }
        }
    }

    private func rank(_ test: ModelTest) {
        var at = fastest.count
        fastest.append(test)
        while at > 0, fastest[at &- 1].latency > test.latency {
            fastest.swapAt(at, at &- 1)
            at &-= 1
        }
        if fastest.count > ModelTestReport.mostFastest { _ = fastest.popLast() }
    }

    // MARK: documents

    func write(_ test: ModelTest, into out: inout MemberWriter) {
        out.open()
        test.write(into: &out, verdict: true)
        out.time("latency_ms", test.latency)
        if test.firstContent >= 0 { out.time("first_content_ms", test.firstContent) }
        let none = ByteBuffer(), answer = test.failure == nil ? test.outcome?.answer ?? none : none
        let root = JSONView(valid: answer.bytes, ByteRange(0, answer.count)), usage = dig(root, "usage"), billed = dig(root, "gatelet.usage")
        let total = dig(usage, "total_tokens").raw
        out.splice("tokens", total.isEmpty ? dig(billed, "total").raw : total)
        out.splice("usage", (billed.isObject ? billed : usage).raw)
        out.splice("cost", dig(root, "gatelet.cost").raw)
        out.text("response", dig(root, "choices.message.content").string.map(excerpt))
        answer.keepAlive()
        out.text("reason", test.reason)
        out.name("error")
        if let failure = test.failure { out.check(Report.error(RedactedFailure(failure, services.redaction), into: out.buffer)) } else { out.raw("null") }
        out.member("tested_at", timeText())
        out.close()
    }

    /// The beginning of a text, up to the end of a character.
    private func excerpt(_ text: String) -> String {
        let bytes = services.redaction.text(text).octets
        var end = min(bytes.count, ModelTestReport.excerpt)
        while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end &-= 1 }
        return String(utf8: bytes[..<end])
    }

    /// The whole document, or all but its results. `left`: models without a result.
    func write(_ options: ModelTestOptions, left: Int, complete: Bool, into out: inout MemberWriter) {
        out.open()
        writeSummary(left, into: &out)
        if complete {
            out.splice("results", results.bytes)
            out.raw("]")
        }
        out.name("fastest")
        out.open("[")
        for test in fastest {
            out.separate()
            out.open()
            test.write(into: &out, verdict: false)
            out.time("latency_ms", test.latency)
            out.close()
        }
        out.close("]")
        out.splice("errors", listErrors.bytes)
        out.member("started_at", startedAt)
        out.member("finished_at", timeText())
        out.name("options")
        out.open()
        out.member("prompt", options.prompt)
        out.member("max_tokens", options.maxTokens)
        out.time("spacing", options.pause / 1000)
        out.close()
        out.close()
    }

    private func writeSummary(_ left: Int, into out: inout MemberWriter) {
        let total = successful &+ failed
        out.name("summary")
        out.open()
        out.member("total", total)
        out.member("successful", successful)
        out.member("failed", failed)
        out.member("skipped", skipped)
        out.member("remaining", left)
        // In percent with one decimal; then in seconds, a thousandth of what these are in milliseconds.
        let tenths = total == 0 ? -1 : (successful &* 1000 &+ total / 2) / total
        out.member("success_rate", raw: tenths < 0 ? "null" : concat(String(decimal: tenths / 10), ".", String(decimal: tenths % 10)))
        out.time("average_latency", successful > 0 ? averageLatency / 1000 : -1)
        out.time("duration", elapsed / 1000)
        out.close()
    }
}

/// Now: 2026-11-28T20:31:49Z
func timeText() -> String {
    var time = tm(), seconds = time_t(gl_unix_seconds()), text: [UInt8] = Array(repeating: 0, count: 24)
    gmtime_r(&seconds, &time)
    let length = text.withUnsafeMutableBytes { strftime($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, "%Y-%m-%dT%H:%M:%SZ", &time) }
    return String(utf8: text[..<length])
}
