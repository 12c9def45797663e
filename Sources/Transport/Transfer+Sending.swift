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

    func isOnConnection(of other: Sending) -> Bool { stream > 0 && localPort == other.localPort }

    mutating func ends(behind last: Int) { lastServed = min(lastServed, last) }
}

extension Transfer {
    /// What a fault means once it is known how far the request got.
    func afterSending(_ fault: TransferFault) -> TransferFault {
        guard sending.awaitsAnswer else { return fault }
        switch fault {
        case .unsent: return fault
        case _ where isRefused: return .unsent
        case .resolve, .connect, .tls, .timeoutConnect: // curl was about to send it again
            connectionDied = true
            return .truncated
        default: return fault
        }
    }

    /// The server said that it has not begun with the request.
    private var isRefused: Bool {
        sending.stream != 0 && (sending.wasRefused || sending.stream > sending.lastServed || wantsHTTP1)
    }

    /// Whether curl may make a connection for it: for the second time only where that does no harm.
    func mayConnect() -> Bool {
        guard let handle else { return false }
        return !sending.awaitsAnswer || maySendAgain(handle)
    }

    /// curl is about to send the request, on a connection that is ready. False: it must not.
    func requestBegins(localPort: Int32) -> Bool {
        guard let handle, mayConnect() else { return false }
        wasSent = true
        sending = Sending()
        sending.awaitsAnswer = true
        sending.sizeBefore = gl_info_long(handle.easy, CURLINFO_REQUEST_SIZE)
        sending.localPort = localPort
        return true
    }

    /// curl wants to send again what it has sent without an answer.
    private func maySendAgain(_ handle: Handle) -> Bool {
        let isUnsent: Bool
        if sending.stream > 0 {
            // curl does not say that a stream on a connection used before was refused, but of everything else it complains.
            isUnsent = isRefused || handle.errorText[0] == 0
        } else {
            isUnsent = !profile.http2 && gl_info_long(handle.easy, CURLINFO_REQUEST_SIZE) == sending.sizeBefore
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

    /// What curl says of its doings: the only way to learn which streams an HTTP/2 server has refused. Asked for where HTTP/2 is on.
    func heard(_ line: UnsafeRawBufferPointer) {
        if let stream = number(behind: "Using Stream ID: ", line) { // 7.88
            sending.stream = stream
        } else if line.find(" OPENED stream") != nil, let stream = number(behind: "[HTTP/2] [", line) { // 8.4
            sending.stream = stream
        } else if line.find("GOAWAY") != nil, let last = number(behind: "last_stream=", line) {
            driver?.connectionEnds(of: self, behind: last)
        } else if line.find("REFUSED_STREAM") != nil {
            sending.wasRefused = true
        } else if line.find("HTTP_1_1_REQUIRED") != nil {
            wantsHTTP1 = true
        }
    }
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
