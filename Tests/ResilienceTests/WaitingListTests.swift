@testable import Model
@testable import Resilience
import Testing

private func at(_ slot: Int32) -> ScopeRef { ScopeRef(slot: slot, generation: 1) }

private func scopes(_ client: Int32, _ provider: Int32 = -1) -> LimitScopes {
    var scopes = LimitScopes()
    scopes.add(.client, at(client))
    if provider >= 0 { scopes.add(.provider, at(provider)) }
    return scopes
}

@Suite struct WaitingListTests {
    @Test func firstComeFirstServed() throws {
        var list = WaitingList<String>()
        #expect(list.blocker(of: scopes(0)) == nil && list.heads(of: scopes(0)).isEmpty)
        let a = try need(list.enqueue("a", at: at(0), most: 3)), b = try need(list.enqueue("b", at: at(0), most: 3)), c = try need(list.enqueue("c", at: at(1), most: 3))
        yes(list.enqueue("d", at: at(0), most: 3) == nil)
        #expect(list.waiters.count == 3)
        #expect(list.heads(of: scopes(0, 1)).map(\.owner) == ["a", "c"] && list.heads(of: scopes(1)).map(\.owner) == ["c"])
        #expect(list.blocker(of: scopes(0), before: a) == nil && list.blocker(of: scopes(0), before: b) == at(0))
        #expect(list.blocker(of: scopes(0, 1), before: c) == at(0) && list.blocker(of: scopes(5, 1), before: c) == nil)
        #expect(list.blocker(of: scopes(5, 1)) == at(1) && list.blocker(of: scopes(5, 6)) == nil)
        yes(list.remove(b) == nil)                            // not the head: nobody's turn comes
        let d = try need(list.enqueue("d", at: at(0), most: 3))
        yes(list.remove(a)?.id == d)
        yes(list.remove(a) == nil && list.remove(99) == nil && list.remove(0) == nil)
        yes(list.remove(d) == nil && list.remove(c) == nil)
        #expect(list.waiters.count == 0)
    }

    @Test func moving() throws {
        var list = WaitingList<Int>()
        let ids = try (0..<4).map { try need(list.enqueue($0, at: at($0 < 2 ? 0 : 1), most: 1000)) }
        yes(list.move(ids[0], to: at(1))?.id == ids[1])       // the next one there may try
        #expect(list.heads(of: scopes(1)).map(\.owner) == [0])      // and the older one goes before those who wait here
        yes(list.move(ids[0], to: at(1)) == nil && list.move(ids[3], to: at(0)) == nil)
        #expect(list.heads(of: scopes(0, 1)).map(\.owner) == [0, 1])
        yes(list.remove(ids[1])?.id == ids[3] && list.remove(ids[0])?.id == ids[2])
    }

    /// In each turn every tag has one request, so nobody who has many waiting holds up another.
    @Test func tagsTakeTurns() throws {
        var list = WaitingList<String>()
        let many = try (1...4).map { try need(list.enqueue("a\($0)", at: at(0), tag: "a", most: 4)) }
        yes(list.enqueue("a5", at: at(0), tag: "a", most: 4) == nil)          // another tag has room
        #expect(list.blocker(of: scopes(0), tag: "b") == at(0))
        let b = try (1...2).map { try need(list.enqueue("b\($0)", at: at(0), tag: "b", most: 4)) }
        _ = try need(list.enqueue("none", at: at(0), most: 4))
        #expect(order(&list, 3) == ["a1", "b1", "none"])
        // Who comes back at once does not go before those who wait.
        _ = try need(list.enqueue("b3", at: at(0), tag: "b", most: 4))
        _ = try need(list.enqueue("none2", at: at(0), most: 4))
        #expect(order(&list, 6) == ["a2", "b2", "none2", "a3", "b3", "a4"])
        #expect(list.waiters.count == 0 && list.remove(many[0]) == nil && list.remove(b[0]) == nil)
    }

    /// A tag that comes back again and again has every second turn.
    @Test func nobodyStarves() throws {
        var list = WaitingList<String>(), served: [String] = []
        for _ in 0..<10 { _ = try need(list.enqueue("a", at: at(0), tag: "a", most: 10)) }
        for _ in 0..<20 {
            _ = list.enqueue("b", at: at(0), tag: "b", most: 1)
            served += order(&list, 1)
        }
        #expect(served.count { $0 == "a" } == 10 && served.prefix(4) == ["a", "b", "a", "b"])
    }

    private func order(_ list: inout WaitingList<String>, _ count: Int) -> [String] {
        (0..<count).compactMap { _ in
            guard let head = list.heads(of: scopes(0)).first else { return nil }
            #expect(list.blocker(of: scopes(0), before: head.id) == nil)
            list.remove(head.id, served: true)
            return head.owner
        }
    }

    @Test func noScopeBlocksNobody() throws {
        var list = WaitingList<Int>()
        let a = try need(list.enqueue(1, at: .none, most: 1000))
        #expect(list.blocker(of: LimitScopes()) == nil && list.heads(of: LimitScopes()).isEmpty)
        _ = try need(list.enqueue(2, at: .none, most: 1000))
        yes(list.remove(a) == nil)
    }

    /// The whole protocol over a book: everybody gets through, nobody overtakes in a scope, no wake-up is lost.
    @Test(arguments: 1...20) func everybodyGetsThrough(seed: UInt64) {
        var dice = Dice(seed)
        let desk = Desk { configuration in
            configuration.limits.client.concurrency = 3
            configuration.limits.client.minute.requests = 40
            for id in ["a", "b"] {
                var provider = ProviderParts()
                provider.identity.id = id
                provider.routing.limits.concurrency = 2
                configuration.providers.append(Provider(provider))
            }
        }
        var list = WaitingList<Int>(), running: [(LimitTicket?, Int)] = [], now: Int64 = 0
        var wanted: [Int: Int] = [:], started: [Int] = [], wakes: [UInt64: (at: Int64, owner: Int)] = [:]
        /// A waiter tries; those whose turn that makes try too.
        func retry(_ first: (id: UInt64, owner: Int)) {
            var next: (id: UInt64, owner: Int)? = first
            func turn(of waiter: WaitingList<Int>.Waiter?) { next = waiter.map { ($0.id, $0.owner) } }
            while let waiter = next {
                next = nil
                guard let provider = wanted[waiter.owner], let scopes = desk.scopes(provider: provider, now: now),
                      list.blocker(of: scopes, before: waiter.id) == nil else {
                    let scopes = desk.scopes(provider: wanted[waiter.owner], now: now) ?? LimitScopes()
                    if let blocker = list.blocker(of: scopes, before: waiter.id) { turn(of: list.move(waiter.id, to: blocker)) }
                    continue
                }
                switch desk.ask(now, provider: provider) {
                case .ok(let ticket):
                    running.append((ticket, provider))
                    started.append(waiter.owner)
                    wakes[waiter.id] = nil
                    turn(of: list.remove(waiter.id, served: true))
                case .until(let time, let breach), .reserved(let time, let breach):
                    wakes[waiter.id] = (time, waiter.owner)
                    turn(of: list.move(waiter.id, to: breach.scope))
                case .busy(let breach): turn(of: list.move(waiter.id, to: breach.scope))
                case .never: Issue.record("never")
                }
            }
        }
        for request in 0..<400 {
            now += Int64(dice.roll(1_000_000))
            let provider = dice.roll(2)
            wanted[request] = provider
            let scopes = desk.scopes(provider: provider, now: now) ?? LimitScopes()
            if let blocker = list.blocker(of: scopes) { yes(list.enqueue(request, at: blocker, most: 1000) != nil) } else {
                switch desk.ask(now, provider: provider) {
                case .ok(let ticket):
                    running.append((ticket, provider))
                    started.append(request)
                case .until(let time, let breach), .reserved(let time, let breach):
                    if let id = list.enqueue(request, at: breach.scope, most: 1000) { wakes[id] = (time, request) }
                case .busy(let breach): yes(list.enqueue(request, at: breach.scope, most: 1000) != nil)
                case .never: Issue.record("never")
                }
            }
            tick(end: dice.roll(2) == 0)
        }
        var turns = 0
        while list.waiters.count > 0, turns < 100_000 {
            now += Int64(dice.roll(2_000_000))
            tick(end: true)
            turns += 1
        }
        func tick(end: Bool) {
            for (id, wake) in wakes.sorted(by: { $0.key < $1.key }) where wake.at <= now {
                if wakes.removeValue(forKey: id) != nil { retry((id, wake.owner)) }
            }
            guard end, !running.isEmpty else { return }
            var (ticket, provider) = running.remove(at: dice.roll(running.count))
            desk.book.settle(&ticket, used: LimitAmount(tokens: 1, usd: 0))
            for head in list.heads(of: desk.scopes(provider: provider, now: now) ?? LimitScopes()) { retry((head.id, head.owner)) }
        }
        #expect(list.waiters.count == 0 && started.count == 400)
        for provider in 0..<2 {
            let order = started.filter { wanted[$0] == provider }
            #expect(order == order.sorted())                  // both use the same scopes: no overtaking
        }
    }
}
