package import Bytes
package import Model
package import Resilience

/// One attempt, as `attempts` shows it. Classes, this and the next: they are handed about at the end of every request.
package final class AttemptTrace {
    package var provider = ""
    package var model = ""
    package var key: String?
    /// Among the provider's keys; not shown.
    package var keyIndex = 0
    package var status = Status.ok
    package var httpStatus = 0
    /// What the provider calls it, redacted.
    package var providerRequestID: String?
    /// Status and headers of the response as JSON, redacted; empty where nobody asked for them.
    package var response: [UInt8] = []
    /// What followed from its failure.
    package var next: StaticString?
    /// Microseconds of waiting before it.
    package var waited: Int64 = 0
    package var timings = RequestTimings()
    package var isHedge = false
    package var isProbe = false
    /// The provider has not begun with it; it was sent again.
    package var isUnsent = false
    /// Nobody was asked: its answer was kept.
    package var isCached = false
    /// Its text is the answer, or a part of it.
    package var delivered = false
    package var account: Account?
    /// What of the request was not told to this one.
    package var warnings: RequestWarnings?
    package init() {}

    /// Its connection, or the way to one, has failed.
    package var brokeOnTheWay: Bool { status.rawValue >= 200 && status.rawValue < 300 }
}

/// That an answer was kept: how old it is (microseconds), and what it would have cost, as far as that is known.
package struct CacheHit {
    let age: Int64
    let saved: AttoUSD?
    package init(age: Int64, saved: AttoUSD?) {
        self.age = age
        self.saved = saved
    }
}

/// Where a request went and how long it took.
package final class RequestTrace {
    package var requestID: [UInt8] = []
    package var attempts: [AttemptTrace] = []
    /// Index of the attempt that gave the answer, or whose failure is reported.
    package var reportedIndex = 0
    /// Microseconds of the whole request.
    package var total: Int64 = -1
    /// The connection closed uncleanly after the finish reason.
    package var unclean = false
    /// The class of an error that came behind a whole answer, or stood beside it.
    package var lateError: Status?
    /// Lone surrogates in the request became U+FFFD.
    package var repairedRequest = false
    /// A later attempt went on where a broken stream had stopped.
    package var continued = false
    /// The development provider answered in place of one that refused the key.
    package var devFallback = false
    /// What is secret in them.
    package var redaction = Redaction.none
    /// What the body wanted in vain.
    package var warnings: RequestWarnings?
    /// The answer was there already.
    package var cacheHit: CacheHit?
    /// How the rules of the request's own tag stand.
    package var limits: [LimitStanding] = []
    /// The body of the answer as the provider sent it, as JSON: while the answer is written that shows it.
    package var raw: ByteBuffer?
    /// A variable turned the development mode on.
    package var devMode = false
    package init() {}

    /// Those of the request, and of the attempt that the caller hears of.
    package var allWarnings: [RequestWarning] {
        let own = warnings?.list ?? []
        let all = own + (reported.warnings?.list ?? []).filter { one in !own.contains { same($0.path, one.path) } }
        return all.map { warning in
            var clean = warning
            (clean.path, clean.message) = (redaction.text(clean.path), redaction.text(clean.message))
            return clean
        }
    }

    package var reported: AttemptTrace {
        reportedIndex >= 0 && reportedIndex < attempts.count ? attempts[reportedIndex] : AttemptTrace()
    }
}

/// A request that has ended, for ledger and records.
package struct FinishedRequest {
    package var operation: Model.Operation
    package var requestedModel: String?
    package var tag: String?
    package var end: RequestEnd
    package var status: Status
    /// Somebody other than the first choice answered.
    package var isFallback: Bool
    package var trace: RequestTrace

    package init(_ operation: Model.Operation, requestedModel: String?, tag: String?, end: RequestEnd, status: Status, isFallback: Bool, trace: RequestTrace) {
        self.operation = operation
        self.requestedModel = requestedModel
        self.tag = tag
        self.end = end
        self.status = status
        self.isFallback = isFallback
        self.trace = trace
    }
}
