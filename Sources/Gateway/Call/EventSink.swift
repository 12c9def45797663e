package import Bytes
package import Model

package enum SinkVerdict {
    case go
    /// The sink is full: the same bytes are offered again after `Call.nudge`.
    case full
    /// The caller wants no more; the value comes back in the error.
    case cancel(Int32)
    /// The event found no memory.
    case noMemory
}

extension SinkVerdict {
    /// What ends a stream; nil: it goes on.
    var failure: Failure? {
        switch self {
        case .cancel(let value):
            var failure = Failure(.cancelled, "the event callback cancelled the request")
            failure.callbackResult = value
            return failure
        case .noMemory: return Failure(.memory, "no memory for an event")
        case .go, .full: return nil
        }
    }
}

/// Where the events of one accepted request go: a caller's callback, or a queue.
package protocol EventSink: AnyObject {
    /// Asked before each read, so that a full sink costs one read at most.
    func isFull() -> Bool
    /// One chunk, or event of another surface. `text` and `reasoning` have a NUL behind them, `json` and `name`, the event's, have not.
    func chunk(json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, reasoning: UnsafeRawBufferPointer,
               name: UnsafeRawBufferPointer) -> SinkVerdict
    /// Status and headers of the response whose chunks follow, as JSON.
    func response(_ document: UnsafeRawBufferPointer) -> SinkVerdict
    /// Whether somebody reads the END document.
    var wantsEnd: Bool { get }
    /// The last call: the answer of a request that does not stream, if there is one, and the END document.
    func ended(_ outcome: Outcome)
}

/// How an accepted request ended.
package struct Outcome {
    package var end: RequestEnd
    package var failure: Failure?
    /// Requests that do not stream: the whole answer. Streams: what was assembled, if the caller wanted it.
    package var answer: ByteBuffer?
    /// The END event's JSON, where somebody reads it.
    package var document: ByteBuffer?

    package var status: Status { failure?.status ?? .ok }

    package init(end: RequestEnd, failure: Failure?, answer: ByteBuffer?, document: ByteBuffer?) {
        self.end = end
        self.failure = failure
        self.answer = answer
        self.document = document
    }
}
