package import Bytes
internal import CShims
package import Model
internal import Planning
package import Settings

extension Setup {
    /// Which providers a query means: those named, else every configured one.
    func listEndpoints(_ query: ListQuery) throws(Failure) -> [Endpoint] {
        if configuration.devMode { return endpoints.filter { same($0.provider.id, "dev") } }
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

extension Client {
    /// `gatelet_list_models`: joins lists, and waits for those that have to be fetched.
    package func listModels(_ bytes: UnsafeRawBufferPointer?, options: CallOptions? = nil) throws(Failure) -> ByteBuffer {
        let call = try makeList(bytes, options, to: nil)
        call.wait {
            let value = self.interrupts.ask()
            if value == 0 { return nil }
            var failure = Failure(.cancelled, "the interrupt function ended the request")
            failure.callbackResult = value
            return failure
        }
        let answer = ByteBuffer()
        try call.result(into: answer)
        return answer
    }

    func makeList(_ bytes: UnsafeRawBufferPointer?, _ options: CallOptions? = nil, tag: UInt64 = 0, to queue: EventQueue?) throws(Failure) -> ListCall {
        let setup = setup
        if isClosing { throw Failure(.closed, "the client was freed") }
        let query = try ListQuery.read(bytes, depth: setup.configuration.caps.depth)
        return ListCall(self, setup, query, try setup.listEndpoints(query), options, tag: tag, to: queue)
    }

    /// What is known elsewhere of a provider's models, for what its list does not tell.
    func fill(_ provider: Provider, _ setup: Setup) -> (String) -> ModelFacts? {
        { self.prices.beside(provider, $0, setup) }
    }

    /// When nothing else gave a list: what the table beside the library knows.
    func offline(_ slot: CatalogSlot, _ endpoint: Endpoint) -> CatalogList? {
        guard let list = prices.snapshot(endpoint.provider) else { return nil }
        models.keep(list, in: slot)
        return list
    }

    /// Goes on with the copy on disk for the next process. True: there is no more to do.
    func store(_ writer: ListDiskWriter, _ most: Int) -> Bool {
        do throws(DiskProblem) { return try writer.step(most) } catch {
            log(2, concat("model list of ", writer.provider, " on disk: ", error.note))
            return true
        }
    }
}
