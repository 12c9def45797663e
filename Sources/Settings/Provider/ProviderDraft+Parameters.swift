internal import Bytes
internal import Dialects
internal import Model

extension ProviderDraft {
    /// A rule takes the place of the one that was there; an empty one leaves none.
    func mergeParameters(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            if name.text.isEmpty || !mayHaveRule(name.text) { throw member.failure("no rule can change this member") }
            let rule = try member.parameterRule(name.text)
            let says = rule != ParameterRule(name.text)
            if let index = parts.requests.parameters.firstIndex(where: { same($0.name, name.text) }) {
                if says { parts.requests.parameters[index] = rule } else { parts.requests.parameters.remove(at: index) }
            } else if says {
                parts.requests.parameters.append(rule)
            }
        }
    }
}

extension ConfigValue {
    /// nil: none.
    func tagName() throws(Failure) -> String? {
        if isFalse { return nil }
        let name = try text(upTo: 32)
        for byte in name.octets where !(lowercased(byte) >= UInt8(ascii: "a") && lowercased(byte) <= UInt8(ascii: "z")) && byte != UInt8(ascii: "_") {
            throw failure("must have letters and \"_\" only")
        }
        return name
    }

    fileprivate func parameterRule(_ name: String) throws(Failure) -> ParameterRule {
        var rule = ParameterRule(name)
        let members = try object()
        try members.texts("models", &rule.models)
        if let value = members.take("rename") {
            let word = try value.text()
            if !mayHaveRule(word) { throw value.failure("names a member that no rule can change") }
            rule.rename = word
        }
        if let value = members.take("max") { rule.most = try value.bound() }
        if let value = members.take("min") {
            let least = try value.bound()
            if let most = rule.most, least.value > most.value { throw value.failure("is more than max") }
            rule.least = least
        }
        try members.flag("drop", &rule.isDropped)
        try members.flag("reject", &rule.isRejected)
        try members.end()
        let isSent = rule.rename != nil || rule.least != nil || rule.most != nil
        if rule.isDropped && rule.isRejected || isSent && (rule.isDropped || rule.isRejected) { throw failure("says more than one thing: drop, reject, or what is sent") }
        return rule
    }
}
