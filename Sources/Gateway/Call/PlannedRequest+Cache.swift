internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Planning
internal import Settings
internal import Transport

/// What a request's answer depends on: if all of it is the same, so is the answer.
struct CacheKey {
    /// Bodies beyond that are not hashed, since other requests wait meanwhile.
    static let longestBody = 2 << 20

    private var hash = SHA256()

    /// nil: this request has no cache. `tag`: whose answers it may get; nil, those of all requests without one.
    static func of(_ request: PlannedRequest, _ endpoint: Endpoint, _ model: String, _ body: ByteBuffer, tag: String?) -> SHA256.Digest? {
        guard body.count <= longestBody else { return nil }
        defer { body.keepAlive() }
        var key = CacheKey()
        key.add(text: "gatelet answer 1")
        key.add(text: tag == nil ? "shared" : "tag")
        key.add(text: tag ?? "")
        key.add(text: request.operation.name)
        key.add(text: endpoint.provider.id)
        key.add(text: endpoint.dialect.name)
        key.add(text: model)
        endpoint.url(request.operation, model).withUnsafeBytes { key.add($0) }
        for header in endpoint.provider.access.headers + (request.options.call?.headers ?? []) {
            key.add(text: header.name)
            key.add(text: header.value)
        }
        key.add(text: "query")
        for member in request.options.call?.query ?? [] {
            key.add(text: member.name)
            key.add(text: member.value)
        }
        key.add(text: "body")
        key.add(body.bytes)
        return key.hash.finish()
    }

    /// Each part with its length before it, so that no two lists of parts are the same bytes.
    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.add($0) }
        hash.add(bytes)
    }

    private mutating func add(text: String) { text.bytes { add($0) } }
    private mutating func add(text: StaticString) { add(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }
}

/// What an attempt has to do with the cache.
final class CacheUse {
    let key: ResponseCache.Key
    let mode: CacheMode
    /// Its answer is this one.
    let answer: KeptAnswer?

    fileprivate init(_ key: ResponseCache.Key, _ mode: CacheMode, _ answer: KeptAnswer?) {
        self.key = key
        self.mode = mode
        self.answer = answer
    }
}

/// Where a request stands among equal ones.
struct CacheFlight {
    fileprivate var leads: ResponseCache.Key?
    fileprivate var follows: ResponseCache.Key?
    fileprivate var hasFollowed = false
}

extension PlannedRequest {
    /// What its first attempt at a candidate has to do with the cache; nil: no answer is looked for, and none kept.
    func cacheUse(_ index: Int, _ now: Int64) -> CacheUse? {
        guard let policy = setup.configuration.cache, let (key, mode, maxAge) = cacheWish(index, policy) else { return nil }
        return CacheUse(key, mode, mode.reads ? services.cache.find(key, maxAge: maxAge, now: now) : nil)
    }

    private func cacheWish(_ index: Int, _ policy: CachePolicy) -> (key: ResponseCache.Key, mode: CacheMode, maxAge: Double)? {
        guard !options.isTest, raw == nil, operation != .countTokens, options.faults == nil else { return nil }
        let (mode, maxAge) = options.cache(policy), tag = options.accountTag
        guard mode != .off, tag != nil || policy.shared, let body = try? body(for: index) else { return nil }
        let candidate = candidates[index], endpoint = setup.endpoints[candidate.provider]
        guard let key = CacheKey.of(self, endpoint, candidate.model, body.buffer, tag: tag) else { return nil }
        return (key, mode, min(maxAge, policy.ttl))
    }

    /// What comes of an attempt is recorded in this, where it may be kept.
    func cacheRecord(_ use: CacheUse) -> RecordedResponse? {
        guard use.mode.writes, let policy = setup.configuration.cache else { return nil }
        return RecordedResponse(limit: policy.maxEntryBytes)
    }

    /// An answer that is whole, and about which nothing is unusual. `body`: what was answered.
    func keep(_ record: RecordedResponse, _ use: CacheUse, headers: UnsafeRawBufferPointer, body: ByteBuffer) {
        defer { land() }
        guard let policy = setup.configuration.cache, !tellsOfAFailedTool(body), record.headers.append(headers) else { return }
        services.cache.keep(record, use.key, policy, now: gl_now_us())
    }

    /// `is_error` of Anthropic's results: what follows from that is not for another time.
    private func tellsOfAFailedTool(_ body: ByteBuffer) -> Bool {
        defer { body.keepAlive() }
        return body.bytes.find("\"is_error\":true") != nil || body.bytes.find("\"is_error\": true") != nil
    }

    /// The account of an attempt whose answer was there: it cost nothing. `account`: as if the provider had been asked; `status`: how it ended.
    func freeAccount(_ answer: KeptAnswer, _ account: Account, _ status: Status?, _ trace: RequestTrace) -> Account {
        let saved = status == nil ? account.total : nil
        trace.cacheHit = CacheHit(age: max(0, gl_now_us() &- answer.since), saved: saved)
        if let saved { services.cache.note(saved: saved) }
        var usage = AttemptUsage(operation: operation, status: nil)
        usage.isFree = true
        return Account(usage, prompt: { 0 }, seen: { 0 })
    }

    // MARK: single flight

    /// An equal request is under way: this one waits for its answer, once. False: it goes on, and is the one that others wait for.
    func followsAnother(_ index: Int, _ waiter: LimitWaiter) -> Bool {
        guard let policy = setup.configuration.cache, policy.singleFlight, !flight.hasFollowed, flight.leads == nil,
              let (key, mode, maxAge) = cacheWish(index, policy), mode == .on, !services.cache.has(key, maxAge: maxAge, now: gl_now_us()) else { return false }
        if services.flights.lead(key, orFollowAs: waiter) {
            flight.leads = key
            return false
        }
        flight.follows = key
        flight.hasFollowed = true
        return true
    }

    /// What it waited for is there, or will not be. False: it did not wait.
    func endsFollowing(_ job: any EngineJob) -> Bool {
        guard let key = flight.follows else { return false }
        flight.follows = nil
        services.flights.leave(key, job)
        return true
    }

    /// Nobody waits for this one any more.
    func land() {
        guard let key = flight.leads else { return }
        flight.leads = nil
        services.flights.land(key)
    }
}
