@testable import Model
@testable import Resilience
import Glibc
import Testing

/// What one scope has let through, written down plainly.
private final class Log {
    struct Entry {
        var at: Int64
        var unix: Int64
        var tokens: Int
        var usd: AttoUSD
        var running = true
    }
    let rules: LimitRules
    var entries: [Int: Entry] = [:]
    init(_ rules: LimitRules) { self.rules = rules }

    /// Sums over those that began at or after `from`.
    private func sums(from: Int64) -> (Int, Int, AttoUSD) {
        entries.values.reduce((0, 0, 0)) { $1.at >= from ? ($0.0 + 1, $0.1 + $1.tokens, $0.2 + $1.usd) : $0 }
    }

    private func within(_ sums: (Int, Int, AttoUSD), _ requests: Int?, _ tokens: Int?, _ usd: AttoUSD?) -> Bool {
        sums.0 <= requests ?? .max && sums.1 <= tokens ?? .max && sums.2 <= usd ?? .max
    }

    /// Nothing is over a limit in the 60 seconds that end now, nor today; as many run as may.
    func holds(now: Int64, unix: Int64) -> Bool {
        func sum(_ isSame: (Int64) -> Bool) -> (Int, Int, AttoUSD) {
            entries.values.reduce((0, 0, AttoUSD(0))) { isSame($1.unix) ? ($0.0 + 1, $0.1 + $1.tokens, $0.2 + $1.usd) : $0 }
        }
        let hour = sum { $0 / 3600 == unix / 3600 }, day = sum { $0 / 86_400 == unix / 86_400 }, month = sum { monthOf($0) == monthOf(unix) }
        return within(sums(from: now - 60 * second + 1), rules.minute.requests, rules.minute.tokens, rules.minute.usd)
            && within(hour, rules.hour.requests, rules.hour.tokens, rules.hour.usd)
            && within(day, rules.day.requests, rules.day.tokens, rules.day.usd)
            && within(month, rules.month.requests, rules.month.tokens, rules.month.usd)
            && entries.values.count(where: \.running) <= rules.concurrency ?? .max && spaced
    }

    /// It would hold even over the 61 seconds that the windows look at: then there is no reason to refuse.
    func mustPass(now: Int64, unix: Int64, tokens: Int, usd: AttoUSD) -> Bool {
        entries[-1] = Entry(at: now, unix: unix, tokens: tokens, usd: usd)
        defer { entries[-1] = nil }
        return holds(now: now, unix: unix) && within(sums(from: now - 61 * second), rules.minute.requests, rules.minute.tokens, rules.minute.usd)
    }

    private var spaced: Bool {
        guard let spacing = rules.spacing else { return true }
        let starts = entries.values.map(\.at).sorted()
        return zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= Int64(spacing * 1e6) }
    }
}

/// By the C library's calendar.
private func monthOf(_ unix: Int64) -> Int32 {
    var seconds = time_t(unix), date = tm()
    gmtime_r(&seconds, &date)
    return date.tm_year * 12 + date.tm_mon
}

private func randomRules(_ dice: inout Dice) -> LimitRules {
    var rules = LimitRules()
    func maybe(_ n: Int) -> Int? { dice.roll(2) == 0 ? n + dice.roll(n) : nil }
    rules.minute.requests = maybe(5)
    rules.minute.tokens = maybe(200)
    rules.minute.usd = maybe(100).map { AttoUSD($0) * usd }
    rules.day.requests = maybe(100)
    rules.day.tokens = maybe(4000)
    rules.day.usd = maybe(2000).map { AttoUSD($0) * usd }
    if dice.roll(2) == 0 {
        rules.hour.requests = maybe(20)
        rules.hour.usd = maybe(400).map { AttoUSD($0) * usd }
        rules.month.tokens = maybe(9000)
        rules.month.usd = maybe(5000).map { AttoUSD($0) * usd }
    }
    rules.concurrency = maybe(3)
    rules.spacing = dice.roll(3) == 0 ? Double(dice.roll(6)) : nil
    return rules
}

@Suite struct LimitsRandomTests {
    /// Settlements never exceed what was reserved here, so nothing may ever be over a limit.
    @Test(arguments: 1...16) func neverOverALimit(seed: UInt64) {
        var dice = Dice(seed)
        let desk = Desk { configuration in
            configuration.limits.client = randomRules(&dice)
            configuration.limits.tags = [TagLimits(tag: "*", rules: randomRules(&dice))]
            for id in ["a", "b"] {
                var provider = ProviderParts()
                provider.identity.id = id
                provider.routing.limits = randomRules(&dice)
                configuration.providers.append(Provider(provider))
            }
        }
        var logs = ["client": Log(desk.configuration.limits.client)]
        for tag in ["x", "y"] { logs[tag] = Log(desk.configuration.limits.tags[0].rules) }
        for provider in desk.configuration.providers { logs[provider.id] = Log(provider.routing.limits) }
        var now: Int64 = 0, running: [(id: Int, ticket: LimitTicket?, in: [Log])] = [], passed = 0
        for id in 0..<1000 {
            now += Int64(dice.roll(dice.roll(100) == 0 ? 40_000_000_000 : 4_000_000))
            let unix = today + now / second
            if dice.roll(5) < 3 {
                let provider = dice.roll(2), tag = ["x", "y"][dice.roll(2)], tokens = 1 + dice.roll(60), cost = AttoUSD(dice.roll(40)) * usd
                let its = [logs["client"]!, logs[tag]!, logs[["a", "b"][provider]]!]
                let must = its.allSatisfy { $0.mustPass(now: now, unix: unix, tokens: tokens, usd: cost) }
                let answer = desk.ask(now, tokens: tokens, usd: cost, tag: tag, provider: provider, unix: unix)
                #expect(answer.isOK || !must)
                if let ticket = answer.ticket {
                    for log in its { log.entries[id] = Log.Entry(at: now, unix: unix, tokens: tokens, usd: cost) }
                    running.append((id, ticket, its))
                    passed += 1
                } else if let until = answer.until {
                    #expect(until > now)
                }
            } else if !running.isEmpty {
                var (id, ticket, its) = running.remove(at: dice.roll(running.count))
                if dice.roll(4) == 0 {
                    desk.book.release(&ticket)
                    for log in its { log.entries[id] = nil }
                } else {
                    let share = dice.roll(3)
                    guard let entry = its[0].entries[id] else { continue }
                    let used = LimitAmount(tokens: entry.tokens * share / 2, usd: entry.usd * AttoUSD(share) / 2)
                    desk.book.settle(&ticket, used: used)
                    for log in its {
                        log.entries[id]?.tokens = used.tokens
                        log.entries[id]?.usd = used.usd
                        log.entries[id]?.running = false
                    }
                }
            }
            #expect(logs.values.allSatisfy { $0.holds(now: now, unix: unix) })
        }
        #expect(passed > 20)
        while var last = running.popLast() {
            desk.book.release(&last.ticket)
            for log in last.in { log.entries[last.id] = nil }
        }
        // None is counted as running any more: forty days later everything that the rules allow passes at once.
        now += 40 * 86_400 * second
        for id in 1000..<1010 {
            for (provider, tag) in [(0, "x"), (1, "y")] {
                let unix = today + now / second, its = [logs["client"]!, logs[tag]!, logs[["a", "b"][provider]]!]
                let must = its.allSatisfy { $0.mustPass(now: now, unix: unix, tokens: 1, usd: 0) }
                let isOK = desk.ask(now, tag: tag, provider: provider, unix: unix).isOK
                #expect(isOK || !must)
                if isOK { for log in its { log.entries[id * 2 + provider] = Log.Entry(at: now, unix: unix, tokens: 1, usd: 0) } }
            }
        }
    }

    /// Alone, a request passes at the time it was told, and not a microsecond earlier.
    @Test(arguments: 1...24) func untilIsTrue(seed: UInt64) {
        var dice = Dice(seed), now: Int64 = 0, told = 0
        let rules = randomRules(&dice)
        let desk = Desk { $0.limits.client = rules; $0.limits.client.concurrency = nil }
        for _ in 0..<600 {
            now += Int64(dice.roll(3_000_000))
            let tokens = 1 + dice.roll(60), cost = AttoUSD(dice.roll(40)) * usd
            func ask(_ at: Int64) -> LimitAnswer { desk.ask(at, tokens: tokens, usd: cost, unix: today + at / second) }
            var answer = ask(now)
            if let until = answer.until {
                told += 1
                // Of the day's end the seconds are known, not their fraction.
                let daily = if case .amount(_, let window)? = answer.rule { window != .minute } else { false }
                #expect(!ask(until - (daily ? second + 1 : 1)).isOK)
                answer = ask(until)
                now = until
            }
            #expect(answer.isOK || answer.isNever)
            if answer.isOK { desk.end(answer, tokens: tokens, usd: cost) }
        }
        #expect(told > 0 || rules == { var r = LimitRules(); r.concurrency = rules.concurrency; r.spacing = rules.spacing; return r }())
    }
}
