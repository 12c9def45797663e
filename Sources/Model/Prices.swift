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

/// Prices by kind; what is not in it is unknown.
package struct PriceSet: Sendable, Equatable {
    private var kinds: [PriceKind] = []
    private var amounts: [AttoUSD] = []
    package init() {}

    package var isEmpty: Bool { kinds.isEmpty }

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
    package var bills: Bool { !isDynamic && !isImplausible && base[.prompt] != nil && base[.completion] != nil }

    package static func == (a: ModelPrice, b: ModelPrice) -> Bool {
        a === b || a.base == b.base && a.rules == b.rules && a.source == b.source && a.isDynamic == b.isDynamic && a.isImplausible == b.isImplausible
    }
}
