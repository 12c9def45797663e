internal import Bytes
internal import Model
internal import Planning
internal import Settings

extension Setup {
    /// Which providers a query means: those named, else every configured one.
    func listEndpoints(_ query: ListQuery) throws(Failure) -> [Endpoint] {
        if configuration.devMode { return development.map { [$0] } ?? [] }
        if query.providers.isEmpty { return endpoints.filter { $0.provider.isConfigured || $0.provider.modelsFile != nil } }
        var found: [Endpoint] = []
        for name in query.providers {
            guard let endpoint = endpoints.first(where: { $0.provider.isCalled(name) }) else {
                throw Failure(.modelUnresolved, concat("no provider is called ", name))
            }
            if let failure = endpoint.provider.listRefusal { throw failure }
            if !found.contains(where: { $0 === endpoint }) { found.append(endpoint) }
        }
        return found
    }

    var ages: ListAges { ListAges(configuration.lists) }
}

extension Provider {
    /// Why its list cannot be asked for, although it is named.
    fileprivate var listRefusal: Failure? {
        if modelsFile != nil { return nil }
        if !unset.isEmpty || keys.isEmpty && keyNeed == .required && !modelsPublic { return missingKey(self) }
        if onlyWhenNamed, !named {
            return Failure(.modelUnresolved, concat(id, " is asked only when the configuration names it in providers"))
        }
        return nil
    }
}
