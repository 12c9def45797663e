internal import Bytes
package import Model

extension ConfigMembers {
    /// `pricing` as a user writes it (docs/prices.md). Every mistake is an error that names its place.
    package func readPrice(into price: inout ModelPrice) throws(Failure) {
        price.source = .configuration
        for kind in PriceKind.allCases { try usd(kind.name, &price.base[kind]) }
        if let overrides = take("overrides") {
            price.rules = []
            for element in try overrides.elements() { price.rules.append(try element.priceRule()) }
        }
        try end()
    }
}

extension ConfigValue {
    fileprivate func priceRule() throws(Failure) -> PriceRule {
        var rule = PriceRule()
        let members = try object()
        try members.integer("min_prompt_tokens", 0, 1_000_000_000_000, &rule.minPromptTokens)
        rule.fromMinute = try members.take("utc_from")?.minute() ?? 0
        rule.toMinute = try members.take("utc_to")?.minute() ?? 0
        rule.tier = try members.word("service_tier")
        try members.text("server", &rule.server)
        for kind in PriceKind.allCases { try members.usd(kind.name, &rule.prices[kind]) }
        try members.end()
        return rule
    }

    private func minute() throws(Failure) -> Int {
        var text = try text()
        guard let minute = text.withUTF8({ minuteOfDay(UnsafeRawBufferPointer($0)) }) else { throw failure("must be a time of day (UTC) as hh:mm") }
        return minute
    }
}
