internal import CShims

/// What curl calls for a transfer. C functions carry nothing but a pointer to it; what they mean stands in `Transfer`.
enum TransferCallbacks {
    /// For the life of a curl handle. `speaks`: curl tells of its doings as well.
    static func install(on easy: UnsafeMutableRawPointer, speaks: Bool) {
        gl_set_write(easy, CURLOPT_HEADERFUNCTION) { data, size, count, user in
            guard let transfer = TransferCallbacks.transfer(user), let data else { return 0 }
            let line = UnsafeRawBufferPointer(start: data, count: size &* count)
            return transfer.received(header: line) ? line.count : 0
        }
        gl_set_write(easy, CURLOPT_WRITEFUNCTION) { data, size, count, user in
            guard let transfer = TransferCallbacks.transfer(user), let data else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size &* count)
            return switch transfer.received(body: bytes) {
            case .accept: bytes.count
            case .pause: Int(CURL_WRITEFUNC_PAUSE)
            case .abort: bytes.count == 0 ? 1 : 0
            }
        }
        gl_set_sockopt(easy) { user, _, _ in // for a new connection
            Int32(TransferCallbacks.transfer(user)?.mayConnect() ?? false ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR)
        }
        gl_set_prereq(easy) { user, address, _, _, localPort in // before each request, on a connection that is ready
            guard let transfer = TransferCallbacks.transfer(user), transfer.mayReach(address), transfer.requestBegins(localPort: localPort) else {
                return Int32(CURL_PREREQFUNC_ABORT)
            }
            return Int32(CURL_PREREQFUNC_OK)
        }
        guard speaks else { return }
        gl_set_debug(easy) { _, kind, text, count, user in
            if kind == CURLINFO_TEXT, let text { TransferCallbacks.transfer(user)?.heard(UnsafeRawBufferPointer(start: text, count: count)) }
            return 0
        }
        gl_set_long(easy, CURLOPT_VERBOSE, 1)
    }

    /// Each address that a name has is looked at when it is about to be connected to, whatever a resolver said before.
    static func watchAddresses(of easy: UnsafeMutableRawPointer) {
        gl_set_opensocket(easy) { user, _, address in
            guard let transfer = TransferCallbacks.transfer(user), let address, transfer.mayReach(address) else { return -1 }
            return gl_open_socket(address)
        }
    }

    /// For one transfer, which somebody keeps while it runs.
    static func call(_ transfer: Transfer, of easy: UnsafeMutableRawPointer) {
        let pointer = ObjectPointer.to(transfer)
        gl_set_ptr(easy, CURLOPT_PRIVATE, pointer)
        gl_set_ptr(easy, CURLOPT_WRITEDATA, pointer)
        gl_set_ptr(easy, CURLOPT_HEADERDATA, pointer)
        gl_set_ptr(easy, CURLOPT_SOCKOPTDATA, pointer)
        gl_set_ptr(easy, CURLOPT_PREREQDATA, pointer)
        gl_set_ptr(easy, CURLOPT_OPENSOCKETDATA, pointer)
        gl_set_ptr(easy, CURLOPT_DEBUGDATA, pointer)
    }

    /// The transfer that a handle was given for.
    static func transfer(of easy: UnsafeMutableRawPointer) -> Transfer? { transfer(gl_info_private(easy)) }

    private static func transfer(_ user: UnsafeMutableRawPointer?) -> Transfer? {
        user.map { ObjectPointer.object($0, Transfer.self) }
    }
}
