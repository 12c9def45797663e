internal import Bytes
internal import CShims
internal import Model

extension Transfer {
    /// A header line: keeps the block of the final response and its status. False: it is over.
    func received(header line: UnsafeRawBufferPointer) -> Bool {
        headerBytes = headerBytes &+ line.count
        sending.awaitsAnswer = false
        if headerBytes > headerLimit {
            stop = .tooLarge
            return false
        }
        if line.count > 5, line.byte(at: 0) == 0x48, line[ByteRange(0, 5)].equals("HTTP/") {
            responseHeaders.removeAll() // an interim answer or a redirect came before
            headersDone = false
        }
        if responseHeaders.count == 0 { _ = responseHeaders.reserve(500) }
        guard responseHeaders.append(line) else {
            stop = .memory
            return false
        }
        if line.count <= 2, !headersDone { headersEnded() }
        return true
    }

    private func headersEnded() {
        guard let handle else { return }
        let status = gl_info_long(handle.easy, CURLINFO_RESPONSE_CODE)
        if status < 200 { return }
        let now = gl_now_us()
        self.status = status
        headersDone = true
        lastByteAt = now
        lastContentAt = now
        timings.firstByte = now &- startedAt
        if gl_info_off(handle.easy, CURLINFO_APPCONNECT_TIME_T) > 0 { gl_tls_is_used() }
        driver?.schedule(self) // the clocks of the body may run out before the one for the headers
    }

    func received(body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        lastByteAt = gl_now_us()
        let verdict = deliver(bytes)
        switch verdict {
        case .accept: break
        case .pause: isPaused = true
        case .abort: if delegate != nil, stop == .none { stop = .cancelled }
        }
        return verdict
    }

    /// Hands body bytes on; of a refusal the first ones, and then stops it.
    func deliver(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        guard let delegate else { return .abort }
        if status < 300 {
            let verdict = delegate.transfer(self, body: bytes)
            if verdict != .pause { tape?.received(bytes, at: lastByteAt &- startedAt) }
            return verdict
        }
        let part = bytes[ByteRange(0, min(bytes.count, errorRoom))]
        let verdict = part.isEmpty ? .accept : delegate.transfer(self, body: part)
        if verdict != .pause { tape?.received(part, at: lastByteAt &- startedAt) }
        guard verdict == .accept else { return verdict }
        errorRoom &-= part.count
        isCut = part.count < bytes.count
        return isCut ? .abort : .accept
    }
}
