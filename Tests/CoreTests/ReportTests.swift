@testable import Accounting
@testable import Bytes
import Foundation
@testable import Gateway
@testable import Model
import Testing

@Suite struct ReportTests {
    private func object(_ write: (ByteBuffer) -> Bool) throws -> [String: Any] {
        let out = ByteBuffer()
        #expect(write(out))
        let data = Data(out.copy())
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func anErrorHasEveryMember() throws {
        var failure = Failure(.rateLimit, "slow \"down\"\n")
        failure.httpStatus = 429
        failure.retryAfterMs = 1500
        let json = try object { Report.error(RedactedFailure(failure, .none), into: $0) }
        #expect(Set(json.keys) == ["status", "kind", "message", "http_status", "provider", "model", "code", "type", "param", "provider_message",
                                   "retryable", "retry_after_ms", "request_id"])
        #expect(json["status"] as? Int == 305 && json["kind"] as? String == "rate_limit" && json["message"] as? String == "slow \"down\"\n")
        #expect(json["retryable"] as? Bool == true && json["retry_after_ms"] as? Int == 1500 && json["provider"] is NSNull)
    }

    @Test func unknownTimesAreNullAndOthersAreMilliseconds() throws {
        let trace = RequestTrace()
        trace.requestID = Array("gl-1".utf8)
        trace.total = 1_234_005
        let attempt = AttemptTrace()
        attempt.timings.connect = 70
        trace.attempts = [attempt]
        let json = try object { Report.gatelet(trace, into: $0) }
        let timings = try #require(json["timings"] as? [String: Any])
        #expect(timings["total_ms"] as? Double == 1234.005 && timings["connect_ms"] as? Double == 0.07)
        #expect(timings["first_content_ms"] is NSNull)
        #expect((json["attempts"] as? [Any])?.count == 1)
    }

    @Test(arguments: [Int64.min, -1, 0, 7, 1_000_000, .max])
    func numbers(_ value: Int64) {
        let out = ByteBuffer()
        #expect(Report.number(value, out))
        #expect(String(decoding: out.copy(), as: UTF8.self) == String(value))
    }
}
