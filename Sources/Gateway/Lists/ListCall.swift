internal import Bytes
internal import CShims
internal import Model
internal import Settings
internal import Transport

/// One call of `gatelet_list_models`: the lists it asks for, and what it waits for among them.
package final class ListCall: @unchecked Sendable {
    let client: Client
    let setup: Setup
    let tag: UInt64
    let query: ListQuery
    let endpoints: [Endpoint]
    /// Where the events go; nil: a thread is blocked in the call.
    let queue: EventQueue?
    /// Of a queue that its caller drives: its fetches run there, and are nobody else's.
    var engine: Engine? { queue?.engine }
    /// Held by whoever reads, and never by an engine's thread.
    private let lock = Lock()
    private var waiting: [(slot: CatalogSlot, fetch: ListFetch)] = []
    /// Fetches that are still on their way, and one for whoever counts them.
    private let left = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let told = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let cancelled = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    /// Changes with each reason for the blocked thread to look.
    private let bell = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let cancelID: String?
    private var stopped: Failure?
    /// How many of the routes were asked for.
    private var begun = 0
    /// Why a fetch could not even begin, by route.
    private var failures: [(endpoint: Endpoint, failure: Failure)] = []
    /// What goes to disk.
    private var writers: [ListDiskWriter] = []
    /// By route, each list and what of it is answered; and the one that is at work.
    private var priced: [(list: CatalogList, shown: CatalogList)?] = []
    private var pricer: (list: CatalogList, stamp: UInt64, work: ListPricer)?
    /// The answer, while it is written.
    private var writer: ListWriter?
    private let arena = EventArena()

    init(_ client: Client, _ setup: Setup, _ query: ListQuery, _ endpoints: [Endpoint], _ options: CallOptions?, tag: UInt64, to queue: EventQueue?) {
        self.client = client
        self.setup = setup
        self.query = query
        self.endpoints = endpoints
        self.tag = tag
        self.queue = queue
        left.initialize(to: 0)
        told.initialize(to: 0)
        cancelled.initialize(to: 0)
        bell.initialize(to: 0)
        cancelID = options?.cancelID
    }

    deinit {
        left.deallocate()
        told.deallocate()
        cancelled.deallocate()
        bell.deallocate()
    }

    /// Starts what has to be fetched, once it is known what is there already. False: some of that is to be read first.
    private func begin(_ pace: Pace) -> Bool {
        while begun < endpoints.count {
            let endpoint = endpoints[begun], slot = client.models.slot(endpoint.provider.id)
            if engine == nil, !slot.settleStray(pace, store: { keep($0, $1, pace) }) { return false }
            if !slot.readDisk(client, setup, endpoint, pace) || pace == .asItIs && endpoint.provider.modelsFile != nil { return false }
            do throws(Failure) {
                if let fetch = try slot.request(self, endpoint) { waiting.append((slot, fetch)) }
            } catch {
                failures.append((endpoint, error))
            }
            begun &+= 1
        }
        return true
    }

    enum Progress { case done, waits, more }

    /// Reads what is there. `waits`: something is missing, and `arrived` is called when it is worth another look. `more`: there is more of it
    /// than the pace allows.
    func advance(_ pace: Pace) -> Progress {
        lock.with {
            while gl_load(cancelled) == 0 {
                if !begin(pace) || readOn(pace) { return .more }
                if waiting.isEmpty { return storeOn(pace) ? .done : .more }
                gl_store(told, 0)
                gl_store(left, UInt32(truncatingIfNeeded: waiting.count &+ 1))
                var here: UInt32 = 1
                for item in waiting where !item.fetch.watch(self) { here &+= 1 }
                if gl_add(left, 0 &- here) == 0 { continue }
                // A cancel before `told` was cleared has told nobody.
                return gl_load(cancelled) != 0 && gl_exchange(told, 1) == 0 ? .done : .waits
            }
            return .done
        }
    }

    /// True: the pace allows no more.
    private func readOn(_ pace: Pace) -> Bool {
        if pace == .asItIs { return waiting.contains { $0.fetch.isIn } }
        var at = 0
        while at < waiting.count {
            let item = waiting[at]
            var settling = CatalogSlot.Settling.more
            while settling == .more, gl_load(cancelled) == 0 {
                settling = item.slot.settle(item.fetch) { keep($0, $1, pace) }
                if pace == .step { break }
            }
            if settling == .done { waiting.remove(at: at) } else { at &+= 1 }
            if pace == .step, settling != .waits { return true }
        }
        return false
    }

    /// A list goes to disk, in its turn.
    private func keep(_ list: CatalogList, _ fetch: ListFetch, _ pace: Pace) {
        if let writer = ListDiskWriter(list, fetch.setup, fetch.endpoint) { writers.append(writer) }
        if pace == .whole { _ = storeOn(.whole) }
    }

    /// False: there is more to write.
    private func storeOn(_ pace: Pace) -> Bool {
        while let writer = writers.first {
            if client.store(writer, CatalogSlot.step) { writers.removeFirst() }
            if pace == .step { return false }
        }
        return true
    }

    func isCalled(_ id: String) -> Bool { cancelID.map { same($0, id) } ?? false }

    /// Blocks until everything is there, or until `stops`, asked each second and after a signal handler ran, gives a reason to stop.
    func wait(_ stops: () -> Failure?) {
        client.blocked(cancelID, cancel) {
            while advance(.whole) != .done {
                while true {
                    let seen = gl_load(bell)
                    if gl_load(left) == 0 { break }
                    if gl_load(cancelled) != 0 { return }
                    if gl_wait(bell, seen, 1_000_000) == 0 { continue }
                    stopped = stops()
                    if stopped != nil { return gl_store(cancelled, 1) }
                }
            }
        }
    }

    private func ring() {
        _ = gl_add(bell, 1)
        gl_wake(bell)
    }

    /// A fetch has brought something; on an engine's thread.
    func arrived() {
        if gl_add(left, UInt32.max) != 0 { return }
        if queue == nil { ring() } else { tell() }
    }

    /// Has the queue's reader look; once.
    func tell() {
        if gl_exchange(told, 1) == 0 { queue?.putList(self) }
    }

    /// Nobody wants it any more. Fetches go on, others may wait for them.
    func cancel() {
        gl_store(cancelled, 1)
        if engine != nil { lock.with { for item in waiting { item.fetch.cancel() } } }
        if queue == nil { ring() } else { tell() }
    }

    // MARK: the answer

    /// The answer, and the END behind it. nil: there is more to write.
    func events(_ pace: Pace) -> EventArena? {
        let document = ByteBuffer()
        defer { document.keepAlive() }
        do throws(Failure) {
            if !(try write(into: arena.bytes, pace)) { return nil }
            arena.addAnswer(tag)
            _ = document.append("{\"end\":\"finished\",\"usage\":null,\"error\":null,\"gatelet\":null}")
            arena.add(.end, .ok, tag, document.bytes)
        } catch {
            arena.clear()
            let ended: StaticString = error.status == .closed || error.status == .cancelled ? "cancelled" : "error"
            _ = document.append("{\"end\":\"") && document.append(ended) && document.append("\",\"usage\":null,\"error\":")
                && Report.error(client.redaction.failure(error), into: document) && document.append(",\"gatelet\":null}")
            arena.add(.end, error.status, tag, document.bytes)
        }
        return arena
    }

    /// Fails when no provider gave a list.
    func result(into out: ByteBuffer) throws(Failure) { _ = try write(into: out, .whole) }

    /// True: the answer is whole.
    private func write(into out: ByteBuffer, _ pace: Pace) throws(Failure) -> Bool {
        if client.isClosing, !waiting.isEmpty || gl_load(cancelled) != 0 { throw Failure(.closed, "the client was freed while the request was in flight") }
        if gl_load(cancelled) != 0 { throw stopped ?? Failure(.cancelled, "the request was cancelled") }
        if !(try priceOn(pace)) { return false }
        let writer = if let begun = self.writer { begun } else { try answer(into: out) }
        self.writer = writer
        return try writer.step(pace == .step ? ListCall.step : Int.max)
    }

    /// Gives each list its prices. False: there is more to do.
    private func priceOn(_ pace: Pace) throws(Failure) -> Bool {
        while priced.count < endpoints.count {
            let endpoint = endpoints[priced.count], slot = client.models.slot(endpoint.provider.id)
            if pricer == nil {
                guard let list = client.models.list(slot) ?? client.offline(slot, endpoint) else {
                    priced.append(nil)
                    continue
                }
                let stamp = client.prices.stamp(endpoint.provider, setup)
                if let known = slot.shown(list, stamp) {
                    priced.append((list, known))
                    continue
                }
                pricer = (list, stamp, ListPricer(list, endpoint.provider, setup, client.prices))
            }
            guard let (list, stamp, made) = pricer else { continue }
            if client.isClosing { throw Failure(.closed, "the client was freed while a model list was priced") }
            switch made.step(CatalogSlot.step) {
            case .more: if pace == .step { return false }
            case .failed: throw Failure(.memory, "no memory for a model list")
            case .done:
                guard let result = made.result else { continue }
                slot.keep(shown: result, of: list, stamp)
                priced.append((list, result))
                pricer = nil
                if pace == .step { return false }
            }
        }
        return true
    }

    /// Bytes of an answer that are copied at once.
    private static let step = 256 << 10

    private func answer(into out: ByteBuffer) throws(Failure) -> ListWriter {
        let writer = ListWriter(query, into: out)
        var first: Failure?
        for (index, endpoint) in endpoints.enumerated() {
            let slot = client.models.slot(endpoint.provider.id)
            let failure = failures.first { $0.endpoint === endpoint }?.failure ?? slot.lastFailure
            if let failure {
                // Whoever asks one provider wants to know that his key is refused, not what was so once.
                if !query.providers.isEmpty, endpoints.count == 1, !query.stale, failure.status == .auth || failure.status == .permission { throw failure }
                first = first ?? failure
                writer.add(client.redaction.failure(failure), endpoint)
            }
            if index < priced.count, let (list, shown) = priced[index] { writer.add(shown, endpoint, isStale: slot.isStale(list, setup)) }
        }
        if !writer.hasLists, let first { throw first }
        return writer
    }
}
