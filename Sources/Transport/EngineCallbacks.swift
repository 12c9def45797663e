internal import Bytes
internal import CShims
internal import Model

func transferOf(_ user: UnsafeMutableRawPointer?) -> Transfer? {
    user.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

/// curl's header function: keeps the block of the final response and its status.
func headerArrived(_ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?) -> Int {
    guard let transfer = transferOf(user), let data else { return 0 }
    let line = UnsafeRawBufferPointer(start: data, count: size &* count)
    transfer.headerBytes = transfer.headerBytes &+ line.count
    transfer.sending.awaitsAnswer = false
    if transfer.headerBytes > transfer.headerLimit {
        transfer.stop = .tooLarge
        return 0
    }
    if line.count > 5, line.byte(at: 0) == 0x48, line[ByteRange(0, 5)].equals("HTTP/") {
        transfer.responseHeaders.removeAll() // an interim answer or a redirect came before
        transfer.headersDone = false
    }
    if transfer.responseHeaders.count == 0 { _ = transfer.responseHeaders.reserve(500) }
    guard transfer.responseHeaders.append(line) else {
        transfer.stop = .memory
        return 0
    }
    if line.count <= 2, !transfer.headersDone { headersEnded(transfer) }
    return line.count
}

private func headersEnded(_ transfer: Transfer) {
    guard let handle = transfer.handle else { return }
    let status = gl_info_long(handle.easy, CURLINFO_RESPONSE_CODE)
    if status < 200 { return }
    let now = gl_now_us()
    transfer.status = status
    transfer.headersDone = true
    transfer.lastByteAt = now
    transfer.lastContentAt = now
    transfer.timings.firstByte = now &- transfer.startedAt
    if gl_info_off(handle.easy, CURLINFO_APPCONNECT_TIME_T) > 0 { gl_tls_is_used() }
    transfer.engine?.schedule(transfer) // the clocks of the body may run out before the one for the headers
}

/// curl's body function.
func bodyArrived(_ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?) -> Int {
    guard let transfer = transferOf(user), let data else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data, count: size &* count)
    transfer.lastByteAt = gl_now_us()
    guard let delegate = transfer.delegate else { return 0 }
    switch deliver(bytes, of: transfer, to: delegate) {
    case .accept: return bytes.count
    case .pause:
        transfer.paused = true
        return Int(CURL_WRITEFUNC_PAUSE)
    case .abort:
        if transfer.stop == .none { transfer.stop = .cancelled }
        return bytes.count == 0 ? 1 : 0
    }
}

/// Hands body bytes on; of a refusal the first ones, and then stops it.
func deliver(_ bytes: UnsafeRawBufferPointer, of transfer: Transfer, to delegate: any TransferDelegate) -> BodyVerdict {
    if transfer.status < 300 { return delegate.transfer(transfer, body: bytes) }
    let part = bytes[ByteRange(0, min(bytes.count, transfer.errorRoom))]
    let verdict = part.isEmpty ? .accept : delegate.transfer(transfer, body: part)
    guard verdict == .accept else { return verdict }
    transfer.errorRoom &-= part.count
    transfer.isCut = part.count < bytes.count
    return transfer.isCut ? .abort : .accept
}

/// curl's socket function (epoll loop).
func socketChanged(_: UnsafeMutableRawPointer?, _ fd: Int32, _ what: Int32, _ user: UnsafeMutableRawPointer?,
                   _ known: UnsafeMutableRawPointer?) -> Int32 {
    guard let user else { return 0 }
    let engine = Unmanaged<Engine>.fromOpaque(user).takeUnretainedValue()
    guard engine.haveEpoll() else { return 0 }
    if what == CURL_POLL_REMOVE {
        _ = gl_epoll_set(engine.epollFD, EPOLL_CTL_DEL, fd, 0)
        return 0
    }
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
    if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
    if gl_epoll_set(engine.epollFD, known == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, events) != 0 {
        _ = gl_epoll_set(engine.epollFD, known == nil ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, events)
    }
    if known == nil { curl_multi_assign(engine.multi, fd, user) }
    return 0
}

/// curl's timer function (epoll loop).
func timerChanged(_: UnsafeMutableRawPointer?, _ milliseconds: Int, _ user: UnsafeMutableRawPointer?) -> Int32 {
    guard let user else { return 0 }
    let engine = Unmanaged<Engine>.fromOpaque(user).takeUnretainedValue()
    engine.curlDeadline = milliseconds < 0 ? .max : gl_now_us() &+ Int64(milliseconds) &* 1000
    return 0
}
