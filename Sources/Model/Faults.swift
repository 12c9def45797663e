/// How the development provider answers one attempt (docs/testing-failover.md). Chunks are counted from 0. Written while it
/// is read, and never afterwards; a class, as to copy so many members costs much code.
package final class FaultStep: @unchecked Sendable {
    /// A Content-Length that does not fit: it promises less or more than there is.
    package enum Length: UInt8, Sendable { case short, long }

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

extension FaultStep: Equatable {
    package static func == (a: FaultStep, b: FaultStep) -> Bool {
        a === b || a.status == b.status && a.headers == b.headers && a.body == b.body && a.error == b.error
            && a.firstByteDelay == b.firstByteDelay && a.errorAtChunk == b.errorAtChunk && a.stallAtChunk == b.stallAtChunk
            && a.truncateAtChunk == b.truncateAtChunk && a.length == b.length && a.empty == b.empty && a.html == b.html
            && a.reset == b.reset && a.refuse == b.refuse
    }
}

/// What the development provider does attempt after attempt.
package typealias FaultScript = [FaultStep]

extension FaultScript {
    /// The step of an attempt, counted from 0; the last one repeats. nil: no faults at all.
    package func step(_ number: Int) -> FaultStep? { isEmpty ? nil : self[Swift.min(Swift.max(number, 0), count &- 1)] }
}
