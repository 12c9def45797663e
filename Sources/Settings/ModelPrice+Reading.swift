internal import Bytes
package import Model

extension ModelPrice {
    /// `pricing` as a user writes it (docs/prices.md). Every mistake is an error that names its place.
    package mutating func read(_ pricing: ConfigMembers) throws(Failure) {
        source = .configuration
        for kind in PriceKind.allCases { try pricing.usd(kind.name, &base[kind]) }
        if let overrides = pricing.take("overrides") {
            rules = []
            for element in try overrides.elements() { rules.append(try rule(element)) }
        }
        try pricing.end()
    }
}

private func minute(_ value: ConfigValue?) throws(Failure) -> Int {
    guard let value else { return 0 }
    var text = try value.text()
    guard let minute = text.withUTF8({ minuteOfDay(UnsafeRawBufferPointer($0)) }) else { throw value.failure("must be a time of day (UTC) as hh:mm") }
    return minute
}

private func rule(_ value: ConfigValue) throws(Failure) -> PriceRule {
    var rule = PriceRule()
    let members = try value.object()
    try members.integer("min_prompt_tokens", 0, 1_000_000_000_000, &rule.minPromptTokens)
    rule.fromMinute = try minute(members.take("utc_from"))
    rule.toMinute = try minute(members.take("utc_to"))
    rule.tier = try members.word("service_tier")
    try members.text("server", &rule.server)
    for kind in PriceKind.allCases { try members.usd(kind.name, &rule.prices[kind]) }
    try members.end()
    return rule
}
