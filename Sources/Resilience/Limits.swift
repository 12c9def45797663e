internal import Bytes
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

/// The rules of `LimitRules`.
package enum LimitRule: Sendable, Equatable {
    case amount(LimitUnit, LimitWindow)
    case concurrency, spacing
    /// No rule of the user: more tags are in use at a time than can be counted.
    case tags

    package var name: String {
        switch self {
        case .amount(let unit, let window): concat(String(unit.name), "_per_", String(window.name))
        case .concurrency: "concurrency"
        case .spacing: "spacing"
        case .tags: "tags"
        }
    }

    package var isMoney: Bool {
        if case .amount(.usd, _) = self { true } else { false }
    }
}

/// A counter of the book; one that was given to something else since limits nothing.
package struct ScopeRef: Sendable, Equatable {
    let slot: Int32
    let generation: UInt32
    package static let none = ScopeRef(slot: -1, generation: 0)
    package var isNone: Bool { slot < 0 }
}

/// What one reservation is counted in: the client, the tag and those above it, the provider, its key.
package struct LimitScopes: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package let kind: LimitKind
        package let at: ScopeRef
    }

    package private(set) var entries: [Entry] = []
    package init() {}

    package mutating func add(_ kind: LimitKind, _ at: ScopeRef) {
        if !at.isNone { entries.append(Entry(kind: kind, at: at)) }
    }

    package func contains(_ scope: ScopeRef) -> Bool { !scope.isNone && entries.contains { $0.at == scope } }

    /// The one of this kind, or the so-manieth of several.
    package func scope(_ kind: LimitKind, _ depth: Int) -> ScopeRef {
        let found = entries.filter { $0.kind == kind }
        return depth >= 0 && depth < found.count ? found[depth].at : .none
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

    package init(scope: ScopeRef, kind: LimitKind, rule: LimitRule) {
        self.scope = scope
        self.kind = kind
        self.rule = rule
    }
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
    let moment: LimitMoment
    /// By scope: the windows of a minute in which it was counted, as bits.
    var counted: [UInt8] = []
}

/// What is counted.
package enum LimitUnit: Int, Sendable, CaseIterable {
    case requests, tokens, usd

    var name: StaticString {
        switch self {
        case .requests: "requests"
        case .tokens: "tokens"
        case .usd: "usd"
        }
    }
}

/// How a rule stands.
package struct LimitStanding: Sendable, Equatable {
    package let rule: LimitRule
    package let limit: Int128
    /// What running requests have reserved is in it.
    package let used: Int128
    /// Seconds since 1970 when nothing of that counts any more; nil: nobody knows, or nothing is used.
    package let reset: Int64?

    package var left: Int128 { max(limit &- used, 0) }
}

/// A share of a rule is used for the first time in its window.
package struct LimitWarning: Sendable, Equatable {
    package let kind: LimitKind
    /// Of a tag: the one whose rule it is.
    package let tag: String?
    package let share: Double
    package let standing: LimitStanding
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

    mutating func add(_ other: Spend) {
        requests &+= other.requests
        tokens &+= other.tokens
        usd &+= other.usd
    }

    mutating func subtract(_ other: Spend) {
        requests &-= other.requests
        tokens &-= other.tokens
        usd &-= other.usd
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
