internal import Bytes
internal import CShims
package import Model
internal import Transport

/// A gateway. All its state changes under one lock; calls hold their own reference, so it lives until the last of them
/// has returned.
package final class Client: @unchecked Sendable {
    let requestIDs = RequestIDs()
    let models: ModelCatalog
    let prices: PriceBook
    let limits: LimitDesk
    let hooks = Hooks()
    let ledger = Ledger()
    let usageRefusals = UsageRefusals()
    let records = RecordFile()
    let interrupts = Interrupts()

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
    private var blockedCalls: [BlockedCall] = []
    /// The handle is closed, and nobody is inside a call on it.
    private var handleIsGone = false
    /// The I/O thread was told to end by itself.
    private var threadRunsOn = false
    private var notices: [UnredactedText]
    private var logFunction: ((Int32, UnsafePointer<CChar>) -> Void)?

    private static let keepEngines = 64
    private static let keepConnections = 1024

    package convenience init(_ configuration: Configuration) throws(Failure) {
        let limits = LimitDesk()
        self.init(try Setup(configuration, limits), limits)
    }

    private init(_ setup: Setup, _ limits: LimitDesk) {
        self.limits = limits
        current = setup
        notices = setup.configuration.notices
        models = ModelCatalog()
        prices = PriceBook(models, ModelTables.shared)
        closing.initialize(to: 0)
        prices.client = self
    }

    deinit { closing.deallocate() }

    package var isClosing: Bool { gl_load(closing) != 0 }

    // MARK: configuration

    /// What requests that begin now work with.
    package var setup: Setup { lock.with { current } }

    /// What is secret now, and what was: the one that a request began with may not know all of it.
    package var redaction: Redaction { setup.redaction }

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
        models.forgetMoved(made, from: old)
        log(LogLevel.info, "configuration loaded anew")
        for notice in waiting { log(LogLevel.warning, notice) }
    }

    // MARK: closing

    /// Cancels what is in flight and ends the I/O thread. Blocked callers notice at once and leave on their own.
    package func close() {
        let (engines, idle, calls, lists, thread) = lock.with {
            gl_store(closing, 1)
            let found = (busyEngines, idleEngines, openCalls, openLists, self.thread)
            self.thread = nil
            idleEngines = []
            return found
        }
        defer { withExtendedLifetime(idle) {} } // ending connections takes time, and none of it under the lock
        for engine in engines { engine.wake() }
        for entry in calls { entry.engine.cancel(entry.call) }
        for list in lists { list.cancel() }
        if let thread, thread.isCurrent {
            lock.with { threadRunsOn = true }
            thread.atEnd = { [self] in
                lock.with { threadRunsOn = false }
                letGoWhenQuiet()
            }
        }
        thread?.stop()
        models.abandon()
    }

    /// The handle is closed, and the last call on it has returned.
    package func handleEnded() {
        lock.with { handleIsGone = true }
        letGoWhenQuiet()
    }

    /// Of the log function, the hook and the interrupt function, when nothing can happen any more that they would be told.
    private func letGoWhenQuiet() {
        guard lock.with({ isQuiet }) else { return }
        setLog(nil)
        setHook(nil)
        interrupts.put(nil)
    }

    private var isQuiet: Bool { handleIsGone && openCalls.isEmpty && !threadRunsOn }

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

    /// The I/O thread's, for a fetch that is shared.
    func listEngine() throws(Failure) -> Engine {
        try lock.with { () throws(Failure) -> Engine in
            if isClosing { throw Failure(.closed, "the client was freed") }
            return try threadEngine()
        }
    }

    func opened(_ list: ListCall) throws(Failure) {
        try lock.with { () throws(Failure) in
            if isClosing { throw Failure(.closed, "the client was freed") }
            openLists.append(list)
        }
    }

    func forget(_ list: ListCall) { lock.with { openLists.removeAll { $0 === list } } }

    /// False: it was not there any more.
    @discardableResult
    func forget(_ call: Call) -> Bool {
        let (wasThere, wasLast) = lock.with { () -> (Bool, Bool) in
            let at = call.clientIndex
            guard at >= 0, at < openCalls.count else { return (false, false) }
            call.clientIndex = -1
            if let last = openCalls.popLast(), last.call !== call {
                openCalls[at] = last
                last.call.clientIndex = at
            }
            return (true, isQuiet)
        }
        if wasLast { letGoWhenQuiet() }
        return wasThere
    }

    // MARK: cancelling

    func enter(_ call: BlockedCall) { lock.with { blockedCalls.append(call) } }
    func leave(_ call: BlockedCall) { lock.with { blockedCalls.removeAll { $0 === call } } }

    func underWay(_ id: String) -> (calls: [(call: Call, engine: Engine)], lists: [ListCall], blocked: [BlockedCall]) {
        lock.with {
            (openCalls.filter { $0.call.isCalled(id) }, openLists.filter { $0.isCalled(id) }, blockedCalls.filter { same($0.id, id) })
        }
    }

    func wakeBlocked() {
        for engine in lock.with({ busyEngines }) { engine.wake() }
    }

    // MARK: log

    /// What loading the configuration had to say is said to the first log function.
    package func setLog(_ function: ((Int32, UnsafePointer<CChar>) -> Void)?) {
        var former = function // let go of without the lock: what it holds may be the caller's to destroy
        let unsaid = lock.with {
            swap(&logFunction, &former)
            let waiting = function == nil ? [] : notices
            if function != nil { notices = [] }
            return waiting
        }
        for notice in unsaid { log(LogLevel.warning, notice) }
    }

    package func logs(_ level: Int32) -> Bool { lock.with { logFunction != nil && level <= current.configuration.logLevel } }

    func log(_ level: Int32, _ message: String) { log(level, UnredactedText(message)) }

    package func log(_ level: Int32, _ message: UnredactedText) {
        let (function, setup) = lock.with { (level <= current.configuration.logLevel ? logFunction : nil, current) }
        guard let function else { return }
        setup.redaction.line(message).withCString { function(level, $0) }
    }
}
