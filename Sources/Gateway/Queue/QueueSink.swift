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
    var isPaused = false

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

    func ended(_ outcome: Outcome) {
        queue.putEnd(self, outcome)
        queue.closed(self)
    }
}
