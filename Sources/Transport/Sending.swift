internal import Bytes
internal import CShims

/// What curl has sent of a transfer without an answer, by its own words.
///
/// curl sends a request again by itself when a connection that was used before dies without a byte of the answer, and when an HTTP/2
/// server refuses the stream. A POST is work that may be done and billed twice, so its second sending is refused here, and its owner
/// hears which of the two it was: nobody has begun with it, or perhaps somebody has.
struct Sending {
    /// The request was handed to a connection, and nothing has come back.
    var awaitsAnswer = false
    /// CURLINFO_REQUEST_SIZE before that: it counts the CONNECT of a proxy too.
    fileprivate var sizeBefore = 0
    /// Of an HTTP/2 connection; 0: it is none.
    fileprivate var stream = 0
    fileprivate var localPort: Int32 = 0
    /// The last stream that the server will serve on this connection, if it said so.
    fileprivate var lastServed = Int.max
    fileprivate var wasRefused = false

    /// What a fault means once it is known how far the request got.
    func fault(of transfer: Transfer, _ fault: TransferFault) -> TransferFault {
        guard awaitsAnswer else { return fault }
        switch fault {
        case .unsent: return fault
        case _ where isRefused(transfer): return .unsent
        case .resolve, .connect, .tls, .timeoutConnect: // curl was about to send it again
            transfer.connectionDied = true
            return .truncated
        default: return fault
        }
    }

    /// The server said that it has not begun with the request.
    fileprivate func isRefused(_ transfer: Transfer) -> Bool {
        if stream == 0 { return false }
        return wasRefused || stream > lastServed || transfer.wantsHTTP1
    }
}

extension Transfer {
    /// curl wants to send again what it has sent without an answer. False: it must not.
    fileprivate func isSentAgain(_ easy: UnsafeMutableRawPointer) -> Bool {
        let isUnsent: Bool
        if sending.stream > 0 {
            // curl does not say that a stream on a connection used before was refused, but of everything else it complains.
            isUnsent = sending.isRefused(self) || handle?.errorText[0] == 0
        } else {
            isUnsent = !profile.http2 && gl_info_long(easy, CURLINFO_REQUEST_SIZE) == sending.sizeBefore
        }
        if body == nil {
            if !isUnsent { resends += 1 }
            sending = Sending()
            return true
        }
        if stop == .none {
            stop = isUnsent ? .unsent : .truncated
            connectionDied = !isUnsent
        }
        return false
    }
}

/// curl's socket function for a new connection.
func connectionBegins(_ user: UnsafeMutableRawPointer?, _: Int32, _: curlsocktype) -> Int32 {
    guard let transfer = transferOf(user), let handle = transfer.handle else { return Int32(CURL_SOCKOPT_ERROR) }
    if transfer.sending.awaitsAnswer, !transfer.isSentAgain(handle.easy) { return Int32(CURL_SOCKOPT_ERROR) }
    return Int32(CURL_SOCKOPT_OK)
}

/// curl's function before each request, on a connection that is ready.
func requestBegins(_ user: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?, _: Int32, _ localPort: Int32) -> Int32 {
    guard let transfer = transferOf(user), let handle = transfer.handle else { return Int32(CURL_PREREQFUNC_ABORT) }
    if transfer.sending.awaitsAnswer, !transfer.isSentAgain(handle.easy) { return Int32(CURL_PREREQFUNC_ABORT) }
    transfer.sending = Sending()
    transfer.sending.awaitsAnswer = true
    transfer.wasSent = true
    transfer.sending.sizeBefore = gl_info_long(handle.easy, CURLINFO_REQUEST_SIZE)
    transfer.sending.localPort = localPort
    return Int32(CURL_PREREQFUNC_OK)
}

/// What curl tells of its doings: the only way to learn which streams an HTTP/2 server has refused. Asked for where HTTP/2 is on.
func curlSpoke(_: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ text: UnsafeMutablePointer<CChar>?, _ count: Int,
               _ user: UnsafeMutableRawPointer?) -> Int32 {
    guard kind == CURLINFO_TEXT, let text, let transfer = transferOf(user) else { return 0 }
    let line = UnsafeRawBufferPointer(start: text, count: count)
    if let stream = number(behind: "Using Stream ID: ", line) { // 7.88
        transfer.sending.stream = stream
    } else if line.find(" OPENED stream") != nil, let stream = number(behind: "[HTTP/2] [", line) { // 8.4
        transfer.sending.stream = stream
    } else if line.find("GOAWAY") != nil, let last = number(behind: "last_stream=", line) {
        transfer.engine?.noteGoAway(transfer, last)
    } else if line.find("REFUSED_STREAM") != nil {
        transfer.sending.wasRefused = true
    } else if line.find("HTTP_1_1_REQUIRED") != nil {
        transfer.wantsHTTP1 = true
    }
    return 0
}

private func number(behind words: StaticString, _ line: UnsafeRawBufferPointer) -> Int? {
    guard let at = line.find(words) else { return nil }
    var value = 0, index = at &+ words.utf8CodeUnitCount, digits = 0
    while digits < 10, index < line.count, case let digit = line.byte(at: index), digit >= 0x30, digit <= 0x39 {
        value = value &* 10 &+ Int(digit &- 0x30)
        index &+= 1
        digits &+= 1
    }
    return digits == 0 ? nil : value
}

extension Engine {
    /// curl tells only one transfer of a connection that the server is about to leave it.
    fileprivate func noteGoAway(_ told: Transfer, _ last: Int) {
        for transfer in live where transfer.sending.stream > 0 && transfer.sending.localPort == told.sending.localPort {
            transfer.sending.lastServed = min(transfer.sending.lastServed, last)
        }
    }
}
