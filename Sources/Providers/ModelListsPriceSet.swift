package import Model
internal import Wire

/// `pricing` of a model in our own form, which is OpenRouter's: decimal text in USD per token, and `overrides` for long prompts
/// or hours. Below zero: what it costs depends on where it is routed. nil where it names no price.
package func listedPrice(_ pricing: JSONView, _ source: PriceSource) -> ModelPrice? {
    let price = ModelPrice()
    price.source = source
    price.isDynamic = read(pricing, into: &price.base)
    pricing["overrides"]?.forEachElement { element in
        var rule = PriceRule()
        rule.minPromptTokens = element["min_prompt_tokens"]?.int ?? 0
        if let hours = element["hours"] {
            var text = hours.string ?? ""
            guard text.withUTF8({ rule.readHours(UnsafeRawBufferPointer($0)) }) else { return }
        }
        if read(element, into: &rule.prices) { price.isDynamic = true }
        if !rule.prices.isEmpty { price.rules.append(rule) }
    }
    price.judge()
    return price.base.isEmpty && !price.isDynamic ? nil : price
}

/// True: a price is below zero.
private func read(_ object: JSONView, into prices: inout PriceSet) -> Bool {
    var dynamic = false
    for kind in PriceKind.allCases {
        guard let text = object[kind.name].flatMap({ $0.numberText ?? $0.string }), let decimal = DecimalText(text) else { continue }
        if decimal.isBelowZero { dynamic = true } else { prices[kind] = decimal.atto }
    }
    return dynamic
}
