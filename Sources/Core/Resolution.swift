package import Model
internal import Providers
internal import Wire

/// Where a request goes and under which name.
package struct Resolution: Sendable, Equatable {
    /// Index into `Configuration.providers`.
    package var provider: Int
    /// The id that the provider knows the model by.
    package var model: String
}

/// Finds the provider of a model id: the one asked for, a configured alias, the first segment of the id, the default.
/// `model` nil means the configured default model; `provider` is `gatelet.provider` of the request.
package func resolve(model: String?, provider: String?, configuration: Configuration) throws(Failure) -> Resolution {
    if let model, model.isEmpty { throw Failure(.modelUnresolved, "the model id is empty") }
    if configuration.devMode { return try configuration.development(model) }
    if let provider { return try configuration.asked(provider, model) }
    guard let id = (model ?? configuration.defaultModel).map(configuration.unaliased) else {
        return try configuration.toDefault(nil)
    }
    if let index = configuration.owner(of: id), configuration.providers[index].isConfigured {
        return try configuration.send(id, to: index)
    }
    return try configuration.toDefault(id)
}

/// What a missing key is called, in the words that users search for.
package func missingKey(_ provider: Provider) -> Failure {
    let remedy = provider.keyEnvironment.first ?? concat("providers.", provider.id, ".api_key")
    var failure = Failure(.noKey, concat(provider.name, " API key not configured: set ", remedy))
    failure.provider = provider.id
    return failure
}

extension Provider {
    package func isCalled(_ name: String) -> Bool { same(id, name) || aliases.has(name) }

    /// The part of a model id that this provider knows: without its own name in front, unless that belongs to the id.
    fileprivate func known(_ model: String) -> String {
        guard let segment = firstSegment(model), isCalled(segment), !keepsPrefix(of: model) else { return model }
        return String(utf8: model.octets.dropFirst(segment.utf8.count + 1))
    }

    /// Variants such as `openrouter/auto:free` count as the model they are a variant of.
    private func keepsPrefix(of model: String) -> Bool {
        keepPrefix.has(part(of: model, before: UInt8(ascii: ":")) ?? model)
    }
}

extension Configuration {
    fileprivate func development(_ model: String?) throws(Failure) -> Resolution {
        guard let index = providers.firstIndex(where: { same($0.dialect, "dev") }) else {
            throw Failure(.modelUnresolved, "there is no development provider")
        }
        return Resolution(provider: index, model: model ?? defaultModel ?? providers[index].defaultModel ?? "dev")
    }

    fileprivate func asked(_ name: String, _ model: String?) throws(Failure) -> Resolution {
        guard let index = providers.firstIndex(where: { $0.isCalled(name) }) else {
            throw Failure(.modelUnresolved, concat("there is no provider \"", shown(name), "\"", hint(nearNames(to: name))))
        }
        let provider = providers[index]
        // A request must not reach servers that only the configuration may open up.
        if provider.onlyWhenNamed && !provider.named {
            throw Failure(.modelUnresolved, concat("provider \"", provider.id, "\" must be named in the configuration"))
        }
        guard let id = model ?? provider.defaultModel ?? defaultModel else { throw noModel() }
        return try send(unaliased(id), to: index)
    }

    /// The default provider, or the only one there is; those named in the configuration come first.
    fileprivate func toDefault(_ model: String?) throws(Failure) -> Resolution {
        guard let index = fallback() else { throw unresolved(model) }
        guard let id = model ?? providers[index].defaultModel.map(unaliased) else { throw noModel() }
        return try send(id, to: index)
    }

    private func fallback() -> Int? {
        if let defaultProvider { return providers.firstIndex { same($0.id, defaultProvider) } }
        if let named = only({ $0.named }) { return named }
        return only { $0.named && $0.isConfigured } ?? only { $0.isConfigured }
    }

    private func only(_ matches: (Provider) -> Bool) -> Int? {
        var found: Int?
        for (index, provider) in providers.enumerated() where matches(provider) {
            if found != nil { return nil }
            found = index
        }
        return found
    }

    fileprivate func send(_ model: String, to index: Int) throws(Failure) -> Resolution {
        let provider = providers[index]
        guard provider.isConfigured else { throw missingKey(provider) }
        let id = provider.known(model)
        if id.isEmpty { throw Failure(.modelUnresolved, concat("the model id \"", shown(model), "\" ends after the provider's name")) }
        return Resolution(provider: index, model: id)
    }

    /// Loading made sure that chains of aliases end.
    fileprivate func unaliased(_ model: String) -> String {
        var model = model
        for _ in aliases {
            guard let alias = aliases.first(where: { same($0.name, model) }) else { break }
            model = alias.model
        }
        return model
    }

    fileprivate func owner(of model: String) -> Int? {
        guard let segment = firstSegment(model) else { return nil }
        return providers.firstIndex { $0.isCalled(segment) }
    }
}

/// What stands before the first slash; nil when there is none.
func firstSegment(_ model: String) -> String? { part(of: model, before: UInt8(ascii: "/")) }

private func part(of text: String, before byte: UInt8) -> String? {
    let bytes = text.octets
    guard let end = bytes.firstIndex(of: byte) else { return nil }
    return String(utf8: bytes[..<end])
}
