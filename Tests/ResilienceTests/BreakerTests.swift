@testable import Model
@testable import Resilience
import Testing

private func policy(_ change: (inout BreakerPolicy) -> Void = { _ in }) -> BreakerPolicy {
    var policy = BreakerPolicy()
    change(&policy)
    return policy
}

extension Breaker {
    /// An ordinary attempt that is let through and ends at once.
    fileprivate mutating func call(ok: Bool, now: Int64, probe: Bool = false) -> Bool {
        guard let ticket = admit(now: now, probe: probe) else { return false }
        record(ticket, ok: ok, now: now)
        return true
    }

    fileprivate static func opened(at now: Int64 = 0, _ policy: BreakerPolicy = BreakerPolicy()) -> Breaker {
        var breaker = Breaker(policy)
        for _ in 0..<policy.failures { _ = breaker.call(ok: false, now: now) }
        return breaker
    }
}

@Suite struct BreakerTests {
    @Test func opensAfterFailuresInARow() {
        var breaker = Breaker(policy())
        for _ in 0..<4 { yes(breaker.call(ok: false, now: 0)) }
        #expect(breaker.state(now: 0) == .closed && breaker.failures == 4)
        yes(breaker.call(ok: true, now: 0) && breaker.failures == 0)
        for _ in 0..<4 { yes(breaker.call(ok: false, now: 1)) }
        #expect(breaker.state(now: 1) == .closed && breaker.openUntil(now: 1) == nil)
        // nine calls, eight of them failures: not the ten that the rate needs, but the fifth in a row is due
        yes(breaker.call(ok: false, now: 2))
        #expect(breaker.state(now: 2) == .open && breaker.openUntil(now: 2) == 2 + 60 * second)
        #expect(!breaker.admits(now: 2) && breaker.admit(now: 2, probe: false) == nil)
    }

    @Test func opensByRate() {
        func after(_ pattern: String) -> BreakerState {
            var breaker = Breaker(policy())
            for call in pattern { yes(breaker.call(ok: call == "o", now: 0)) }
            return breaker.state(now: 0)
        }
        #expect(after("xoxoxoxoxo") == .closed)          // half is not more than half
        #expect(after("xoxoxoxox") == .closed)           // nine are too few
        #expect(after("xoxoxxoxox") == .open)            // six of ten
        #expect(after("xxoxxoxxo") == .closed)
        #expect(after("xxoxxoxxox") == .open)
    }

    @Test func oldCallsLeaveTheWindow() {
        var breaker = Breaker(policy())
        for _ in 0..<2 { for ok in [false, false, true, false] { yes(breaker.call(ok: ok, now: 0)) } }      // six of eight
        yes(breaker.call(ok: true, now: 61 * second) && breaker.call(ok: false, now: 61 * second))
        #expect(breaker.state(now: 61 * second) == .closed)
    }

    @Test func halfOpenLetsOneProbeThroughAtATime() throws {
        var breaker = Breaker.opened()
        #expect(breaker.state(now: 60 * second - 1) == .open && breaker.state(now: 60 * second) == .halfOpen)
        let first = try need(breaker.admit(now: 60 * second, probe: false))
        #expect(first.isProbe && !breaker.admits(now: 60 * second) && breaker.admit(now: 60 * second, probe: true) == nil)
        breaker.record(first, ok: true, now: 61 * second)
        #expect(breaker.state(now: 61 * second) == .halfOpen && breaker.admits(now: 61 * second))
        let second = try need(breaker.admit(now: 62_000_000, probe: false))
        breaker.release(second)                                             // cancelled: neither
        #expect(breaker.state(now: 62_000_000) == .halfOpen)
        yes(breaker.call(ok: true, now: 62_000_000))
        #expect(breaker.state(now: 62_000_000) == .closed && breaker.failures == 0)
        yes(breaker.call(ok: false, now: 62_000_000) && breaker.state(now: 62_000_000) == .closed)
    }

    @Test func relapsesOpenAgain() {
        var breaker = Breaker.opened()
        yes(breaker.call(ok: false, now: 60 * second) && breaker.state(now: 60 * second) == .halfOpen)
        yes(breaker.call(ok: true, now: 60 * second) && breaker.call(ok: false, now: 65 * second))
        #expect(breaker.state(now: 65 * second) == .open && breaker.openUntil(now: 65 * second) == 125 * second)
    }

    @Test func lateResultsDoNotFlipIt() throws {
        var breaker = Breaker(policy { $0.successes = 1; $0.relapses = 1 })
        let early = try need(breaker.admit(now: 0, probe: false)), another = try need(breaker.admit(now: 0, probe: false))
        for _ in 0..<5 { yes(breaker.call(ok: false, now: 0)) }
        breaker.record(early, ok: true, now: 1)
        #expect(breaker.state(now: 1) == .open)
        let probe = try need(breaker.admit(now: 60 * second, probe: false))
        breaker.record(another, ok: false, now: 60 * second)
        #expect(breaker.state(now: 60 * second) == .halfOpen && !breaker.admits(now: 60 * second))
        breaker.record(probe, ok: true, now: 60 * second)
        #expect(breaker.state(now: 60 * second) == .closed)
        for ticket in [early, another, probe] { for _ in 0..<9 { breaker.record(ticket, ok: false, now: 60 * second) } }
        #expect(breaker.state(now: 60 * second) == .closed && breaker.failures == 0)
    }

    @Test func theLastCandidateIsProbedWhileItIsOpen() throws {
        var breaker = Breaker.opened()
        let probe = try need(breaker.admit(now: 5, probe: true))
        #expect(probe.isProbe && breaker.admit(now: 6, probe: true) == nil)
        breaker.record(probe, ok: false, now: 7)
        #expect(breaker.openUntil(now: 7) == 60 * second)                   // no news
        yes(breaker.call(ok: true, now: 8, probe: true) && breaker.state(now: 8) == .open)
        yes(breaker.call(ok: true, now: 9, probe: true) && breaker.state(now: 9) == .closed)
    }

    @Test func aHangingProbeLosesItsPlaceButNotItsSay() throws {
        var breaker = Breaker.opened()
        let slow = try need(breaker.admit(now: 60 * second, probe: false))
        #expect(breaker.admit(now: 120 * second - 1, probe: false) == nil)
        let next = try need(breaker.admit(now: 120 * second, probe: false))
        breaker.record(slow, ok: true, now: 121 * second)
        #expect(!breaker.admits(now: 121 * second))                         // the place is the second one's
        breaker.record(next, ok: true, now: 122 * second)
        #expect(breaker.state(now: 122 * second) == .closed)
    }

    @Test func disabled() {
        var breaker = Breaker(policy { $0.enabled = false })
        for _ in 0..<50 { yes(breaker.call(ok: false, now: 0)) }
        #expect(breaker.state(now: 0) == .closed && breaker.openUntil(now: 0) == nil)
        var open = Breaker.opened()
        open.adopt(policy { $0.enabled = false })
        #expect(open.state(now: 0) == .closed && open.admits(now: 0))
        open.adopt(policy())
        #expect(open.state(now: 0) == .open)
    }

    @Test func outcomes() {
        let failed: [Status] = [.resolve, .connect, .tls, .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .truncated,
                                .protocol, .overloaded, .server, .unavailable, .empty, .badResponse]
        for status in Status.allCases where status != .timeoutTotal {
            let expected: HealthOutcome = status == .ok ? .ok : failed.contains(status) ? .failed : .neither
            for seen in [false, true] { #expect(status.healthOutcome(contentSeen: seen) == expected, "\(status)") }
        }
        #expect(Status.timeoutTotal.healthOutcome(contentSeen: false) == .failed && Status.timeoutTotal.healthOutcome(contentSeen: true) == .neither)
    }

    /// Against the rules written down plainly, without the rate: which attempts pass, and when it is open.
    @Test(arguments: 1...20) func randomAgainstThePlainRules(seed: UInt64) {
        var dice = Dice(seed), now: Int64 = 0
        let rules = policy { $0.failures = 3; $0.rate = 2; $0.openFor = 5 }
        var breaker = Breaker(rules), running: [(ticket: Breaker.Ticket, generation: Int, number: Int)] = [], number = 0
        var open: Int64?, generation = 0, inARow = 0, good = 0, bad = 0, holder: Int?, probeSince: Int64 = 0, flips = 0
        for _ in 0..<4000 {
            now += Int64(dice.roll(600_000))
            let state: BreakerState = open.map { now < $0 ? .open : .halfOpen } ?? .closed
            #expect(breaker.state(now: now) == state)
            let place = holder == nil || now - probeSince >= 5 * second
            #expect(breaker.admits(now: now) == (state == .closed || state == .halfOpen && place))
            if dice.roll(2) == 0 {
                let wish = dice.roll(4) == 0, ticket = breaker.admit(now: now, probe: wish)
                #expect((ticket != nil) == (state == .closed || place && (wish || state == .halfOpen)))
                guard let ticket else { continue }
                #expect(ticket.isProbe == (state != .closed))
                number += 1
                running.append((ticket, generation, number))
                if state != .closed { (holder, probeSince) = (number, now) }
            } else if !running.isEmpty {
                let (ticket, born, ended) = running.remove(at: dice.roll(running.count))
                if holder == ended { holder = nil }
                if dice.roll(8) == 0 {
                    breaker.release(ticket)
                    continue
                }
                let ok = dice.roll(3) == 0
                breaker.record(ticket, ok: ok, now: now)
                guard born == generation else { continue }
                inARow = ok ? 0 : inARow + 1
                #expect(breaker.failures == inARow)
                if let until = open {
                    if ok { good += 1 } else if now >= until { bad += 1 }
                    if good == 2 { (open, inARow) = (nil, 0) } else if bad == 2 { open = now + 5 * second } else { continue }
                } else if inARow >= 3 { open = now + 5 * second } else { continue }
                (good, bad, holder) = (0, 0, nil)
                generation += 1
                flips += 1
            }
        }
        #expect(flips > 20)
    }

    @Test(arguments: 1...10) func theWindowIsNeverOlderThanItSays(seed: UInt64) {
        var dice = Dice(seed), now: Int64 = 0, recent = RecentCalls(), log: [(at: Int64, failed: Bool)] = []
        let window = 60 * second
        for _ in 0..<3000 {
            now += Int64(dice.roll(dice.roll(50) == 0 ? 100_000_000 : 2_000_000))
            let failed = dice.roll(2) == 0
            recent.add(failed: failed, now: now, window: window)
            log.append((now, failed))
            log.removeAll { now - $0.at >= window }
            let sure = log.filter { now - $0.at < window / 8 * 7 }
            #expect(recent.calls <= log.count && recent.calls >= sure.count)
            #expect(recent.failures <= log.count(where: \.failed) && recent.failures >= sure.count(where: \.failed))
        }
    }
}
