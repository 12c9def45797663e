internal import Bytes
internal import Dialects
package import JSON
package import Model
internal import Settings

/// What routing and billing want of an entry in our own form (docs/answers.md, "Model lists").
package func readFacts(_ entry: JSONView) -> ModelFacts {
    var facts = ModelFacts()
    var price: ModelPrice?
    entry.forEachMember { name, value in
        let name = entry.bytes[name]
        if name.equals("context_length") {
            facts.contextLength = value.int
        } else if name.equals("max_output_tokens") {
            facts.maxOutput = value.int
        } else if name.equals("supported_parameters") {
            if value.isArray { facts.parameters = texts(value) }
        } else if name.equals("architecture") {
            facts.inputs = value["input_modalities"].flatMap { Modalities($0) }
        } else if name.equals("pricing") {
            price = readPricing(value)
        } else if name.equals("pricing_source") {
            if let source = PriceSource(value) { price?.source = source }
        } else if name.equals("pricing_flags") {
            let flags = texts(value)
            price?.isDynamic = flags.has("dynamic")
            price?.isImplausible = flags.has("implausible")
        }
    }
    if let price, price.isDynamic || !price.base.isEmpty { facts.price = price }
    return facts
}

private func texts(_ list: JSONView) -> [String] {
    var texts: [String] = []
    list.forEachElement { if let text = $0.string { texts.append(text) } }
    return texts
}

private func readPricing(_ pricing: JSONView) -> ModelPrice {
    var price = ModelPrice()
    price.source = .api
    price.base = readSet(pricing)
    pricing["overrides"]?.forEachElement { override in
        var rule = PriceRule()
        rule.minPromptTokens = override["min_prompt_tokens"]?.int ?? 0
        rule.fromMinute = minute(override["utc_from"])
        rule.toMinute = minute(override["utc_to"])
        if let word = override["service_tier"] {
            guard let tier = servedTier(word)?.tier else { return }
            rule.tier = tier
        }
        rule.server = override["server"]?.string
        rule.prices = readSet(override)
        if !rule.prices.isEmpty { price.rules.append(rule) }
    }
    return price
}

private func readSet(_ prices: JSONView) -> PriceSet {
    var set = PriceSet()
    prices.forEachMember { name, value in
        for kind in PriceKind.allCases where prices.bytes[name].equals(kind.name) {
            set[kind] = value.string.flatMap { DecimalText($0) }?.atto
        }
    }
    return set
}

/// "16:30"
func minute(_ value: JSONView?) -> Int {
    guard let text = value?.string?.octets, text.count == 5, text[2] == Ascii.colon else { return 0 }
    func two(_ at: Int) -> Int { Int(text[at] &- 0x30) &* 10 &+ Int(text[at &+ 1] &- 0x30) }
    let hours = two(0), minutes = two(3)
    return hours < 24 && minutes < 60 ? hours &* 60 &+ minutes : 0
}

extension PriceSource {
    fileprivate init?(_ value: JSONView) {
        guard let text = value.string else { return nil }
        for source in PriceSource.allCases where text.equals(source.name) {
            self = source
            return
        }
        return nil
    }
}

extension Modalities {
    /// nil: none that we know.
    fileprivate init?(_ list: JSONView) {
        var found: Modalities = []
        for word in texts(list) {
            word.bytes { if let modality = Modalities(named: $0) { found.formUnion(modality) } }
        }
        if found.isEmpty { return nil }
        self = found
    }
}
