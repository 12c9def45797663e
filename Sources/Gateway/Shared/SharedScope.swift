internal import Bytes
internal import Model
internal import Resilience

/// Something that is limited as a whole in all processes, with its rules.
struct SharedScope {
    let kind: LimitKind
    /// Which of several of this kind: a tag is beneath others.
    let depth: Int
    /// What stands for its name in Redis.
    let hash: String
    let ceilings: [SharedCeiling]
}

/// One rule as the scripts know it (LimitScripts.swift): its counter, and how much that may be.
struct SharedCeiling {
    let rule: LimitRule
    let counter: Int
    let most: SharedAmount
}

/// Requests and tokens are whole; USD are millionths and 1e-18 USD.
struct SharedAmount {
    var whole: Int
    var rest = 0

    init(_ whole: Int) { self.whole = min(max(whole, 0), 1 << 52) }

    init(usd: AttoUSD) {
        let cut = min(max(usd, 0), 1 << 92)
        (whole, rest) = (Int(cut / 1_000_000_000_000), Int(cut % 1_000_000_000_000))
    }
}

extension SharedScope {
    /// What an attempt is counted in.
    static func all(_ wish: LimitWish, key: UInt64) -> [SharedScope] {
        var scopes: [SharedScope] = []
        func add(_ kind: LimitKind, _ name: String, _ rules: LimitRules, depth: Int = 0) {
            let ceilings = SharedCeiling.all(rules)
            if ceilings.isEmpty { return }
            let whole = concat(String(kind.name), "\n", name)
            scopes.append(SharedScope(kind: kind, depth: depth, hash: whole.bytes { keyedHash($0, key: key) }, ceilings: ceilings))
        }
        let provider = wish.provider, keys = provider.access.keys
        add(.client, "", wish.policy.client)
        if let tag = wish.tag {
            for (depth, entry) in LimitBook.entries(wish.policy.tags, tag).enumerated() { add(.tag, entry.name, entry.rules, depth: depth) }
        }
        add(.provider, provider.id, provider.routing.limits)
        if wish.key >= 0, wish.key < keys.count { add(.key, concat(provider.id, "\n", keys[wish.key].value), keys[wish.key].limits) }
        return scopes
    }
}

extension SharedCeiling {
    static func all(_ rules: LimitRules) -> [SharedCeiling] {
        var ceilings: [SharedCeiling] = []
        func add(_ rule: LimitRule, _ counter: Int, _ most: SharedAmount?) {
            if let most { ceilings.append(SharedCeiling(rule: rule, counter: counter, most: most)) }
        }
        for window in LimitWindow.allCases {
            let caps = window.caps(of: rules), first = (window.rawValue &+ 1) &* 10
            add(.amount(.requests, window), first &+ 1, caps.requests.map { SharedAmount($0) })
            add(.amount(.tokens, window), first &+ 2, caps.tokens.map { SharedAmount($0) })
            add(.amount(.usd, window), first &+ 3, caps.usd.map { SharedAmount(usd: $0) })
        }
        add(.concurrency, 51, rules.concurrency.map { SharedAmount($0) })
        if let spacing = rules.spacing, spacing > 0 { add(.spacing, 52, SharedAmount(Int(Micros.of(seconds: spacing)))) }
        return ceilings
    }
}

extension LimitWindow {
    fileprivate func caps(of rules: LimitRules) -> LimitCaps {
        switch self {
        case .minute: rules.minute
        case .hour: rules.hour
        case .day: rules.day
        case .month: rules.month
        }
    }
}
