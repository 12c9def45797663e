package import Model

/// What is limited as a whole: all of a client, all requests of a tag, a provider, one key of a provider.
package enum LimitKind: UInt8, Sendable, Equatable, CaseIterable {
    case client, tag, provider, key

    package var name: StaticString {
        switch self {
        case .client: "client"
        case .tag: "tag"
        case .provider: "provider"
        case .key: "key"
        }
    }
}

/// The rules of `LimitRules`, by name.
package enum LimitRule: UInt8, Sendable, Equatable {
    case requestsPerMinute, tokensPerMinute, usdPerMinute, requestsPerDay, tokensPerDay, usdPerDay, concurrency, spacing
    /// No rule of the user: more tags are in use at a time than can be counted.
    case tags

    package var name: StaticString {
        switch self {
        case .requestsPerMinute: "requests_per_minute"
        case .tokensPerMinute: "tokens_per_minute"
        case .usdPerMinute: "usd_per_minute"
        case .requestsPerDay: "requests_per_day"
        case .tokensPerDay: "tokens_per_day"
        case .usdPerDay: "usd_per_day"
        case .concurrency: "concurrency"
        case .spacing: "spacing"
        case .tags: "tags"
        }
    }
}

/// A counter of the book; one that was given to something else since limits nothing.
package struct ScopeRef: Sendable, Equatable {
    let slot: Int32
    let generation: UInt32
    package static let none = ScopeRef(slot: -1, generation: 0)
    package var isNone: Bool { slot < 0 }
}

/// What one reservation is counted in.
package struct LimitScopes: Sendable, Equatable {
    package var client = ScopeRef.none
    package var tag = ScopeRef.none
    package var provider = ScopeRef.none
    package var key = ScopeRef.none
    package init() {}

    package func contains(_ scope: ScopeRef) -> Bool {
        !scope.isNone && (client == scope || tag == scope || provider == scope || key == scope)
    }

    subscript(kind: LimitKind) -> ScopeRef {
        switch kind {
        case .client: client
        case .tag: tag
        case .provider: provider
        case .key: key
        }
    }
}

/// The most that a request may use, or what it did use. Requests count one each.
package struct LimitAmount: Sendable, Equatable {
    package var tokens: Int
    package var usd: AttoUSD
    package init(tokens: Int, usd: AttoUSD) { self.tokens = tokens; self.usd = usd }
}

/// Which rule of what stands in the way.
package struct LimitBreach: Sendable, Equatable {
    package var scope: ScopeRef
    package var kind: LimitKind
    package var rule: LimitRule
}

package enum LimitAnswer: Sendable, Equatable {
    case ok(LimitTicket)
    /// Not before this time (microseconds), as far as is known now.
    case until(Int64, LimitBreach)
    /// When a request that runs ends.
    case busy(LimitBreach)
    /// When requests that run have used less than they reserved, else at this time.
    case reserved(Int64, LimitBreach)
    /// The request is larger than the limit itself.
    case never(LimitBreach)
}

/// What was reserved. It ends once, with `settle` or `release`: both take it away from their caller.
package struct LimitTicket: Sendable, Equatable {
    package let scopes: LimitScopes
    let spend: Spend
    /// When: second of the minute windows, UTC day, microseconds.
    let cell: Int64
    let day: Int64
    let start: Int64
    /// Windows in which it was counted, three bits for each scope.
    var counted: UInt16 = 0

    static func bit(of kind: LimitKind) -> UInt16 { UInt16(kind.rawValue) &* 3 }
}

/// What is counted.
enum LimitUnit: Int, Sendable, CaseIterable {
    case requests, tokens, usd

    var perMinute: LimitRule {
        switch self {
        case .requests: .requestsPerMinute
        case .tokens: .tokensPerMinute
        case .usd: .usdPerMinute
        }
    }

    var perDay: LimitRule {
        switch self {
        case .requests: .requestsPerDay
        case .tokens: .tokensPerDay
        case .usd: .usdPerDay
        }
    }
}

/// Requests, tokens and USD together, wide enough that no sum overflows.
struct Spend: Sendable, Equatable {
    var requests: Int128
    var tokens: Int128
    var usd: Int128

    static let zero = Spend(requests: 0, tokens: 0, usd: 0)

    init(requests: Int128, tokens: Int128, usd: Int128) {
        self.requests = requests
        self.tokens = tokens
        self.usd = usd
    }

    /// Every request uses one token at least, so that a full limit lets nothing through.
    init(_ amount: LimitAmount) {
        self.init(requests: 1, tokens: Int128(max(amount.tokens, 1)), usd: Spend.cut(amount.usd))
    }

    static func cut(_ usd: AttoUSD) -> Int128 { min(max(usd, 0), 1 << 96) }

    subscript(unit: LimitUnit) -> Int128 {
        get {
            switch unit {
            case .requests: requests
            case .tokens: tokens
            case .usd: usd
            }
        }
        set {
            switch unit {
            case .requests: requests = newValue
            case .tokens: tokens = newValue
            case .usd: usd = newValue
            }
        }
    }
}
