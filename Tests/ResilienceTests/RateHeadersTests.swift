@testable import HTTPText
@testable import Resilience
import Testing

private let unixNow: Int64 = 1_763_640_000      // 2025-11-20T12:00:00Z

private func read(_ lines: String...) -> RateReport? {
    let block = Array(("HTTP/1.1 200 OK\r\n" + lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    return block.withUnsafeBytes { RateHeaders.read($0, unixSeconds: unixNow) }
}

private func reset(_ text: String) -> Double? {
    Array(text.utf8).withUnsafeBytes { RateReset($0)?.after { unixNow } }.map { Double($0) / 1e6 }
}

private func report(_ remaining: Double?, _ seconds: Double?, _ requests: Int? = nil) -> RateReport {
    var report = RateReport()
    report.remaining = remaining
    report.resetAfter = seconds.map { Int64($0 * 1e6) }
    report.requests = requests
    return report
}

@Suite struct RateHeadersTests {
    @Test func none() {
        #expect(read() == nil && read("content-type: text/plain", "x-request-id: 5", "retry-after: 3", "age: 4", "a: b") == nil)
        #expect(read("x-ratelimit-scope: upstream") == nil && read("x-ratelimit") == nil && read("x-ratelimit-remaining") == RateReport())
        #expect([UInt8]().withUnsafeBytes { RateHeaders.read($0, unixSeconds: 0) } == nil)
    }

    @Test func openAI() {
        let requests = ["x-ratelimit-limit-requests: 60", "X-RateLimit-Remaining-Requests: 59", "x-ratelimit-reset-requests: 1s"]
        let tokens = ["x-ratelimit-limit-tokens: 150000", "x-ratelimit-remaining-tokens: 30000", "x-ratelimit-reset-tokens: 6m0s"]
        #expect(read(requests[0], requests[1], requests[2], tokens[0], tokens[1], tokens[2]) == report(0.2, 360, 59))
        #expect(read(requests[0], requests[1], requests[2]) == report(59.0 / 60, 1, 59))
        #expect(read(tokens[0], tokens[1]) == report(0.2, nil))
    }

    @Test func manyWindows() {
        // Cerebras: by day and by minute.
        #expect(read("x-ratelimit-limit-requests-day: 100", "x-ratelimit-remaining-requests-day: 1", "x-ratelimit-reset-requests-day: 33011.382867",
                     "x-ratelimit-limit-tokens-minute: 1000", "x-ratelimit-remaining-tokens-minute: 900", "x-ratelimit-reset-tokens-minute: 11.38")
                == report(0.01, 33011.382867, 1))
    }

    @Test func openRouter() {
        #expect(read("X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1763640030000") == report(0, 30, 0))
        #expect(read("x-ratelimit-limit: 20", "x-ratelimit-remaining: 5", "x-ratelimit-reset: 1763640030") == report(0.25, 30, 5))
        #expect(read("x-ratelimit-limit: 20", "x-ratelimit-remaining: 5", "x-ratelimit-reset: 30") == report(0.25, 30, 5))
    }

    @Test func anthropic() {
        #expect(read("anthropic-ratelimit-requests-limit: 1000", "anthropic-ratelimit-requests-remaining: 999",
                     "anthropic-ratelimit-requests-reset: 2025-11-20T12:00:01Z", "anthropic-ratelimit-input-tokens-limit: 80000",
                     "anthropic-ratelimit-input-tokens-remaining: 8000", "anthropic-ratelimit-input-tokens-reset: 2025-11-20T12:00:20Z",
                     "anthropic-ratelimit-output-tokens-limit: 100", "Anthropic-Ratelimit-Output-Tokens-Remaining: 0",
                     "anthropic-ratelimit-output-tokens-reset: 2025-11-20T14:00:40.5+02:00") == report(0, 40, 999))
    }

    @Test func ietf() {
        #expect(read("RateLimit-Limit: 100, 100;w=60", "RateLimit-Remaining: 25", "RateLimit-Reset: 7") == report(0.25, 7, 25))
        #expect(read("RateLimit: limit=100, remaining=50, reset=9", "ratelimit-policy: 100;w=10") == report(0.5, 9, 50))
        #expect(read("RateLimit-Policy: \"burst\";q=100;w=60,\"day\";q=1000;w=86400", "RateLimit: \"burst\";r=90;t=5, \"day\";r=10;t=600") == report(0.01, 600, 10))
    }

    @Test func oddValues() {
        #expect(read("x-ratelimit-limit: 0", "x-ratelimit-remaining: 5") == report(nil, nil, 5))
        #expect(read("x-ratelimit-remaining: 0") == report(0, nil, 0))
        #expect(read("x-ratelimit-limit: 5", "x-ratelimit-remaining: 9") == report(1, nil, 9))
        for bad in ["-1", "", "unlimited", "NaN", "6m", "0x10"] {
            #expect(read("x-ratelimit-limit: 5", "x-ratelimit-remaining: \(bad)") == RateReport(), "\(bad)")
        }
        #expect(read("x-ratelimit-limit: 99999999999999999999999", "x-ratelimit-remaining: 99999999999999999999999")?.remaining == 1)
        #expect(read("x-ratelimit-limit: 10", "x-ratelimit-remaining: 5", "x-ratelimit-reset: soon") == report(0.5, nil, 5))
        // the reset of the scarcest; of equally scarce ones the later
        #expect(read("x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 5s", "x-ratelimit-remaining-tokens: 0",
                     "x-ratelimit-reset-tokens: 3s") == report(0, 5, 0))
        // many limits: the first eight
        let many = (0..<100).map { "x-ratelimit-remaining-thing\($0): 0" }.joined(separator: "\r\n")
        #expect(read(many) == report(0, nil, 0))
    }

    @Test func theServersClockRules() {
        #expect(read("date: Thu, 20 Nov 2025 11:00:00 GMT", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 1763636405") == report(0, 5, 0))
    }

    @Test func resets() {
        for (text, seconds) in [("6m0s", 360.0), ("1s", 1), ("20ms", 0.02), ("1h2m3.5s", 3723.5), ("1d", 86400), ("150us", 0.00015), ("7.66s", 7.66),
                                ("2m59.56s", 179.56), ("0", 0), ("59", 59), ("0.25", 0.25), ("1763640010", 10), ("1763640010500", 10.5),
                                ("1763640010000000", 10), ("2025-11-20T12:00:09Z", 9), ("2025-11-20t12:00:09.25z", 9), ("2025-11-20T12:30:00+00:30", 0),
                                ("2025-11-20T11:30:00-00:45", 900), ("2020-01-01T00:00:00Z", 0), ("Thu, 20 Nov 2025 12:00:03 GMT", 3), ("12µs", 0.000012)] {
            #expect(reset(text).map { abs($0 - seconds) < 1.5e-6 } == true, "\(text) \(String(describing: reset(text)))")
        }
        for bad in ["", "soon", "-1", "1x", "1m2", "m", ".5", "2025-11-20", "2025-13-20T12:00:00Z", "2025-11-20T12:00:00", "2025-11-20T12:00:00+1"] {
            #expect(reset(bad) == nil, "\(bad)")
        }
        #expect(reset("99999999999999999999h") == 315_360_000 && reset(String(repeating: "9", count: 400)) == nil)
    }

    @Test(arguments: 1...20) func anyBytesAreRead(seed: UInt64) {
        var dice = Dice(seed)
        let pieces = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit", "limit", "remaining", "reset", "-", ":", "\r\n", "\n", "9", "1763640010", "=", ";", ",", "\"", "r", "t", "q", "m", "s", "2025-11-20T12:00:09Z", "\u{0}", " ", "requests"]
        for _ in 0..<500 {
            let block = Array((0..<dice.roll(30)).map { _ in pieces[dice.roll(pieces.count)] }.joined().utf8)
            let report = block.withUnsafeBytes { RateHeaders.read($0, unixSeconds: unixNow) }
            if let share = report?.remaining { #expect(share >= 0 && share <= 1) }
            if let after = report?.resetAfter { #expect(after >= 0) }
        }
    }

    @Test func standing() {
        var standing = RateStanding()
        #expect(standing.remaining(now: 0) == nil && standing.requests(now: 0) == nil)
        standing.note(report(0.25, 10, 4), now: 5 * second)
        #expect(standing.remaining(now: 15 * second - 1) == 0.25 && standing.requests(now: 14 * second) == 4)
        #expect(standing.remaining(now: 15 * second) == nil && standing.requests(now: 15 * second) == nil)
        standing.note(report(0.5, nil), now: 0)
        #expect(standing.remaining(now: 59 * second) == 0.5 && standing.remaining(now: 60 * second) == nil)
    }
}
