package import CShims

/// Immutable request headers, shared by all requests that send the same ones.
package final class HeaderList {
    package private(set) var list: UnsafeMutablePointer<curl_slist>?

    /// Lines without line ends, checked by the caller. nil: out of memory.
    package convenience init?(_ lines: [String]) {
        self.init()
        for line in lines {
            guard let longer = curl_slist_append(list, line) else { return nil }
            list = longer
        }
    }

    private init() {}

    deinit { curl_slist_free_all(list) }
}

/// How connections are made: one per client, applied once to every curl handle that serves it.
package final class HTTPProfile {
    package struct Options {
        package var http2 = false
        /// For addresses that begin with http: and https:.
        package var httpProxy: String?
        package var httpsProxy: String?
        /// Hosts that are reached without a proxy, as curl reads them.
        package var noProxy: String?
        package var caFile: String?
        package var caDirectory: String?
        package var clientCert: String?
        package var clientKey: String?
        package var unixSocket: String?
        /// Which addresses may be reached at all; nil: any.
        package var addresses: AddressGuard?
        package init() {}
    }

    private let options: Options
    private let resolve: HeaderList
    private let share: UnsafeMutableRawPointer

    var http2: Bool { options.http2 }
    var addresses: AddressGuard? { options.addresses }

    /// `resolve` lines are curl's: host:port:address. nil: out of memory.
    package convenience init?(_ options: Options, resolve lines: [String]) {
        guard let resolve = HeaderList(lines), let share = gl_share_new() else { return nil }
        self.init(options, resolve, UnsafeMutableRawPointer(share))
    }

    private init(_ options: Options, _ resolve: HeaderList, _ share: UnsafeMutableRawPointer) {
        self.options = options
        self.resolve = resolve
        self.share = share
    }

    deinit { gl_share_free(share) }

    /// Everything that does not change from request to request. Every handle is set up here, retries included.
    func apply(to easy: UnsafeMutableRawPointer) {
        gl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        gl_set_long(easy, CURLOPT_QUICK_EXIT, 1) // a black-holed resolver must not hold up gatelet_free
        gl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        gl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        gl_set_protocols(easy)
        gl_set_long(easy, CURLOPT_MAXREDIRS, 3)
        gl_set_text(easy, CURLOPT_NOPROXY, options.noProxy ?? "") // "": never read from the environment behind init's back
        if let path = options.unixSocket { gl_set_text(easy, CURLOPT_UNIX_SOCKET_PATH, path) }
        applyWay(to: easy)
        gl_set_ptr(easy, CURLOPT_SHARE, UnsafeRawPointer(gl_share_curl(share)))
    }

    /// Certificates, and addresses of names: what holds for connections of any kind.
    func applyWay(to easy: UnsafeMutableRawPointer) {
        if let file = options.caFile { gl_set_text(easy, CURLOPT_CAINFO, file) }
        if let folder = options.caDirectory { gl_set_text(easy, CURLOPT_CAPATH, folder) }
        if let file = options.clientCert { gl_set_text(easy, CURLOPT_SSLCERT, file) }
        if let file = options.clientKey { gl_set_text(easy, CURLOPT_SSLKEY, file) }
        if let list = resolve.list { gl_set_list(easy, CURLOPT_RESOLVE, list) }
    }

    /// What depends on the request as well.
    func apply(to easy: UnsafeMutableRawPointer, url: [CChar], http1: Bool) {
        gl_set_long(easy, CURLOPT_HTTP_VERSION, Int(options.http2 && !http1 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
        let isSecure = url.count > 5 && url[4] | 0x20 == 0x73 // https
        gl_set_text(easy, CURLOPT_PROXY, (isSecure ? options.httpsProxy : options.httpProxy) ?? "") // "" as above
    }
}
