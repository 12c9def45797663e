internal import Bytes
internal import HTTPText
internal import Model

/// The members of a provider that say how what it did becomes a bill.
extension ProviderDraft {
    func readServedBy(_ value: ConfigValue) throws(Failure) {
        let members = try value.object()
        if let header = members.take("header") {
            let name = try header.text()
            if !HeaderText.isName(name) { throw header.failure("not a header name") }
            parts.billing.servedHeader = lowercased(name)
        }
        try members.texts("members", &parts.billing.servedPaths)
        try members.end()
    }

    func readPriceFactors(_ value: ConfigValue) throws(Failure) {
        var rules: [PriceFactorRule] = []
        for element in try value.elements() {
            let members = try element.object()
            var rule = PriceFactorRule()
            guard let word: PriceWord = try members.word("usage") else { throw element.failure("needs `usage`") }
            guard let said = members.take("says") else { throw element.failure("needs `says`") }
            guard let factor = members.take("factor") else { throw element.failure("needs `factor`") }
            rule.word = word
            rule.value = lowercased(try said.text())
            rule.factor = PriceFactor(thousandths: try factor.thousandths())
            try members.texts("models", &rule.models)
            try members.end()
            rules.append(rule)
        }
        parts.billing.priceFactors = rules
    }

    func readServerSuffixes(_ value: ConfigValue) throws(Failure) {
        for (_, member) in try value.members() { _ = try member.word(as: ServerChoice.self) }
        try readAliases(value, into: &parts.billing.serverSuffixes)
    }
}

extension ConfigValue {
    /// A factor from 0.001 to 1000.
    fileprivate func thousandths() throws(Failure) -> Int {
        let number = try bound().value
        guard number >= 0.001, number <= 1000 else { throw failure("must be a number from 0.001 to 1000") }
        return Int((number * 1000).rounded())
    }
}

private enum ServerChoice: String, CaseIterable { case cheapest, any }
