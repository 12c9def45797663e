import Foundation
@testable import Model
@testable import Settings
import Testing

/// What holds of the options of a call, the body and the configuration.
@Suite struct RequestPolicies {
    private func policy(_ call: String?, _ body: String?, all: Bool = false) throws -> RequestPolicy {
        let call = try call.map { json in try withBytes(json) { (bytes: UnsafeRawBufferPointer) throws(Failure) in try readCallOptions(bytes, .chat) } }
        let body = try body.map { json in try withBytes(json) { (bytes: UnsafeRawBufferPointer) throws(Failure) in try readOptions(bytes, allowed: all ? .all : .routing) } }
        return RequestPolicy(call, body, isLifted: all)
    }

    /// Seconds of the call, of the body (nil: not said), of the configuration; what holds; whether that is less than was wanted.
    @Test(arguments: [
        (nil, nil, 60, 60, false), (nil, "30", 60, 30, false), (nil, "61", 60, 60, true), (nil, "0", 60, 60, true), (nil, "600", 0, 600, false),
        (nil, "601", 0, 600, true), (nil, "0", 0, 600, true), ("90", nil, 60, 90, false), ("90", "80", 60, 80, false), ("90", "91", 60, 90, true),
        ("0", nil, 60, 0, false), ("0", "700", 60, 600, true), (nil, "899", 900, 899, false),
    ] as [(String?, String?, Double, Double, Bool)])
    func timeouts(_ call: String?, _ body: String?, _ configured: Double, _ holds: Double, _ warns: Bool) throws {
        for name in ["connect", "first_byte", "idle", "content", "total"] {
            let policy = try policy(call.map { "{\"timeouts\":{\"\(name)\":\($0)}}" }, body.map { "{\"timeouts\":{\"\(name)\":\($0)}}" })
            var base = Timeouts()
            (base.connect, base.firstByte, base.idle, base.content, base.total) = (configured, configured, configured, configured, configured)
            let found = policy.timeouts(base)
            let value = ["connect": found.connect, "first_byte": found.firstByte, "idle": found.idle, "content": found.content, "total": found.total][name]
            #expect(value == holds)
            #expect(policy.warnings.list.map(\.path) == (warns ? ["gatelet.timeouts.\(name)"] : []))
        }
    }

    @Test func bodiesThatMaySayAllAreBoundByTheCallAlone() throws {
        let free = try policy(nil, #"{"timeouts":{"total":0,"idle":900},"retry":{"attempts":100},"max_cost":50,"hedge":{"delay":0}}"#, all: true)
        #expect(free.timeouts(Timeouts()).idle == 900 && free.retry(RetryPolicy()).attempts == 100 && free.maxCost(1) == 50_000_000_000_000_000_000)
        #expect(free.hedge(nil).policy?.delay == 0 && free.warnings.list.isEmpty)
        let bound = try policy(#"{"timeouts":{"idle":10},"retry":{"attempts":1},"max_cost":1,"hedge":false}"#,
                               #"{"timeouts":{"idle":900},"retry":{"attempts":100},"max_cost":50,"hedge":{"delay":0}}"#, all: true)
        #expect(bound.timeouts(Timeouts()).idle == 10 && bound.retry(RetryPolicy()).attempts == 1 && bound.maxCost(nil) == 1_000_000_000_000_000_000)
        #expect(bound.hedge(HedgePolicy()).policy == nil && bound.warnings.list.count == 4)
    }

    @Test func eachMemberIsComplainedOfOnce() throws {
        let policy = try policy(nil, #"{"retry":{"attempts":9,"backoff_base":9,"backoff_max":99,"jitter":1,"attempts_per_request":99}}"#)
        for _ in 0..<3 { #expect(policy.retry(RetryPolicy()) == RetryPolicy()) }
        #expect(policy.warnings.list.count == 5)
    }

    /// docs/requests.md prints the table.
    @Test func theDocumentSaysTheSame() throws {
        let page = try String(contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/requests.md"), encoding: .utf8)
        for word in BodyWord.allCases {
            let may = switch word.power {
            case .tightens: "tighten"
            case .chooses: "choose"
            case .bounded: "be bounded"
            case .needsAll: "need all"
            }
            let line = page.split(separator: "\n").first { $0.hasPrefix("| `\(word.path)` |") && $0.hasSuffix("| \(may) |") }
            #expect(line != nil, "\(word.path)")
        }
        let rows = page.split(separator: "\n").filter { $0.hasSuffix("| tighten |") || $0.hasSuffix("| choose |") || $0.hasSuffix("| be bounded |") || $0.hasSuffix("| need all |") }
        #expect(rows.count == BodyWord.allCases.count)
    }
}
