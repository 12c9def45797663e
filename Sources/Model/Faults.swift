/// How the development provider answers one attempt (docs/testing-failover.md). Chunks are counted from 0.
package struct FaultStep: Sendable, Equatable {
    /// A Content-Length that does not fit: it promises less or more than there is.
    package enum Length: String, CaseIterable, Sendable { case short, long }

    package var status = 200
    package var headers: [Header] = []
    /// Instead of the answer.
    package var body: String?
    /// JSON of the object in `{"error": ...}`; nil: one that fits the status.
    package var error: String?
    /// Seconds before the response headers.
    package var firstByteDelay = 0.0
    package var errorAtChunk: Int?
    package var stallAtChunk: Int?
    package var truncateAtChunk: Int?
    package var length: Length?
    /// A body without a byte.
    package var empty = false
    /// A page as proxies write them.
    package var html = false
    /// The connection breaks before the response, or cannot be made at all.
    package var reset = false
    package var refuse = false
    package init() {}
}

/// What the development provider does attempt after attempt.
package struct FaultScript: Sendable, Equatable {
    package var steps: [FaultStep]
    package init(_ steps: [FaultStep] = []) { self.steps = steps }

    /// The step of an attempt, counted from 0; the last one repeats. nil: no faults at all.
    package func step(_ number: Int) -> FaultStep? { steps.isEmpty ? nil : steps[min(max(number, 0), steps.count &- 1)] }
}
