@testable import Model
@testable import Resilience
import Testing

@Suite struct KeyRingTests {
    @Test func takesTurnsSmoothlyByWeight() {
        var ring = KeyRing(weights: [5, 1, 1])
        let turns = (0..<14).map { _ in ring.pick(now: 0) ?? -1 }
        #expect(turns == [0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0])
        var equal = KeyRing(weights: [1, 1, 1])
        #expect((0..<6).map { _ in equal.pick(now: 0) } == [0, 1, 2, 0, 1, 2])
        var odd = KeyRing(weights: [0, -3, .max])             // cut to 1 and a million
        #expect((0..<100).map { _ in odd.pick(now: 0) }.allSatisfy { $0 == 2 })
    }

    @Test func retirementTimes() {
        for (status, seconds) in [(Status.auth, Int64(600)), (.funds, 300), (.permission, 60)] {
            var ring = KeyRing(weights: [1, 1])
            ring.retire(0, status, now: 100)
            let until = 100 + seconds * second
            #expect(ring.state(0, now: 100) == KeyRing.State(retiredUntil: until, retiredSince: 100, reason: status, coolUntil: nil))
            #expect((0..<5).map { _ in ring.pick(now: until - 1) } == [1, 1, 1, 1, 1])
            #expect(ring.isAlive(0, now: until) && ring.state(0, now: until) == KeyRing.State())
            #expect(ring.pick(avoiding: [1], now: until) == 0)
        }
        for status in Status.allCases where ![.auth, .funds, .permission].contains(status) { #expect(KeyRing.retirement(for: status) == nil) }
    }

    @Test func aLongerRetirementStays() {
        var ring = KeyRing(weights: [1, 1])
        ring.retire(0, .auth, now: 0)
        ring.retire(0, .permission, now: 1)
        #expect(ring.state(0, now: 1) == KeyRing.State(retiredUntil: 600 * second, retiredSince: 0, reason: .auth, coolUntil: nil))
    }

    @Test func allAreRetired() {
        var ring = KeyRing(weights: [1, 1])
        #expect(ring.revives(now: 0) == nil)
        ring.retire(0, .auth, now: 0)
        #expect(ring.hasKey(now: 0) && !ring.hasKey(avoiding: [1], now: 0) && ring.pick(avoiding: [1], now: 0) == nil)
        ring.retire(1, .funds, now: 0)
        #expect(!ring.hasKey(now: 0) && ring.pick(now: 0) == nil && ring.revives(now: 0) == 300 * second)
        #expect(ring.pick(now: 300 * second) == 1)
    }

    @Test func oneKey() {
        var ring = KeyRing(weights: [1])
        ring.retire(0, .permission, now: 0)                   // may be that of one model
        #expect(ring.pick(now: 0) == 0 && ring.pick(avoiding: [0], now: 0) == nil)
        ring.cool(0, until: 50)
        #expect(ring.pick(now: 0) == 0 && ring.state(0, now: 0).coolUntil == 50)
        ring.retire(0, .auth, now: 0)
        #expect(!ring.hasKey(now: 0) && ring.pick(now: 0) == nil && ring.pick(now: KeyRing.soleKey) == 0)
    }

    @Test func noKeyIsAPseudoKey() {
        var ring = KeyRing(weights: [])
        ring.retire(0, .auth, now: 0)
        #expect(ring.pick(now: 0) == 0 && ring.pick(now: 0) == 0 && ring.hasKey(now: 0) && ring.state(0, now: 0) == KeyRing.State())
    }

    @Test func coolingKeysAreTheLastResort() {
        var ring = KeyRing(weights: [1, 1, 1])
        ring.cool(0, until: 100)
        ring.cool(0, until: 50)
        #expect((0..<4).map { _ in ring.pick(now: 99) } == [1, 2, 1, 2])
        #expect(ring.pick(avoiding: [1, 2], now: 99) == nil && !ring.hasKey(avoiding: [1, 2], now: 99))
        #expect(ring.pick(avoiding: [1, 2], now: 100) == 0)
        for key in 0..<3 { ring.cool(key, until: 500) }
        #expect(ring.pick(now: 200) != nil && ring.hasKey(now: 200) && ring.pick(avoiding: [0], now: 200) == nil)
    }

    @Test func badIndexesAreNothing() {
        var ring = KeyRing(weights: [1, 1])
        for key in [-1, 2, .max, .min] {
            ring.retire(key, .auth, now: 0)
            ring.cool(key, until: 9)
            #expect(!ring.isAlive(key, now: 0) && ring.state(key, now: 0) == KeyRing.State())
        }
        #expect(ring.pick(avoiding: [-1, 7], now: 0) != nil)
    }

    @Test(arguments: 1...20) func neverARetiredOrUsedKey(seed: UInt64) {
        var dice = Dice(seed), now: Int64 = 0
        let weights = (0..<(1 + dice.roll(6))).map { _ in 1 + dice.roll(5) }
        var ring = KeyRing(weights: weights), retired = [Int: Int64]()
        for _ in 0..<2000 {
            now += Int64(dice.roll(30_000_000))
            let key = dice.roll(weights.count)
            if dice.roll(5) == 0 {
                ring.retire(key, .auth, now: now)
                retired[key] = max(retired[key, default: 0], now + (weights.count > 1 ? 600 * second : KeyRing.soleKey))
            }
            let used = (0..<weights.count).filter { _ in dice.roll(4) == 0 }
            let free = (0..<weights.count).filter { !used.contains($0) && retired[$0, default: 0] <= now }
            #expect(ring.hasKey(avoiding: used, now: now) == !free.isEmpty)
            let pick = ring.pick(avoiding: used, now: now)
            #expect(pick.map { free.contains($0) } ?? free.isEmpty)
        }
    }

    @Test(arguments: 1...10) func sharesAreExact(seed: UInt64) {
        var dice = Dice(seed)
        let weights = (0..<(2 + dice.roll(5))).map { _ in 1 + dice.roll(9) }, sum = weights.reduce(0, +)
        var ring = KeyRing(weights: weights), counts = Array(repeating: 0, count: weights.count)
        for _ in 0..<(sum * 10) { if let key = ring.pick(now: 0) { counts[key] += 1 } }
        #expect(counts == weights.map { $0 * 10 })
    }
}
