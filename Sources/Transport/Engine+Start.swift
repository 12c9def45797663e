internal import Bytes
internal import CShims
internal import Model

private var httpsScheme: [CChar] { [0x68, 0x74, 0x74, 0x70, 0x73, 0x3A] } // https:

/// Beginning a transfer.
extension Engine {
    func begin(_ transfer: Transfer) {
        guard transfer.liveIndex < 0, transfer.delegate != nil else { return }
        transfer.driver = self
        transfer.liveIndex = live.count
        live.append(transfer)
        let now = gl_now_us()
        transfer.startedAt = now
        transfer.lastByteAt = now
        transfer.lastContentAt = now
        if transfer.stop != .none { return finish(transfer, .cancelled, "") }
        if let script = transfer.script {
            transfer.pieceAt = now &+ script.delay(0)
        } else {
            if !connect(transfer) { return finish(transfer, .memory, "") }
        }
        schedule(transfer)
        chooseLoop()
    }

    private func connect(_ transfer: Transfer) -> Bool {
        guard let handle = handles.take(transfer.profile) else { return false }
        transfer.handle = handle
        transfer.sending = Sending()
        usesTLS = usesTLS || transfer.url.starts(with: httpsScheme)
        prepare(transfer, handle.easy)
        return curl_multi_add_handle(multi, handle.easy) == CURLM_OK
    }

    /// Sends a GET once more that no server had begun with. False: it has to end. What becomes of a POST is its owner's business.
    func restart(_ transfer: Transfer) -> Bool {
        guard transfer.body == nil, transfer.restarts < 3, let handle = transfer.handle else { return false }
        transfer.restarts += 1
        transfer.freshConnection = true
        transfer.http1 = transfer.wantsHTTP1
        transfer.stop = .none
        curl_multi_remove_handle(multi, handle.easy)
        transfer.handle = nil
        handles.give(handle, reusable: false)
        return connect(transfer)
    }

    private func prepare(_ transfer: Transfer, _ easy: UnsafeMutableRawPointer) {
        TransferCallbacks.call(transfer, of: easy) // `live` keeps it
        transfer.url.withUnsafeBufferPointer { _ = gl_set_text(easy, CURLOPT_URL, $0.baseAddress) }
        gl_set_list(easy, CURLOPT_HTTPHEADER, transfer.headers?.list)
        gl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(max(0, transfer.clocks.connect / 1000)))
        gl_set_long(easy, CURLOPT_FRESH_CONNECT, transfer.freshConnection || transfer.keepAlive == 0 ? 1 : 0)
        gl_set_long(easy, CURLOPT_FORBID_REUSE, transfer.keepAlive == 0 ? 1 : 0)
        gl_set_long(easy, CURLOPT_MAXAGE_CONN, transfer.keepAlive)
        transfer.profile.apply(to: easy, url: transfer.url, http1: transfer.http1)
        gl_set_long(easy, CURLOPT_BUFFERSIZE, transfer.readSize)
        gl_set_long(easy, CURLOPT_FOLLOWLOCATION, transfer.followRedirects ? 1 : 0)
        // "identity" asks for no compression, yet has curl undo what a server compresses all the same.
        let encoding: StaticString = transfer.compressed ? "" : "identity"
        encoding.withUTF8Buffer { text in
            text.withMemoryRebound(to: CChar.self) { _ = gl_set_text(easy, CURLOPT_ACCEPT_ENCODING, $0.baseAddress) }
        }
        if let method = transfer.method {
            method.withUnsafeBufferPointer { _ = gl_set_text(easy, CURLOPT_CUSTOMREQUEST, $0.baseAddress) }
        } else {
            gl_set_text(easy, CURLOPT_CUSTOMREQUEST, nil)
        }
        if let body = transfer.body {
            gl_set_long(easy, CURLOPT_POST, 1)
            gl_set_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, body.count)
            gl_set_ptr(easy, CURLOPT_POSTFIELDS, body.terminated().map { UnsafeRawPointer($0) })
        } else {
            gl_set_ptr(easy, CURLOPT_POSTFIELDS, nil)
            gl_set_long(easy, CURLOPT_HTTPGET, 1)
        }
    }
}
