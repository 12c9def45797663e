internal import Bytes
internal import Model
internal import Transport

/// Puts the events of one call into a queue. What changes in it changes under the queue's lock.
final class QueueSink: EventSink {
    private let queue: EventQueue
    let tag: UInt64
    /// Its call and the engine that this was handed to, while the queue counts it among its own.
    var running: (call: Call, engine: Engine)?
    /// Its index there; -1 elsewhere.
    var index = -1
    var undeliveredEvents = 0
    var undeliveredBytes = 0
    /// Its transfer waits, or will at its next bytes.
    var isPaused = false
    /// The caller wants nothing more for now.
    var isHeld = false

    init(_ queue: EventQueue, _ tag: UInt64) {
        self.queue = queue
        self.tag = tag
    }

    var wantsEnd: Bool { true }
    func isFull() -> Bool { queue.isFull(self) }

    func chunk(json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, reasoning: UnsafeRawBufferPointer,
               name: UnsafeRawBufferPointer) -> SinkVerdict {
        queue.putChunk(self, json: json, text: text, reasoning: reasoning, name: name) ? .go : .noMemory
    }

    func response(_ document: UnsafeRawBufferPointer) -> SinkVerdict {
        queue.putResponse(self, document)
        return .go
    }

    func ended(_ outcome: Outcome) {
        queue.putEnd(self, outcome)
        queue.closed(self)
    }
}
