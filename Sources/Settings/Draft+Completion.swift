internal import Bytes
internal import HTTPText
internal import Model

private let inTheClear = "the key would travel unencrypted: use https, or set http.allow_insecure"

/// What can be said only when every layer is in place.
extension ConfigurationDraft {
    func completed() throws(Failure) -> Configuration {
        result.timeouts = timeouts.applied(to: Timeouts())
        result.retry = retry.applied(to: RetryPolicy())
        for (index, draft) in providers.enumerated() {
            if index >= rowCount && draft.parts.access.baseURL.isEmpty {
                throw draft.failure("base_url", "required, because the catalog has no such provider")
            }
            draft.completeAddress()
            draft.settlePrices()
            try checkKeys(draft)
            try checkTransport(draft)
            settle(draft)
            for notice in draft.notices { result.warn(notice) }
            result.providers.append(Provider(draft.parts))
        }
        if let variable = result.devVariable {
            result.warn(UnredactedText(concat(variable, ": the development provider answers every request, and nobody is asked")))
        }
        try checkNames()
        try result.settleDefaultProvider()
        try result.settleOrder()
        try result.checkAliases()
        return result
    }

    /// The time-outs and retries that hold for a provider: its own, else the client's, else the row's, else the defaults.
    private func settle(_ draft: ProviderDraft) {
        let base = timeouts.applied(to: draft.rowTimeouts.applied(to: Timeouts()))
        draft.parts.access.timeouts = draft.ownTimeouts.applied(to: base)
        draft.parts.access.keepAlive = draft.ownKeepAlive ?? result.http.keepAlive ?? draft.rowKeepAlive ?? 30
        let policy = retry.applied(to: draft.rowRetry.applied(to: RetryPolicy()))
        draft.parts.routing.retry = draft.ownRetry.applied(to: policy)
    }

    private func checkKeys(_ draft: ProviderDraft) throws(Failure) {
        let provider = draft.parts
        if provider.access.keyNeed == .none && !provider.access.keys.isEmpty { throw draft.failure("api_key", "this provider takes no key") }
        guard case .header(let name) = provider.access.auth else { return }
        if provider.access.headers.contains(where: { sameHeader($0.name, name) }) {
            throw draft.failure("headers." + name, "this header carries the key: use api_key")
        }
    }

    /// Keys do not travel in the clear beyond this machine.
    private func checkTransport(_ draft: ProviderDraft) throws(Failure) {
        let provider = draft.parts
        if provider.requests.isScripted || !provider.access.unset.isEmpty { return } // calls nobody
        if provider.access.keys.isEmpty || result.http.allowInsecure || result.http.unixSocket != nil { return }
        if try !isSecure(provider.access.baseURL, draft, "base_url") { try refuse(draft, "base_url") }
        if !provider.list.url.isEmpty && !provider.list.isPublic {
            if try !isSecure(provider.list.url, draft, "models.url") { throw draft.failure("models.url", inTheClear) }
        }
        if !provider.list.pricesURL.isEmpty && !provider.list.isPublic {
            if try !isSecure(provider.list.pricesURL, draft, "models.prices_url") { throw draft.failure("models.prices_url", inTheClear) }
        }
    }

    /// What variables say is put aside, the address with the key: what was meant for this host goes nowhere else.
    private func refuse(_ draft: ProviderDraft, _ member: String) throws(Failure) {
        if let variable = draft.addressVariable {
            draft.parts.access.unset = variable
            return result.warn(UnredactedText(concat(variable, ": ", inTheClear, ", so nobody is asked")))
        }
        guard let variable = draft.keyVariable else { throw draft.failure(member, inTheClear) }
        draft.parts.access.keys = []
        result.warn(UnredactedText(concat(variable, " is not used: ", inTheClear)))
    }

    private func isSecure(_ text: String, _ draft: ProviderDraft, _ member: String) throws(Failure) -> Bool {
        let url = try EndpointURL(text, path: concat("providers.", draft.parts.identity.id, ".", member), query: true)
        return url.secure || url.loopback
    }

    private func checkNames() throws(Failure) {
        for (index, draft) in providers.enumerated() {
            for name in draft.parts.identity.aliases + [draft.parts.identity.id] {
                let others = providers[..<index]
                guard let owner = others.first(where: { $0.parts.identity.isCalled(name) }) else { continue }
                throw draft.failure("aliases", concat("\"", shown(name), "\" is already a name of ", owner.parts.identity.id))
            }
        }
    }
}

extension ProviderDraft {
    fileprivate func failure(_ member: String, _ complaint: String) -> Failure {
        Settings.complaint(at: concat("providers.", parts.identity.id, ".", member), complaint)
    }
}

extension Configuration {
    fileprivate mutating func settleDefaultProvider() throws(Failure) {
        guard let name = defaultProvider else { return }
        defaultProvider = try settled(name, "default_provider")
    }

    /// Ids instead of whatever names were used, each once.
    fileprivate mutating func settleOrder() throws(Failure) {
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
        guard provider.access.named || !provider.access.onlyWhenNamed else {
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
