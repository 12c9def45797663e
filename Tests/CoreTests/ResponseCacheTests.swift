@testable import Bytes
@testable import Gateway
@testable import Model
@testable import Transport
import Testing

private func digest(_ text: String) -> SHA256.Digest {
    var hash = SHA256()
    for part in text.split(separator: "|", omittingEmptySubsequences: false) { String(part).bytes { hash.add($0) } }
    return hash.finish()
}

private func response(_ bytes: Int) -> RecordedResponse {
    let made = RecordedResponse()
    let piece = [UInt8](repeating: 65, count: bytes)
    _ = piece.withUnsafeBytes { made.add($0) }
    return made
}

@Suite struct SHA256Tests {
    private func hex(_ digest: SHA256.Digest) -> String {
        (0..<4).map { index in
            let text = String(digest.words[index], radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }

    /// Those of FIPS 180-4 and of `sha256sum`.
    @Test func knownDigests() {
        #expect(hex(digest("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(digest("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(hex(digest(String(repeating: "a", count: 1_000_000))) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// However the bytes are cut.
    @Test func pieces() {
        let text = String((0..<300).map { Character(UnicodeScalar(UInt8(33 + $0 % 90))) }.filter { $0 != "|" })
        for length in [1, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 129, 200] {
            let whole = String(text.prefix(length))
            for cut in stride(from: 0, through: length, by: max(1, length / 7)) {
                #expect(digest(whole) == digest("\(whole.prefix(cut))|\(whole.dropFirst(cut))"))
            }
            #expect(digest(whole) != digest(String(text.prefix(length + 1))))
        }
    }
}

@Suite struct ResponseCacheTests {
    /// Against a list: what was used last stays, as many as there is room for.
    @Test(arguments: 1...8) func againstAPlainList(seed: UInt64) {
        var random = seed
        func dice(_ sides: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % sides
        }
        let cache = ResponseCache()
        var policy = CachePolicy()
        (policy.maxBytes, policy.maxEntryBytes) = (40_000, 5000)
        var list: [(name: Int, bytes: Int, since: Int64, size: Int)] = [], now: Int64 = 0
        for _ in 0..<4000 {
            now += Int64(dice(1_000_000))
            let name = dice(60), key = digest("k\(name)"), maxAge = Double(dice(40))
            if dice(2) == 0 {
                let bytes = dice(6000)
                cache.keep(response(bytes), key, policy, now: now)
                if bytes > 5000 { continue }
                list.removeAll { $0.name == name }
                let size = response(bytes).trimmed().map { $0.size + 256 } ?? 0
                while list.reduce(size, { $0 + $1.size }) > 40_000 { list.removeFirst() }
                list.append((name, bytes, now, size))
            } else {
                let found = cache.find(key, maxAge: maxAge, now: now)
                let index = list.firstIndex { $0.name == name && Double(now - $0.since) <= maxAge * 1e6 }
                #expect(found?.response.body.count == index.map { list[$0].bytes } && found?.since == index.map { list[$0].since })
                #expect(cache.has(key, maxAge: maxAge, now: now) == (index != nil))
                if let index { list.append(list.remove(at: index)) }
            }
            let counts = cache.counts(reset: false)
            #expect(counts.entries == list.count && counts.bytes == list.reduce(0) { $0 + $1.size } && counts.bytes <= 40_000)
        }
        policy.maxBytes = 10_000
        cache.adopt(policy)
        #expect(cache.counts(reset: false).bytes <= 10_000 && cache.counts(reset: true).hits > 0 && cache.counts(reset: true).hits == 0)
        cache.adopt(nil)
        #expect(cache.counts(reset: false).entries == 0 && cache.counts(reset: false).bytes == 0)
    }

    /// Keys that lie in one bucket are told apart by all of their bytes.
    @Test func oneBucket() {
        let cache = ResponseCache(), keys = (0..<50).map { SHA256.Digest(words: [7, UInt64($0), 0, 0]) }
        for (index, key) in keys.enumerated() { cache.keep(response(index + 1), key, CachePolicy(), now: 0) }
        for (index, key) in keys.enumerated() { #expect(cache.find(key, maxAge: 1, now: 1)?.response.body.count == index + 1) }
        #expect(cache.find(SHA256.Digest(words: [7, 50, 0, 0]), maxAge: 1, now: 1) == nil && cache.find(SHA256.Digest(words: [7, 1, 0, 1]), maxAge: 1, now: 1) == nil)
    }

    @Test func manyThreads() async {
        nonisolated(unsafe) let cache = ResponseCache()
        var small = CachePolicy()
        small.maxBytes = 30_000
        let policy = small
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<2000 {
                        let name = (round * 7 + task) % 50, key = digest("k\(name)")
                        if round % 3 == 0 { cache.keep(response(100 + name), key, policy, now: 0) }
                        if let found = cache.find(key, maxAge: 1, now: 0) { #expect(found.response.body.count == 100 + name) }
                    }
                }
            }
        }
        #expect(cache.counts(reset: false).bytes <= 30_000 && cache.counts(reset: false).entries > 0)
    }
}
