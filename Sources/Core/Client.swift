internal import CShims
package import Model
internal import Providers
internal import Transport
internal import Wire

/// A gateway. All its state changes under one lock; calls hold their own reference, so it lives until the last of them
/// has returned.
package final class Client: @unchecked Sendable {
    let requestIDs = RequestIDs()
    let modelLists = ModelListCache()
    let models: ModelMemory
    let prices: PriceBook
    let limits = LimitDesk()
    let hooks = Hooks()
    let ledger = Ledger()
    let records = RecordFile()

    private let lock = Lock()
    private let reloading = Lock()
    private let closing = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var current: Setup
    /// Engines that a blocked caller may take, last used first: their connections are warm.
    private var idleEngines: [Engine] = []
    private var busyEngines: [Engine] = []
    private var thread: EngineThread?
    /// Calls on queues: ended by `close`.
    private var openCalls: [(call: Call, engine: Engine)] = []
    private var openLists: [ListCall] = []
    private var notices: [String]
    private var logFunction: ((Int32, UnsafePointer<CChar>) -> Void)?

    private static let keepEngines = 64
    private static let keepConnections = 1024

    package init(_ configuration: Configuration) throws(Failure) {
        notices = configuration.notices
        models = ModelMemory()
        prices = PriceBook(models, ModelTables.shared)
        closing.initialize(to: 0)
        do throws(Failure) {
            current = try Setup(configuration, limits)
        } catch {
            closing.deallocate()
            throw error
        }
        prices.client = self
    }

    deinit { closing.deallocate() }

    package var isClosing: Bool { gl_load(closing) != 0 }

    // MARK: configuration

    /// What requests that begin now work with.
    package var setup: Setup { lock.with { current } }

    /// Puts another configuration in place. Requests in flight keep theirs; what is known of providers' health stays.
    package func reload(_ configuration: Configuration) throws(Failure) {
        reloading.lock() // health and limits follow one configuration at a time
        defer { reloading.unlock() }
        let old = setup, made = try Setup(configuration, limits, after: old)
        let waiting = lock.with {
            current = made
            if logFunction == nil { notices = configuration.notices }
            return logFunction == nil ? [] : configuration.notices
        }
        modelLists.forgetMoved(made, from: old)
        models.forgetMoved(made, from: old)
        for notice in waiting { log(2, notice) }
    }

    // MARK: closing

    /// Cancels what is in flight and ends the I/O thread. Blocked callers notice at once and leave on their own.
    package func close() {
        let (engines, calls, lists, thread) = lock.with {
            gl_store(closing, 1)
            let found = (busyEngines, openCalls, openLists, self.thread)
            self.thread = nil
            idleEngines.removeAll()
            return found
        }
        for engine in engines { engine.wake() }
        for entry in calls { entry.engine.cancel(entry.call) }
        for list in lists { list.cancel() }
        thread?.stop()
    }

    // MARK: engines

    /// An engine for a caller that drives it itself.
    func takeEngine() throws(Failure) -> Engine {
        let found = try lock.with { () throws(Failure) -> Engine? in
            if isClosing { throw Failure(.closed, "the client was freed") }
            let engine = idleEngines.popLast()
            if let engine { busyEngines.append(engine) }
            return engine
        }
        if let found { return found }
        guard let made = Engine(keepConnections: 8) else { throw Failure(.memory, "no memory or descriptors for a connection") }
        lock.with { busyEngines.append(made) }
        return made
    }

    func giveEngine(_ engine: Engine) {
        lock.with {
            if let at = busyEngines.firstIndex(where: { $0 === engine }) {
                busyEngines.swapAt(at, busyEngines.count - 1)
                busyEngines.removeLast()
            }
            if !isClosing, idleEngines.count < Client.keepEngines { idleEngines.append(engine) }
        }
    }

    /// The engine of the I/O thread, started when first wanted.
    private func threadEngine() throws(Failure) -> Engine {
        if let thread { return thread.engine }
        guard let engine = Engine(keepConnections: Client.keepConnections), let made = EngineThread(engine) else {
            throw Failure(.memory, "the I/O thread could not be started")
        }
        thread = made
        return engine
    }

    /// Hands a call of a queue to an engine: the queue's own, or the I/O thread's. The engine it went to.
    func start(_ call: Call, on own: Engine?) throws(Failure) -> Engine {
        try lock.with { () throws(Failure) -> Engine in
            if isClosing { throw Failure(.closed, "the client was freed") }
            let engine = if let own { own } else { try threadEngine() }
            call.clientIndex = openCalls.count
            openCalls.append((call, engine))
            return engine
        }
    }

    func start(_ list: ListCall, on own: Engine?) throws(Failure) -> Engine {
        try lock.with { () throws(Failure) -> Engine in
            if isClosing { throw Failure(.closed, "the client was freed") }
            let engine = if let own { own } else { try threadEngine() }
            list.engine = engine // so that a cancel finds it at once
            openLists.append(list)
            return engine
        }
    }

    func forget(_ list: ListCall) { lock.with { openLists.removeAll { $0 === list } } }

    /// False: it was not there any more.
    @discardableResult
    func forget(_ call: Call) -> Bool {
        lock.with {
            let at = call.clientIndex
            guard at >= 0, at < openCalls.count else { return false }
            call.clientIndex = -1
            if let last = openCalls.popLast(), last.call !== call {
                openCalls[at] = last
                last.call.clientIndex = at
            }
            return true
        }
    }

    // MARK: log

    /// What loading the configuration had to say is said to the first log function.
    package func setLog(_ function: ((Int32, UnsafePointer<CChar>) -> Void)?) {
        let unsaid = lock.with {
            logFunction = function
            let waiting = function == nil ? [] : notices
            if function != nil { notices = [] }
            return waiting
        }
        for notice in unsaid { log(2, notice) }
    }

    package func logs(_ level: Int32) -> Bool { lock.with { logFunction != nil && level <= current.configuration.logLevel } }

    package func log(_ level: Int32, _ message: String) {
        let (function, setup) = lock.with { (level <= current.configuration.logLevel ? logFunction : nil, current) }
        guard let function else { return }
        setup.redaction.text(message).withCString { function(level, $0) }
    }
}
