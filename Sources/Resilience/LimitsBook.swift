internal import Bytes
package import Model

/// Where the limits of one configuration stand in the book; requests that began under it keep it.
package struct LimitMap: Sendable {
    fileprivate var client = ScopeRef.none
    fileprivate var tags: [TagLimits] = []
    /// By index of the provider, and of its key.
    fileprivate var providers: [ScopeRef] = []
    fileprivate var keys: [[ScopeRef]] = []
    /// There are no limits at all: nobody need ask.
    package fileprivate(set) var isEmpty = true
}

/// All limits of a client within this process. Counts live through a reload. Not thread-safe: its owner holds a lock.
package final class LimitBook {
    /// Tags counted at a time.
    package static let mostTags = 4096

    private struct Counter {
        var scope = LimitScope()
        var generation: UInt32 = 0
    }

    /// A provider, or a key (its value) of one.
    private struct Known {
        let provider: String
        let key: String?
        let at: ScopeRef
    }

    private struct CountedTag {
        let tag: String
        let hash: UInt64
        let at: ScopeRef
    }

    private var counters: [Counter] = []
    private var free: [Int32] = []
    private var client = ScopeRef.none
    private var known: [Known] = []
    private var tags: [CountedTag] = []
    /// No tag was idle the last time; before this it is not worth looking again.
    private var nextSweep: Int64 = .min
    private var lastPeriods = LimitPeriods()

    package init() {}

    /// Takes the rules of a configuration. What was counted stays with providers (by id) and keys (by value) that are still
    /// there; what is gone is forgotten when it is idle.
    package func load(_ configuration: Configuration, now: Int64, unixSeconds: Int64) -> LimitMap {
        let moment = moment(now, unixSeconds)
        var map = LimitMap(), kept: [Known] = []
        let policy = configuration.limits
        map.tags = policy.tags
        if !policy.client.isEmpty || !client.isNone {
            if client.isNone { client = newCounter() }
            map.client = policy.client.isEmpty ? .none : client
            rule(client, policy.client)
        }
        for provider in configuration.providers {
            map.providers.append(scope(provider.id, nil, provider.routing.limits, &kept))
            map.keys.append(provider.access.keys.map { scope(provider.id, $0.value, $0.limits, &kept) })
        }
        forget(except: kept, moment)
        reruleTags(policy.tags)
        map.isEmpty = map.client.isNone && map.tags.isEmpty && kept.isEmpty
        return map
    }

    /// What a reservation is counted in: nil when too many tags are in use (`tagsFull`). To be asked anew for each try,
    /// within the same lock as `reserve`.
    package func scopes(_ map: LimitMap, client: Bool = true, tag: String? = nil, provider: Int? = nil, key: Int? = nil,
                        now: Int64, unixSeconds: Int64) -> LimitScopes? {
        var scopes = LimitScopes()
        if client { scopes.add(.client, map.client) }
        if let tag {
            for entry in LimitBook.entries(map.tags, tag) {
                guard let counter = self.tag(entry.name, entry.rules, moment(now, unixSeconds)) else { return nil }
                scopes.add(.tag, counter)
            }
        }
        if let provider, provider >= 0, provider < map.providers.count {
            scopes.add(.provider, map.providers[provider])
            if let key, key >= 0, key < map.keys[provider].count { scopes.add(.key, map.keys[provider][key]) }
        }
        return scopes
    }

    /// Some of them limits USD.
    package func limitsMoney(_ scopes: LimitScopes) -> Bool {
        scopes.entries.contains { entry in slot(entry.at).map { counters[$0].scope.ceilings.limitsMoney } ?? false }
    }

    /// What stands for `scopes` being nil.
    package static let tagsFull = LimitBreach(scope: .none, kind: .tag, rule: .tags)

    /// All scopes or none. `unixSeconds` tells the UTC hour, day and month.
    package func reserve(_ amount: LimitAmount, in scopes: LimitScopes, now: Int64, unixSeconds: Int64) -> LimitAnswer {
        let moment = moment(now, unixSeconds), spend = Spend(amount)
        if let refused = check(spend, scopes, moment) { return refused }
        var ticket = LimitTicket(scopes: scopes, spend: spend, moment: moment)
        for entry in scopes.entries { ticket.counted.append(slot(entry.at).map { counters[$0].scope.take(spend, moment) } ?? 0) }
        return .ok(ticket)
    }

    /// What would keep this from being reserved now; nil: nothing.
    package func obstacle(to amount: LimitAmount, in scopes: LimitScopes, now: Int64, unixSeconds: Int64) -> LimitAnswer? {
        check(Spend(amount), scopes, moment(now, unixSeconds))
    }

    /// The request has ended and used this much: the difference counts where it was reserved.
    package func settle(_ ticket: inout LimitTicket?, used: LimitAmount) {
        guard let reserved = ticket?.spend else { return }
        end(&ticket, Spend(requests: 0, tokens: Int128(max(used.tokens, 0)) - reserved.tokens, usd: Spend.cut(used.usd) - reserved.usd), back: false)
    }

    /// Nothing was sent: as if it had not been reserved.
    package func release(_ ticket: inout LimitTicket?) {
        guard let reserved = ticket?.spend else { return }
        end(&ticket, Spend(requests: 0 - reserved.requests, tokens: 0 - reserved.tokens, usd: 0 - reserved.usd), back: true)
    }

    // MARK: -

    private func moment(_ now: Int64, _ unixSeconds: Int64) -> LimitMoment {
        let moment = LimitMoment(now: now, unixSeconds: unixSeconds, last: lastPeriods)
        lastPeriods = moment.periods
        return moment
    }

    /// The answer unless all scopes agree: what can never be comes first, then the longest wait, then a slot.
    private func check(_ spend: Spend, _ scopes: LimitScopes, _ moment: LimitMoment) -> LimitAnswer? {
        var latest = Int64.min, waits: LimitBreach?, busy: LimitBreach?, freed = Int64.min, held: LimitBreach?
        for entry in scopes.entries {
            guard let slot = slot(entry.at) else { continue }
            func breach(_ rule: LimitRule) -> LimitBreach { LimitBreach(scope: entry.at, kind: entry.kind, rule: rule) }
            switch counters[slot].scope.check(spend, moment) {
            case .ok: break
            case .never(let rule): return .never(breach(rule))
            case .busy: busy = busy ?? breach(.concurrency)
            case .until(let time, let rule): if time > latest { (latest, waits) = (time, breach(rule)) }
            case .reserved(let time, let rule): if time > freed { (freed, held) = (time, breach(rule)) }
            }
        }
        if let waits { return .until(latest, waits) }
        if let held { return .reserved(freed, held) }
        return busy.map { .busy($0) }
    }

    private func end(_ ticket: inout LimitTicket?, _ change: Spend, back: Bool) {
        guard let ended = ticket else { return }
        ticket = nil
        for (index, entry) in ended.scopes.entries.enumerated() where index < ended.counted.count {
            guard let slot = slot(entry.at) else { continue }
            counters[slot].scope.end(change, ended, counted: ended.counted[index])
            if back { counters[slot].scope.forgetStart(ended) }
        }
    }

    private func slot(_ ref: ScopeRef) -> Int? {
        let slot = Int(ref.slot)
        return slot >= 0 && slot < counters.count && counters[slot].generation == ref.generation ? slot : nil
    }

    private func newCounter() -> ScopeRef {
        if let slot = free.popLast() {
            return ScopeRef(slot: slot, generation: counters[Int(slot)].generation)
        }
        counters.append(Counter())
        return ScopeRef(slot: Int32(counters.count &- 1), generation: 0)
    }

    private func drop(_ ref: ScopeRef) {
        guard let slot = slot(ref) else { return }
        counters[slot].generation &+= 1
        counters[slot].scope = LimitScope()
        free.append(ref.slot)
    }

    private func rule(_ ref: ScopeRef, _ rules: LimitRules) {
        if let slot = slot(ref) { counters[slot].scope.ceilings = Ceilings(rules) }
    }

    private func isIdle(_ ref: ScopeRef, _ moment: LimitMoment) -> Bool { slot(ref).map { counters[$0].scope.isIdle(moment) } ?? true }
}

// MARK: - Providers and keys

extension LimitBook {
    private func scope(_ provider: String, _ key: String?, _ rules: LimitRules, _ kept: inout [Known]) -> ScopeRef {
        if rules.isEmpty { return .none }
        let old = known.first { entry in
            if !same(entry.provider, provider) { return false }
            guard let key, let its = entry.key else { return key == nil && entry.key == nil }
            return same(key, its)
        }
        let entry = old ?? Known(provider: provider, key: key, at: newCounter())
        rule(entry.at, rules)
        kept.append(entry)
        return entry.at
    }

    /// What the configuration no longer limits stays known while it has counts, since the next one may limit it again.
    private func forget(except kept: [Known], _ moment: LimitMoment) {
        var all = kept
        for entry in known where !kept.contains(where: { $0.at == entry.at }) {
            if isIdle(entry.at, moment) { drop(entry.at) } else { all.append(entry) }
        }
        known = all
    }
}

// MARK: - Tags

extension LimitBook {
    /// What a tag counts for, the outermost first: the entries of its path, and where the whole has none, the longest that ends in
    /// `*`, under the name of the whole tag.
    package static func entries(_ tags: [TagLimits], _ tag: String) -> [(name: String, rules: LimitRules)] {
        if tags.isEmpty { return [] }
        var path: [TagLimits] = []
        for entry in tags where isPath(entry.tag, above: tag) {
            let place = path.firstIndex { $0.tag.utf8.count > entry.tag.utf8.count } ?? path.count
            path.insert(entry, at: place)
        }
        var found = path.map { (name: $0.tag, rules: $0.rules) }
        if !(path.last.map { same($0.tag, tag) } ?? false), let star = star(tags, tag) { found.append((tag, star)) }
        return found.filter { !$0.rules.isEmpty }
    }

    /// `default_max_tokens` of a tag: the innermost.
    package static func defaultMaxTokens(_ tags: [TagLimits], _ tag: String) -> Int? {
        entries(tags, tag).last { $0.rules.defaultMaxTokens != nil }?.rules.defaultMaxTokens
    }

    /// It is the whole, or ends before a slash of it.
    private static func isPath(_ entry: String, above tag: String) -> Bool {
        var rest = tag.utf8.makeIterator()
        for byte in entry.utf8 where rest.next() != byte { return false }
        guard let next = rest.next() else { return true }
        return next == UInt8(ascii: "/")
    }

    /// Of the longest entry that ends in `*` and stands for this tag.
    private static func star(_ tags: [TagLimits], _ tag: String) -> LimitRules? {
        var best: TagLimits?
        for entry in tags where entry.tag.utf8.count > best?.tag.utf8.count ?? 0 {
            let text = entry.tag.utf8
            guard text.last == UInt8(ascii: "*") else { continue }
            let stem = text.dropLast()
            if stem.isEmpty || stem.last == UInt8(ascii: "/") && stem.count < tag.utf8.count && tag.utf8.starts(with: stem) { best = entry }
        }
        return best?.rules
    }

    private func tag(_ tag: String, _ rules: LimitRules, _ moment: LimitMoment) -> ScopeRef? {
        if let known = counter(tag) { return known }
        if tags.count >= LimitBook.mostTags {
            if moment.now < nextSweep { return nil }
            tags.removeAll { counted in
                let idle = isIdle(counted.at, moment)
                if idle { drop(counted.at) }
                return idle
            }
            if tags.count >= LimitBook.mostTags {
                nextSweep = moment.now &+ Micros.second
                return nil
            }
        }
        let ref = newCounter()
        rule(ref, rules)
        tags.append(CountedTag(tag: tag, hash: fnv1a(tag), at: ref))
        return ref
    }

    private func reruleTags(_ policy: [TagLimits]) {
        for counted in tags { rule(counted.at, LimitBook.ownRules(policy, counted.tag) ?? LimitRules()) }
    }

    /// Of what is counted under this very name.
    private static func ownRules(_ tags: [TagLimits], _ tag: String) -> LimitRules? { entries(tags, tag).last { same($0.name, tag) }?.rules }

    /// nil: nothing was counted for it.
    private func counter(_ tag: String) -> ScopeRef? {
        let hash = fnv1a(tag)
        return tags.first { $0.hash == hash && same($0.tag, tag) }?.at
    }
}

// MARK: - How the rules stand

/// The rules of one scope, for statistics.
package struct ScopeStanding {
    package let kind: LimitKind
    package var tag: String?
    /// Index in the configuration, and of the key among its keys.
    package var provider: Int?
    package var key: Int?
    package let rules: [LimitStanding]
}

extension LimitBook {
    /// Of the rules that hold for this very tag, not for those above it.
    package func standings(_ map: LimitMap, ofTag tag: String, now: Int64, unixSeconds: Int64) -> [LimitStanding] {
        LimitBook.ownRules(map.tags, tag).map { standings(of: counter(tag), $0, moment(now, unixSeconds)) } ?? []
    }

    /// So much is used of a rule by all processes together, this one included.
    package func learn(_ at: ScopeRef, _ rule: LimitRule, total: Int128, now: Int64, unixSeconds: Int64) {
        let moment = moment(now, unixSeconds)
        if let slot = slot(at) { counters[slot].scope.learn(rule, total: total, moment) }
    }

    /// Of all scopes that have rules.
    package func standings(_ map: LimitMap, now: Int64, unixSeconds: Int64) -> [ScopeStanding] {
        let moment = moment(now, unixSeconds)
        var all: [ScopeStanding] = []
        func add(_ kind: LimitKind, _ ref: ScopeRef, provider: Int? = nil, key: Int? = nil) {
            if !ref.isNone { all.append(ScopeStanding(kind: kind, provider: provider, key: key, rules: standings(of: ref, LimitRules(), moment))) }
        }
        add(.client, map.client)
        for entry in map.tags where entry.tag.utf8.last != UInt8(ascii: "*") && !entry.rules.isEmpty && counter(entry.tag) == nil {
            all.append(ScopeStanding(kind: .tag, tag: entry.tag, rules: standings(of: nil, entry.rules, moment)))
        }
        for counted in tags {
            guard let rules = LimitBook.ownRules(map.tags, counted.tag) else { continue }
            all.append(ScopeStanding(kind: .tag, tag: counted.tag, rules: standings(of: counted.at, rules, moment)))
        }
        for (provider, ref) in map.providers.enumerated() {
            add(.provider, ref, provider: provider)
            for (key, ref) in map.keys[provider].enumerated() { add(.key, ref, provider: provider, key: key) }
        }
        return all
    }

    private func standings(of ref: ScopeRef?, _ rules: LimitRules, _ moment: LimitMoment) -> [LimitStanding] {
        if let slot = ref.flatMap({ slot($0) }) { return counters[slot].scope.standings(moment) }
        var fresh = LimitScope()
        fresh.ceilings = Ceilings(rules)
        return fresh.standings(moment)
    }

    /// Shares (`warn_at`) that were reached for the first time.
    package func warnings(of scopes: LimitScopes, now: Int64, unixSeconds: Int64) -> [LimitWarning] {
        var all: [LimitWarning] = []
        for entry in scopes.entries {
            guard let slot = slot(entry.at) else { continue }
            for (share, standing) in counters[slot].scope.newShares(moment(now, unixSeconds)) {
                let tag = entry.kind == .tag ? tags.first { $0.at == entry.at }?.tag : nil
                all.append(LimitWarning(kind: entry.kind, tag: tag, share: share, standing: standing))
            }
        }
        return all
    }
}
