internal import Bytes
internal import CShims
package import Model
internal import Transport

/// A slice of an arena that no longer changes. The last slice of an arena gives it back to the pool when it is done with.
package struct EventBatch {
    package let arena: EventArena
    package let pool: ArenaPool?
    package let first: Int
    package let count: Int
}

/// The completion queue. Engines put events in, the caller takes batches out.
package final class EventQueue: TurnObserver, @unchecked Sendable {
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
    private let pool = ArenaPool()
    private var back = EventArena()
    private var front: (arena: EventArena, next: Int)?
    private var open: [(call: Call, engine: Engine)] = []
    private var openLists: [ListCall] = []
    /// Of a caller-driven queue: lists of which there is something to read or to write.
    private var unread: [ListCall] = []
    private(set) var isClosed = false
    private var descriptor: Int32 = -1
    /// The descriptor is readable.
    private var isRaised = false
    /// Changes with every event that a sleeper should see.
    private let sequence = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var isAwaited = false
    private let driving = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    package convenience init(_ options: Options) throws(Failure) {
        let engine = options.callerDrives ? Engine(keepConnections: 256) : nil
        if options.callerDrives, engine == nil { throw Failure(.memory, "no memory or descriptors for a queue") }
        self.init(options, engine)
    }

    private init(_ options: Options, _ engine: Engine?) {
        self.options = options
        self.engine = engine
        sequence.initialize(to: 0)
        driving.initialize(to: 0)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        sequence.deallocate()
        driving.deallocate()
    }

    // MARK: taking

    /// Events that are there, at most `most` (0: no bound); nil when there are none. `ended`: what they kept alive, to be let go of
    /// without the lock.
    private func take(_ most: Int, _ ended: inout [AnyObject]) -> EventBatch? {
        if front == nil, !back.records.isEmpty {
            front = (back, 0)
            back = pool.take()
        }
        guard let (arena, start) = front else { return nil }
        let there = arena.records.count - start
        let bound = most > 0 && most < there ? start + most : arena.records.count
        var end = start
        while end < bound {
            if arena.list(end) != nil { break } // resolved as a batch of its own
            settle(arena.records[end])
            end += 1
            arena.takeOwners(before: end, into: &ended)
        }
        if end == start, let list = arena.list(end) {
            arena.takeOwners(before: end + 1, into: &ended)
            front = end + 1 < arena.records.count ? (arena, end + 1) : nil
            if engine == nil { return resolved(list) ?? take(most, &ended) }
            unread.append(list) // read in steps, one for each turn
            return take(most, &ended)
        }
        let isLast = end == arena.records.count
        front = isLast ? nil : (arena, end)
        updateDescriptor()
        return EventBatch(arena: arena, pool: isLast && start == 0 ? pool : nil, first: start, count: end - start)
    }

    /// Gives a stream its share of the bound back, and lets it go on when half of it is free.
    private func settle(_ record: EventRecord) {
        guard let call = record.call?.takeUnretainedValue() else { return }
        call.undeliveredEvents -= 1
        call.undeliveredBytes -= record.json.count
        if call.isPaused, call.undeliveredEvents <= options.events / 2, call.undeliveredBytes <= options.bytes / 2 {
            call.isPaused = false
            if let entry = call.queueIndex >= 0 && call.queueIndex < open.count ? open[call.queueIndex] : nil {
                entry.engine.nudge(call)
            }
        }
    }

    /// Reads what came of a model list and writes the answer, without holding the lock. nil: there is more to do.
    private func resolved(_ list: ListCall) -> EventBatch? {
        updateDescriptor()
        lock.unlock()
        defer { lock.lock() }
        let pace = engine == nil ? Pace.whole : .step, progress = list.advance(pace)
        guard progress == .done, let arena = list.events(pace) else {
            if progress != .waits { lock.with { if !isClosed { unread.append(list) } } }
            return nil
        }
        list.client.forget(list)
        lock.with { openLists.removeAll { $0 === list } }
        return EventBatch(arena: arena, pool: nil, first: 0, count: arena.records.count)
    }

    /// One step of reading a list, on the thread that drives. nil: there is none, or more to do.
    private func readOn() -> EventBatch? {
        guard !unread.isEmpty else { return nil }
        return resolved(unread.removeFirst())
    }

    /// Waits for events. nil: the time ran out, or a signal handler ran.
    package func next(_ most: Int, timeoutMs: Int32) throws(Failure) -> EventBatch? {
        let until: Int64 = timeoutMs < 0 ? .max : gl_now_us() &+ Int64(timeoutMs) &* 1000
        return try engine == nil ? waitNext(most, until) : driveNext(most, until)
    }

    private func waitNext(_ most: Int, _ until: Int64) throws(Failure) -> EventBatch? {
        var ended: [AnyObject] = []
        defer { withExtendedLifetime(ended) {} }
        while true {
            lock.lock()
            if isClosed {
                lock.unlock()
                throw Failure(.closed, "the queue was freed")
            }
            if let batch = take(most, &ended) {
                lock.unlock()
                return batch
            }
            let seen = gl_load(sequence)
            let left: Int64 = until == .max ? -1 : until &- gl_now_us()
            if until != .max, left <= 0 {
                lock.unlock()
                return nil
            }
            isAwaited = true
            lock.unlock()
            let result = gl_wait(sequence, seen, left)
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
            gl_store(driving, 0)
            // `free` may have come after our last look and found us driving.
            if lock.with({ isClosed }), gl_exchange(driving, 1) == 0 {
                engine.endAll()
                gl_store(driving, 0)
            }
            gl_sigpipe_restore(pipe)
        }
        var ended: [AnyObject] = []
        defer { withExtendedLifetime(ended) {} }
        while true {
            // The engine first: also a caller who never waits, or who always finds events, has it make progress.
            let left: Int64 = until == .max ? 3_600_000_000 : max(0, until &- gl_now_us())
            let interrupted = engine.turn(wait: lock.with { isClosed || hasEvents || !unread.isEmpty } ? 0 : left)
            let (batch, closed) = lock.with { (isClosed ? nil : take(most, &ended) ?? readOn(), isClosed) }
            if closed {
                engine.endAll()
                throw Failure(.closed, "the queue was freed")
            }
            if let batch { return batch }
            if interrupted || left == 0 { return nil }
        }
    }

    package func fileDescriptor() -> Int32 {
        lock.with {
            if engine != nil { return -1 }
            if descriptor < 0 {
                descriptor = gl_eventfd()
                if descriptor >= 0, hasEvents { announceNow() }
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

    /// True when somebody sleeps: to be woken by `gl_wake(sequence)`, best without the lock, which he wants next.
    private func announce() -> Bool {
        if descriptor >= 0, !isRaised {
            isRaised = true
            gl_event_raise(descriptor)
        }
        guard isAwaited else { return false }
        isAwaited = false
        _ = gl_add(sequence, 1)
        return true
    }

    /// Also for a thread that drives this queue and is not the one that puts.
    private func announceNow() {
        if announce() { gl_wake(sequence) }
        engine?.wake()
    }

    /// Wakes whoever waits: at the end of the engine's round, or at once where there is none.
    private func announce(after call: Call) {
        if let engine = call.engine { engine.observe(self) } else { announceNow() }
    }

    package func turnEnded() {
        if lock.with({ !isClosed && hasEvents && announce() }) { gl_wake(sequence) }
    }

    /// The answer, if there is one, and the END of a call.
    func putEnd(_ call: Call, _ outcome: Outcome) {
        lock.with {
            if isClosed { return }
            if let answer = outcome.answer { back.add(.answer, .ok, call.tag, answer.bytes) }
            back.add(.end, outcome.status, call.tag, outcome.document?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0), owner: call)
            announce(after: call)
        }
    }

    /// False: out of memory.
    func putChunk(_ call: Call, json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, reasoning: UnsafeRawBufferPointer) -> Bool {
        lock.with {
            if isClosed { return true }
            guard back.bytes.reserve(json.count &+ text.count &+ reasoning.count &+ 3),
                  let j = back.put(json), let t = back.put(text), let r = back.put(reasoning) else { return false }
            call.undeliveredEvents += 1
            call.undeliveredBytes += json.count
            back.append(EventRecord(kind: .chunk, tag: call.tag, json: j, text: t, reasoning: r, call: Unmanaged.passUnretained(call)))
            if call.undeliveredEvents == 1 { announce(after: call) }
            return true
        }
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
            if isClosed { return }
            back.append(EventRecord(kind: .answer, tag: list.tag, json: .none), owner: list)
            announceNow()
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
        for entry in calls { entry.engine.cancel(entry.call) }
        for list in lists { list.cancel() }
    }

    package func free() {
        // Lists know their queue, and events keep calls: both are let go of here, without the lock.
        let (calls, lists, arenas) = lock.with {
            isClosed = true
            let found = (open, openLists, (front?.arena, back, unread))
            announceNow()
            openLists = []
            front = nil
            unread = []
            back = EventArena()
            return found
        }
        defer { withExtendedLifetime(arenas) {} }
        for entry in calls { entry.engine.cancel(entry.call) }
        for list in lists {
            list.client.forget(list)
            list.cancel()
        }
        guard let engine else { return }
        if gl_exchange(driving, 1) == 0 { // else the thread in `next` sees it is closed and ends everything
            engine.endAll()
            gl_store(driving, 0)
        }
    }
}

/// Puts the events of one call into a queue.
final class QueueSink: EventSink {
    private let queue: EventQueue

    init(_ queue: EventQueue) { self.queue = queue }

    var wantsEnd: Bool { true }
    func isFull(_ call: Call) -> Bool { queue.isFull(call) }

    func chunk(_ call: Call, json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer,
               reasoning: UnsafeRawBufferPointer) -> SinkVerdict {
        queue.putChunk(call, json: json, text: text, reasoning: reasoning) ? .go : .noMemory
    }

    func ended(_ call: Call, outcome: Outcome) {
        queue.putEnd(call, outcome)
        queue.closed(call)
    }
}
