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
    private var kinds: [PriceKind] = []
    private var amounts: [AttoUSD] = []
    package init() {}

    package var isEmpty: Bool { kinds.isEmpty }

    /// Kind by kind, the other's prices in the place of these.
    package mutating func lay(_ other: PriceSet) {
        for (index, kind) in other.kinds.enumerated() { self[kind] = other.amounts[index] }
    }

    package mutating func remove(_ other: PriceSet) {
        for kind in other.kinds { self[kind] = nil }
    }

    /// No model costs less than 0.001 USD per million tokens, unless nothing, nor more than 1000; nor 1000 USD for a piece.
    var isPlausible: Bool {
        for (index, kind) in kinds.enumerated() {
            let amount = amounts[index], most: AttoUSD = kind.isForPieces ? 1_000_000_000_000_000_000_000 : 1_000_000_000_000_000
            if amount < 0 || amount > most || amount > 0 && amount < 1_000_000_000 { return false }
        }
        return true
    }

    package subscript(kind: PriceKind) -> AttoUSD? {
        get {
            for (index, other) in kinds.enumerated() where other == kind { return amounts[index] }
            return nil
        }
        set {
            for (index, other) in kinds.enumerated() where other == kind {
                kinds.remove(at: index)
                amounts.remove(at: index)
                break
            }
            guard let newValue else { return }
            kinds.append(kind)
            amounts.append(newValue)
        }
    }
}

/// Other prices for a part of the requests: long ones, or those of some hours.
package struct PriceRule: Sendable, Equatable {
    /// Holds from this many prompt tokens on (all of the prompt is billed so); 0: for any.
    package var minPromptTokens = 0
    /// Minutes of the UTC day, the last one not included, also over midnight; equal: all day.
    package var fromMinute = 0
    package var toMinute = 0
    /// Takes the place of the kinds it names.
    package var prices = PriceSet()
    package init() {}

    func holds(_ promptTokens: Int, _ minute: Int) -> Bool {
        if promptTokens < minPromptTokens { return false }
        if fromMinute == toMinute { return true }
        return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
    }
}

/// Where a price was found.
package enum PriceSource: UInt8, Sendable {
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

/// What one model costs at one provider. Written while it is read, and never afterwards.
package final class ModelPrice: @unchecked Sendable, Equatable {
    package var base = PriceSet()
    /// The last one that holds counts.
    package var rules: [PriceRule] = []
    package var source = PriceSource.unknown
    /// Listed as negative: depends on where the request is routed.
    package var isDynamic = false
    /// Outside of what any model costs: kept to be shown, never to bill.
    package var isImplausible = false
    package init() {}

    /// It can be billed by.
    package var bills: Bool { isSound && base[.prompt] != nil && base[.completion] != nil }

    /// What is in it can be taken at its word.
    package var isSound: Bool { !isDynamic && !isImplausible }

    /// To be called when it was read from somewhere outside: sets `isImplausible`.
    package func judge() {
        isImplausible = !base.isPlausible
        for rule in rules where !rule.prices.isPlausible { isImplausible = true }
    }

    /// What a request of so many prompt tokens pays at this minute of the UTC day.
    package func at(promptTokens: Int, minuteOfDay: Int) -> PriceSet {
        var prices = base
        for rule in rules where rule.holds(promptTokens, minuteOfDay) { prices.lay(rule.prices) }
        return prices
    }

    /// Kind by kind: where this says nothing, the other's word holds, in its rules too.
    package func filled(from other: ModelPrice) -> ModelPrice {
        let made = ModelPrice()
        made.base = other.base
        made.base.remove(base)
        made.rules = other.rules
        for at in made.rules.indices { made.rules[at].prices.remove(base) }
        made.rules.removeAll { $0.prices.isEmpty }
        if other.isImplausible { made.judge() }
        made.isDynamic = isDynamic || other.isDynamic && (base[.prompt] == nil || base[.completion] == nil)
        made.isImplausible = made.isImplausible || isImplausible
        made.base.lay(base)
        made.rules += rules
        made.source = source
        return made
    }

    package static func == (a: ModelPrice, b: ModelPrice) -> Bool {
        a === b || a.base == b.base && a.rules == b.rules && a.source == b.source && a.isDynamic == b.isDynamic && a.isImplausible == b.isImplausible
    }
}
