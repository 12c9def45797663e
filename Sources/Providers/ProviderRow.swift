package import Model
internal import Wire

/// A provider while it is being put together: a row of the catalog first, then what configuration says of it.
package final class ProviderDraft {
    package let provider = Provider()
    /// Seconds from the row and the environment; the client's own settings beat these.
    package var rowTimeouts = TimeoutOverrides()
    /// Seconds from `providers.<id>.timeouts`; these beat the client's.
    package var ownTimeouts = TimeoutOverrides()
    package var baseURLVariable: String?
    package var defaultModelVariable: String?
    package var timeoutVariable: String?
    private var renames: [Rename] = []
    private var drops: [String] = []

    package init(id: String) {
        provider.id = id
        provider.name = id
    }

    /// A row of the catalog.
    package init(row: ConfigValue) throws(Failure) {
        for (name, value) in try row.members() where "id" ~= name { provider.id = try value.text() }
        provider.name = provider.id
        try apply(row, isRow: true)
        rowTimeouts = ownTimeouts
        ownTimeouts = TimeoutOverrides()
    }

    /// Merges a document on top: objects merge, arrays replace.
    package func apply(_ document: ConfigValue, isRow: Bool = false) throws(Failure) {
        let members = try document.members()
        // The address comes first: a new one makes the row's own list address void (see setBaseURL).
        for (name, value) in members where "base_url" ~= name { try setBaseURL(value.text(), path: value.path) }
        for (name, value) in members {
            if "base_url" ~= name { continue }
            if try identify(name, value) { continue }
            if try describe(name, value) { continue }
            if try shape(name, value) { continue }
            guard !isRow, try credentials(name, value) else { throw value.unknown() }
        }
        provider.renames = renames + drops.map { Rename(from: $0, to: "") }
        try checkPairs(members, document)
    }

    private func checkPairs(_ members: [(name: Word, value: ConfigValue)], _ document: ConfigValue) throws(Failure) {
        func has(_ name: StaticString) -> Bool { members.contains { name ~= $0.name } }
        if has("api_key") && has("keys") { throw document.failure("api_key and keys exclude each other") }
        if has("models") && has("models_url") { throw document.failure("models and models_url exclude each other") }
    }

    /// A new address takes the list along: it is read from there, not from the host that the row names.
    package func setBaseURL(_ text: String, path: String) throws(Failure) {
        _ = try EndpointURL(text, path: path)
        var bytes = text.octets
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        let url = String(utf8: bytes)
        if !provider.baseURL.isEmpty && !same(url, provider.baseURL) && !provider.modelsURL.isEmpty {
            provider.modelsURL = ""
            provider.modelListForm = .openai
            provider.modelsPublic = false
        }
        provider.baseURL = url
    }

    private func identify(_ name: Word, _ value: ConfigValue) throws(Failure) -> Bool {
        switch name {
        case "id": if try !same(value.text(), provider.id) { throw value.failure(concat("must be \"", provider.id, "\"")) }
        case "name": provider.name = try value.text()
        case "aliases": provider.aliases = try value.texts()
        case "site_url": provider.siteURL = try webAddress(value)
        case "logo_url": provider.logoURL = try webAddress(value)
        case "quirks": for quirk in try value.elements() { try checkQuirk(quirk) }
        case "env": provider.keyEnvironment = try value.texts()
        case "env_base_url": baseURLVariable = try value.text()
        case "env_default_model": defaultModelVariable = try value.text()
        case "env_timeout": timeoutVariable = try value.text()
        default: return false
        }
        return true
    }

    /// Quirks are for readers of the row.
    private func checkQuirk(_ quirk: ConfigValue) throws(Failure) {
        for (name, member) in try quirk.members() {
            guard "note" ~= name || "link" ~= name || "date" ~= name else { throw member.unknown() }
            _ = try member.text()
        }
    }

    private func webAddress(_ value: ConfigValue) throws(Failure) -> String {
        let text = try value.text()
        _ = try EndpointURL(text, path: value.path, query: true)
        return text
    }

    private func describe(_ name: Word, _ value: ConfigValue) throws(Failure) -> Bool {
        switch name {
        case "dialect": provider.dialect = try value.choice("openai, dev") { "openai" ~= $0 || "dev" ~= $0 ? $0.text : nil }
        case "auth": provider.auth = try authForm(value)
        case "key": provider.keyNeed = try value.choice("required, optional, none", keyNeed)
        case "only_when_named": provider.onlyWhenNamed = try value.flag()
        case "keep_prefix": provider.keepPrefix = try value.texts()
        case "pass_through": provider.passThrough = try value.flag()
        case "native_routing": provider.nativeRouting = try value.flag()
        case "stream_usage": provider.streamUsage = try value.flag()
        case "usage_include": provider.usageInclude = try value.flag()
        case "default_model": provider.defaultModel = try value.text()
        case "token_delay": provider.tokenDelay = try value.seconds()
        case "price_unit": provider.priceUnit = try value.choice("none, usd_per_token, usd_per_million, us_cents_per_token, 1e-4_usd_per_million", priceUnit)
        default: return false
        }
        return true
    }

    private func shape(_ name: Word, _ value: ConfigValue) throws(Failure) -> Bool {
        switch name {
        case "headers": try mergeHeaders(value)
        case "models": try models(value)
        case "models_url": provider.modelsURL = try webAddress(value)
        case "renames": try mergeRenames(value)
        case "drops": drops = try value.texts()
        case "capabilities": try capabilities(value)
        case "timeouts": try ownTimeouts.read(value)
        default: return false
        }
        return true
    }

    private func authForm(_ value: ConfigValue) throws(Failure) -> AuthForm {
        if !value.isObject { return try value.choice("bearer") { "bearer" ~= $0 ? AuthForm.bearer : nil } }
        var header: String?
        for (name, member) in try value.members() {
            guard "header" ~= name else { throw member.unknown() }
            header = try headerName(member.text(), path: member.path)
        }
        guard let header else { throw value.failure("needs a header") }
        return .header(header)
    }

    private func models(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            switch name {
            case "url": provider.modelsURL = try webAddress(member)
            case "form": provider.modelListForm = try member.choice("openai, openrouter, infron, ... (docs/provider.schema.json)", modelListForm)
            case "public": provider.modelsPublic = try member.flag()
            default: throw member.unknown()
            }
        }
    }

    private func capabilities(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            switch name {
            case "embeddings": provider.embeddings = try member.flag()
            case "completions": provider.completions = try member.flag()
            default: throw member.unknown()
            }
        }
    }

    private func mergeRenames(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            let rename = Rename(from: name.text, to: try member.text())
            renames.removeAll { same($0.from, name.text) }
            renames.append(rename)
        }
    }

    private func mergeHeaders(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            let header = Header(name: try headerName(name.text, path: member.path), value: try member.text())
            provider.headers.removeAll { sameHeader($0.name, name.text) }
            provider.headers.append(header)
        }
    }

    private func credentials(_ name: Word, _ value: ConfigValue) throws(Failure) -> Bool {
        switch name {
        case "api_key": provider.keys = [ProviderKey(name: keyName(1), value: try keyValue(value.text(), path: value.path))]
        case "keys": provider.keys = try keys(value)
        default: return false
        }
        return true
    }

    /// What a key is called when the user gave it no name.
    package func keyName(_ number: Int) -> String { concat(provider.id, "#", String(number)) }

    private func keys(_ value: ConfigValue) throws(Failure) -> [ProviderKey] {
        var result: [ProviderKey] = []
        for element in try value.elements() {
            var key = ProviderKey(name: keyName(result.count + 1), value: "")
            for (name, member) in try element.members() {
                switch name {
                case "name": key.name = try member.text()
                case "value": key.value = try keyValue(member.text(), path: member.path)
                case "weight": key.weight = try member.integer(1, 1000)
                default: throw member.unknown()
                }
            }
            if key.value.isEmpty { throw element.failure("needs a value") }
            if result.contains(where: { same($0.name, key.name) }) { throw element.failure("has the name of another key") }
            result.append(key)
        }
        if result.isEmpty { throw value.failure("must not be empty") }
        return result
    }
}

/// A key travels in a header: visible ASCII only.
package func keyValue(_ text: String, path: String) throws(Failure) -> String {
    guard try checkedLine(text, path: path).octets.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw complaint(at: path, "a key must be ASCII without spaces")
    }
    return text
}

extension TimeoutOverrides {
    package mutating func read(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            switch name {
            case "connect": connect = try member.seconds()
            case "first_byte": firstByte = try member.seconds()
            case "idle": idle = try member.seconds()
            case "content": content = try member.seconds()
            case "total": total = try member.seconds()
            default: throw member.unknown()
            }
        }
    }
}

private func keyNeed(_ name: Word) -> KeyNeed? {
    switch name {
    case "required": .required
    case "optional": .optional
    case "none": KeyNeed.none
    default: nil
    }
}

private func priceUnit(_ name: Word) -> PriceUnit? {
    switch name {
    case "none": PriceUnit.none
    case "usd_per_token": .usdPerToken
    case "usd_per_million": .usdPerMillion
    case "us_cents_per_token": .usCentsPerToken
    case "1e-4_usd_per_million": .tenThousandthsPerMillion
    default: nil
    }
}

private func modelListForm(_ name: Word) -> ModelListForm? {
    switch name {
    case "openai": .openai
    case "openrouter": .openrouter
    case "infron": .infron
    case "infron_display": .infronDisplay
    case "vercel": .vercel
    case "together": .together
    case "deepinfra": .deepinfra
    case "featherless": .featherless
    case "huggingface": .huggingface
    case "llamacpp": .llamacpp
    case "vllm": .vllm
    case "mistral": .mistral
    case "groq": .groq
    case "fireworks": .fireworks
    case "dev": .dev
    default: nil
    }
}

/// Headers that say where a message goes, who sends it or where it ends are never the user's to set.
private let ownHeaders = ["host", "authorization", "content-length", "transfer-encoding", "connection", "content-type", "expect"]

private func headerName(_ name: String, path: String) throws(Failure) -> String {
    guard HeaderText.isName(name) else { throw complaint(at: path, "not a header name") }
    guard !ownHeaders.contains(where: { sameHeader($0, name) }) else {
        throw complaint(at: path, "this header cannot be set")
    }
    return name
}

/// Header names are compared without regard to case.
@inline(never)
package func sameHeader(_ a: String, _ b: String) -> Bool {
    same(lowercased(a), lowercased(b))
}

