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
    private var lastDay: Int64 = .min

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
        if client { scopes.client = map.client }
        if let provider, provider >= 0, provider < map.providers.count {
            scopes.provider = map.providers[provider]
            if let key, key >= 0, key < map.keys[provider].count { scopes.key = map.keys[provider][key] }
        }
        if let tag, let rules = LimitBook.rules(map.tags, tag) {
            guard let counter = self.tag(tag, rules, moment(now, unixSeconds)) else { return nil }
            scopes.tag = counter
        }
        return scopes
    }

    /// Some of them limits USD.
    package func limitsMoney(_ scopes: LimitScopes) -> Bool {
        LimitKind.allCases.contains { kind in slot(scopes[kind]).map { counters[$0].scope.ceilings.limitsMoney } ?? false }
    }

    /// What stands for `scopes` being nil.
    package static let tagsFull = LimitBreach(scope: .none, kind: .tag, rule: .tags)

    /// All scopes or none. `unixSeconds` tells the UTC day.
    package func reserve(_ amount: LimitAmount, in scopes: LimitScopes, now: Int64, unixSeconds: Int64) -> LimitAnswer {
        let moment = moment(now, unixSeconds), spend = Spend(amount)
        if let refused = check(spend, scopes, moment) { return refused }
        var ticket = LimitTicket(scopes: scopes, spend: spend, cell: moment.cell, day: moment.day, start: moment.now)
        for kind in LimitKind.allCases {
            guard let slot = slot(scopes[kind]) else { continue }
            ticket.counted |= counters[slot].scope.take(spend, moment) << LimitTicket.bit(of: kind)
        }
        return .ok(ticket)
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
        let moment = LimitMoment(now: now, unixSeconds: unixSeconds, lastDay: lastDay)
        lastDay = moment.day
        return moment
    }

    /// The answer unless all scopes agree: what can never be comes first, then the longest wait, then a slot.
    private func check(_ spend: Spend, _ scopes: LimitScopes, _ moment: LimitMoment) -> LimitAnswer? {
        var latest = Int64.min, waits: LimitBreach?, busy: LimitBreach?, freed = Int64.min, held: LimitBreach?
        for kind in LimitKind.allCases {
            let at = scopes[kind]
            guard let slot = slot(at) else { continue }
            switch counters[slot].scope.check(spend, moment) {
            case .ok: break
            case .never(let rule): return .never(LimitBreach(scope: at, kind: kind, rule: rule))
            case .busy: busy = busy ?? LimitBreach(scope: at, kind: kind, rule: .concurrency)
            case .until(let time, let rule):
                if time > latest {
                    latest = time
                    waits = LimitBreach(scope: at, kind: kind, rule: rule)
                }
            case .reserved(let time, let rule):
                if time > freed {
                    freed = time
                    held = LimitBreach(scope: at, kind: kind, rule: rule)
                }
            }
        }
        if let waits { return .until(latest, waits) }
        if let held { return .reserved(freed, held) }
        return busy.map { .busy($0) }
    }

    private func end(_ ticket: inout LimitTicket?, _ change: Spend, back: Bool) {
        guard let ended = ticket else { return }
        ticket = nil
        for kind in LimitKind.allCases {
            guard let slot = slot(ended.scopes[kind]) else { continue }
            counters[slot].scope.end(change, ended, counted: ended.counted >> LimitTicket.bit(of: kind) & 7)
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
    package static func rules(_ tags: [TagLimits], _ tag: String) -> LimitRules? {
        if tags.isEmpty { return nil }
        let found = tags.first { same($0.tag, tag) } ?? tags.first { same($0.tag, "*") }
        return found.flatMap { $0.rules.isEmpty ? nil : $0.rules }
    }

    private func tag(_ tag: String, _ rules: LimitRules, _ moment: LimitMoment) -> ScopeRef? {
        let hash = fnv1a(tag)
        if let known = tags.first(where: { $0.hash == hash && same($0.tag, tag) }) { return known.at }
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
        tags.append(CountedTag(tag: tag, hash: hash, at: ref))
        return ref
    }

    private func reruleTags(_ policy: [TagLimits]) {
        for counted in tags { rule(counted.at, LimitBook.rules(policy, counted.tag) ?? LimitRules()) }
    }
}
