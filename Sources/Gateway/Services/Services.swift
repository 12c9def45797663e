internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Transport

/// What the requests of one client share. It knows nothing of requests, lists or the client itself: whoever needs one of these
/// things gets this, and refers to nothing above it.
final class Services {
    let ids = RequestIDs()
    let log = Log()
    let hooks = Hooks()
    let interrupts = Interrupts()
    let engines = EnginePool()
    let blocked = BlockedCalls()
    /// Of queues: ended by `close`.
    let openCalls = OpenRequests()
    let openLists = OpenRequests()
    let limits = LimitDesk()
    let cache = ResponseCache()
    let flights = CacheFlights()
    let redis = RedisSlot()
    let refusals = Refusals()
    let ledger = Ledger()
    let records = RecordFile()
    private let closing = AtomicWord()
    /// The handle is closed, and nobody is inside a call on it.
    private let handleIsGone = AtomicWord()
    /// The I/O thread was told to end by itself.
    private let threadRunsOn = AtomicWord()

    var isClosing: Bool { closing.isSet }

    /// What is secret now, and what was: the one that a request began with may not know all of it.
    var redaction: Redaction { log.redaction }

    /// Cancels what is in flight and ends the I/O thread. Blocked callers notice at once and leave on their own.
    func close() {
        closing.set()
        let (idle, thread) = engines.close()
        defer { withExtendedLifetime(idle) {} } // ending connections takes time
        openCalls.close()
        openLists.close()
        redis.stop() // after what it is told of
        if let thread, thread.isCurrent {
            threadRunsOn.set()
            thread.atEnd = { [self] in
                threadRunsOn.clear()
                letGoWhenQuiet()
            }
        }
        thread?.stop()
    }

    /// The handle is closed, and the last call on it has returned.
    func handleEnded() {
        handleIsGone.set()
        letGoWhenQuiet()
    }

    /// False: it was not there any more.
    @discardableResult
    func forget(_ call: any OpenRequest) -> Bool {
        guard openCalls.remove(call) else { return false }
        letGoWhenQuiet()
        return true
    }

    /// Of the log function, the hook and the interrupt function, when nothing can happen any more that they would be told.
    private func letGoWhenQuiet() {
        guard handleIsGone.isSet, openCalls.isEmpty, !threadRunsOn.isSet else { return }
        log.put(nil)
        hooks.set(nil)
        interrupts.put(nil)
    }
}
