internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Resilience
internal import Transport

/// The keys of one provider in one configuration. A configuration that is loaded anew begins with fresh ones.
final class EndpointKeys {
    private let lock = Lock()
    private var ring: KeyRing
    private let provider: Provider
    /// What was said when a key was retired, by key: nothing that may repeat what the user of that request wrote, since others are told.
    private var refusals: [KeyRefusal?]

    init(_ provider: Provider) {
        self.provider = provider
        refusals = Array(repeating: nil, count: provider.access.keys.count)
        ring = KeyRing(weights: provider.access.keys.map { $0.weight })
    }

    /// nil: every key is retired, or among `used`.
    func pick(avoiding used: [Int], _ now: Int64) -> Int? { lock.with { ring.pick(avoiding: used, now: now) } }
    func isAlive(_ key: Int, _ now: Int64) -> Bool { lock.with { ring.isAlive(key, now: now) } }
    func hasKey(_ now: Int64) -> Bool { lock.with { ring.hasKey(now: now) } }

    /// The key that would be taken, without taking its turn.
    func peek(_ now: Int64) -> Int? {
        lock.with {
            var copy = ring
            return copy.pick(now: now)
        }
    }

    /// What an answer means for the key that it came to.
    func judge(_ key: Int, _ failure: Failure, _ now: Int64) {
        if failure.mayBeOfRequest { return }
        let refused = KeyRing.retirement(for: failure.status) != nil
        guard refused || failure.status == .rateLimit && failure.retryAfterMs != nil else { return }
        lock.with {
            if refused {
                ring.retire(key, failure.status, now: now)
                if key >= 0, key < refusals.count { refusals[key] = KeyRefusal(failure) }
            }
            if failure.status == .rateLimit, let wait = failure.retryAfterMs { ring.cool(key, until: now &+ Int64(min(max(wait, 0), 86_400_000)) &* 1000) }
        }
    }

    /// Why there is none, as was said last; nil while there is one. With the status that all refusals share, if they do.
    func exhausted(_ now: Int64) -> Failure? {
        lock.with {
            guard ring.revives(now: now) != nil, let last = lastRefusal(now) else { return nil }
            let reason = ring.state(last, now: now).reason ?? .auth
            let isShared = provider.access.keys.indices.allSatisfy { ring.state($0, now: now).reason == reason }
            let who = isShared && refusals.count == 1 ? concat(provider.title, " refused the key lately: ") : concat("every key of ", provider.title, " was refused lately: ")
            var failure = Failure(isShared ? reason : .keysExhausted, concat(who, complaints(now)))
            if let said = refusals[last] {
                failure.httpStatus = said.httpStatus
                failure.code = said.code
                failure.type = said.type
            }
            failure.provider = provider.id
            return failure
        }
    }

    /// Since when and until when there is none: "no key of Acme is asked: refused since 10:00:00 UTC, the next try is at 10:00:30 UTC".
    func resting(_ now: Int64) -> String? {
        lock.with {
            guard let until = ring.revives(now: now), let last = lastRefusal(now),
                  let since = ring.state(last, now: now).retiredSince else { return nil }
            let clock = gl_unix_seconds()
            func time(_ moment: Int64) -> String { clockText(clock &+ (moment &- now) / 1_000_000) }
            return concat(provider.access.keys.count == 1 ? "the key rests since " : "all keys rest since ", time(since), " until ", time(until))
        }
    }

    private func lastRefusal(_ now: Int64) -> Int? {
        provider.access.keys.indices.max { ring.state($0, now: now).retiredSince ?? .min < ring.state($1, now: now).retiredSince ?? .min }
    }

    /// "main (auth), spare (funds)".
    private func complaints(_ now: Int64) -> String {
        var text = ""
        for (index, key) in provider.access.keys.enumerated() {
            guard let reason = ring.state(index, now: now).reason else { continue }
            text = concat(text, text.isEmpty ? "" : ", ", key.name, concat(" (", String(reason.name), ")"))
        }
        return text
    }

    /// An array for `gatelet_providers`.
    func report(_ now: Int64, into out: ByteBuffer) -> Bool {
        lock.with {
            var ok = out.append("[")
            for (index, key) in provider.access.keys.enumerated() {
                let state = ring.state(index, now: now)
                ok = ok && (index == 0 || out.append(",")) && out.append("{\"name\":") && Report.text(key.name, out)
                    && out.append(",\"state\":\"") && out.append(state.retiredUntil == nil ? "ok" : "retired") && out.append("\",\"retired_ms\":")
                    && (state.retiredUntil.map { Report.milliseconds($0 &- now, out) } ?? out.append("null")) && out.append(",\"reason\":")
                    && (state.reason.map { out.append("\"") && out.append($0.name) && out.append("\"") } ?? out.append("null")) && out.append("}")
            }
            return ok && out.append("]")
        }
    }
}

/// How a provider refused a key.
private struct KeyRefusal {
    let httpStatus: Int?
    let code: UnredactedText?
    let type: UnredactedText?

    init(_ failure: Failure) {
        httpStatus = failure.httpStatus
        code = failure.code.flatMap { $0.isWord ? $0 : nil }
        type = failure.type.flatMap { $0.isWord ? $0 : nil }
    }
}

/// A time of day, with its date: "2026-11-30 10:00:00 UTC".
func clockText(_ unixSeconds: Int64) -> String {
    let (days, seconds) = (unixSeconds / 86_400, unixSeconds % 86_400)
    // Days since 1 March of the year 0, in eras of 400 years.
    let shifted = days &+ 719_468, era = shifted / 146_097, day = shifted % 146_097
    let year = (day &- day / 1460 &+ day / 36_524 &- day / 146_096) / 365
    let ofYear = day &- (365 &* year &+ year / 4 &- year / 100), month = (5 &* ofYear &+ 2) / 153
    func two(_ number: Int64) -> String { concat(number < 10 ? "0" : "", String(decimal: Int(number))) }
    let date = concat(String(decimal: Int(year &+ era &* 400 &+ (month < 10 ? 0 : 1))), "-", two(month < 10 ? month &+ 3 : month &- 9), "-",
                      two(ofYear &- (153 &* month &+ 2) / 5 &+ 1))
    return concat(date, " ", concat(two(seconds / 3600), ":", two(seconds / 60 % 60), ":", two(seconds % 60)), " UTC")
}
