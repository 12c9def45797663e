@testable import Bytes
@testable import Model
@testable import Resilience
import Testing

/// A book under one configuration.
struct Desk {
    let book = LimitBook()
    var map: LimitMap
    var configuration = Configuration()

    init(now: Int64 = 0, _ change: (inout Configuration) -> Void) {
        change(&configuration)
        map = book.load(configuration, now: now, unixSeconds: today)
    }

    mutating func reload(now: Int64, unix: Int64 = today, _ change: (inout Configuration) -> Void) {
        change(&configuration)
        map = book.load(configuration, now: now, unixSeconds: unix)
    }

    func scopes(tag: String? = nil, provider: Int? = nil, key: Int? = nil, now: Int64 = 0, unix: Int64 = today) -> LimitScopes? {
        book.scopes(map, tag: tag, provider: provider, key: key, now: now, unixSeconds: unix)
    }

    func ask(_ now: Int64, tokens: Int = 1, usd: AttoUSD = 0, tag: String? = nil, provider: Int? = nil, key: Int? = nil, unix: Int64 = today) -> LimitAnswer {
        guard let scopes = scopes(tag: tag, provider: provider, key: key, now: now, unix: unix) else { return .busy(LimitBook.tagsFull) }
        return book.reserve(LimitAmount(tokens: tokens, usd: usd), in: scopes, now: now, unixSeconds: unix)
    }

    func end(_ answer: LimitAnswer, tokens: Int = 1, usd: AttoUSD = 0) {
        var ticket = answer.ticket
        book.settle(&ticket, used: LimitAmount(tokens: tokens, usd: usd))
        #expect(ticket == nil)
    }

    func takeBack(_ answer: LimitAnswer) {
        var ticket = answer.ticket
        book.release(&ticket)
        #expect(ticket == nil)
    }
}

extension LimitAnswer {
    var ticket: LimitTicket? { if case .ok(let ticket) = self { ticket } else { nil } }
    var isOK: Bool { ticket != nil }
    var until: Int64? { if case .until(let time, _) = self { time } else { nil } }
    var rule: LimitRule? {
        switch self {
        case .ok: nil
        case .until(_, let breach), .reserved(_, let breach), .busy(let breach), .never(let breach): breach.rule
        }
    }
    var kind: LimitKind? {
        switch self {
        case .ok: nil
        case .until(_, let breach), .reserved(_, let breach), .busy(let breach), .never(let breach): breach.kind
        }
    }
    var isNever: Bool { if case .never = self { true } else { false } }
    var isReserved: Bool { if case .reserved = self { true } else { false } }
    var isBusy: Bool { if case .busy = self { true } else { false } }
}

private func limited(_ id: String, keys: Int = 0, _ change: (inout LimitRules) -> Void = { _ in }) -> Provider {
    var provider = ProviderParts()
    provider.identity.id = id
    provider.access.keys = (0..<keys).map { ProviderKey(name: "\(id)#\($0)", value: "\(id)-\($0)") }
    change(&provider.routing.limits)
    return Provider(provider)
}

@Suite struct LimitsTests {
    @Test func noLimits() {
        let desk = Desk { $0.providers = [limited("a", keys: 2)] }
        #expect(desk.map.isEmpty)
        #expect(desk.scopes(tag: "t", provider: 0, key: 1) == LimitScopes())
        for _ in 0..<100 { #expect(desk.ask(0, tokens: .max, usd: .max, tag: "t", provider: 0, key: 1).isOK) }
        for (provider, key) in [(-1, 0), (1, 0), (0, 9), (0, -1)] { #expect(desk.ask(0, provider: provider, key: key).isOK) }
    }

    @Test func requestsPerMinuteSlide() {
        let desk = Desk { $0.limits.client.minute.requests = 2 }
        #expect(!desk.map.isEmpty && desk.ask(500_000).isOK && desk.ask(30 * second).isOK)
        let refused = desk.ask(59 * second)
        #expect(refused.until == 61 * second && refused.rule == .requestsPerMinute && refused.kind == .client)
        #expect(desk.ask(60_400_000).until == 61 * second)
        #expect(desk.ask(61 * second).isOK)
        #expect(desk.ask(61 * second).until == 91 * second)
        #expect(desk.ask(5000 * second).isOK && desk.ask(5000 * second).isOK && !desk.ask(5000 * second).isOK)
        #expect(!desk.ask(0).isOK)                            // time that runs backwards is now
    }

    @Test func tokensAreSettledWhereTheyWereReserved() {
        let desk = Desk { $0.limits.client.minute.tokens = 1000 }
        #expect(desk.ask(0, tokens: 1001).isNever && desk.ask(0, tokens: 1001).rule == .tokensPerMinute)
        let first = desk.ask(0, tokens: 900)
        #expect(desk.ask(second, tokens: 101).until == 61 * second)
        desk.end(first, tokens: 100)
        let other = desk.ask(second, tokens: 900)
        #expect(other.isOK && desk.ask(second, tokens: 1).until == 61 * second)
        desk.end(other, tokens: 5000)                         // more than it said: blocked until it slides out
        #expect(desk.ask(61 * second, tokens: 1).until == 62 * second && desk.ask(62 * second, tokens: 1000).isOK)
        let late = desk.ask(200 * second, tokens: 1000)
        desk.end(late, tokens: 0)
        let long = desk.ask(200 * second, tokens: 1000)
        #expect(long.isOK && desk.ask(300 * second, tokens: 1000).isOK)
        desk.end(long, tokens: 1_000_000)                     // its minute is over
        #expect(desk.ask(361 * second, tokens: 1000).isOK)
    }

    /// What running requests have reserved is waited for, what was used is not.
    @Test func reservationsOfRunningRequests() {
        let desk = Desk { $0.limits.client.day.usd = 100 }
        let first = desk.ask(0, usd: 60), full = desk.ask(0, usd: 60)
        #expect(first.isOK && full.isReserved && full.rule == .usdPerDay && full.until == nil)
        desk.end(first, usd: 30)
        let second = desk.ask(0, usd: 60)
        #expect(second.isOK && desk.ask(0, usd: 60).isReserved && desk.ask(0, usd: 71).until != nil) // 30 are spent
        desk.takeBack(second)
        #expect(desk.ask(0, usd: 70).isOK)
        let minute = Desk { $0.limits.client.minute.usd = 100; $0.limits.client.minute.requests = 2 }
        let one = minute.ask(0, usd: 90)
        #expect(minute.ask(1, usd: 20).isReserved && minute.ask(1, usd: 101).isNever)
        minute.end(one, usd: 90)
        #expect(minute.ask(1, usd: 20).until == 61 * Micros.second && minute.ask(1, usd: 10).isOK)
        #expect(minute.ask(2).until == 61 * Micros.second) // requests are used when they begin
    }

    /// Those of yesterday fill nothing today.
    @Test func reservationsOfYesterday() {
        let desk = Desk { $0.limits.client.day.usd = 100 }
        let old = desk.ask(0, usd: 100), day: Int64 = 86_400
        let new = desk.ask(day * Micros.second, usd: 80, unix: today + day)
        #expect(new.isOK && desk.ask(day * Micros.second, usd: 30, unix: today + day).isReserved)
        desk.end(old, usd: 100)
        #expect(desk.ask(day * Micros.second, usd: 30, unix: today + day).isReserved)
        desk.end(new, usd: 80)
        #expect(desk.ask(day * Micros.second, usd: 30, unix: today + day).until != nil)
    }

    @Test func everyRequestIsATokenAtLeast() {
        let desk = Desk { $0.limits.client.minute.tokens = 2 }
        #expect(desk.ask(0, tokens: 0).isOK && desk.ask(0, tokens: -5).isOK && !desk.ask(0, tokens: 0).isOK)
    }

    @Test func dollarsAreExact() {
        let desk = Desk { $0.limits.client.minute.usd = usd / 10 }
        let third = usd / 30                                  // three of them are a little less than the limit
        for _ in 0..<3 { #expect(desk.ask(0, usd: third).isOK) }
        #expect(desk.ask(0, usd: usd / 10 - 3 * third).isOK && desk.ask(0, usd: 1).rule == .usdPerMinute && desk.ask(0, usd: 0).isOK)
        #expect(desk.ask(0, usd: usd / 10 + 1).isNever && desk.ask(0, usd: .max).isNever)
    }

    @Test func days() {
        let desk = Desk { $0.limits.client.day.requests = 2; $0.limits.client.day.usd = usd }
        let noon = today + 43_200
        let first = desk.ask(7 * second, usd: usd, unix: noon)
        #expect(first.isOK && desk.ask(7 * second, usd: 1, unix: noon).isReserved)
        desk.end(first, usd: usd)
        let refused = desk.ask(7 * second, usd: 1, unix: noon)
        #expect(refused.until == (43_200 + 7) * second && refused.rule == .usdPerDay)
        #expect(desk.ask(7 * second, unix: noon).isOK && desk.ask(7 * second, unix: noon).rule == .requestsPerDay)
        let night = desk.ask(9 * second, unix: today + 86_399)
        #expect(night.until == 10 * second)
        let next = desk.ask(10 * second, usd: usd, unix: today + 86_400)
        #expect(next.isOK)
        #expect(!desk.ask(11 * second, usd: usd, unix: today + 86_399).isOK)         // the clock was set back over midnight
        desk.end(next, usd: usd / 2)
        #expect(desk.ask(12 * second, usd: usd / 2, unix: today + 86_401).isOK)
        #expect(!desk.ask(12 * second, unix: today + 86_401).isOK)
        #expect(desk.ask(12 * second, unix: today - 10 * 86_400).isOK)               // it had been far ahead
    }

    @Test func aDaysSettlementStaysInItsDay() {
        let desk = Desk { $0.limits.client.day.tokens = 100 }
        let evening = desk.ask(0, tokens: 100, unix: today + 86_399)
        #expect(desk.ask(2 * second, tokens: 60, unix: today + 86_401).isOK)
        desk.end(evening, tokens: 0)
        #expect(desk.ask(2 * second, tokens: 41, unix: today + 86_401).rule == .tokensPerDay && desk.ask(2 * second, tokens: 40, unix: today + 86_401).isOK)
    }

    @Test func concurrency() {
        let desk = Desk { $0.limits.client.concurrency = 2 }
        let a = desk.ask(0), b = desk.ask(0)
        #expect(a.isOK && b.isOK && desk.ask(0).isBusy && desk.ask(0).rule == .concurrency)
        desk.end(a)
        let c = desk.ask(0)
        #expect(c.isOK && desk.ask(0).isBusy)
        desk.takeBack(b)
        desk.takeBack(c)
        #expect(desk.ask(0).isOK && desk.ask(0).isOK && desk.ask(0).isBusy)
        let closed = Desk { $0.limits.client.concurrency = 0 }
        #expect(closed.ask(0).isNever && closed.ask(0).rule == .concurrency)
        #expect(Desk { $0.limits.client.minute.requests = 0 }.ask(0).isNever && Desk { $0.limits.client.day.requests = 0 }.ask(0).rule == .requestsPerDay)
    }

    @Test func spacing() {
        let desk = Desk { $0.limits.client.spacing = 180 }
        let first = desk.ask(5)
        #expect(first.isOK && desk.ask(6).until == 5 + 180 * second && desk.ask(6).rule == .spacing)
        let next = desk.ask(5 + 180 * second)
        #expect(next.isOK)
        desk.takeBack(next)                                   // never started: the earlier start holds again
        #expect(desk.ask(5 + 180 * second).isOK)
        desk.end(first)
        #expect(desk.ask(6 + 180 * second).until == 5 + 360 * second)
    }

    @Test func releaseIsAsIfNothingHadBeen() {
        let desk = Desk {
            $0.limits.client.minute.requests = 1; $0.limits.client.minute.tokens = 10; $0.limits.client.minute.usd = 10
            $0.limits.client.day.requests = 1; $0.limits.client.day.tokens = 10; $0.limits.client.day.usd = 10
            $0.limits.client.concurrency = 1; $0.limits.client.spacing = 60
        }
        for now in 0..<100 {
            let answer = desk.ask(Int64(now) * second, tokens: 10, usd: 10)
            #expect(answer.isOK)
            desk.takeBack(answer)
        }
    }

    @Test func endingTwiceIsOnce() {
        let desk = Desk { $0.limits.client.concurrency = 3; $0.limits.client.minute.tokens = 102 }
        var ticket = desk.ask(0, tokens: 50).ticket
        for _ in 0..<2 { #expect(desk.ask(0).isOK) }
        #expect(desk.ask(0).isBusy)
        desk.book.settle(&ticket, used: LimitAmount(tokens: 50, usd: 0))
        desk.book.settle(&ticket, used: LimitAmount(tokens: 0, usd: 0))
        desk.book.release(&ticket)
        #expect(desk.ask(0, tokens: 51).until == 61 * second && desk.ask(0, tokens: 49).isOK)
        #expect(desk.ask(0).isBusy) // the others still run
    }
}

@Suite struct LimitScopesTests {
    @Test func allOrNone() {
        let desk = Desk {
            $0.limits.client.minute.requests = 5
            $0.limits.tags = [TagLimits(tag: "*", rules: { var r = LimitRules(); r.minute.requests = 4; return r }())]
            $0.providers = [limited("a", keys: 2) { $0.concurrency = 1 }, limited("b")]
            $0.providers.change(0) { $0.access.keys[0].limits.minute.tokens = 10 }
        }
        for _ in 0..<20 { #expect(desk.ask(0, tokens: 11, tag: "t", provider: 0, key: 0).isNever) }
        let first = desk.ask(0, tokens: 10, tag: "t", provider: 0, key: 0)
        #expect(first.isOK)
        for _ in 0..<20 { #expect(desk.ask(0, tag: "t", provider: 0, key: 1).isBusy) }
        for _ in 0..<20 { #expect(desk.ask(0, tag: "t", provider: 0, key: 0).kind == .key) }     // the time is the longer wait
        #expect(desk.ask(0, tag: "t", provider: 1).isOK && desk.ask(0, tag: "t", provider: 1).isOK && desk.ask(0, tag: "t").isOK)
        #expect(desk.ask(0, tag: "t").kind == .tag && desk.ask(0, tag: "u").isOK && desk.ask(0, tag: "u").kind == .client)
    }

    @Test func tagsOfTheirOwnAndTheStar() {
        var one = LimitRules(), three = LimitRules()
        one.minute.requests = 1
        three.minute.requests = 3
        let desk = Desk { $0.limits.tags = [TagLimits(tag: "*", rules: one), TagLimits(tag: "big", rules: three), TagLimits(tag: "free", rules: LimitRules())] }
        #expect((0..<4).map { _ in desk.ask(0, tag: "big").isOK } == [true, true, true, false])
        for tag in ["", "a", "b", "ä", "A"] { #expect((0..<2).map { _ in desk.ask(0, tag: tag).isOK } == [true, false]) }
        for _ in 0..<9 { #expect(desk.ask(0, tag: "free").isOK && desk.ask(0).isOK) }
        let only = Desk { $0.limits.tags = [TagLimits(tag: "x", rules: one)] }
        for _ in 0..<9 { #expect(only.ask(0, tag: "y").isOK) }
    }

    @Test func tagsAreBoundedAndOnlyIdleOnesGo() {
        var rules = LimitRules()
        rules.minute.requests = 1
        let desk = Desk { $0.limits.tags = [TagLimits(tag: "*", rules: rules)] }
        for tag in 0..<LimitBook.mostTags {
            let answer = desk.ask(0, tag: "t\(tag)")
            #expect(answer.isOK)
            if tag != 7 { desk.end(answer) }
        }
        #expect(desk.scopes(tag: "new", now: second) == nil && desk.scopes(tag: "new", now: second) == nil)
        #expect(desk.ask(second, tag: "t9").until == 61 * second)
        #expect(desk.ask(70 * second, tag: "new").isOK)
        expectRoom(desk, for: LimitBook.mostTags - 2, now: 70 * second)    // beside the one that runs, and the new one
    }

    /// So many more tags can be counted, and no other.
    private func expectRoom(_ desk: Desk, for tags: Int, now: Int64, unix: Int64 = today) {
        for tag in 0..<tags where desk.scopes(tag: "more\(tag)", now: now, unix: unix) != nil { _ = desk.ask(now, tag: "more\(tag)", unix: unix) }
        #expect(desk.scopes(tag: "more\(tags - 1)", now: now, unix: unix) != nil && desk.scopes(tag: "one more", now: now, unix: unix) == nil)
    }

    @Test func aTagThatSpentItsDayIsNotForgotten() {
        var rules = LimitRules()
        rules.day.requests = 1
        let desk = Desk { $0.limits.tags = [TagLimits(tag: "*", rules: rules)] }
        for tag in 0..<LimitBook.mostTags { desk.end(desk.ask(0, tag: "t\(tag)")) }
        #expect(desk.scopes(tag: "new", now: 3600 * second) == nil && !desk.ask(3600 * second, tag: "t5").isOK)
        #expect(desk.ask(90_000 * second, tag: "new", unix: today + 86_400).isOK)
        expectRoom(desk, for: LimitBook.mostTags - 1, now: 90_000 * second, unix: today + 86_400)
    }

    @Test func aReloadKeepsWhatWasCounted() {
        var desk = Desk {
            $0.limits.client.day.requests = 10
            $0.providers = [limited("a", keys: 1) { $0.minute.requests = 2 }, limited("b") { $0.concurrency = 1 }]
        }
        let old = desk, running = desk.ask(0, provider: 1)
        for _ in 0..<2 { desk.end(desk.ask(0, provider: 0)) }
        desk.reload(now: 1) { $0.providers = [limited("b") { $0.concurrency = 1 }, limited("c"), limited("a", keys: 1) { $0.minute.requests = 3 }] }
        #expect(desk.ask(1, provider: 0).isBusy)
        let third = desk.ask(1, provider: 2)
        #expect(third.isOK && !desk.ask(1, provider: 2).isOK)
        desk.end(third)
        #expect(old.ask(1, provider: 1).isBusy && !old.ask(1, provider: 0).isOK)      // requests in flight have their own indexes
        desk.end(running)
        #expect(desk.ask(1, provider: 0).isOK)
        desk.reload(now: 2) { $0.providers = []; $0.limits.client.day.requests = 6 }
        #expect(desk.ask(2).isOK && desk.ask(2).rule == .requestsPerDay)
        desk.reload(now: 2) { $0.providers = [limited("a") { $0.minute.requests = 3 }]; $0.limits.client.day.requests = 9 }
        #expect(desk.ask(2, provider: 0).rule == .requestsPerMinute)      // it was forgotten by nobody
        desk.reload(now: 100 * second) { $0.providers = []; $0.limits.client = LimitRules() }
        #expect(desk.map.isEmpty && desk.ask(100 * second).isOK)
        #expect(old.ask(100 * second, provider: 0).isOK)      // its counter is gone: no limit
        desk.reload(now: 100 * second) { $0.providers = [limited("b") { $0.concurrency = 1 }] }
        #expect(desk.ask(100 * second, provider: 0).isBusy)   // b still has one running
    }

    @Test func aWindowThatBeginsLaterOwesNothing() {
        var desk = Desk { $0.limits.client.concurrency = 5 }
        let early = desk.ask(0, tokens: 1000)
        desk.reload(now: 0) { $0.limits.client.minute.tokens = 100 }
        #expect(desk.ask(0, tokens: 100).isOK)
        desk.end(early, tokens: 0)
        #expect(!desk.ask(0, tokens: 1).isOK)
    }
}

extension [Provider] {
    fileprivate mutating func change(_ index: Int, _ change: (inout ProviderParts) -> Void) {
        var parts = ProviderParts(self[index])
        change(&parts)
        self[index] = Provider(parts)
    }
}
