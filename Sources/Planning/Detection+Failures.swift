internal import Bytes
package import Model
internal import Settings

/// What a missing key is called, in the words that users search for.
package func missingKey(_ provider: Provider) -> Failure {
    let lacksAddress = provider.lacksAddress
    let remedy = lacksAddress ? provider.access.unset : provider.access.keyEnvironment.first ?? concat("providers.", provider.id, ".api_key")
    var failure = Failure(.noKey, concat(provider.name, lacksAddress ? " address" : " API key", " not configured: set ", remedy))
    failure.provider = provider.id
    return failure
}

/// Errors for model ids that lead nowhere, with what the user may have meant.
extension Configuration {
    func noModel() -> Failure {
        Failure(.modelUnresolved, "the request names no model and no default_model is configured")
    }

    func noProvider(_ name: String) -> Failure {
        Failure(.modelUnresolved, concat("there is no provider \"", shown(name), "\"", hint(nearNames(to: name))))
    }

    func endsEarly(_ model: String) -> Failure {
        Failure(.modelUnresolved, concat("the model id \"", shown(model), "\" ends after the provider's name"))
    }

    /// No provider fits this id (nil: the request names no model). `models` are ids that are known to exist.
    func unresolved(_ model: String?, _ models: [String]) -> Failure {
        let segment = model.flatMap(firstSegment) ?? ""
        var configured = ""
        for provider in providers {
            if provider.isConfigured {
                configured = concat(configured, configured.isEmpty ? "" : ", ", provider.id)
            } else if !provider.access.onlyWhenNamed, provider.isCalled(segment) { return missingKey(provider) }
        }
        if configured.isEmpty {
            return Failure(.modelUnresolved, "no provider is configured: set a key such as OPENROUTER_API_KEY, or `providers`")
        }
        guard let model else { return noModel() }
        var near = nearNames(to: segment)
        if near.isEmpty {
            var search = NearSearch(model)
            for id in models { search.consider(id) }
            near = search.found
        }
        let start = concat("no provider found for model \"", shown(model), "\"", hint(near))
        var failure = Failure(.modelUnresolved, concat(start, "; configured are ", configured, ": write provider/model or set default_provider"))
        failure.model = model
        return failure
    }
}

/// What stands before the first slash; nil when there is none.
private func firstSegment(_ model: String) -> String? {
    model.bytes { raw in raw.find("/").map { String(utf8: raw[ByteRange(0, $0)]) } }
}
