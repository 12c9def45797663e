internal import Bytes
internal import Model

/// The members of a configuration document, one function for each group.
extension ConfigurationDraft {
    /// Merges a document on top: objects merge, arrays replace.
    func apply(_ document: ConfigValue) throws(Failure) {
        let members = try document.object()
        try choose(members)
        try tune(members)
        try order(members)
        try endure(members)
        try shareBy(members)
        try tape(members)
        try keepAnswers(members)
        if let later = members.take("threads") {
            throw Failure(.unsupported, later.path + ": not supported by this version")
        }
        try members.end()
    }

    private func choose(_ members: ConfigMembers) throws(Failure) {
        if members.has("dev_mode") { result.devVariable = nil }
        try members.flag("dev_mode", &result.devMode)
        // Read before the layers.
        var ignored = false, file = ""
        try members.flag("environment", &ignored)
        try members.flag("watch", &result.watch)
        try members.text("env_file", &file)
        if let value = members.take("providers") { try applyProviders(value) }
        try members.text("price_file", &result.priceFile)
        try members.text("default_provider", &result.defaultProvider)
        try members.text("default_model", &result.defaultModel)
        if let value = members.take("aliases") { try readAliases(value, into: &result.aliases) }
    }

    private func tune(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("timeouts") { try value.readTimeouts(into: &timeouts) }
        if let caps = try members.object("caps") { try applyCaps(caps) }
        if let http = try members.object("http") { try applyHTTP(http) }
        if let fetch = try members.object("fetch") { try applyFetch(fetch) }
        try members.text("cache_dir", &result.cacheDir)
        if let lists = try members.object("lists") { try applyLists(lists) }
        if let word = try members.word("request_extensions", as: RequestExtensions.self) { result.requestExtensions = word }
        if let value = members.take("allow_headers") { result.allowHeaders = try readAllowedHeaders(value) }
        try members.texts("allow_query", &result.allowQuery)
        try members.rawPatterns("allow_requests", &result.allowRequests)
        if let word = try members.word("log", as: LogWord.self) { result.logLevel = word.level }
    }

    private func applyLists(_ members: ConfigMembers) throws(Failure) {
        try members.seconds("fresh", &result.lists.fresh)
        try members.seconds("stale", &result.lists.stale)
        try members.end()
    }

    private func applyCaps(_ members: ConfigMembers) throws(Failure) {
        try members.integer("headers", 1 << 10, 16 << 20, &result.caps.headers)
        try members.integer("event", 1 << 10, 1 << 30, &result.caps.event)
        try members.integer("body", 1 << 10, 1 << 30, &result.caps.body)
        try members.integer("request", 1 << 10, 1 << 30, &result.caps.request)
        try members.integer("depth", 8, 2048, &result.caps.depth)
        try members.integer("models", 0, 100, &result.caps.models)
        try members.integer("entries", 1, 10_000_000, &result.caps.entries)
        try members.end()
    }

    private func applyHTTP(_ members: ConfigMembers) throws(Failure) {
        try members.flag("http2", &result.http.http2)
        try members.text("proxy", &result.http.proxy)
        try members.text("no_proxy", &result.http.noProxy)
        try members.text("ca_file", &result.http.caFile)
        try members.text("client_cert", &result.http.clientCert)
        try members.text("client_key", &result.http.clientKey)
        if let value = members.take("unix_socket") { result.http.unixSocket = try socketPath(value) }
        if let value = members.take("resolve") { result.http.resolve = try resolveEntries(value) }
        try members.flag("allow_insecure", &result.http.allowInsecure)
        try members.seconds("keep_alive", &result.http.keepAlive)
        try members.end()
    }

    /// The kernel's limit for the address of a Unix socket is 107 bytes.
    private func socketPath(_ value: ConfigValue) throws(Failure) -> String {
        let path = try value.text()
        guard path.octets.first == UInt8(ascii: "/"), path.utf8.count <= 107 else {
            throw value.failure("must be an absolute path of at most 107 bytes")
        }
        return path
    }

    private func resolveEntries(_ value: ConfigValue) throws(Failure) -> [String] {
        var entries: [String] = []
        for element in try value.elements() {
            let entry = try element.text()
            guard isResolveEntry(entry.octets) else { throw element.failure("must be host:port:address") }
            entries.append(entry)
        }
        return entries
    }
}

/// `host:port:address`, the host and the address not empty.
private func isResolveEntry(_ entry: [UInt8]) -> Bool {
    let colon = UInt8(ascii: ":")
    guard let first = entry.firstIndex(of: colon), let second = entry[(first + 1)...].firstIndex(of: colon) else { return false }
    let port = entry[(first + 1)..<second]
    let digits = port.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    return first > 0 && digits && !port.isEmpty && port.count <= 5 && second + 1 < entry.count
}

private enum LogWord: String, CaseIterable {
    case off, error, warning, info, debug

    /// 0, or one of GATELET_LOG_.
    var level: Int32 {
        switch self {
        case .off: 0
        case .error: 1
        case .warning: 2
        case .info: 3
        case .debug: 4
        }
    }
}
