internal import Bytes
internal import CShims
internal import Model

/// One connection to Redis. curl makes it: it looks up names without blocking, and knows TCP, TLS and Unix sockets. It has a multi
/// handle of its own, since that of the engine closes connections that look idle to it. One descriptor, an epoll set, stands for
/// whatever it waits for.
final class RedisSocket: WatchedDescriptor {
    enum Progress { case connecting, open, failed(String) }

    let descriptor: Int32
    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private let isSecure: Bool
    private let changed: () -> Void
    private var socket: Int32 = -1
    private var waitsToWrite = false
    /// When curl wants to be called, while it connects; .max: when something comes.
    private(set) var curlDeadline = Int64.max

    /// `changed` is called in the engine's rounds, when there may be something to read, to write or to do. nil: out of memory or descriptors.
    convenience init?(_ address: RedisAddress, _ profile: HTTPProfile, seconds: Double, changed: @escaping () -> Void) {
        guard let multi = curl_multi_init() else { return nil }
        guard let easy = gl_easy_init() else {
            curl_multi_cleanup(multi)
            return nil
        }
        self.init(multi, easy, address.isSecure, changed)
        if descriptor < 0 { return nil }
        prepare(address, profile, seconds)
        watchCurl()
        if curl_multi_add_handle(multi, easy) != CURLM_OK { return nil }
        curlDeadline = gl_now_us()
    }

    private init(_ multi: UnsafeMutableRawPointer, _ easy: UnsafeMutableRawPointer, _ isSecure: Bool, _ changed: @escaping () -> Void) {
        (self.multi, self.easy, self.isSecure, self.changed) = (multi, easy, isSecure, changed)
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        gl_multi_socket_fn(multi, nil)
        gl_multi_timer_fn(multi, nil)
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        errorText.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    private func prepare(_ address: RedisAddress, _ profile: HTTPProfile, _ seconds: Double) {
        let scheme: String = address.isSecure ? "https://" : "http://"
        gl_set_text(easy, CURLOPT_URL, concat(scheme, address.socketPath == nil ? address.authority : "localhost", "/"))
        if let path = address.socketPath { gl_set_text(easy, CURLOPT_UNIX_SOCKET_PATH, path) }
        gl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        gl_set_protocols(easy)
        gl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        gl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        gl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        gl_set_long(easy, CURLOPT_SSL_ENABLE_ALPN, 0)
        gl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(Micros.of(seconds: seconds) / 1000))
        gl_set_text(easy, CURLOPT_PROXY, "")
        gl_set_ptr(easy, CURLOPT_ERRORBUFFER, errorText)
        profile.applyWay(to: easy)
    }

    private func watchCurl() {
        let pointer = ObjectPointer.to(self)
        gl_multi_ptr(multi, CURLMOPT_SOCKETDATA, pointer)
        gl_multi_ptr(multi, CURLMOPT_TIMERDATA, pointer)
        gl_multi_socket_fn(multi) { _, socket, what, user, _ in
            if let user { ObjectPointer.object(user, RedisSocket.self).curlWatches(socket, what) }
            return 0
        }
        gl_multi_timer_fn(multi) { _, milliseconds, user in
            if let user { ObjectPointer.object(user, RedisSocket.self).curlDeadline = milliseconds < 0 ? .max : gl_now_us() &+ Int64(milliseconds) &* 1000 }
            return 0
        }
    }

    private func curlWatches(_ socket: Int32, _ what: Int32) {
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0, what != CURL_POLL_REMOVE { events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0, what != CURL_POLL_REMOVE { events |= EPOLLOUT.rawValue }
        watch(socket, events)
    }

    /// 0: no more.
    private func watch(_ socket: Int32, _ events: UInt32) {
        if events == 0 {
            _ = gl_epoll_set(descriptor, EPOLL_CTL_DEL, socket, 0)
        } else if gl_epoll_set(descriptor, EPOLL_CTL_MOD, socket, events) != 0 {
            _ = gl_epoll_set(descriptor, EPOLL_CTL_ADD, socket, events)
        }
    }

    func becameReadable() { changed() }

    // MARK: connecting

    /// Does what can be done at once.
    func connect() -> Progress {
        if socket >= 0 { return .open }
        let entered = isSecure && gl_tls_enter() != 0 // see `Engine.whileCurlRuns`
        serveCurl()
        if entered { gl_first_use_leave() }
        var left: Int32 = 0
        guard let message = curl_multi_info_read(multi, &left), message.pointee.msg == CURLMSG_DONE else { return .connecting }
        let code = message.pointee.data.result
        socket = code == CURLE_OK ? gl_info_socket(easy) : -1
        if socket < 0 { return .failed(detail(code)) }
        if isSecure { gl_tls_is_used() }
        gl_multi_socket_fn(multi, nil)
        gl_multi_timer_fn(multi, nil)
        curlDeadline = .max
        watch(socket, EPOLLIN.rawValue)
        return .open
    }

    private func serveCurl() {
        var running: Int32 = 0
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 16) { sockets in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { events in
                let count = gl_epoll_wait(descriptor, sockets.baseAddress, events.baseAddress, 16, 0)
                for at in 0..<max(0, min(Int(count), 16)) {
                    var mask: Int32 = 0
                    if events[at] & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
                    if events[at] & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
                    if events[at] & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
                    _ = curl_multi_socket_action(multi, sockets[at], mask, &running)
                }
            }
        }
        if curlDeadline > gl_now_us() { return }
        curlDeadline = .max
        _ = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    private func detail(_ code: CURLcode) -> String {
        String(cString: errorText[0] != 0 ? UnsafePointer(errorText) : curl_easy_strerror(code == CURLE_OK ? CURLE_COULDNT_CONNECT : code))
    }

    // MARK: open

    /// Takes what has come. False: the connection has ended.
    func receive(_ take: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { room in
            while true {
                var count = 0
                switch curl_easy_recv(easy, room.baseAddress, room.count, &count) {
                case CURLE_OK where count > 0:
                    if !take(UnsafeRawBufferPointer(rebasing: room[..<min(count, room.count)])) { return false }
                    if !isSecure, count < room.count { return true } // all there is; of TLS a record may be left
                case CURLE_AGAIN: return true
                default: return false
                }
            }
        }
    }

    /// How many of the bytes have gone; -1: the connection has ended.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        var sent = 0
        while sent < bytes.count {
            var count = 0
            let code = curl_easy_send(easy, bytes.baseAddress?.advanced(by: sent), bytes.count &- sent, &count)
            if code == CURLE_AGAIN { break }
            if code != CURLE_OK { return -1 }
            sent = sent &+ count
        }
        if (sent < bytes.count) != waitsToWrite {
            waitsToWrite.toggle()
            watch(socket, waitsToWrite ? EPOLLIN.rawValue | EPOLLOUT.rawValue : EPOLLIN.rawValue)
        }
        return sent
    }
}
