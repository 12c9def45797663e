package import Model

/// What an attempt taught. Times in microseconds.
package struct AttemptReport: Sendable, Equatable {
    package var status: Status
    /// Something of the answer had come.
    package var contentSeen = false
    /// Until the first content of a stream, or the whole of another answer.
    package var latency: Int64?
    /// `latency` was a stream's: it belongs to the times that hedging looks at.
    package var streamed = false
    package var outputTokens = 0
    /// From the first content to the end.
    package var duration: Int64 = 0
    /// It may be the request's own doing, whatever the status says.
    package var mayBeOfRequest = false
    package init(_ status: Status) { self.status = status }
}

/// The state of one provider, or of one model at one provider.
package struct Health: Sendable {
    package private(set) var breaker: Breaker
    package private(set) var latency = PeakLatency()
    package private(set) var throughput = Throughput()
    package private(set) var firstContent = Percentile()
    package private(set) var inFlight = 0
    package var rate = RateStanding()

    package init(_ policy: BreakerPolicy) { breaker = Breaker(policy) }

    package mutating func adopt(_ policy: BreakerPolicy) { breaker.adopt(policy) }

    /// nil: the breaker is open. A ticket must come back through `end`, or `abandon` when nothing was learnt.
    package mutating func begin(now: Int64, probe: Bool) -> Breaker.Ticket? {
        guard let ticket = breaker.admit(now: now, probe: probe) else { return nil }
        inFlight &+= 1
        return ticket
    }

    package mutating func end(_ ticket: Breaker.Ticket, _ report: AttemptReport, now: Int64) {
        inFlight = max(inFlight &- 1, 0)
        let outcome = report.mayBeOfRequest ? .neither : report.status.healthOutcome(contentSeen: report.contentSeen)
        if outcome == .neither { breaker.release(ticket) } else { breaker.record(ticket, ok: outcome == .ok, now: now) }
        if let sample = report.latency {
            latency.add(sample, now: now)
            if report.streamed { firstContent.add(sample) }
        }
        throughput.add(tokens: report.outputTokens, duration: report.duration, now: now)
    }

    package mutating func abandon(_ ticket: Breaker.Ticket) {
        inFlight = max(inFlight &- 1, 0)
        breaker.release(ticket)
    }
}
