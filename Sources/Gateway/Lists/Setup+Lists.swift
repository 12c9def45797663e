internal import Bytes
internal import Model
internal import Planning
internal import Settings

extension Setup {
    /// Which providers a query means: those named, else every configured one.
    func listEndpoints(_ query: ListQuery) throws(Failure) -> [Endpoint] {
        if configuration.devMode { return development.map { [$0] } ?? [] }
        if query.providers.isEmpty { return endpoints.filter { $0.provider.isConfigured || $0.provider.list.file != nil } }
        var found: [Endpoint] = []
        for name in query.providers {
            guard let endpoint = endpoints.first(where: { $0.provider.isCalled(name) }) else {
                throw Failure(.modelUnresolved, concat("no provider is called ", name))
            }
            if let failure = refusal(endpoint.provider) { throw failure }
            if !found.contains(where: { $0 === endpoint }) { found.append(endpoint) }
        }
        return found
    }

    var ages: ListAges { ListAges(configuration.lists) }
}

/// Why the list of a provider cannot be asked for, although it is named.
private func refusal(_ provider: Provider) -> Failure? {
    if provider.list.file != nil { return nil }
    if !provider.access.unset.isEmpty || provider.access.keys.isEmpty && provider.access.keyNeed == .required && !provider.list.isPublic { return missingKey(provider) }
    if provider.access.onlyWhenNamed, !provider.access.named {
        return Failure(.modelUnresolved, concat(provider.id, " is asked only when the configuration names it in providers"))
    }
    return nil
}
