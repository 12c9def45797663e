internal import Bytes
internal import Dialects
internal import JSON
internal import Model

/// The prices of one entry as decimal text, by kind; "" is unknown.
struct ListedPrices {
    /// Further ones are passed over: each is compared with those before it.
    private static let mostRules = 64
    static let longestName = 128

    var kinds: [String] = Array(repeating: "", count: PriceKind.allCases.count)
    var rules: [ListedRule] = []
    var source = PriceSource.unknown
    /// The price depends on where the request is routed: the provider prints a negative one.
    var isDynamic = false
    var isImplausible = false
    /// The model is rented by the hour.
    var isHourly = false

    subscript(kind: PriceKind) -> String {
        get { kinds[Int(kind.rawValue)] }
        set { kinds[Int(kind.rawValue)] = newValue }
    }

    mutating func clear() {
        for index in kinds.indices { kinds[index] = "" }
        rules = []
    }

    /// Those of service tiers behind the others, and each in the order of their tokens, since of those that hold the last one counts.
    fileprivate mutating func put(_ rule: ListedRule) {
        if rules.count >= ListedPrices.mostRules { return }
        rules.insert(rule, at: rules.firstIndex { $0.counts(after: rule) } ?? rules.count)
    }

    var isEmpty: Bool { !kinds.contains { !$0.isEmpty } && rules.isEmpty }
    var isKnown: Bool { !isDynamic && !isImplausible && !self[.prompt].isEmpty && !self[.completion].isEmpty }
}

/// As `PriceRule`.
struct ListedRule {
    var minPromptTokens = 0
    var fromMinute = 0
    var toMinute = 0
    var tier: ServiceTier?
    var server: String?
    var prices: [(kind: PriceKind, text: String)] = []

    fileprivate func counts(after other: ListedRule) -> Bool {
        rank == other.rank ? minPromptTokens > other.minPromptTokens : rank > other.rank
    }

    private var rank: Int { (tier == nil ? 0 : 2) &+ (server == nil ? 0 : 1) }

    mutating func add(_ kind: PriceKind, _ text: String) { prices.append((kind, text)) }
}

extension ListedPrices {
    /// What another source knows.
    init(_ price: ModelPrice) {
        source = price.source
        isDynamic = price.isDynamic
        isImplausible = price.isImplausible
        for kind in PriceKind.allCases {
            if let amount = price.base[kind] { self[kind] = Money.text(amount) }
        }
        for rule in price.rules {
            var listed = ListedRule(minPromptTokens: rule.minPromptTokens, fromMinute: rule.fromMinute, toMinute: rule.toMinute, tier: rule.tier, server: rule.server)
            for kind in PriceKind.allCases {
                if let amount = rule.prices[kind] { listed.add(kind, Money.text(amount)) }
            }
            rules.append(listed)
        }
    }
}

extension ListedPrices {
    fileprivate mutating func judge() {
        var price = ModelPrice()
        for kind in PriceKind.allCases { price.base[kind] = DecimalText(self[kind])?.atto }
        for rule in rules {
            var judged = PriceRule()
            for (kind, text) in rule.prices { judged.prices[kind] = DecimalText(text)?.atto }
            price.rules.append(judged)
        }
        price.judge()
        isImplausible = price.isImplausible
    }
}

extension ListEntry {
    func prices() -> ListedPrices {
        var prices = ListedPrices()
        if !mapping.hasPrices { return prices }
        for kind in PriceKind.allCases { readPrice(kind, &prices) }
        for path in paths(.overrides) {
            value(path)?.forEachElement { override in readOverride(override, &prices) }
        }
        for kind in PriceKind.allCases { readTiers(kind, &prices) }
        if let servers = mapping.servers, let list = value(servers.list) { list.forEachElement { readServer($0, servers, &prices) } }
        if let hours = paths(.hourly).first.flatMap({ value($0) }).flatMap({ price($0, 0) }), !hours.equals("0") { rent(&prices) }
        if prices.isDynamic { prices.clear() }
        if prices.isDynamic || !prices.isEmpty {
            prices.source = .api
            prices.judge()
        }
        return prices
    }

    private func readPrice(_ kind: PriceKind, _ prices: inout ListedPrices) {
        for path in mapping.prices[Int(kind.rawValue)] {
            guard let value = value(path), let exponent = (path.unit ?? mapping.unit).exponent(kind) else { continue }
            if let text = price(value, exponent) {
                prices[kind] = text
                return
            }
            if isNegative(value) { prices.isDynamic = true }
        }
    }

    /// OpenRouter: other prices from a number of prompt tokens on; in lists of our own also at some hours.
    private func readOverride(_ override: JSONView, _ prices: inout ListedPrices) {
        var rule = ListedRule()
        rule.minPromptTokens = override["min_prompt_tokens"]?.int ?? 0
        rule.fromMinute = minute(override["utc_from"])
        rule.toMinute = minute(override["utc_to"])
        if let word = override["service_tier"] {
            guard let tier = servedTier(word)?.tier else { return } // of a tier that nobody knows
            rule.tier = tier
        }
        rule.server = override["server"]?.string(upTo: ListedPrices.longestName)
        for kind in PriceKind.allCases {
            guard let exponent = mapping.unit.exponent(kind), let text = override[kind.name].flatMap({ price($0, exponent) }) else { continue }
            rule.add(kind, text)
        }
        if rule.minPromptTokens > 0 || rule.fromMinute != rule.toMinute || rule.tier != nil || rule.server != nil, !rule.prices.isEmpty { prices.put(rule) }
    }

    /// One that serves now. Its prices are judged by themselves: another one's mistake is none of theirs.
    private func readServer(_ server: JSONView, _ paths: ServerPaths, _ prices: inout ListedPrices) {
        if let status = server["status"]?.string, !status.equals("live") { return }
        guard let name = server.value(at: paths.name)?.string(upTo: ListedPrices.longestName), !name.isEmpty else { return }
        var rule = ListedRule(server: name)
        var judged = PriceSet()
        for entry in paths.prices {
            guard let exponent = (entry.path.unit ?? mapping.unit).exponent(entry.kind),
                  let text = server.value(at: entry.path.path).flatMap({ price($0, exponent) }) else { continue }
            rule.add(entry.kind, text)
            judged[entry.kind] = DecimalText(text)?.atto
        }
        if !rule.prices.isEmpty, judged.isPlausible { prices.put(rule) }
    }

    /// Vercel: each kind has its tiers, [{cost, min, max}], the first of which repeats the price.
    private func readTiers(_ kind: PriceKind, _ prices: inout ListedPrices) {
        for path in mapping.tiers[Int(kind.rawValue)] {
            guard let exponent = (path.unit ?? mapping.unit).exponent(kind) else { continue }
            value(path)?.forEachElement { tier in
                guard let text = tier["cost"].flatMap({ price($0, exponent) }) else { return }
                let least = tier["min"]?.int ?? 0
                if least <= 0 {
                    if prices[kind].isEmpty { prices[kind] = text }
                    return
                }
                var rule = ListedRule(minPromptTokens: least)
                if let index = prices.rules.firstIndex(where: { $0.minPromptTokens == least && $0.tier == nil && $0.server == nil }) { rule = prices.rules.remove(at: index) }
                rule.add(kind, text)
                prices.put(rule)
            }
        }
    }

    /// Models that are rented by the hour are listed with a token price of 0: that is no price.
    private func rent(_ prices: inout ListedPrices) {
        prices.isHourly = true
        func isNone(_ text: String) -> Bool { text.isEmpty || text.equals("0") }
        if isNone(prices[.prompt]) && isNone(prices[.completion]) { prices.clear() }
    }
}

private func isNegative(_ value: JSONView) -> Bool {
    guard let text = value.numberText ?? value.string, let number = DecimalText(text) else { return false }
    return number.isBelowZero
}

/// A number, a text such as "$1,234.50", or NEAR's {"amount", "scale"}, times ten to the `exponent`, as decimal text. nil: no number,
/// or negative, which OpenRouter prints for models whose price depends on where they are routed.
func price(_ value: JSONView, _ exponent: Int) -> String? {
    if value.isObject {
        guard let amount = value["amount"], !amount.isObject, let scale = value["scale"]?.int, scale.magnitude <= 100 else { return nil }
        return price(amount, exponent &- scale)
    }
    guard let text = value.numberText ?? value.string, let number = DecimalText(text), !number.isBelowZero else { return nil }
    return number.scaled(byPowerOfTen: exponent)?.text
}
