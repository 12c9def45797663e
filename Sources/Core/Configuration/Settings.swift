internal import Model
internal import Providers
internal import Wire

/// The members of a configuration document, one function for each group.
extension ConfigurationDraft {
    /// Merges a document on top: objects merge, arrays replace.
    func apply(_ document: ConfigValue) throws(Failure) {
        for (name, value) in try document.members() {
            if try choose(name, value) { continue }
            if try tune(name, value) { continue }
            throw isForLater(name) ? Failure(.unsupported, value.path + ": not supported by this version") : value.unknown()
        }
    }

    private func choose(_ name: Word, _ value: ConfigValue) throws(Failure) -> Bool {
        switch name {
        case "dev_mode": result.devMode = try value.flag()
        case "environment": _ = try value.flag() // read before the layers, as `env_file` is
        case "env_file": _ = try value.text()
        case "providers": try applyProviders(value)
        case "default_provider": result.defaultProvider = try value.text()
        case "default_model": result.defaultModel = try value.text()
        case "aliases": try applyAliases(value)
        default: return false
        }
        return true
    }

    private func tune(_ name: Word, _ value: ConfigValue) throws(Failure) -> Bool {
        switch name {
        case "timeouts": try timeouts.read(value)
        case "caps": try applyCaps(value)
        case "http": try applyHTTP(value)
        case "request_extensions":
            result.requestExtensions = try value.choice("none, routing, all", requestExtensions)
        case "log":
            result.logLevel = try value.choice("off, error, warning, info, debug", logLevel)
        default: return false
        }
        return true
    }

    private func applyAliases(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            if name.text.isEmpty { throw member.failure("an alias needs a name") }
            let alias = ModelAlias(name: name.text, model: try member.text())
            if let index = result.aliases.firstIndex(where: { same($0.name, name.text) }) {
                result.aliases[index] = alias
            } else {
                result.aliases.append(alias)
            }
        }
    }

    private func applyCaps(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            switch name {
            case "headers": result.caps.headers = try member.integer(1 << 10, 16 << 20)
            case "event": result.caps.event = try member.integer(1 << 10, 1 << 30)
            case "body": result.caps.body = try member.integer(1 << 10, 1 << 30)
            case "request": result.caps.request = try member.integer(1 << 10, 1 << 30)
            case "depth": result.caps.depth = try member.integer(8, 2048)
            default: throw member.unknown()
            }
        }
    }

    private func applyHTTP(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            switch name {
            case "http2": result.http.http2 = try member.flag()
            case "proxy": result.http.proxy = try member.text()
            case "ca_file": result.http.caFile = try member.text()
            case "client_cert": result.http.clientCert = try member.text()
            case "client_key": result.http.clientKey = try member.text()
            case "unix_socket": result.http.unixSocket = try socketPath(member)
            case "resolve": result.http.resolve = try resolveEntries(member)
            case "allow_insecure": result.http.allowInsecure = try member.flag()
            default: throw member.unknown()
            }
        }
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

private func requestExtensions(_ name: Word) -> RequestExtensions? {
    switch name {
    case "none": RequestExtensions.none
    case "routing": .routing
    case "all": .all
    default: nil
    }
}

private func logLevel(_ name: Word) -> Int32? {
    switch name {
    case "off": 0
    case "error": 1
    case "warning": 2
    case "info": 3
    case "debug": 4
    default: nil
    }
}

/// Members of the documented configuration that a later version gives an effect.
private func isForLater(_ name: Word) -> Bool {
    switch name {
    case "retry", "limits", "fallback_models", "provider_order", "preset", "cache_dir", "dev_fallback", "threads": true
    default: false
    }
}
