internal import Bytes
internal import CShims
internal import Model

/// Wants to know when a round of an engine is over, to wake somebody once for all that happened in it.
package protocol TurnObserver: AnyObject {
    func turnEnded()
}

/// A request that lives on one engine and has transfers of its own there. Called on the thread that drives it.
package protocol EngineJob: AnyObject {
    func begin(on engine: Engine)
    /// Somebody asked for its end; perhaps it has ended already, or never began.
    func cancel()
    /// Something that it waited for may have come.
    func nudge()
}

/// Runs transfers and timers on one thread at a time: a client's I/O thread, or the caller's own. Only `submit`, `cancel`,
/// `nudge` and `wake` may be called from other threads: what they touch is under the lock. Everything else belongs to whoever drives.
package final class Engine: TransferDriver, @unchecked Sendable {
    enum Command {
        case start(Transfer)
        case cancel(Transfer)
        case beginJob(any EngineJob)
        case cancelJob(any EngineJob)
        case nudgeJob(any EngineJob)
    }

    let multi: UnsafeMutableRawPointer
    let wakeFD: Int32
    var loop = Loop.poll
    var epollFD: Int32 = -1
    /// There was no descriptor for epoll when a socket came up: this engine polls for good.
    var epollMissed = false
    /// When curl wants to be called again (epoll loop); .max for never.
    var curlDeadline = Int64.max
    var live: [Transfer] = []
    private var timers = DeadlineHeap()
    var handles = HandlePool()
    /// It has, or had, connections with TLS.
    var usesTLS = false
    private let lock = Lock()
    private var inbox: [Command] = []
    private var ended = false
    private var observers: [any TurnObserver] = []
    private(set) var watched: [any WatchedDescriptor] = []
    /// 1 while the driver sleeps or is about to: only then is a wake-up worth a system call.
    private let sleeping = AtomicWord()
    /// The inbox holds something: read without the lock.
    private let hasCommands = AtomicWord()
    package var liveCount: Int { live.count }

    /// nil: out of memory or descriptors.
    package convenience init?(keepConnections: Int) {
        guard gl_curl_global() == CURLE_OK, let multi = curl_multi_init() else { return nil }
        self.init(multi, wakeFD: gl_eventfd())
        if wakeFD < 0 { return nil }
        gl_multi_long(multi, CURLMOPT_MAXCONNECTS, keepConnections)
        let pointer = ObjectPointer.to(self)
        gl_multi_ptr(multi, CURLMOPT_SOCKETDATA, pointer)
        gl_multi_ptr(multi, CURLMOPT_TIMERDATA, pointer)
        gl_multi_socket_fn(multi) { _, socket, what, user, known in // from the start: curl never repeats what it has said once
            if let user { ObjectPointer.object(user, Engine.self).socketChanged(socket, what, isKnown: known != nil) }
            return 0
        }
    }

    private init(_ multi: UnsafeMutableRawPointer, wakeFD: Int32) {
        self.multi = multi
        self.wakeFD = wakeFD
    }

    deinit {
        let pipe = gl_sigpipe_block() // connections end with a word to the other side
        for transfer in live {
            if let handle = transfer.handle { curl_multi_remove_handle(multi, handle.easy) }
            transfer.handle = nil
        }
        handles.removeAll()
        curl_multi_cleanup(multi)
        gl_sigpipe_restore(pipe)
        if wakeFD >= 0 { close(wakeFD) }
        if epollFD >= 0 { close(epollFD) }
    }

    // MARK: from any thread

    package func submit(_ transfer: Transfer) {
        if post(.start(transfer)) { return }
        let delegate = transfer.delegate // nobody drives any more
        transfer.delegate = nil
        delegate?.transferEnded(transfer, fault: .cancelled, detail: "")
    }

    /// Ends a transfer with `.cancelled` and closes its connection. Harmless when it has ended.
    package func cancel(_ transfer: Transfer) { _ = post(.cancel(transfer)) }

    /// Has the driver begin a job. Where nobody drives any more it is cancelled at once.
    package func submit(_ job: any EngineJob) {
        if !post(.beginJob(job)) { job.cancel() }
    }

    package func cancel(_ job: any EngineJob) { _ = post(.cancelJob(job)) }

    package func nudge(_ job: any EngineJob) { _ = post(.nudgeJob(job)) }

    /// Has the driver look at what it waits for once more, also when it is only about to sleep.
    package func wake() {
        lock.with { hasCommands.set() }
        ring()
    }

    private func ring() {
        if sleeping.exchange(0) == 1 { gl_event_raise(wakeFD) }
    }

    /// False when the engine has ended.
    private func post(_ command: Command) -> Bool {
        let taken = lock.with {
            if ended { return false }
            inbox.append(command)
            hasCommands.set()
            return true
        }
        if taken { ring() }
        return taken
    }

    // MARK: the driver

    /// Starts a transfer at once. For the driver, outside of `TransferDelegate.transfer`.
    package func start(_ transfer: Transfer) {
        if ended { // written by the driver only
            let delegate = transfer.delegate
            transfer.delegate = nil
            delegate?.transferEnded(transfer, fault: .cancelled, detail: "")
        } else {
            begin(transfer)
        }
    }

    /// Lets a paused transfer go on at once. For the driver, outside of `TransferDelegate.transfer`.
    package func resumeNow(_ transfer: Transfer) { unpause(transfer) }

    /// Ends a transfer at once with `.cancelled`. For the driver, outside of `TransferDelegate.transfer`.
    package func stop(_ transfer: Transfer) { finish(transfer, .cancelled, "") }

    /// Begins a wait. For the driver.
    package func start(_ timer: EngineTimer) {
        if ended { timer.end(cancelled: true) } else { timers.update(timer) }
    }

    /// Ends a wait of which nobody has to hear. Harmless when it is over. For the driver.
    package func stop(_ timer: EngineTimer) {
        timers.remove(timer)
        timer.fallSilent()
    }

    private func end(_ timer: EngineTimer, cancelled: Bool) {
        timers.remove(timer)
        timer.end(cancelled: cancelled)
    }

    /// Has a descriptor looked at in each round. For the driver.
    package func watch(_ descriptor: any WatchedDescriptor) {
        watched.append(descriptor)
        addWatched(descriptor.descriptor)
    }

    /// Harmless when it is not watched. For the driver.
    package func unwatch(_ descriptor: any WatchedDescriptor) {
        guard let at = watched.firstIndex(where: { $0 === descriptor }) else { return }
        forgetWatched(descriptor.descriptor)
        watched.remove(at: at)
    }

    /// Cancels everything, also what was submitted and not begun. For the driver, at the end.
    package func endAll() {
        let pipe = gl_sigpipe_block()
        lock.with { ended = true }
        _ = takeCommands()
        while let transfer = live.last { finish(transfer, .cancelled, "") }
        while let timer = timers.first as? EngineTimer { end(timer, cancelled: true) } // no transfer is left
        while let last = watched.last { unwatch(last) }
        tellObservers()
        gl_sigpipe_restore(pipe)
    }

    /// One round: commands, sockets, clocks; waits at most `wait` microseconds for something to happen.
    /// True when a signal handler interrupted the wait.
    package func turn(wait: Int64) -> Bool {
        var left = takeCommands() ? 0 : wait
        if left > 0 { left = max(0, min(left, untilNextClock())) } // a deadline may be past already
        if left > 0 {
            sleeping.exchange(1)
            if hasCommands.isSet { left = 0 }
        }
        let interrupted = sleep(left)
        sleeping.clear()
        performReady()
        runTimers()
        tellObservers()
        return interrupted
    }

    /// Has an observer told when this round is over. For delegates of this engine's transfers.
    package func observe(_ observer: any TurnObserver) {
        for known in observers where known === observer { return }
        observers.append(observer)
    }

    private func tellObservers() {
        if observers.isEmpty { return }
        for observer in observers { observer.turnEnded() }
        observers.removeAll(keepingCapacity: true)
    }

    /// True when there were any: then something may be ready at once.
    private func takeCommands() -> Bool {
        guard hasCommands.isSet else { return false }
        let commands = lock.with {
            let taken = inbox
            inbox.removeAll(keepingCapacity: true)
            hasCommands.clear()
            return taken
        }
        for command in commands {
            switch command {
            case .start(let transfer): begin(transfer)
            case .cancel(let transfer):
                if transfer.liveIndex < 0 { transfer.stop = .cancelled } // it overtook the start, or came after the end
                finish(transfer, .cancelled, "")
            case .beginJob(let job): job.begin(on: self)
            case .cancelJob(let job): job.cancel()
            case .nudgeJob(let job): job.nudge()
            }
        }
        return true
    }

    private func untilNextClock() -> Int64 {
        guard let first = timers.first else { return 3_600_000_000 }
        return first.deadline &- gl_now_us()
    }

    /// Ends what is due. A deadline that activity has moved back meanwhile is only put in its new place.
    private func runTimers() {
        guard let first = timers.first else { return }
        var now = gl_now_us()
        if first.deadline > now { return }
        while let due = timers.first, due.deadline <= now {
            if let transfer = due as? Transfer { fire(transfer, now) }
            if let timer = due as? EngineTimer { end(timer, cancelled: false) }
            now = gl_now_us()
        }
    }

    private func fire(_ transfer: Transfer, _ now: Int64) {
        let fault = transfer.expired(now)
        if fault != .none {
            finish(transfer, fault, "")
        } else if transfer.script != nil, !transfer.isPaused, now >= transfer.pieceAt {
            playPiece(transfer, now)
        } else {
            schedule(transfer)
        }
    }

    func schedule(_ transfer: Transfer) {
        guard transfer.liveIndex >= 0 else { return }
        transfer.deadline = transfer.nextDeadline()
        if transfer.deadline == .max { timers.remove(transfer) } else { timers.update(transfer) }
    }

    private func unpause(_ transfer: Transfer) {
        guard transfer.isPaused, transfer.liveIndex >= 0 else { return }
        transfer.isPaused = false
        let now = gl_now_us()
        transfer.lastByteAt = now
        transfer.lastContentAt = now
        transfer.pieceAt = now
        schedule(transfer)
        guard let handle = transfer.handle else { return }
        let code = curl_easy_pause(handle.easy, CURLPAUSE_CONT) // may call the body function at once
        if code != CURLE_OK { finish(transfer, transfer.fault(code), "") }
    }

    /// Takes a transfer out and tells its delegate; everything that ends passes here, once.
    func finish(_ transfer: Transfer, _ fault: TransferFault, _ detail: String) {
        let index = transfer.liveIndex
        guard index >= 0 else { return }
        transfer.liveIndex = -1
        if let last = live.popLast(), last !== transfer {
            live[index] = last
            last.liveIndex = index
        }
        timers.remove(transfer)
        transfer.timings.total = gl_now_us() &- transfer.startedAt
        if let handle = transfer.handle {
            noteTimings(transfer, handle.easy)
            transfer.noteRedirect(handle.easy)
            curl_multi_remove_handle(multi, handle.easy)
            transfer.handle = nil
            handles.give(handle, reusable: fault == .none)
        }
        let delegate = transfer.delegate
        transfer.delegate = nil
        transfer.tape?.ended(transfer, fault, detail)
        transfer.tape = nil
        delegate?.transferEnded(transfer, fault: fault, detail: detail)
        transfer.driver = nil
    }

    /// curl says it to only one transfer of a connection.
    func connectionEnds(of transfer: Transfer, behind last: Int) {
        for other in live where other.sending.isOnConnection(of: transfer.sending) { other.sending.ends(behind: last) }
    }

    private func noteTimings(_ transfer: Transfer, _ easy: UnsafeMutableRawPointer) {
        // Nor was there a new connection where none could be made.
        let reused = gl_info_long(easy, CURLINFO_NUM_CONNECTS) == 0 && gl_info_off(easy, CURLINFO_PRETRANSFER_TIME_T) > 0
        transfer.timings.reused = reused && transfer.timings.firstByte >= 0
        let tls = gl_info_off(easy, CURLINFO_APPCONNECT_TIME_T)
        let tcp = gl_info_off(easy, CURLINFO_CONNECT_TIME_T)
        if tls > 0 { gl_tls_is_used() }
        if max(tls, tcp) > 0 || transfer.timings.reused { transfer.timings.connect = max(tls, tcp) }
    }
}
