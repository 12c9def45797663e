internal import Bytes
internal import CShims
internal import Model
internal import Transport

/// An answer that is kept, as its provider sent it. Who is given one reads it; nobody changes it.
final class KeptAnswer {
    let response: RecordedResponse
    /// When it came, in microseconds of the clock that runs.
    let since: Int64

    init(_ response: RecordedResponse, since: Int64) {
        self.response = response
        self.since = since
    }
}

/// What the cache has done.
struct CacheCounts {
    var hits: Int64 = 0, misses: Int64 = 0, stored: Int64 = 0, evicted: Int64 = 0
    var entries = 0, bytes = 0
    /// USD that hits would have cost, as far as it is known.
    var saved: AttoUSD = 0
}

/// Answers by the digest of all that they depend on (`CacheKey`). Bounded by bytes; what was not used for the longest time goes first.
/// Safe from any thread.
final class ResponseCache {
    typealias Key = SHA256.Digest

    private struct Slot {
        var key: Key
        var answer: KeptAnswer?
        var bytes = 0
        /// Slots: the next in the bucket, those that were used before and after it; -1 is none.
        var next: Int32 = -1, older: Int32 = -1, newer: Int32 = -1
    }

    /// What an entry takes beside its response.
    private static let overhead = 256
    private static let buckets = 1 << 12

    private let lock = Lock()
    /// Empty as long as nothing was kept.
    private var heads: [Int32] = []
    private var slots: [Slot] = []
    private var free: [Int32] = []
    private var oldest: Int32 = -1, newest: Int32 = -1
    private var counts = CacheCounts()

    /// nil: there is none of at most this age, in seconds.
    func find(_ key: Key, maxAge: Double, now: Int64) -> KeptAnswer? {
        lock.with {
            guard let slot = slot(of: key), let answer = slots[slot].answer, Double(now &- answer.since) <= maxAge * 1_000_000 else {
                counts.misses &+= 1
                return nil
            }
            counts.hits &+= 1
            unlink(slot)
            link(slot)
            return answer
        }
    }

    func has(_ key: Key, maxAge: Double, now: Int64) -> Bool {
        lock.with { slot(of: key).flatMap { slots[$0].answer }.map { Double(now &- $0.since) <= maxAge * 1_000_000 } ?? false }
    }

    /// What is larger than the policy allows is not kept. The one that was there is replaced.
    func keep(_ response: RecordedResponse, _ key: Key, _ policy: CachePolicy, now: Int64) {
        guard let trimmed = response.trimmed() else { return }
        let bytes = trimmed.size &+ ResponseCache.overhead, answer = KeptAnswer(trimmed, since: now)
        if response.body.count > policy.maxEntryBytes || bytes > policy.maxBytes { return }
        // Let go of without the lock: freeing takes time.
        var gone: [KeptAnswer] = []
        lock.with {
            if let old = slot(of: key) { remove(old, &gone) }
            while counts.bytes > policy.maxBytes &- bytes, oldest >= 0 {
                counts.evicted &+= 1
                remove(Int(oldest), &gone)
            }
            add(key, answer, bytes)
            counts.stored &+= 1
        }
        withExtendedLifetime(gone) {}
    }

    /// Another configuration holds: nil, there is no cache any more.
    func adopt(_ policy: CachePolicy?) {
        var gone: [KeptAnswer] = []
        lock.with { while counts.bytes > policy?.maxBytes ?? 0, oldest >= 0 { remove(Int(oldest), &gone) } }
        withExtendedLifetime(gone) {}
    }

    func note(saved: AttoUSD) { lock.with { counts.saved = Money.sum(counts.saved, saved) ?? .max } }

    /// `reset`: counting begins anew afterwards.
    func counts(reset: Bool) -> CacheCounts {
        lock.with {
            let told = counts
            if reset {
                counts = CacheCounts()
                (counts.entries, counts.bytes) = (told.entries, told.bytes)
            }
            return told
        }
    }
}

extension ResponseCache {
    private func bucket(_ key: Key) -> Int { Int(truncatingIfNeeded: key.words[0]) & (ResponseCache.buckets &- 1) }

    private func slot(of key: Key) -> Int? {
        if heads.isEmpty { return nil }
        var slot = heads[bucket(key)]
        while slot >= 0 {
            if slots[Int(slot)].key == key { return Int(slot) }
            slot = slots[Int(slot)].next
        }
        return nil
    }

    private func add(_ key: Key, _ answer: KeptAnswer, _ bytes: Int) {
        if heads.isEmpty { heads = [Int32](repeating: -1, count: ResponseCache.buckets) }
        let made = Slot(key: key, answer: answer, bytes: bytes, next: heads[bucket(key)])
        let slot: Int
        if let reused = free.popLast() {
            slot = Int(reused)
            slots[slot] = made
        } else {
            slot = slots.count
            slots.append(made)
        }
        heads[bucket(key)] = Int32(slot)
        link(slot)
        counts.entries &+= 1
        counts.bytes &+= bytes
    }

    private func remove(_ slot: Int, _ gone: inout [KeptAnswer]) {
        let head = bucket(slots[slot].key)
        if heads[head] == Int32(slot) { heads[head] = slots[slot].next } else {
            var before = heads[head]
            while before >= 0, slots[Int(before)].next != Int32(slot) { before = slots[Int(before)].next }
            if before >= 0 { slots[Int(before)].next = slots[slot].next }
        }
        unlink(slot)
        counts.entries &-= 1
        counts.bytes &-= slots[slot].bytes
        if let answer = slots[slot].answer { gone.append(answer) }
        slots[slot].answer = nil
        free.append(Int32(slot))
    }

    /// As the one that was used last.
    private func link(_ slot: Int) {
        slots[slot].older = newest
        slots[slot].newer = -1
        if newest >= 0 { slots[Int(newest)].newer = Int32(slot) } else { oldest = Int32(slot) }
        newest = Int32(slot)
    }

    private func unlink(_ slot: Int) {
        let older = slots[slot].older, newer = slots[slot].newer
        if older >= 0 { slots[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[Int(newer)].older = older } else { newest = older }
    }
}
