@testable import Bytes
import CShims
@testable import Gateway
@testable import Model
@testable import Planning
import Testing
@testable import Transport

@Suite struct RouteHealthTests {
    private func record(_ health: EndpointHealth, _ model: String, _ status: Status, _ now: Int64) throws {
        let ticket = try #require(health.admit(model, probe: false, now))
        health.record(ticket, status, Transfer(profile: try #require(HTTPProfile(HTTPProfile.Options(), resolve: []))), tokens: nil, now)
    }

    /// Whoever asks for thousands of made-up models cannot have one asked again that is down, nor one forgotten that works.
    @Test func namesThatWereMadeUpPushOutEachOther() throws {
        let health = EndpointHealth(BreakerPolicy())
        var now = gl_now_us()
        try record(health, "good", .ok, now)
        var failures = 0
        while !health.glance("down", now).open, failures < 100 {
            try record(health, "down", .server, now)
            failures += 1
        }
        #expect(health.glance("down", now).open)
        for number in 0..<5000 {
            now += 1
            try record(health, "made up \(number)", .notFound, now)
        }
        #expect(health.glance("down", now).open)
        #expect(health.admit("down", probe: false, now) == nil)
        #expect(health.seen().count == 512 && health.seen().contains { same($0.id, "good") })
        let report = ByteBuffer()
        #expect(health.report(into: report) && report.count < 512 * 256)
    }
}
