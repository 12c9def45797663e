internal import CShims
package import Model
internal import Providers
package import Transport
internal import Wire

/// A configured gateway. All its state changes under one lock; calls hold their own reference, so it lives until the
/// last of them has returned.
package final class Client: @unchecked Sendable {
    package let configuration: Configuration
    package let profile: HTTPProfile
    package let redaction: Redaction
    let routes: [Route]
    let requestIDs = RequestIDs()
    let modelLists = ModelListCache()

    private let lock = Lock()
    private let closing = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
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
        self.configuration = configuration
        notices = configuration.notices
        var options = HTTPProfile.Options()
        let http = configuration.http
        options.http2 = http.http2
        options.proxy = http.proxy
        options.caFile = http.caFile
        options.clientCert = http.clientCert
        options.clientKey = http.clientKey
        options.unixSocket = http.unixSocket
        closing.initialize(to: 0)
        guard let profile = HTTPProfile(options, resolve: http.resolve) else { throw Failure(.memory, "libcurl could not be set up") }
        self.profile = profile
        redaction = Redaction(configuration.providers)
        var routes: [Route] = []
        for provider in configuration.providers {
            guard let route = Route(provider, timeouts: configuration.timeouts) else { throw Failure(.memory, "out of memory") }
            routes.append(route)
        }
        self.routes = routes
    }

    deinit { closing.deallocate() }

    package var isClosing: Bool { gl_load(closing) != 0 }

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
        for entry in calls { entry.engine.cancel(entry.call.transfer) }
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

    func forget(_ call: Call) {
        lock.with {
            let at = call.clientIndex
            guard at >= 0, at < openCalls.count else { return }
            call.clientIndex = -1
            if let last = openCalls.popLast(), last.call !== call {
                openCalls[at] = last
                last.call.clientIndex = at
            }
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

    package func logs(_ level: Int32) -> Bool { level <= configuration.logLevel && lock.with { logFunction != nil } }

    package func log(_ level: Int32, _ message: String) {
        guard level <= configuration.logLevel, let function = lock.with({ logFunction }) else { return }
        redaction.text(message).withCString { function(level, $0) }
    }
}
