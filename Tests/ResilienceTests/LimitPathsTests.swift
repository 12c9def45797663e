@testable import Bytes
@testable import Model
@testable import Resilience
import Testing

private func rules(_ change: (inout LimitRules) -> Void) -> LimitRules {
    var rules = LimitRules()
    change(&rules)
    return rules
}

private func requests(_ count: Int) -> LimitRules { rules { $0.day.requests = count } }

/// Tags are paths: who spends for a key spends for its team and its organisation.
@Suite struct LimitPathsTests {
    @Test func aTagCountsForThoseAboveIt() {
        let desk = Desk { $0.limits.tags = [TagLimits(tag: "org/team/key", rules: requests(2)), TagLimits(tag: "org", rules: requests(5)), TagLimits(tag: "org/team", rules: requests(3))] }
        #expect((0..<3).map { _ in desk.ask(0, tag: "org/team/key").isOK } == [true, true, false])
        #expect((0..<2).map { _ in desk.ask(0, tag: "org/team/other").isOK } == [true, false])
        #expect((0..<3).map { _ in desk.ask(0, tag: "org/else").isOK } == [true, true, false])
        for tag in ["org", "org/team", "org/team/key", "org/"] { #expect(!desk.ask(0, tag: tag).isOK) }
        for tag in ["or", "organ", "organ/team", "x/org", "", "/org"] { #expect(desk.ask(0, tag: tag).isOK) }
        #expect(LimitBook.entries(desk.configuration.limits.tags, "org/team/key").map { $0.name } == ["org", "org/team", "org/team/key"])
    }

    @Test func starsStandForWholeTagsWithoutAnEntry() {
        let tags = [
            TagLimits(tag: "*", rules: requests(1)), TagLimits(tag: "org", rules: requests(9)), TagLimits(tag: "org/*", rules: requests(2)),
            TagLimits(tag: "org/free", rules: LimitRules()), TagLimits(tag: "org/free/*", rules: requests(3)),
        ]
        func counts(_ tag: String) -> [String] { LimitBook.entries(tags, tag).map { "\($0.name)=\($0.rules.day.requests ?? 0)" } }
        #expect(counts("a") == ["a=1"] && counts("a/b") == ["a/b=1"] && counts("") == ["=1"])
        #expect(counts("org") == ["org=9"] && counts("org/a") == ["org=9", "org/a=2"] && counts("org/a/b") == ["org=9", "org/a/b=2"])
        #expect(counts("org/free") == ["org=9"] && counts("org/free/x") == ["org=9", "org/free/x=3"] && counts("organ") == ["organ=1"])
        let desk = Desk { $0.limits.tags = tags }
        for tag in ["org/a", "org/b"] { #expect((0..<3).map { _ in desk.ask(0, tag: tag).isOK } == [true, true, false]) }
    }

    @Test func theInnermostDefaultCounts() {
        let tags = [TagLimits(tag: "o", rules: rules { $0.defaultMaxTokens = 5 }), TagLimits(tag: "o/t", rules: rules { $0.defaultMaxTokens = 7 }), TagLimits(tag: "o/t/k", rules: requests(1))]
        #expect(LimitBook.defaultMaxTokens(tags, "o/t/k") == 7 && LimitBook.defaultMaxTokens(tags, "o/x") == 5 && LimitBook.defaultMaxTokens(tags, "x") == nil)
    }

    /// What one key has reserved and not used comes back to all above it.
    @Test func settlementsGoUpThePath() {
        let desk = Desk { $0.limits.tags = [TagLimits(tag: "o", rules: rules { $0.month.usd = 100 }), TagLimits(tag: "o/k", rules: rules { $0.month.usd = 80 })] }
        let first = desk.ask(0, usd: 80, tag: "o/k")
        #expect(first.isOK && desk.ask(0, usd: 30, tag: "o/other").isReserved)
        desk.end(first, usd: 20)
        let other = desk.ask(0, usd: 80, tag: "o/other")
        #expect(other.isOK && desk.ask(0, usd: 1, tag: "o/k").isReserved)
        desk.takeBack(other)
        #expect(desk.ask(0, usd: 60, tag: "o/k").isOK)
        #expect(desk.ask(0, usd: 21, tag: "o/z").isReserved && desk.ask(0, usd: 20, tag: "o/z").isOK)
    }

    @Test func aReloadGivesCountedTagsTheirNewRules() {
        var desk = Desk { $0.limits.tags = [TagLimits(tag: "o", rules: requests(3)), TagLimits(tag: "o/*", rules: requests(1))] }
        #expect(desk.ask(0, tag: "o/k").isOK && !desk.ask(0, tag: "o/k").isOK)
        desk.reload(now: 1) { $0.limits.tags = [TagLimits(tag: "o/k", rules: requests(2)), TagLimits(tag: "o", rules: requests(9))] }
        #expect(desk.ask(1, tag: "o/k").isOK && !desk.ask(1, tag: "o/k").isOK && desk.ask(1, tag: "o").isOK)
    }
}

@Suite struct LimitPeriodsTests {
    /// The calendar, against what `date -u` says.
    @Test func months() {
        expect(0, 1970, 1, 0, 2_678_400)
        expect(2_678_399, 1970, 1, 0, 2_678_400)
        expect(951_782_400, 2000, 2, 949_363_200, 951_868_800)
        expect(951_868_800, 2000, 3, 951_868_800, 954_547_200)
        expect(1_703_980_800, 2023, 12, 1_701_388_800, 1_704_067_200)
        expect(1_709_164_800, 2024, 2, 1_706_745_600, 1_709_251_200)
        expect(4_107_542_399, 2100, 2, 4_105_123_200, 4_107_542_400)
        var last = LimitPeriods(unixSeconds: 0).month
        for day in Int64(0)..<200_000 { // no day lies outside of its month, and months follow each other
            let month = LimitPeriods(unixSeconds: day * 86_400).month
            #expect(month == last || month == last + 1)
            #expect(LimitPeriods.start(.month, month) <= day * 86_400 && day * 86_400 < LimitPeriods.start(.month, month + 1))
            last = month
        }
    }

    private func expect(_ unix: Int64, _ year: Int64, _ month: Int64, _ start: Int64, _ next: Int64) {
        let number = LimitPeriods(unixSeconds: unix).month
        #expect(number == year * 12 + month - 1)
        #expect(LimitPeriods.start(.month, number) == start)
        #expect(LimitPeriods.start(.month, number + 1) == next)
    }

    @Test func hoursAndMonths() {
        let march: Int64 = 1_709_251_200 // 2024-03-01
        let desk = Desk { $0.limits.client.hour.requests = 2; $0.limits.client.month.tokens = 100 }
        func ask(_ unix: Int64, tokens: Int = 1) -> LimitAnswer { desk.ask((unix - march + 5_000_000) * second, tokens: tokens, unix: unix) }
        #expect(ask(march - 100, tokens: 50).isOK && ask(march - 50).isOK)
        let full = ask(march - 10)
        #expect(full.rule == .amount(.requests, .hour) && full.until == 5_000_000 * second)
        #expect(ask(march, tokens: 60).isOK)                                     // another hour, another month
        let spent = ask(march + 3600, tokens: 41)
        #expect(spent.rule == .amount(.tokens, .month) && spent.until == (5_000_000 + 31 * 86_400) * second)
        #expect(ask(march + 3600, tokens: 40).isOK && ask(march + 7200, tokens: 1).rule == .amount(.tokens, .month))
        #expect(ask(march + 31 * 86_400 - 1).rule == .amount(.tokens, .month) && ask(march + 31 * 86_400, tokens: 100).isOK)
    }
}

@Suite struct LimitStandingsTests {
    @Test func whatIsUsedAndLeft() {
        let desk = Desk {
            $0.limits.client.minute.requests = 3
            $0.limits.tags = [TagLimits(tag: "o", rules: rules { $0.hour.usd = 10; $0.concurrency = 2 }), TagLimits(tag: "o/*", rules: requests(4))]
        }
        func told(_ tag: String) -> [String] {
            desk.book.standings(desk.map, ofTag: tag, now: 7 * second, unixSeconds: today + 7).map { "\($0.rule.name) \($0.used)/\($0.limit) \($0.left) \($0.reset.map { "\($0 - today)" } ?? "-")" }
        }
        #expect(told("o/k") == ["requests_per_day 0/4 4 86400"] && told("x") == [])
        let running = desk.ask(2 * second, usd: 6, tag: "o/k")
        #expect(told("o/k") == ["requests_per_day 1/4 3 86400"])
        #expect(told("o") == ["usd_per_hour 6/10 4 3600", "concurrency 1/2 1 -"])
        desk.end(running, usd: 12)
        #expect(told("o") == ["usd_per_hour 12/10 0 3600", "concurrency 0/2 2 -"])
        let all = desk.book.standings(desk.map, now: 7 * second, unixSeconds: today + 7)
        #expect(all.map { $0.tag ?? "-" } == ["-", "o", "o/k"] && all.map { $0.kind } == [.client, .tag, .tag])
        #expect(all[0].rules.map { $0.reset.map { $0 - today } } == [63])          // it was used at the second 2, and counts for 61
        #expect(desk.book.standings(desk.map, now: 63 * second, unixSeconds: today + 63)[0].rules.map { $0.used } == [0])
    }

    /// Each share once in each window, when it is used and not when it is only reserved.
    @Test func sharesAreToldOnce() {
        let desk = Desk { $0.limits.tags = [TagLimits(tag: "o", rules: rules { $0.day.usd = 100; $0.minute.requests = 4; $0.warnAt = [0.5, 0.9] })] }
        var now: Int64 = 0, unix = today
        func told() -> [String] {
            let scopes = desk.scopes(tag: "o/k", now: now, unix: unix) ?? LimitScopes()
            return desk.book.warnings(of: scopes, now: now, unixSeconds: unix).map { "\($0.tag ?? "") \($0.share) \($0.standing.rule.name) \($0.standing.used)" }
        }
        let first = desk.ask(now, usd: 100, tag: "o/k")
        #expect(told() == [])
        desk.end(first, usd: 49)
        #expect(told() == [])
        desk.end(desk.ask(now, usd: 1, tag: "o/k"), usd: 1)
        #expect(told() == ["o 0.5 requests_per_minute 2", "o 0.5 usd_per_day 50"] && told() == [])
        for _ in 0..<2 { desk.end(desk.ask(now, usd: 20, tag: "o/k"), usd: 20) }
        #expect(told() == ["o 0.9 requests_per_minute 4", "o 0.9 usd_per_day 90"] && told() == [])
        (now, unix) = (70 * second, today + 70)
        for _ in 0..<2 { desk.end(desk.ask(now, usd: 1, tag: "o/k"), usd: 1) }
        #expect(told() == ["o 0.5 requests_per_minute 2"] && told() == [])          // the day was told of
        (now, unix) = (90_000 * second, today + 90_000)
        desk.end(desk.ask(now, usd: 95, tag: "o/k", unix: unix), usd: 95)
        #expect(told() == ["o 0.9 usd_per_day 95"])                              // the largest alone
    }
}
