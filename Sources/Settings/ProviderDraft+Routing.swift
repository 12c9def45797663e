internal import Bytes
internal import Model

/// The members of a provider that say which models are its own, and when it is asked.
extension ProviderDraft {
    func readBelonging(_ members: ConfigMembers) throws(Failure) {
        try members.texts("detect", &provider.detect)
        try members.texts("locks", &provider.locks)
        if let value = members.take("serves") { provider.serves = try servedPrefixes(value) }
        if let value = members.take("organization") { provider.organization = try organisation(value) }
        try members.texts("bare", &provider.bare)
        if let value = members.take("model_ids") { try readAliases(value, into: &provider.modelIDs) }
        if let value = members.take("known_models") { try mergeKnownModels(value) }
    }

    func readChoosing(_ members: ConfigMembers) throws(Failure) {
        try members.integer("priority", 0, 10_000, &provider.priority)
        try members.integer("weight", 1, 1000, &provider.weight)
        try members.texts("regions", &provider.regions)
        try members.flag("collects_data", &provider.collectsData)
        try members.flag("zero_data_retention", &provider.zeroDataRetention)
        try members.flag("prefill", &provider.prefill)
        try members.flag("cancel_stops_billing", &provider.cancelStopsBilling)
        if let value = members.take("limits") { try provider.limits.read(value) }
        if let value = members.take("retry") { try ownRetry.read(value, whole: false) }
        try members.texts("fallback_models", &provider.fallbackModels)
    }

    func readVariables(_ members: ConfigMembers) throws(Failure) {
        try members.texts("env", &provider.keyEnvironment)
        try members.text("env_base_url", &baseURLVariable)
        try members.text("env_default_model", &defaultModelVariable)
        try members.text("env_timeout", &timeoutVariable)
        try members.text("env_retry_attempts", &retryVariables.attempts)
        try members.text("env_backoff_base", &retryVariables.backoffBase)
        try members.text("env_backoff_max", &retryVariables.backoffMax)
        try members.text("env_jitter", &retryVariables.jitter)
        try members.text("env_fallback_models", &fallbackModelsVariable)
    }

    private func servedPrefixes(_ value: ConfigValue) throws(Failure) -> [String] {
        var result: [String] = []
        for element in try value.elements() {
            let prefix = try element.text()
            let bytes = prefix.octets
            guard bytes.count > 1, bytes.last == UInt8(ascii: "/") else { throw element.failure("must end with \"/\"") }
            result.append(prefix)
        }
        return result
    }

    private func organisation(_ value: ConfigValue) throws(Failure) -> String {
        let text = try value.text()
        if text.octets.contains(UInt8(ascii: "/")) { throw value.failure("must not contain \"/\"") }
        return text
    }

    /// There may be hundreds. A document cannot hold one twice, so only those of earlier documents are looked through, from where
    /// the last one was found: documents are applied twice, and then they come in the same order.
    private func mergeKnownModels(_ value: ConfigValue) throws(Failure) {
        let before = provider.knownModels.count
        var next = 0
        for (name, member) in try value.members() {
            if name.text.isEmpty { throw member.failure("needs a model id") }
            if let index = knownModel(name.text, before, from: next) {
                try provider.knownModels[index].facts.read(member)
                next = index &+ 1
            } else {
                let facts = ModelFacts()
                try facts.read(member)
                provider.knownModels.append(KnownModel(id: name.text, facts: facts))
            }
        }
    }

    private func knownModel(_ id: String, _ count: Int, from start: Int) -> Int? {
        for step in 0..<count {
            let index = (start &+ step) % count
            if same(provider.knownModels[index].id, id) { return index }
        }
        return nil
    }
}

extension ModelFacts {
    fileprivate func read(_ value: ConfigValue) throws(Failure) {
        let members = try value.object()
        try members.count("context_length", &contextLength)
        try members.count("max_output_tokens", &maxOutput)
        if let value = members.take("input_modalities") { inputs = try modalities(value) }
        if let value = members.take("supported_parameters") { parameters = try value.texts() }
        if let pricing = try members.object("pricing") {
            let price = price ?? ModelPrice()
            try price.read(pricing)
            self.price = price
        }
        try members.end()
    }

    private func modalities(_ value: ConfigValue) throws(Failure) -> Modalities {
        var result: Modalities = []
        for element in try value.elements() {
            result.formUnion(Modalities(rawValue: 1 << (try element.word(of: "text, image, audio, file, video"))))
        }
        return result
    }
}

/// Names of variables that hold members of a retry policy.
package struct RetryVariables {
    package var attempts: String?
    package var backoffBase: String?
    package var backoffMax: String?
    package var jitter: String?
}
