internal import CShims

/// Two ways to wait: poll is the cheaper one while few connections are open, epoll does not care how many are idle.
enum Loop { case poll, epoll }

private let epollFrom = 128
private let pollBelow = 48

extension Engine {
    func chooseLoop() {
        if loop == .poll, live.count > epollFrom { enterEpoll() }
        if loop == .epoll, live.count < pollBelow { leaveEpoll() }
    }

    /// The epoll set: every socket is in it from its beginning, whichever loop runs, since curl reports only changes.
    private func haveEpoll() -> Bool {
        if epollFD >= 0 { return true }
        if epollMissed { return false }
        epollFD = epoll_create1(Int32(EPOLL_CLOEXEC))
        if epollFD < 0 {
            epollMissed = true
            return false
        }
        _ = gl_epoll_set(epollFD, EPOLL_CTL_ADD, wakeFD, EPOLLIN.rawValue)
        for descriptor in watched { addWatched(descriptor.descriptor) }
        return true
    }

    func addWatched(_ descriptor: Int32) {
        if epollFD >= 0 { _ = gl_epoll_set(epollFD, EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue) }
    }

    func forgetWatched(_ descriptor: Int32) {
        if epollFD >= 0 { _ = gl_epoll_set(epollFD, EPOLL_CTL_DEL, descriptor, 0) }
    }

    /// curl watches a socket otherwise, or no more. `isKnown`: it has watched it before.
    func socketChanged(_ socket: Int32, _ what: Int32, isKnown: Bool) {
        guard haveEpoll() else { return }
        if what == CURL_POLL_REMOVE {
            _ = gl_epoll_set(epollFD, EPOLL_CTL_DEL, socket, 0)
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        if gl_epoll_set(epollFD, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, events) != 0 {
            _ = gl_epoll_set(epollFD, isKnown ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, events)
        }
        if !isKnown { curl_multi_assign(multi, socket, ObjectPointer.to(self)) } // anything: it is known from now on
    }

    private func enterEpoll() {
        guard haveEpoll() else { return }
        loop = .epoll
        gl_multi_timer_fn(multi) { _, milliseconds, user in
            if let user { ObjectPointer.object(user, Engine.self).curlDeadline = milliseconds < 0 ? .max : gl_now_us() &+ Int64(milliseconds) &* 1000 }
            return 0
        }
        var running: Int32 = 0
        whileCurlRuns { _ = gl_multi_socket_all(multi, &running) } // brings all of them up to date
        curlDeadline = gl_now_us()
    }

    private func leaveEpoll() {
        loop = .poll
        gl_multi_timer_fn(multi, nil)
        curlDeadline = .max
    }

    /// Starts what was added and reads what is there (poll loop; epoll learns of it by its timer function).
    func performReady() {
        guard loop == .poll, hasNetwork else { return runCurlTimer() }
        var running: Int32 = 0
        whileCurlRuns { _ = curl_multi_perform(multi, &running) }
        reap()
    }

    private var hasNetwork: Bool { handles.lent > 0 }

    private func runCurlTimer() {
        guard loop == .epoll, curlDeadline <= gl_now_us() else { return }
        curlDeadline = .max
        var running: Int32 = 0
        whileCurlRuns { _ = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running) }
        reap()
    }

    /// Waits and, with epoll, serves the sockets that woke it. True when a signal handler interrupted.
    func sleep(_ microseconds: Int64) -> Bool {
        loop == .poll ? sleepPoll(microseconds) : sleepEpoll(microseconds)
    }

    private func sleepPoll(_ microseconds: Int64) -> Bool {
        var wait = Int32(clamping: (microseconds &+ 999) / 1000)
        if wait <= 0 { return false }
        var curlWait = -1
        if hasNetwork, curl_multi_timeout(multi, &curlWait) == CURLM_OK, curlWait >= 0 { wait = min(wait, Int32(clamping: curlWait)) }
        if wait == 0 { return false }
        var ready: Int32 = 0
        let before = gl_now_us(), descriptors = watched
        withUnsafeTemporaryAllocation(of: curl_waitfd.self, capacity: descriptors.count &+ 1) { extra in
            extra.initializeElement(at: 0, to: curl_waitfd(fd: wakeFD, events: Int16(CURL_WAIT_POLLIN), revents: 0))
            for (at, watched) in descriptors.enumerated() {
                extra.initializeElement(at: at &+ 1, to: curl_waitfd(fd: watched.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0))
            }
            _ = curl_multi_poll(multi, extra.baseAddress, UInt32(extra.count), wait, &ready)
            if extra[0].revents != 0 { gl_event_clear(wakeFD) }
            for (at, watched) in descriptors.enumerated() where extra[at &+ 1].revents != 0 { watched.becameReadable() }
        }
        return ready == 0 && gl_now_us() &- before &+ 1500 < Int64(wait) &* 1000
    }

    private func sleepEpoll(_ microseconds: Int64) -> Bool {
        var wait = max(0, microseconds)
        if curlDeadline != .max { wait = min(wait, max(0, curlDeadline &- gl_now_us())) }
        return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { fds in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { events in
                let n = gl_epoll_wait(epollFD, fds.baseAddress, events.baseAddress, 256, Int32(clamping: (wait &+ 999) / 1000))
                if n < 0 { return true }
                for i in 0..<Int(n) { serve(fds[i], events[i]) }
                reap()
                runCurlTimer()
                return false
            }
        }
    }

    private func serve(_ fd: Int32, _ events: UInt32) {
        if fd == wakeFD { return gl_event_clear(wakeFD) }
        if let watched = watched.first(where: { $0.descriptor == fd }) { return watched.becameReadable() }
        var mask: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        whileCurlRuns { _ = curl_multi_socket_action(multi, fd, mask, &running) }
    }

    /// No fork happens in the middle of the first TLS handshake of a process (see `gl_tls_enter`).
    private func whileCurlRuns(_ body: () -> Void) {
        let entered = usesTLS && gl_tls_enter() != 0
        body()
        if entered { gl_first_use_leave() }
    }

    /// Collects the transfers that curl has finished.
    func reap() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                  let transfer = TransferCallbacks.transfer(of: easy) else { continue }
            let code = message.pointee.data.result, fault = transfer.fault(code)
            if fault == .unsent, restart(transfer) { continue }
            finish(transfer, fault, transfer.detail(code))
        }
        if loop == .epoll { chooseLoop() }
    }
}
