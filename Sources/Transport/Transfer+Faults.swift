internal import CShims

extension Transfer {
    /// What a curl result means for the caller.
    func fault(_ code: CURLcode) -> TransferFault {
        let fault = meaning(code)
        return fault == .none || fault == .cancelled ? fault : afterSending(fault)
    }

    func detail(_ code: CURLcode) -> String {
        if code == CURLE_OK { return "" }
        if connectionDied { return "a connection that was used before has died under the request" }
        if code == CURLE_ABORTED_BY_CALLBACK, stop == .unsent { return "it was closed, or refused the request, before that had begun" }
        if let text = handle?.errorText, text[0] != 0 { return String(cString: text) }
        return String(cString: curl_easy_strerror(code))
    }

    private func meaning(_ code: CURLcode) -> TransferFault {
        // curl 7.88 takes a connection that closes between two header lines for a complete answer.
        if code == CURLE_OK { return headersDone ? .none : .truncated }
        if isCut { return .none }
        if stop != .none { return stop }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .resolve
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: return .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
             CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
             CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT,
             CURLE_USE_SSL_FAILED: return .tls
        case CURLE_OPERATION_TIMEDOUT: return .timeoutConnect // the only clock that curl keeps for us
        case CURLE_FILESIZE_EXCEEDED: return .tooLarge
        // curl 7.88 calls a header line over its own 100 KB limit "out of memory".
        case CURLE_OUT_OF_MEMORY: return headersDone ? .memory : .tooLarge
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_HTTP2_STREAM, CURLE_HTTP2: return .truncated
        case CURLE_RECV_ERROR: return isMalformed ? .protocol : .truncated
        default: return .protocol
        }
    }

    /// curl reports a broken chunked encoding as a receive error; only its text tells them apart.
    private var isMalformed: Bool {
        guard let text = handle?.errorText else { return false }
        return strstr(text, "chunked-encoding") != nil
    }
}
