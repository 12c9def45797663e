internal import Bytes
internal import Model

/// The members of a provider that say which models are its own.
extension ProviderDraft {
    func servedPrefixes(_ value: ConfigValue) throws(Failure) -> [String] {
        var result: [String] = []
        for element in try value.elements() {
            let prefix = try element.text()
            let bytes = prefix.octets
            guard bytes.count > 1, bytes.last == UInt8(ascii: "/") else { throw element.failure("must end with \"/\"") }
            result.append(prefix)
        }
        return result
    }

    func organisation(_ value: ConfigValue) throws(Failure) -> String {
        let text = try value.text()
        if text.octets.contains(UInt8(ascii: "/")) { throw value.failure("must not contain \"/\"") }
        return text
    }

    /// There may be hundreds. A document cannot hold one twice, so only those of earlier documents are looked through, from where
    /// the last one was found: documents are applied twice, and then they come in the same order.
    func mergeKnownModels(_ value: ConfigValue) throws(Failure) {
        let before = parts.routing.knownModels.count
        var next = 0
        for (name, member) in try value.members() {
            if name.text.isEmpty { throw member.failure("needs a model id") }
            if let index = knownModel(name.text, before, from: next) {
                try member.readModelFacts(into: &parts.routing.knownModels[index].facts)
                next = index &+ 1
            } else {
                var facts = ModelFacts()
                try member.readModelFacts(into: &facts)
                parts.routing.knownModels.append(KnownModel(id: name.text, facts: facts))
            }
        }
    }

    private func knownModel(_ id: String, _ count: Int, from start: Int) -> Int? {
        for step in 0..<count {
            let index = (start &+ step) % count
            if same(parts.routing.knownModels[index].id, id) { return index }
        }
        return nil
    }
}

extension ConfigValue {
    fileprivate func readModelFacts(into facts: inout ModelFacts) throws(Failure) {
        let members = try object()
        try members.count("context_length", &facts.contextLength)
        try members.count("max_output_tokens", &facts.maxOutput)
        if let value = members.take("input_modalities") { facts.inputs = try value.modalities() }
        if let value = members.take("supported_parameters") { facts.parameters = try value.texts() }
        if let pricing = try members.object("pricing") {
            var price = facts.price ?? ModelPrice()
            try pricing.readPrice(into: &price)
            facts.price = price
        }
        try members.end()
    }

    private func modalities() throws(Failure) -> Modalities {
        var result: Modalities = []
        for element in try elements() { result.insert(Modalities(try element.word(as: Modality.self))) }
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
