package import CShims
package import Model
package import Transport
package import Wire

/// What one event is, its bytes being ranges of an arena.
package struct EventRecord {
    package enum Kind: Int32 { case chunk = 1, end, answer }
    package var kind: Kind
    package var status: Int32 = 0
    package var tag: UInt64
    package var json: ByteRange
    package var text = ByteRange.none
    package var reasoning = ByteRange.none
    /// Whose share of the bound it takes; nil for END and ANSWER, which are never held back.
    var call: Call?
    /// A model list that the taker of the event has to parse.
    var list: ListCall?
}

/// Bytes and records that grow together and are then handed to the caller as one batch.
package final class EventArena {
    package let bytes = ByteBuffer()
    package fileprivate(set) var records: [EventRecord] = []

    /// Room for about as much as the arena before had, so that growing costs nothing in a steady stream.
    init(like other: EventArena? = nil) {
        guard let other else { return }
        _ = bytes.reserve(min(other.bytes.count, 1 << 20))
        records.reserveCapacity(min(other.records.count, 1 << 12))
    }

    /// Copies text in with a NUL behind it.
    fileprivate func put(_ source: UnsafeRawBufferPointer) -> ByteRange? {
        let start = bytes.count
        guard bytes.append(source), bytes.append(0 as UInt8) else { return nil }
        return ByteRange(start, start &+ source.count)
    }
}

/// A slice of an arena that no longer changes.
package struct EventBatch {
    package let arena: EventArena
    package let first: Int
    package let count: Int
}

/// The completion queue. Engines put events in, the caller takes batches out.
package final class EventQueue: @unchecked Sendable {
    package struct Options {
        package var events = 1024
        package var bytes = 8 << 20
        package var callerDrives = false
        package init() {}
    }

    let options: Options
    /// Caller-driven queues have an engine of their own.
    let engine: Engine?
    let lock = Lock()
    private var back = EventArena()
    private var front: (arena: EventArena, next: Int)?
    private var open: [(call: Call, engine: Engine)] = []
    private var openLists: [ListCall] = []
    private(set) var isClosed = false
    private var descriptor: Int32 = -1
    /// The descriptor is readable.
    private var isRaised = false
    /// Changes with every event that a sleeper should see.
    private let sequence = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var sleepers = 0
    private let driving = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    package init(_ options: Options) throws(Failure) {
        self.options = options
        sequence.initialize(to: 0)
        driving.initialize(to: 0)
        if options.callerDrives {
            guard let made = Engine(keepConnections: 256) else { throw Failure(.memory, "no memory or descriptors for a queue") }
            engine = made
        } else {
            engine = nil
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        sequence.deallocate()
        driving.deallocate()
    }

    // MARK: taking

    /// Events that are there, at most `most` (0: no bound); nil when there are none.
    private func take(_ most: Int) -> EventBatch? {
        if front == nil, !back.records.isEmpty {
            front = (back, 0)
            back = EventArena(like: back)
        }
        guard let (arena, start) = front else { return nil }
        var count = arena.records.count - start
        if most > 0 { count = min(count, most) }
        for i in start..<(start + count) {
            guard let list = arena.records[i].list else {
                settle(arena.records[i])
                arena.records[i].call = nil
                continue
            }
            if i > start { // a list is resolved as a batch of its own
                count = i - start
                break
            }
            front = start + 1 < arena.records.count ? (arena, start + 1) : nil
            let tag = arena.records[i].tag
            arena.records[i].list = nil
            return resolved(list, tag)
        }
        front = start + count < arena.records.count ? (arena, start + count) : nil
        updateDescriptor()
        return EventBatch(arena: arena, first: start, count: count)
    }

    /// Gives a stream its share of the bound back, and lets it go on when half of it is free.
    private func settle(_ record: EventRecord) {
        guard let call = record.call else { return }
        call.undeliveredEvents -= 1
        call.undeliveredBytes -= record.json.count
        if call.isPaused, call.undeliveredEvents <= options.events / 2, call.undeliveredBytes <= options.bytes / 2 {
            call.isPaused = false
            if let entry = call.queueIndex >= 0 && call.queueIndex < open.count ? open[call.queueIndex] : nil {
                entry.engine.resume(call.transfer)
            }
        }
    }

    /// Parses a model list without holding the lock.
    private func resolved(_ list: ListCall, _ tag: UInt64) -> EventBatch {
        updateDescriptor()
        lock.unlock()
        defer { lock.lock() }
        let arena = EventArena()
        let document = ByteBuffer()
        defer { document.keepAlive() }
        do throws(Failure) {
            let answer = try list.result()
            arena.add(.answer, .ok, tag, answer.bytes)
            answer.keepAlive()
            _ = document.append("{\"end\":\"finished\",\"usage\":null,\"error\":null,\"gatelet\":null}")
            arena.add(.end, .ok, tag, document.bytes)
        } catch {
            let ended: StaticString = error.status == .closed || error.status == .cancelled ? "cancelled" : "error"
            _ = document.append("{\"end\":\"") && document.append(ended) && document.append("\",\"usage\":null,\"error\":")
                && Report.error(error, into: document) && document.append(",\"gatelet\":null}")
            arena.add(.end, error.status, tag, document.bytes)
        }
        return EventBatch(arena: arena, first: 0, count: arena.records.count)
    }

    /// Waits for events. nil: the time ran out, or a signal handler ran.
    package func next(_ most: Int, timeoutMs: Int32) throws(Failure) -> EventBatch? {
        let until: Int64 = timeoutMs < 0 ? .max : gl_now_us() &+ Int64(timeoutMs) &* 1000
        return try engine == nil ? waitNext(most, until) : driveNext(most, until)
    }

    private func waitNext(_ most: Int, _ until: Int64) throws(Failure) -> EventBatch? {
        while true {
            lock.lock()
            if isClosed {
                lock.unlock()
                throw Failure(.closed, "the queue was freed")
            }
            if let batch = take(most) {
                lock.unlock()
                return batch
            }
            let seen = gl_load(sequence)
            let left: Int64 = until == .max ? -1 : until &- gl_now_us()
            if until != .max, left <= 0 {
                lock.unlock()
                return nil
            }
            sleepers += 1
            lock.unlock()
            let result = gl_wait(sequence, seen, left)
            lock.with { sleepers -= 1 }
            if result == 2 { return nil }
        }
    }

    private func driveNext(_ most: Int, _ until: Int64) throws(Failure) -> EventBatch? {
        guard let engine else { return nil }
        if gl_exchange(driving, 1) != 0 {
            throw Failure(.badState, "another thread is in gatelet_queue_next of this caller-driven queue")
        }
        let pipe = gl_sigpipe_block()
        defer {
            gl_sigpipe_restore(pipe)
            gl_store(driving, 0)
        }
        var interrupted = false
        while true {
            let (batch, closed) = lock.with { (isClosed ? nil : take(most), isClosed) }
            if closed {
                engine.endAll()
                throw Failure(.closed, "the queue was freed")
            }
            if let batch { return batch }
            let left: Int64 = until == .max ? 3_600_000_000 : until &- gl_now_us()
            if interrupted || left < 0 { return nil }
            interrupted = engine.turn(wait: max(left, 0))
            if left == 0 { return lock.with { take(most) } }
        }
    }

    package func fileDescriptor() -> Int32 {
        lock.with {
            if engine != nil { return -1 }
            if descriptor < 0 {
                descriptor = gl_eventfd()
                if descriptor >= 0, hasEvents { announce() }
            }
            return descriptor
        }
    }

    private var hasEvents: Bool { front != nil || !back.records.isEmpty }

    private func updateDescriptor() {
        guard isRaised, !hasEvents else { return }
        isRaised = false
        gl_event_clear(descriptor)
    }

    // MARK: putting (engines)

    private func announce() {
        if descriptor >= 0, !isRaised {
            isRaised = true
            gl_event_raise(descriptor)
        }
        guard sleepers > 0 else { return }
        _ = gl_add(sequence, 1)
        gl_wake(sequence)
    }

    func put(_ kind: EventRecord.Kind, _ status: Status, _ tag: UInt64, _ bytes: UnsafeRawBufferPointer) {
        lock.with {
            if isClosed { return }
            back.add(kind, status, tag, bytes)
            announce()
        }
    }

    func putChunk(_ call: Call, json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, reasoning: UnsafeRawBufferPointer) -> Bool {
        lock.with {
            if isClosed { return true }
            guard let j = back.put(json), let t = back.put(text), let r = back.put(reasoning) else { return false }
            call.undeliveredEvents += 1
            call.undeliveredBytes += json.count
            back.records.append(EventRecord(kind: .chunk, tag: call.tag, json: j, text: t, reasoning: r, call: call))
            return true
        }
    }

    /// Tells whoever waits that chunks have come.
    func flush() {
        lock.with { if !isClosed, hasEvents { announce() } }
    }

    /// Full means that the transfer is paused until half of the bound is free.
    func isFull(_ call: Call) -> Bool {
        lock.with {
            if call.undeliveredEvents < options.events, call.undeliveredBytes < options.bytes { return false }
            call.isPaused = true
            return true
        }
    }

    func putList(_ list: ListCall) {
        lock.with {
            openLists.removeAll { $0 === list }
            if isClosed { return }
            back.records.append(EventRecord(kind: .answer, tag: list.tag, json: .none, list: list))
            announce()
        }
    }

    // MARK: requests

    func opened(_ call: Call, _ engine: Engine) throws(Failure) {
        try lock.with { () throws(Failure) in
            if isClosed { throw Failure(.closed, "the queue was freed") }
            call.queueIndex = open.count
            open.append((call, engine))
        }
    }

    func opened(_ list: ListCall) throws(Failure) {
        try lock.with { () throws(Failure) in
            if isClosed { throw Failure(.closed, "the queue was freed") }
            openLists.append(list)
        }
    }

    func closed(_ call: Call) {
        lock.with {
            let at = call.queueIndex
            guard at >= 0, at < open.count else { return }
            call.queueIndex = -1
            if let last = open.popLast(), last.call !== call {
                open[at] = last
                last.call.queueIndex = at
            }
        }
    }

    package func cancel(_ tag: UInt64) {
        let (calls, lists) = lock.with { (open.filter { $0.call.tag == tag }, openLists.filter { $0.tag == tag }) }
        for entry in calls { entry.engine.cancel(entry.call.transfer) }
        for list in lists { list.cancel() }
    }

    package func free() {
        let (calls, lists) = lock.with {
            isClosed = true
            let entries = (open, openLists)
            front = nil
            back = EventArena()
            announce()
            return entries
        }
        for entry in calls { entry.engine.cancel(entry.call.transfer) }
        for list in lists { list.cancel() }
        guard let engine else { return }
        engine.wake()
        if gl_exchange(driving, 1) == 0 { // else the thread in `next` sees it is closed and ends everything
            engine.endAll()
            gl_store(driving, 0)
        }
    }
}

extension EventArena {
    func add(_ kind: EventRecord.Kind, _ status: Status, _ tag: UInt64, _ bytes: UnsafeRawBufferPointer) {
        guard let range = put(bytes) else { return }
        records.append(EventRecord(kind: kind, status: status.rawValue, tag: tag, json: range))
    }
}

/// Puts the events of one call into a queue.
final class QueueSink: EventSink {
    private let queue: EventQueue

    init(_ queue: EventQueue) { self.queue = queue }

    func isFull(_ call: Call) -> Bool { queue.isFull(call) }

    func chunk(_ call: Call, json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer,
               reasoning: UnsafeRawBufferPointer) -> SinkVerdict {
        queue.putChunk(call, json: json, text: text, reasoning: reasoning) ? .go : .cancel(0)
    }

    func flush() { queue.flush() }

    func ended(_ call: Call, outcome: Outcome) {
        if let answer = outcome.answer { queue.put(.answer, .ok, call.tag, answer.bytes) }
        queue.put(.end, outcome.status, call.tag, outcome.document.bytes)
        queue.closed(call)
    }
}
