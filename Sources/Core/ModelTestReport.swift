internal import CShims
internal import Model
internal import Providers
internal import Routing
internal import Wire

/// A model that is to be tested.
struct TestedModel {
    let id: String
    let name: String
    let provider: String

    var slug: String { concat(provider, "/", id) }
}

/// What came of one model.
struct ModelTestResult {
    enum Verdict { case success, failed, skipped }
    var verdict: Verdict
    /// Why not, in words for people.
    var reason: StaticString?
    var failure: Failure?
    /// Microseconds; -1 is unknown.
    var latency: Int64 = -1
    var firstContent: Int64 = -1
    var answer: ByteBuffer?

    var word: StaticString {
        switch verdict {
        case .success: "success"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }
}

/// The results so far, and their sums.
final class ModelTestReport {
    private(set) var successful = 0, failed = 0, skipped = 0
    /// Slugs of the models that have a result.
    let finished = IDTable()
    /// Microseconds of all successes together.
    private var latency: Int64 = 0
    /// Duration of earlier runs.
    private var earlier: Int64 = 0
    private let began = gl_now_us()
    private let redaction: Redaction
    private var startedAt = timeText(gl_unix_seconds())
    private var fastest: [(model: TestedModel, latency: Int64)] = []
    /// Without the brackets.
    private let results = ByteBuffer()
    /// Lists that could not be had: the array of the model list.
    let listErrors = ByteBuffer()

    private static let mostFastest = 5
    private static let longest = 200

    init(_ redaction: Redaction) { self.redaction = redaction }

    var elapsed: Int64 { earlier &+ (gl_now_us() &- began) }
    var averageLatency: Int64? { successful > 0 ? latency / Int64(successful) : nil }

    /// Takes over what an earlier run found.
    func adopt(_ document: JSONView) {
        if let text = document["started_at"]?.string, text.utf8.count < 40 { startedAt = text }
        earlier = microseconds(document["summary"]?["duration"], 1_000_000)
        document["results"]?.forEachElement { entry in
            guard let id = entry["model"]?.string, let status = entry["status"]?.string else { return }
            var result = ModelTestResult(verdict: .failed)
            if same(status, "success") { result.verdict = .success } else if same(status, "skipped") { result.verdict = .skipped }
            result.latency = microseconds(entry["latency_ms"], 1000)
            let model = TestedModel(id: id, name: entry["name"]?.string ?? id, provider: entry["provider"]?.string ?? "")
            count(model, result, entry.raw)
        }
    }

    private func microseconds(_ value: JSONView?, _ unit: Double) -> Int64 {
        guard let number = value?.double, number >= 0, number < 1e12 else { return 0 }
        return Int64(number * unit)
    }

    /// Adds a result; its JSON.
    func add(_ model: TestedModel, _ result: ModelTestResult) -> ByteBuffer {
        let text = ByteBuffer()
        var out = MemberWriter(text)
        write(model, result, into: &out)
        count(model, result, text.bytes)
        return text
    }

    private func count(_ model: TestedModel, _ result: ModelTestResult, _ json: UnsafeRawBufferPointer) {
        finished.add(model.slug, 1)
        _ = (results.count == 0 || results.append(",")) && results.append(json)
        switch result.verdict {
        case .failed: failed &+= 1
        case .skipped: skipped &+= 1
        case .success:
            successful &+= 1
            latency &+= max(0, result.latency)
            rank(model, result.latency)
        }
    }

    private func rank(_ model: TestedModel, _ latency: Int64) {
        let at = fastest.firstIndex { latency < $0.latency } ?? fastest.count
        if latency < 0 || at >= ModelTestReport.mostFastest { return }
        fastest.insert((model, latency), at: at)
        if fastest.count > ModelTestReport.mostFastest { fastest.removeLast() }
    }

    // MARK: documents

    private func write(_ model: TestedModel, _ result: ModelTestResult, into out: inout MemberWriter) {
        out.open()
        out.write(model)
        out.name("status")
        out.word(result.word)
        out.time("latency_ms", result.latency)
        if result.firstContent >= 0 { out.time("first_content_ms", result.firstContent) }
        writeAnswer(result.answer, into: &out)
        out.name("reason")
        out.word(result.reason)
        out.name("error")
        if let failure = result.failure { out.check(Report.error(failure, into: out.buffer)) } else { out.raw("null") }
        out.member("tested_at", timeText(gl_unix_seconds()))
        out.close()
    }

    /// Tokens, cost and the beginning of the text.
    private func writeAnswer(_ answer: ByteBuffer?, into out: inout MemberWriter) {
        let bytes = answer?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let root = JSONView(valid: bytes, ByteRange(0, bytes.count)), gatelet = root["gatelet"]
        let usage = root["usage"]
        out.splice("tokens", usage?["total_tokens"])
        out.splice("usage", gatelet?["usage"] ?? usage)
        out.splice("cost", gatelet?["cost"])
        out.name("response")
        if let text = root["choices"]?.firstElement?["message"]?["content"]?.string {
            out.string(excerpt(text))
        } else {
            out.raw("null")
        }
        answer?.keepAlive()
    }

    /// The beginning of a text, up to the end of a character.
    private func excerpt(_ text: String) -> String {
        let bytes = redaction.text(text).octets
        var end = min(bytes.count, ModelTestReport.longest)
        while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end &-= 1 }
        return String(utf8: bytes[..<end])
    }

    /// The whole document, or all but its results. `left`: models without a result.
    func write(_ options: ModelTestOptions, left: Int, complete: Bool, into out: inout MemberWriter) {
        out.open()
        out.name("summary")
        writeSummary(left, into: &out)
        if complete {
            out.name("results")
            out.raw("[")
            out.raw(results.bytes)
            out.raw("]")
        }
        out.name("fastest")
        out.open("[")
        for entry in fastest {
            out.separate()
            out.open()
            out.write(entry.model)
            out.time("latency_ms", entry.latency)
            out.close()
        }
        out.close("]")
        out.name("errors")
        if listErrors.count == 0 { out.raw("[]") } else { out.raw(listErrors.bytes) }
        out.member("started_at", startedAt)
        out.member("finished_at", timeText(gl_unix_seconds()))
        out.name("options")
        options.write(into: &out)
        out.close()
    }

    private func writeSummary(_ left: Int, into out: inout MemberWriter) {
        let total = successful &+ failed
        out.open()
        out.member("total", total)
        out.member("successful", successful)
        out.member("failed", failed)
        out.member("skipped", skipped)
        out.member("remaining", left)
        out.name("success_rate")
        if total == 0 { out.raw("null") } else {
            let tenths = (successful &* 1000 &+ total / 2) / total
            out.raw(concat(String(decimal: tenths / 10), ".", String(decimal: tenths % 10)))
        }
        // In seconds: a thousandth of what these are in milliseconds.
        out.time("average_latency", averageLatency.map { $0 / 1000 } ?? -1)
        out.time("duration", elapsed / 1000)
        out.close()
    }
}

extension MemberWriter {
    mutating func word(_ text: StaticString?) {
        guard let text else { return raw("null") }
        raw("\"")
        raw(text)
        raw("\"")
    }

    /// Microseconds as milliseconds; null when unknown.
    mutating func time(_ name: StaticString, _ microseconds: Int64) {
        self.name(name)
        check(Report.milliseconds(microseconds, buffer))
    }

    mutating func write(_ name: StaticString, _ list: [String]) {
        self.name(name)
        open("[")
        for text in list {
            separate()
            string(text)
        }
        close("]")
    }

    mutating func splice(_ name: StaticString, _ value: JSONView?) {
        self.name(name)
        if let value { raw(value.raw) } else { raw("null") }
    }

    mutating func write(_ model: TestedModel) {
        member("model", model.id)
        member("name", model.name)
        name("provider")
        if model.provider.utf8.isEmpty { raw("null") } else { string(model.provider) }
    }
}

/// 2026-11-28T20:31:49Z
func timeText(_ unix: Int64) -> String {
    var time = tm(), seconds = time_t(unix), text: [UInt8] = Array(repeating: 0, count: 24)
    gmtime_r(&seconds, &time)
    let length = text.withUnsafeMutableBytes { strftime($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, "%Y-%m-%dT%H:%M:%SZ", &time) }
    return String(utf8: text.prefix(length))
}

/// A failure in the words of people who read lists of models (seed 003).
func reasonOf(_ status: Status) -> StaticString {
    switch status {
    case .rateLimit: "Rate limited"
    case .funds: "Requires credits"
    case .auth: "Invalid API key"
    case .noKey: "API key not configured"
    case .keysExhausted: "No usable API key"
    case .permission: "Access denied"
    case .notFound, .modelUnresolved: "Model not available"
    case .badRequest, .unsupported: "Request not accepted"
    case .overloaded: "Overloaded"
    case .server: "Server error"
    case .unavailable: "Provider unavailable"
    case .contextLength: "Context too long"
    case .contentPolicy: "Refused by content policy"
    case .empty: "Empty answer"
    case .badResponse, .protocol, .tooLarge: "Unreadable answer"
    case .truncated: "Answer cut off"
    case .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .timeoutTotal: "Timed out"
    case .resolve, .connect, .tls: "Connection failed"
    case .refused: "Refused by policy"
    default: "Internal error"
    }
}
