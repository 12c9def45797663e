internal import Bytes

/// What a provider last said about its limits, as long as it holds.
package struct RateStanding: Sendable, Equatable {
    private var report = RateReport()
    private var until: Int64 = .min

    package init() {}

    /// What has no reset holds for a minute.
    package mutating func note(_ report: RateReport, now: Int64) {
        self.report = report
        until = now &+ (report.resetAfter ?? 60 &* Micros.second)
    }

    /// 0...1; nil: not known, or full again since.
    package func remaining(now: Int64) -> Double? { now < until ? report.remaining : nil }
    package func requests(now: Int64) -> Int? { now < until ? report.requests : nil }
}
