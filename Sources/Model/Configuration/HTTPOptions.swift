package struct HTTPOptions: Sendable, Equatable {
    package var http2 = false
    /// For all requests; with it those of the environment are not looked at.
    package var proxy: String?
    /// Hosts that are reached without a proxy.
    package var noProxy: String?
    package var caFile: String?
    /// From the environment, where `proxy` and `caFile` are not set.
    package var found = FoundHTTP()
    package var clientCert: String?
    package var clientKey: String?
    package var unixSocket: String?
    /// curl's form, `host:port:address[,address]`.
    package var resolve: [String] = []
    package var allowInsecure = false
    /// Seconds that a connection may have been idle and still be used; nil: the row's, else 30.
    package var keepAlive: Double?
    package init() {}
}

/// What the environment says of the way out.
package struct FoundHTTP: Sendable, Equatable {
    package var httpProxy: String?
    package var httpsProxy: String?
    package var noProxy: String?
    package var caFile: String?
    package var caDirectory: String?
    package init() {}
}
