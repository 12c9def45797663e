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
package final class EventQueue: TurnObserver, ListReader {
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
    /// Of the calls that are under way.
    private var sinks: [QueueSink] = []
    private var openLists: [QueuedList] = []
    /// Of a caller-driven queue: lists of which there is something to read or to write.
    private var unread: [QueuedList] = []
    private(set) var isClosed = false
    private var descriptor: Int32 = -1
    /// The descriptor is readable.
    private var isRaised = false
    /// Changes with every event that a sleeper should see.
    private let sequence = AtomicWord()
    private var isAwaited = false
    private let driving = AtomicWord()

    package convenience init(_ options: Options) throws(Failure) {
        let engine = options.callerDrives ? Engine(keepConnections: 256) : nil
        if options.callerDrives, engine == nil { throw Failure(.memory, "no memory or descriptors for a queue") }
        self.init(options, engine)
    }

    private init(_ options: Options, _ engine: Engine?) {
        self.options = options
        self.engine = engine
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

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
        guard let sink = record.sink?.takeUnretainedValue() else { return }
        sink.undeliveredEvents -= 1
        sink.undeliveredBytes -= record.json.count
        letGoOn(sink)
    }

    private func letGoOn(_ sink: QueueSink) {
        guard sink.isPaused, !sink.isHeld, sink.undeliveredEvents <= options.events / 2, sink.undeliveredBytes <= options.bytes / 2 else { return }
        sink.isPaused = false
        if let running = sink.running { running.engine.nudge(running.call) }
    }

    /// Has the transfers of a tag wait, or go on.
    package func hold(_ tag: UInt64, _ isHeld: Bool) {
        lock.with {
            for sink in sinks where sink.tag == tag {
                sink.isHeld = isHeld
                letGoOn(sink)
            }
        }
    }

    /// Reads what came of a model list and writes the answer, without holding the lock. nil: there is more to do.
    private func resolved(_ list: QueuedList) -> EventBatch? {
        updateDescriptor()
        lock.unlock()
        defer { lock.lock() }
        let pace = engine == nil ? Pace.whole : .step, progress = list.call.advance(pace)
        guard progress == .done, list.write(pace) else {
            lock.with {
                if isClosed { return }
                if progress != .waits { return unread.append(list) }
                list.isWithReader = false
                if list.call.isReported { put(list) } // something came while this was read
            }
            return nil
        }
        list.call.services.openLists.remove(list.call)
        lock.with { openLists.removeAll { $0 === list } }
        return EventBatch(arena: list.arena, pool: nil, first: 0, count: list.arena.records.count)
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
                throw EventQueue.freed
            }
            if let batch = take(most, &ended) {
                lock.unlock()
                return batch
            }
            let seen = sequence.value
            let left: Int64 = until == .max ? -1 : until &- gl_now_us()
            if until != .max, left <= 0 {
                lock.unlock()
                return nil
            }
            isAwaited = true
            lock.unlock()
            let result = sequence.wait(while: seen, left)
            if result == 2 { return nil }
        }
    }

    private func driveNext(_ most: Int, _ until: Int64) throws(Failure) -> EventBatch? {
        guard let engine else { return nil }
        if driving.exchange(1) != 0 {
            throw Failure(.badState, "another thread is in gatelet_queue_next of this caller-driven queue")
        }
        let pipe = gl_sigpipe_block()
        defer {
            driving.clear()
            // `free` may have come after our last look and found us driving.
            if lock.with({ isClosed }), driving.exchange(1) == 0 {
                engine.endAll()
                driving.clear()
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
                throw EventQueue.freed
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

    /// True when somebody sleeps: to be woken by `sequence.wake()`, best without the lock, which he wants next.
    private func announce() -> Bool {
        if descriptor >= 0, !isRaised {
            isRaised = true
            gl_event_raise(descriptor)
        }
        guard isAwaited else { return false }
        isAwaited = false
        sequence.add(1)
        return true
    }

    /// Also for a thread that drives this queue and is not the one that puts.
    private func announceNow() {
        if announce() { sequence.wake() }
        engine?.wake()
    }

    /// Wakes whoever waits: at the end of the engine's round, or at once where there is none.
    private func announce(after sink: QueueSink) {
        if let engine = sink.running?.call.engine { engine.observe(self) } else { announceNow() }
    }

    package func turnEnded() {
        if lock.with({ !isClosed && hasEvents && announce() }) { sequence.wake() }
    }

    /// The answer, if there is one, and the END of a call.
    func putEnd(_ sink: QueueSink, _ outcome: Outcome) {
        lock.with {
            if isClosed { return }
            if let answer = outcome.answer { back.add(.answer, .ok, sink.tag, answer.bytes) }
            back.add(.end, outcome.status, sink.tag, outcome.document?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0), owner: sink)
            announce(after: sink)
        }
    }

    func putResponse(_ sink: QueueSink, _ document: UnsafeRawBufferPointer) {
        lock.with {
            if isClosed { return }
            back.add(.response, .ok, sink.tag, document)
            announce(after: sink)
        }
    }

    /// False: out of memory.
    func putChunk(_ sink: QueueSink, json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, reasoning: UnsafeRawBufferPointer,
                  name: UnsafeRawBufferPointer) -> Bool {
        lock.with {
            if isClosed { return true }
            guard back.bytes.reserve(json.count &+ text.count &+ reasoning.count &+ name.count &+ 4),
                  let j = back.put(json), let t = back.put(text), let r = back.put(reasoning) else { return false }
            var n = ByteRange.none
            if name.count > 0 {
                guard let put = back.put(name) else { return false }
                n = put
            }
            sink.undeliveredEvents += 1
            sink.undeliveredBytes += json.count
            // Under the lock; its END keeps the sink.
            back.append(EventRecord(kind: .chunk, tag: sink.tag, json: j, text: t, reasoning: r, name: n, sink: Unmanaged.passUnretained(sink)))
            if sink.undeliveredEvents == 1 { announce(after: sink) }
            return true
        }
    }

    /// Full means that the transfer is paused until half of the bound is free, and the caller wants more.
    func isFull(_ sink: QueueSink) -> Bool {
        lock.with {
            if !sink.isHeld, sink.undeliveredEvents < options.events, sink.undeliveredBytes < options.bytes { return false }
            sink.isPaused = true
            return true
        }
    }

    func arrived(_ call: ListCall) {
        lock.with { if let list = openLists.first(where: { $0.call === call }) { put(list) } }
    }

    private func put(_ list: QueuedList) {
        if isClosed || list.isWithReader { return }
        list.isWithReader = true
        back.append(EventRecord(kind: .answer, tag: list.tag, json: .none), owner: list)
        announceNow()
    }

    // MARK: requests

    func opened(_ sink: QueueSink, _ call: Call, _ engine: Engine) throws(Failure) {
        try lock.with { () throws(Failure) in
            if isClosed { throw EventQueue.freed }
            sink.running = (call, engine)
            sink.index = sinks.count
            sinks.append(sink)
        }
    }

    func opened(_ call: ListCall, _ tag: UInt64) throws(Failure) {
        try lock.with { () throws(Failure) in
            if isClosed { throw EventQueue.freed }
            let list = QueuedList(call, tag)
            openLists.append(list)
            if call.isReported { put(list) } // it was cancelled before it was known here
        }
    }

    func closed(_ sink: QueueSink) {
        lock.with {
            sink.running = nil // it knows its call, which knows it; the call lives on, since it is the one that ends
            let at = sink.index
            guard at >= 0, at < sinks.count else { return }
            sink.index = -1
            if let last = sinks.popLast(), last !== sink {
                sinks[at] = last
                last.index = at
            }
        }
    }

    package func cancel(_ tag: UInt64) {
        let (calls, lists) = lock.with { (sinks.filter { $0.tag == tag }.map { $0.running }, openLists.filter { $0.tag == tag }) }
        for case let running? in calls { running.engine.cancel(running.call) }
        for list in lists { list.call.cancel() }
    }

    private static var freed: Failure { Failure(.closed, "the queue was freed") }

    package func free() {
        // Lists know their queue, and events keep calls: both are let go of here, without the lock.
        let (calls, lists, arenas) = lock.with {
            isClosed = true
            let found = (sinks.map { $0.running }, openLists, (front?.arena, back, unread))
            announceNow()
            openLists = []
            front = nil
            unread = []
            back = EventArena()
            return found
        }
        defer { withExtendedLifetime(arenas) {} }
        for case let running? in calls { running.engine.cancel(running.call) }
        for list in lists {
            list.call.services.openLists.remove(list.call)
            list.call.cancel()
        }
        guard let engine else { return }
        if driving.exchange(1) == 0 { // else the thread in `next` sees it is closed and ends everything
            engine.endAll()
            driving.clear()
        }
    }
}
