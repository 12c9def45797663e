internal import Bytes
internal import HTTPText
internal import Model

private let inTheClear = "the key would travel unencrypted: use https, or set http.allow_insecure"

/// What can be said only when every layer is in place.
extension ConfigurationDraft {
    func completed() throws(Failure) -> Configuration {
        let configuration = result
        configuration.timeouts = timeouts.applied(to: Timeouts())
        configuration.retry = retry.applied(to: RetryPolicy())
        for (index, draft) in providers.enumerated() {
            if index >= rowCount && draft.provider.baseURL.isEmpty {
                throw draft.failure("base_url", "required, because the catalog has no such provider")
            }
            draft.completeAddress()
            draft.settlePrices()
            try checkKeys(draft)
            try checkTransport(draft)
            settle(draft)
            for notice in draft.notices { configuration.warn(notice) }
            configuration.providers.append(draft.provider)
        }
        if let variable = result.devVariable {
            configuration.warn(UnredactedText(concat(variable, ": the development provider answers every request, and nobody is asked")))
        }
        try checkNames()
        try configuration.settleDefaultProvider()
        try configuration.settleOrder()
        try configuration.checkAliases()
        return configuration
    }

    /// The time-outs and retries that hold for a provider: its own, else the client's, else the row's, else the defaults.
    private func settle(_ draft: ProviderDraft) {
        let base = timeouts.applied(to: draft.rowTimeouts.applied(to: Timeouts()))
        draft.provider.timeouts = draft.ownTimeouts.applied(to: base)
        draft.provider.keepAlive = draft.ownKeepAlive ?? result.http.keepAlive ?? draft.rowKeepAlive ?? 30
        let policy = retry.applied(to: draft.rowRetry.applied(to: RetryPolicy()))
        draft.provider.retry = draft.ownRetry.applied(to: policy)
    }

    private func checkKeys(_ draft: ProviderDraft) throws(Failure) {
        let provider = draft.provider
        if provider.keyNeed == .none && !provider.keys.isEmpty { throw draft.failure("api_key", "this provider takes no key") }
        guard case .header(let name) = provider.auth else { return }
        if provider.headers.contains(where: { sameHeader($0.name, name) }) {
            throw draft.failure("headers." + name, "this header carries the key: use api_key")
        }
    }

    /// Keys do not travel in the clear beyond this machine.
    private func checkTransport(_ draft: ProviderDraft) throws(Failure) {
        let provider = draft.provider
        if provider.isScripted || !provider.unset.isEmpty { return } // calls nobody
        if provider.keys.isEmpty || result.http.allowInsecure || result.http.unixSocket != nil { return }
        if try !isSecure(provider.baseURL, draft, "base_url") { try refuse(draft, "base_url") }
        if !provider.modelsURL.isEmpty && !provider.modelsPublic {
            if try !isSecure(provider.modelsURL, draft, "models.url") { throw draft.failure("models.url", inTheClear) }
        }
        if !provider.pricesURL.isEmpty && !provider.modelsPublic {
            if try !isSecure(provider.pricesURL, draft, "models.prices_url") { throw draft.failure("models.prices_url", inTheClear) }
        }
    }

    /// What variables say is put aside, the address with the key: what was meant for this host goes nowhere else.
    private func refuse(_ draft: ProviderDraft, _ member: String) throws(Failure) {
        if let variable = draft.addressVariable {
            draft.provider.unset = variable
            return result.warn(UnredactedText(concat(variable, ": ", inTheClear, ", so nobody is asked")))
        }
        guard let variable = draft.keyVariable else { throw draft.failure(member, inTheClear) }
        draft.provider.keys = []
        result.warn(UnredactedText(concat(variable, " is not used: ", inTheClear)))
    }

    private func isSecure(_ text: String, _ draft: ProviderDraft, _ member: String) throws(Failure) -> Bool {
        let url = try EndpointURL(text, path: concat("providers.", draft.provider.id, ".", member), query: true)
        return url.secure || url.loopback
    }

    private func checkNames() throws(Failure) {
        for (index, draft) in providers.enumerated() {
            for name in draft.provider.aliases + [draft.provider.id] {
                let others = providers[..<index]
                guard let owner = others.first(where: { $0.provider.isCalled(name) }) else { continue }
                throw draft.failure("aliases", concat("\"", shown(name), "\" is already a name of ", owner.provider.id))
            }
        }
    }
}

extension ProviderDraft {
    fileprivate func failure(_ member: String, _ complaint: String) -> Failure {
        Settings.complaint(at: concat("providers.", provider.id, ".", member), complaint)
    }
}

extension Configuration {
    fileprivate func settleDefaultProvider() throws(Failure) {
        guard let name = defaultProvider else { return }
        defaultProvider = try settled(name, "default_provider")
    }

    /// Ids instead of whatever names were used, each once.
    fileprivate func settleOrder() throws(Failure) {
        var ids: [String] = []
        for (index, name) in providerOrder.enumerated() {
            let id = try settled(name, elementPath("provider_order", index))
            if !ids.has(id) { ids.append(id) }
        }
        providerOrder = ids
    }

    private func settled(_ name: String, _ path: String) throws(Failure) -> String {
        guard let provider = providers.first(where: { $0.isCalled(name) }) else {
            throw complaint(at: path, concat("there is no provider \"", shown(name), "\"", hint(nearNames(to: name))))
        }
        guard provider.named || !provider.onlyWhenNamed else {
            throw complaint(at: path, provider.id + " must be named in `providers`")
        }
        return provider.id
    }

    /// An alias may stand for another one, but the chain has to end.
    fileprivate func checkAliases() throws(Failure) {
        for start in aliases {
            var model = start.model
            var steps = 0
            while let next = aliases.first(where: { same($0.name, model) }) {
                steps += 1
                if steps > aliases.count { throw complaint(at: memberPath("aliases", start.name), "the aliases form a loop") }
                model = next.model
            }
        }
    }
}
