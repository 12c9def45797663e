/// Prices are in 1e-18 USD, exact: for a token, a request, an image or a search.
package typealias AttoUSD = Int128

/// What a price is for, named as OpenRouter names the members of `pricing`
/// (https://openrouter.ai/docs/api-reference/list-available-models).
package enum PriceKind: UInt8, Sendable, CaseIterable {
    case prompt, completion, request, image, cacheRead, cacheWrite, cacheWriteHour, reasoning
    case audio, audioOutput, audioCache, imageOutput, webSearch

    package var name: StaticString {
        switch self {
        case .prompt: "prompt"
        case .completion: "completion"
        case .request: "request"
        case .image: "image"
        case .cacheRead: "input_cache_read"
        case .cacheWrite: "input_cache_write"
        case .cacheWriteHour: "input_cache_write_1h"
        case .reasoning: "internal_reasoning"
        case .audio: "audio"
        case .audioOutput: "audio_output"
        case .audioCache: "input_audio_cache"
        case .imageOutput: "image_output"
        case .webSearch: "web_search"
        }
    }
}

extension PriceKind {
    fileprivate var bit: UInt16 { 1 << UInt16(rawValue) }

    /// For a request, an image or a search rather than a token.
    package var isForPieces: Bool {
        switch self {
        case .request, .image, .webSearch: true
        default: false
        }
    }
}

/// Prices by kind; what is not in it is unknown.
package struct PriceSet: Sendable, Equatable {
    private var amounts = InlineArray<13, AttoUSD>(repeating: 0)
    /// Bit by bit, the kinds that are in it.
    private var known: UInt16 = 0
    /// Of those the ones that stand in for others, which are not known: the plain price for that of a service tier.
    private var standIns: UInt16 = 0
    package init() {}

    package func standsIn(_ kind: PriceKind) -> Bool { standIns & kind.bit != 0 }

    /// Prices of tokens that none of `kinds` names stand in from now on. Those of pieces are the same in all tiers.
    fileprivate mutating func standIn(exceptFor kinds: UInt16) {
        for kind in PriceKind.allCases where !kind.isForPieces && kinds & kind.bit == 0 { standIns |= known & kind.bit }
    }

    /// Prices of tokens by a factor; all of them stand in where it is not known.
    fileprivate mutating func multiply(by factor: PriceFactor) {
        var isExact = factor.isKnown
        for kind in PriceKind.allCases where !kind.isForPieces {
            guard let amount = self[kind] else { continue }
            if let product = factor.times(amount) { self[kind] = product } else { isExact = false }
        }
        if !isExact { standIn(exceptFor: 0) }
    }

    fileprivate var kinds: UInt16 { known }

    package var isEmpty: Bool { known == 0 }

    package subscript(kind: PriceKind) -> AttoUSD? {
        get { known & kind.bit == 0 ? nil : amounts[unchecked: Int(kind.rawValue)] }
        set {
            amounts[unchecked: Int(kind.rawValue)] = newValue ?? 0
            if newValue == nil { known &= ~kind.bit } else { known |= kind.bit }
        }
    }

    /// Kind by kind, the other's prices in the place of these.
    package mutating func lay(_ other: PriceSet) {
        for kind in PriceKind.allCases { if let amount = other[kind] { self[kind] = amount } }
    }

    package mutating func remove(_ other: PriceSet) {
        for kind in PriceKind.allCases where other.known & kind.bit != 0 { self[kind] = nil }
    }

    /// The first price that no model has.
    package var implausible: PriceKind? {
        for kind in PriceKind.allCases {
            guard let amount = self[kind], amount != 0 else { continue }
            let most: AttoUSD = kind.isForPieces ? 1_000_000_000_000_000_000_000 : 1_000_000_000_000_000
            if amount > most || amount < 1_000_000_000 { return kind }
        }
        return nil
    }

    /// No model costs less than 0.001 USD per million tokens, unless nothing, nor more than 1000; nor 1000 USD for a piece.
    package var isPlausible: Bool { implausible == nil }

    package static func == (a: PriceSet, b: PriceSet) -> Bool {
        for kind in PriceKind.allCases where a.known != b.known || a[kind] ?? 0 != b[kind] ?? 0 { return false }
        return true
    }
}

/// Other prices for a part of the requests: long ones, those of some hours, of a service tier, or of one server behind a router.
package struct PriceRule: Sendable, Equatable {
    /// Holds from this many prompt tokens on (all of the prompt is billed so); 0: for any.
    package var minPromptTokens = 0
    /// Minutes of the UTC day, the last one not included, also over midnight; equal: all day.
    package var fromMinute = 0
    package var toMinute = 0
    /// nil: for any.
    package var tier: ServiceTier?
    /// nil: for any.
    package var server: String?
    /// Takes the place of the kinds it names.
    package var prices = PriceSet()
    package init() {}

    /// About the same thing: long prompts, hours, one tier or one server.
    package func isAlike(_ other: PriceRule) -> Bool {
        tier == other.tier && isCalled(server, other.server) && (minPromptTokens > 0) == (other.minPromptTokens > 0) && (fromMinute == toMinute) == (other.fromMinute == other.toMinute)
    }

    func holds(_ promptTokens: Int, _ minute: Int, _ serving: Serving) -> Bool {
        if promptTokens < minPromptTokens || tier != nil && tier != serving.tier || server != nil && !isCalled(server, serving.server) { return false }
        if fromMinute == toMinute { return true }
        return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
    }
}

/// Names of servers are compared without regard to case: headers and lists spell them differently.
package func isCalled(_ name: String?, _ other: String?) -> Bool {
    guard let name, let other else { return name == nil && other == nil }
    return name.utf8.elementsEqual(other.utf8) { fold($0) == fold($1) }
}

private func fold(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

/// Where a price was found.
package enum PriceSource: UInt8, Sendable, CaseIterable {
    case unknown, api, crossReference, table, configuration

    package var name: StaticString {
        switch self {
        case .unknown: "unknown"
        case .api: "api"
        case .crossReference: "cross_reference"
        case .table: "table"
        case .configuration: "configuration"
        }
    }
}

/// What one model costs at one provider.
package struct ModelPrice: Sendable, Equatable {
    package var base = PriceSet()
    /// The last one that holds counts.
    package var rules: [PriceRule] = []
    package var source = PriceSource.unknown
    /// Listed as negative: depends on where the request is routed.
    package var isDynamic = false
    /// Those of the plain model, for one whose provider chooses the server in another way.
    package var standsIn = false
    /// The server that the id of the model names.
    package var server: String?
    /// Outside of what any model costs: kept to be shown, never to bill.
    package var isImplausible = false
    package init() {}

    /// It can be billed by.
    package var bills: Bool { isSound && base[.prompt] != nil && base[.completion] != nil }

    /// What is in it can be taken at its word.
    package var isSound: Bool { !isDynamic && !isImplausible }

    /// To be called when it was read from somewhere outside: sets `isImplausible`.
    package mutating func judge() {
        isImplausible = !base.isPlausible
        for rule in rules where !rule.prices.isPlausible { isImplausible = true }
    }

    /// What a request of so many prompt tokens pays at this minute of the UTC day, served like this.
    package func at(promptTokens: Int, minuteOfDay: Int, _ serving: Serving = Serving()) -> PriceSet {
        if rules.isEmpty, serving.isUsualTier, !standsIn, serving.factor == .one { return base }
        var prices = base
        // Lists repeat the price of the completion; where that changes, reasoning costs what it costs then.
        if base[.reasoning] == base[.completion] { prices[.reasoning] = nil }
        var ofTier: UInt16 = 0, ofServer: UInt16 = 0
        for rule in rules where rule.holds(promptTokens, minuteOfDay, serving) {
            prices.lay(rule.prices)
            if rule.tier != nil { ofTier |= rule.prices.kinds }
            if rule.server != nil { ofServer |= rule.prices.kinds }
        }
        if !serving.isUsualTier { prices.standIn(exceptFor: ofTier) }
        if standsIn || isOpen(serving) { prices.standIn(exceptFor: ofServer) }
        if serving.factor != .one { prices.multiply(by: serving.factor) }
        return prices
    }

    /// The servers that have prices of their own.
    package var servers: [String] {
        var names: [String] = []
        for rule in rules { if let name = rule.server, !names.contains(where: { isCalled($0, name) }) { names.append(name) } }
        return names
    }

    /// Several servers ask different prices, and it is not known which of them it was.
    package func isOpen(_ serving: Serving) -> Bool {
        var first: PriceRule?, several = false, differ = false
        for rule in rules where rule.server != nil {
            if isCalled(rule.server, serving.server) { return false }
            if let first, !isCalled(first.server, rule.server) { several = true }
            if let first, first.prices != rule.prices { differ = true }
            first = first ?? rule
        }
        return several && differ
    }

    /// As its prices spell it.
    package func server(called name: String) -> String? { servers.first { isCalled($0, name) } }

    /// The prices of the server whose completion costs least, if that is wanted, as the plain ones.
    package func cheapest(if wanted: Bool) -> ModelPrice {
        var best: (name: String, completion: AttoUSD, prompt: AttoUSD)?
        for rule in rules where wanted {
            guard let name = rule.server, let completion = rule.prices[.completion], let prompt = rule.prices[.prompt] else { continue }
            if let best, (best.completion, best.prompt) <= (completion, prompt) { continue }
            best = (name, completion, prompt)
        }
        return served(by: best?.name ?? "")
    }

    /// The prices of one of its servers as the plain ones.
    package func served(by server: String) -> ModelPrice {
        var made = ModelPrice()
        made.base = base
        for rule in rules where isCalled(rule.server, server) { made.base.lay(rule.prices) }
        made.rules = rules
        (made.source, made.isDynamic, made.isImplausible) = (source, isDynamic, isImplausible)
        return made
    }

    /// Kind by kind: where this says nothing, the other's word holds, in its rules too. What cannot be taken at its word adds nothing to
    /// a price that can be billed by.
    package func filled(from other: ModelPrice) -> ModelPrice {
        if bills, !other.isSound { return self }
        var made = ModelPrice()
        made.base = other.base
        made.base.remove(base)
        for var rule in other.rules {
            rule.prices.remove(base)
            if !rule.prices.isEmpty { made.rules.append(rule) }
        }
        if other.isImplausible { made.judge() }
        made.isDynamic = isDynamic || other.isDynamic && (base[.prompt] == nil || base[.completion] == nil)
        made.isImplausible = made.isImplausible || isImplausible
        made.base.lay(base)
        for rule in rules { made.rules.append(rule) }
        made.source = source
        return made
    }

    package static func == (a: ModelPrice, b: ModelPrice) -> Bool {
        a.base == b.base && a.rules == b.rules && a.source == b.source && a.isDynamic == b.isDynamic && a.isImplausible == b.isImplausible
            && a.standsIn == b.standsIn
    }
}
