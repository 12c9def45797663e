internal import Bytes
package import Model

/// What holds for one request: the options of its call, else what the configuration says, and the body's `gatelet` as far as it makes
/// that stricter. With `request_extensions` all the body is bound by the options of the call alone. Asked by one thread at a time.
package final class RequestPolicy {
    package let call: CallOptions?
    private let body: GateletOptions?
    /// `request_extensions` is all.
    package let isLifted: Bool
    package let warnings = RequestWarnings()
    /// One attempt at the first candidate, whatever is known of health and keys: the test of a model. No word of requests.
    package var isTest = false

    /// nil: nothing was said there.
    package init(_ call: CallOptions?, _ body: GateletOptions?, isLifted: Bool) {
        self.call = call
        self.body = body
        self.isLifted = isLifted
    }

    package var dryRun: Bool { call?.words.dryRun ?? false || body?.dryRun ?? false }
    package var faults: FaultScript? { call?.words.faults ?? body?.faults }
    package var ownPreferences: RoutingPreferences? { body?.route }
    package var callPreferences: RoutingPreferences? { call?.words.route }

    /// How many models the body's `gatelet` names.
    package var bodyModels: Int { body?.models.count ?? 0 }

    /// Has every word of the body meet what it may not go beyond, so that warnings do not depend on what comes of the request.
    package func weigh(_ timeouts: Timeouts, _ retry: RetryPolicy, _ configuration: Configuration) {
        if body == nil { return }
        _ = (provider, models, tag, continueStream)
        if !configuration.limits.tags.isEmpty, body?.tag != nil, accountTag == nil {
            warnings.add(.dropped, String(BodyWord.tag.path), "limits count no tag of a body (request_extensions), only one in the options of the call")
        }
        _ = self.timeouts(timeouts)
        _ = self.retry(retry)
        _ = hedge(configuration.hedge)
        _ = maxCost(configuration.limits.maxCost)
        if let cache = configuration.cache { _ = self.cache(cache) }
    }

    // MARK: choices

    package var provider: String? { chosen(call?.words.provider, body?.provider, .ownProvider) { same($0, $1) } }
    package var tag: String? { chosen(call?.words.tag, body?.tag, .tag) { same($0, $1) } }
    /// Whose limits count. Who may only write bodies does not choose it, unless `request_extensions` is all.
    package var accountTag: String? { call?.words.tag ?? (isLifted ? body?.tag : nil) }
    package var continueStream: Bool { chosen(call?.words.continueStream, body?.continueStream, .continue) { $0 == $1 } ?? false }

    package var models: [String] {
        guard let own = call?.words.models, !own.isEmpty else { return body?.models ?? [] }
        if let other = body?.models, !other.isEmpty { overruled(.ownModels) }
        return own
    }

    /// The caller's choice, else the body's.
    private func chosen<T>(_ own: T?, _ other: T?, _ word: BodyWord, _ isEqual: (T, T) -> Bool) -> T? {
        guard let own else { return other }
        if let other, !isEqual(own, other) { overruled(word) }
        return own
    }

    private func overruled(_ word: BodyWord) {
        warnings.add(.overruled, String(word.path), "the options of the call say something else, and they hold")
    }

    // MARK: bounds

    /// `configured`: what holds without a word of the request.
    package func timeouts(_ configured: Timeouts) -> Timeouts {
        let own = call?.words.timeouts, other = body?.timeouts
        if own == nil, other == nil { return configured }
        var result = configured
        result.connect = seconds(own?.connect, other?.connect, configured.connect, "connect")
        result.firstByte = seconds(own?.firstByte, other?.firstByte, configured.firstByte, "first_byte")
        result.idle = seconds(own?.idle, other?.idle, configured.idle, "idle")
        result.content = seconds(own?.content, other?.content, configured.content, "content")
        result.total = seconds(own?.total, other?.total, configured.total, "total")
        return result
    }

    /// Where there is no time-out, a body may set one of this many seconds at most.
    private static let longestTimeout = 600.0

    /// 0 is no time-out.
    private func seconds(_ own: Double?, _ asked: Double?, _ configured: Double, _ name: String) -> Double {
        guard let asked else { return own ?? configured }
        guard let operators = bound(own, configured) else { return asked }
        let most = operators > 0 ? operators : RequestPolicy.longestTimeout
        if asked > 0, asked <= most { return asked }
        clamped(.timeouts, name, concat(asked > 0 ? "is longer than" : "(none) is longer than", " the ", shown(most), " s that are allowed"))
        return most
    }

    package func retry(_ configured: RetryPolicy) -> RetryPolicy {
        let own = call?.words.retry, other = body?.retry
        if own == nil, other == nil { return configured }
        var result = configured
        result.attempts = least(own?.attempts, other?.attempts, configured.attempts, .retry, "attempts")
        result.backoffBase = least(own?.backoffBase, other?.backoffBase, configured.backoffBase, .retry, "backoff_base")
        result.backoffMax = least(own?.backoffMax, other?.backoffMax, configured.backoffMax, .retry, "backoff_max")
        result.jitter = least(own?.jitter, other?.jitter, configured.jitter, .retry, "jitter")
        result.attemptsPerRequest = least(own?.attemptsPerRequest, other?.attemptsPerRequest, configured.attemptsPerRequest, .retry, "attempts_per_request")
        return result
    }

    private func least<T: Comparable & CustomStringConvertible>(_ own: T?, _ asked: T?, _ configured: T, _ word: BodyWord, _ name: String) -> T {
        guard let asked else { return own ?? configured }
        guard let most = bound(own, configured), asked > most else { return asked }
        clamped(word, name, concat("is more than the ", most.description, " that are allowed"))
        return most
    }

    /// nil: no cap.
    package func maxCost(_ configured: AttoUSD?) -> AttoUSD? {
        let own = call?.words.maxCost ?? (isLifted && body?.maxCost != nil ? nil : configured)
        guard let asked = body?.maxCost else { return own }
        guard let own, asked > own else { return asked }
        clamped(.maxCost, "", "is more than is allowed")
        return own
    }

    /// A body can do without the cache, or want younger answers.
    package func cache(_ configured: CachePolicy) -> (mode: CacheMode, maxAge: Double) {
        let own = call?.words.cache, asked = body?.cache
        var mode = own?.mode ?? configured.mode
        if let wanted = asked?.mode {
            if let most = bound(own?.mode, configured.mode) {
                mode = CacheMode(reads: most.reads && wanted.reads, writes: most.writes && wanted.writes)
                if mode != wanted { clamped(.cache, "mode", "is more than is allowed") }
            } else { mode = wanted }
        }
        return (mode, least(own?.maxAge, asked?.maxAge, configured.ttl, .cache, "max_age"))
    }

    /// A body can turn hedging off, or have it later.
    package func hedge(_ configured: HedgePolicy?) -> (policy: HedgePolicy?, notBefore: Double?) {
        let own: HedgePolicy? = switch call?.words.hedge ?? .configured {
        case .configured: configured
        case .off: nil
        case .policy(let policy): policy
        }
        let isFree = isLifted && call?.words.hedge ?? .configured == .configured
        switch body?.hedge ?? .configured {
        case .configured: return (own, nil)
        case .off: return (nil, nil)
        case .policy(let asked):
            if isFree { return (asked, nil) }
            guard let own else {
                clamped(.hedge, "", "is not allowed: hedging is off")
                return (nil, nil)
            }
            guard let delay = asked.delay else { return own.delay == nil ? (own, nil) : (asked, own.delay) }
            if let least = own.delay, delay < least { clamped(.hedge, "delay", concat("is shorter than the ", shown(least), " s that are allowed")) }
            return (own, delay)
        }
    }

    /// What a body may not go beyond; nil: it may.
    private func bound<T>(_ own: T?, _ configured: T) -> T? { own ?? (isLifted ? nil : configured) }

    private func clamped(_ word: BodyWord, _ member: String, _ message: String) {
        warnings.add(.clamped, member.isEmpty ? String(word.path) : concat(String(word.path), ".", member), message)
    }

    private func shown(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9))
        return Double(whole) == seconds ? String(decimal: whole) : seconds.description
    }
}
