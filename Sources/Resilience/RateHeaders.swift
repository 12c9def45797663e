internal import Bytes
internal import HTTPText

/// What a provider's rate limit headers say.
package struct RateReport: Sendable, Equatable {
    /// Share left, 0...1, of what is scarcest; nil when no limit is known.
    package var remaining: Double?
    /// Microseconds until that is full again; nil when it is not said.
    package var resetAfter: Int64?
    /// The fewest requests left of any limit that does not count tokens.
    package var requests: Int?
    package init() {}
}

/// Reads the spellings of rate limit headers (2026-08):
/// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` (https://platform.openai.com/docs/guides/rate-limits, Groq, and
/// others with `-minute`, `-day` behind), `x-ratelimit-{limit,remaining,reset}` (https://openrouter.ai/docs/api-reference/limits),
/// `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`
/// (https://docs.anthropic.com/en/api/rate-limits), `ratelimit-{limit,remaining,reset}`, `ratelimit` and `ratelimit-policy`
/// (drafts of IETF httpapi-ratelimit-headers).
///
/// They are all one form: a name with "limit", "remaining" or "reset" among its words, where the other words name what is
/// limited.
package enum RateHeaders {
    /// One pass over a raw header block; nil when none is there. `unixSeconds` is for resets that are a point in time, if
    /// the block has no `date`.
    package static func read(_ block: UnsafeRawBufferPointer, unixSeconds: Int64) -> RateReport? {
        var lines = HeaderLines(block), reader = RateReader()
        while let line = lines.next() {
            switch line.byte(at: 0) | 0x20 {
            case UInt8(ascii: "x") where line.beginsFolded("x-ratelimit"): reader.take(line, behind: 11)
            case UInt8(ascii: "r") where line.beginsFolded("ratelimit"): reader.take(line, behind: 9)
            case UInt8(ascii: "a") where line.beginsFolded("anthropic-ratelimit"): reader.take(line, behind: 19)
            default: break
            }
        }
        if reader.limits.isEmpty { return nil }
        return reader.report { HeaderText.find("date", in: block).flatMap(HTTPDate.seconds) ?? unixSeconds }
    }
}

/// One thing that is limited.
private struct RateLimit {
    /// Of the words that name it.
    let name: UInt64
    var countsTokens: Bool
    var limit: Int64?
    var remaining: Int64?
    var reset: RateReset?

    var share: Double? {
        guard let remaining else { return nil }
        guard let limit, limit > 0 else { return remaining == 0 ? 0 : nil }
        return min(Double(remaining) / Double(limit), 1)
    }
}

private struct RateReader {
    private enum Part { case none, limit, remaining, reset }

    /// More than these are not looked at.
    private static let most = 8
    var limits: [RateLimit] = []

    mutating func take(_ line: UnsafeRawBufferPointer, behind start: Int) {
        var part = Part.none, name = fnvSeed &+ UInt64(line.byte(at: 0) | 0x20), tokens = false, at = start
        while at < line.count, line.byte(at: at &- 1) != Ascii.colon {
            let from = at
            while at < line.count, line.byte(at: at) != 0x2D, line.byte(at: at) != Ascii.colon { at &+= 1 }
            let word = line[ByteRange(from, at)]
            if let found = kind(word) { part = found } else {
                if word.beginsFolded("token") { tokens = true }
                name = fnv1a(word, from: name, fold: 0x20)
            }
            at &+= 1
        }
        let value = HeaderText.trimmed(line[ByteRange(at, line.count)])
        if part != .none { set(part, name, tokens, value) }
        else if line.beginsFolded("ratelimit:") || line.beginsFolded("ratelimit-policy:") { structured(value) }
    }

    private func kind(_ word: UnsafeRawBufferPointer) -> Part? {
        switch word.count {
        case 5: word.beginsFolded("limit") ? .limit : word.beginsFolded("reset") ? .reset : nil
        case 9: word.beginsFolded("remaining") ? .remaining : nil
        default: nil
        }
    }

    /// `"name";r=5;t=30` with `"name";q=10;w=60`, or `limit=10, remaining=5, reset=30`.
    private mutating func structured(_ value: UnsafeRawBufferPointer) {
        var name = fnvSeed, from = 0
        for at in 0...value.count where at == value.count || value.byte(at: at) == Ascii.comma || value.byte(at: at) == UInt8(ascii: ";") {
            let item = HeaderText.trimmed(value[ByteRange(from, at)])
            from = at &+ 1
            guard let equals = item.find("=") else {
                name = fnv1a(item, fold: 0x20)
                continue
            }
            let word = item[ByteRange(0, equals)], number = item[ByteRange(equals &+ 1, item.count)]
            if word.equals("r") || word.equals("remaining") { set(.remaining, name, false, number) }
            if word.equals("q") || word.equals("limit") { set(.limit, name, false, number) }
            if word.equals("t") || word.equals("reset") { set(.reset, name, false, number) }
        }
    }

    private mutating func set(_ part: Part, _ name: UInt64, _ tokens: Bool, _ value: UnsafeRawBufferPointer) {
        var at = 0
        while at < limits.count, limits[at].name != name { at &+= 1 }
        if at == limits.count {
            if at == RateReader.most { return }
            limits.append(RateLimit(name: name, countsTokens: tokens))
        }
        switch part {
        case .limit: limits[at].limit = number(value)
        case .remaining: limits[at].remaining = number(value)
        case .reset: limits[at].reset = RateReset(value)
        case .none: break
        }
    }

    /// The digits at the beginning ("100", "100, 100;w=60"); a sign, a unit or a word makes it no number.
    private func number(_ text: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0, at = 0
        while text.byte(at: at) &- 0x30 <= 9 {
            value = min(value &* 10 &+ Int64(text.byte(at: at) &- 0x30), 1 << 56)
            at &+= 1
        }
        return at == 0 || (text.byte(at: at) | 0x20) &- 0x61 < 26 ? nil : value
    }

    func report(unix: () -> Int64) -> RateReport {
        var report = RateReport()
        for limit in limits {
            if let left = limit.remaining, !limit.countsTokens { report.requests = min(report.requests ?? .max, Int(left)) }
            guard let share = limit.share, share <= report.remaining ?? 1 else { continue }
            if share < report.remaining ?? 2 { report.resetAfter = nil }
            report.remaining = share
            if let after = limit.reset?.after(unix: unix) { report.resetAfter = max(report.resetAfter ?? 0, after) }
        }
        return report
    }
}
