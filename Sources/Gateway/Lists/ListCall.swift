internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Settings
internal import Transport

/// Who reads a list that no thread is blocked for: from any thread it may be told that there is something to read.
protocol ListReader: AnyObject {
    /// The one that its caller drives; nil: he drives none.
    var engine: Engine? { get }
    func arrived(_ call: ListCall)
}

/// One call of `gatelet_list_models`: the lists it asks for, and what it waits for among them.
final class ListCall: OpenRequest, FetchWatcher {
    let services: Services
    private let models: ModelCatalog
    let setup: Setup
    let query: ListQuery
    let endpoints: [Endpoint]
    /// nil: a thread is blocked in the call.
    private let reader: (any ListReader)?
    /// Of a reader that drives one: its fetches run there, and are nobody else's.
    private var engine: Engine? { reader?.engine }
    /// Of the open requests of the client, under their lock.
    var openIndex = -1
    /// Held by whoever reads, and never by an engine's thread.
    private let lock = Lock()
    private var waiting: [(slot: CatalogSlot, fetch: ListFetch)] = []
    /// Fetches that are still on their way, and one for whoever counts them.
    private let left = AtomicWord()
    /// The reader was told that there is something to read.
    private let reported = AtomicWord()
    private let cancelled = AtomicWord()
    /// Changes with each reason for the blocked thread to look.
    private let bell = AtomicWord()
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

    private init(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ query: ListQuery, _ endpoints: [Endpoint], _ cancelID: String?,
                 _ reader: (any ListReader)?) {
        self.services = services
        self.models = models
        self.setup = setup
        self.query = query
        self.endpoints = endpoints
        self.cancelID = cancelID
        self.reader = reader
    }

    static func make(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ query: UnsafeRawBufferPointer?, _ options: CallOptions? = nil,
                     reader: (any ListReader)? = nil) throws(Failure) -> ListCall {
        if services.isClosing { throw .clientFreed }
        let query = try ListQuery.read(query, depth: setup.configuration.caps.depth)
        return ListCall(services, models, setup, query, try setup.listEndpoints(query), options?.cancelID, reader)
    }

    /// The answer to a query, for a thread that is blocked until it is there: lists are joined, and waited for where they have to be fetched.
    static func answer(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ query: UnsafeRawBufferPointer?,
                       _ options: CallOptions?) throws(Failure) -> ByteBuffer {
        let call = try make(services, models, setup, query, options)
        call.wait {
            let value = services.interrupts.ask()
            if value == 0 { return nil }
            var failure = Failure(.cancelled, "the interrupt function ended the request")
            failure.callbackResult = value
            return failure
        }
        let answer = ByteBuffer()
        try call.result(into: answer)
        return answer
    }

    /// Starts what has to be fetched, once it is known what is there already. False: some of that is to be read first.
    private func begin(_ pace: Pace) -> Bool {
        while begun < endpoints.count {
            let endpoint = endpoints[begun], slot = models.slot(endpoint.provider.id)
            if engine == nil, !slot.settleStray(pace, services, models, store: { keep($0, $1, pace) }) { return false }
            if !slot.readDisk(setup, endpoint, pace, services, models) || pace == .asItIs && endpoint.provider.list.file != nil { return false }
            do throws(Failure) {
                let want = ListWant(setup: setup, endpoint: endpoint, fresh: query.fresh, hasOthers: endpoints.count > 1, engine: engine)
                if let fetch = try slot.request(want, services, models) { waiting.append((slot, fetch)) }
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
            while !cancelled.isSet {
                if !begin(pace) || readOn(pace) { return .more }
                if waiting.isEmpty { return storeOn(pace) ? .done : .more }
                reported.clear()
                left.value = UInt32(truncatingIfNeeded: waiting.count &+ 1)
                var here: UInt32 = 1
                for item in waiting where !item.fetch.watch(self) { here &+= 1 }
                if left.add(0 &- here) == 0 { continue }
                // A cancel before `reported` was cleared has told nobody.
                return cancelled.isSet && reported.exchange(1) == 0 ? .done : .waits
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
            while settling == .more, !cancelled.isSet {
                settling = item.slot.settle(item.fetch, services, models) { keep($0, $1, pace) }
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

    /// Goes on with the copy on disk for the next process. True: there is no more to do.
    private func store(_ writer: ListDiskWriter) -> Bool {
        do throws(DiskProblem) { return try writer.step(CatalogSlot.step) } catch {
            services.log.say(LogLevel.warning, concat("model list of ", writer.provider, " on disk: ", error.note))
            return true
        }
    }

    /// False: there is more to write.
    private func storeOn(_ pace: Pace) -> Bool {
        while let writer = writers.first {
            if store(writer) { writers.removeFirst() }
            if pace == .step { return false }
        }
        return true
    }

    func stop(on _: Engine?) { cancel() }

    func isCalled(_ id: String) -> Bool { cancelID.map { same($0, id) } ?? false }

    /// Blocks until everything is there, or until `stops`, asked each second and after a signal handler ran, gives a reason to stop.
    func wait(_ stops: () -> Failure?) {
        services.blocked.run(cancelID, cancel) {
            while advance(.whole) != .done {
                while true {
                    let seen = bell.value
                    if !left.isSet { break }
                    if cancelled.isSet { return }
                    if bell.wait(while: seen, 1_000_000) == 0 { continue }
                    stopped = stops()
                    if stopped != nil { return cancelled.set() }
                }
            }
        }
    }

    private func ring() {
        bell.add(1)
        bell.wake()
    }

    /// A fetch has brought something; on an engine's thread.
    func arrived() {
        if left.add(UInt32.max) != 0 { return }
        if reader == nil { ring() } else { tell() }
    }

    /// The reader was told, and has not looked yet.
    var isReported: Bool { reported.isSet }

    /// Starts what has to be fetched; where there is something to read at once, the reader is told.
    func begin() {
        if advance(.asItIs) == .waits { return }
        reported.set()
        reader?.arrived(self)
    }

    /// Has the reader look; once.
    private func tell() {
        if reported.exchange(1) == 0 { reader?.arrived(self) }
    }

    /// Nobody wants it any more. Fetches go on, others may wait for them.
    func cancel() {
        cancelled.set()
        if engine != nil { lock.with { for item in waiting { item.fetch.cancel() } } }
        if reader == nil { ring() } else { tell() }
    }

    // MARK: the answer

    /// Fails when no provider gave a list.
    func result(into out: ByteBuffer) throws(Failure) { _ = try write(into: out, .whole) }

    /// True: the answer is whole.
    func write(into out: ByteBuffer, _ pace: Pace) throws(Failure) -> Bool {
        if services.isClosing, !waiting.isEmpty || cancelled.isSet { throw .clientFreed }
        if cancelled.isSet { throw stopped ?? Failure(.cancelled, "the request was cancelled") }
        if !(try priceOn(pace)) { return false }
        let writer = if let begun = self.writer { begun } else { try answer(into: out) }
        self.writer = writer
        return try writer.step(pace == .step ? ListCall.step : Int.max)
    }

    /// Gives each list its prices. False: there is more to do.
    private func priceOn(_ pace: Pace) throws(Failure) -> Bool {
        while priced.count < endpoints.count {
            let endpoint = endpoints[priced.count], context = models.priceContext(setup), slot = models.slot(endpoint.provider.id)
            if pricer == nil {
                guard let list = models.list(slot) ?? models.offline(slot, endpoint.provider) else {
                    priced.append(nil)
                    continue
                }
                let stamp = models.prices.stamp(endpoint.provider, context)
                if let known = slot.shown(list, stamp) {
                    priced.append((list, known))
                    continue
                }
                pricer = (list, stamp, ListPricer(list, endpoint.provider, setup.configuration, models.prices, context))
            }
            guard let (list, stamp, made) = pricer else { continue }
            if services.isClosing { throw .clientFreed }
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
            let slot = models.slot(endpoint.provider.id)
            let failure = failures.first { $0.endpoint === endpoint }?.failure ?? slot.lastFailure
            if let failure {
                // Whoever asks one provider wants to know that his key is refused, not what was so once.
                if !query.providers.isEmpty, endpoints.count == 1, !query.stale, failure.status == .auth || failure.status == .permission { throw failure }
                first = first ?? failure
                writer.add(RedactedFailure(failure, services.redaction), endpoint)
            }
            if index < priced.count, let (list, shown) = priced[index] { writer.add(shown, endpoint, isStale: slot.isStale(list, setup)) }
        }
        if !writer.hasLists, let first { throw first }
        return writer
    }
}
