package import Model
package import Wire

/// `pricing` as OpenRouter writes it, decimal text for one token or piece; `null` where nothing is known.
package func appendPricing(_ price: ModelPrice?, to buffer: ByteBuffer) -> Bool {
    guard let price, !price.base.isEmpty else { return buffer.append("null") }
    var out = MemberWriter(buffer)
    out.open()
    write(price.base, &out)
    if !price.rules.isEmpty {
        out.name("overrides")
        out.open("[")
        for rule in price.rules {
            out.separate()
            out.open()
            if rule.minPromptTokens > 0 { out.member("min_prompt_tokens", rule.minPromptTokens) }
            if rule.fromMinute != rule.toMinute { out.member("hours", concat(clock(rule.fromMinute), "-", clock(rule.toMinute))) }
            write(rule.prices, &out)
            out.close()
        }
        out.close("]")
    }
    out.close()
    return !out.failed
}

private func write(_ prices: PriceSet, _ out: inout MemberWriter) {
    for kind in PriceKind.allCases {
        if let amount = prices[kind] { out.member(kind.name, Money.text(amount)) }
    }
}

/// "16:30"
private func clock(_ minute: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? concat("0", String(decimal: number)) : String(decimal: number) }
    return concat(two(minute / 60), ":", two(minute % 60))
}
