internal import CShims
internal import Model
internal import Providers
internal import Routing
internal import Transport
internal import Wire

/// The keys of one provider in one configuration. A configuration that is loaded anew begins with fresh ones.
final class RouteKeys: @unchecked Sendable {
    private let lock = Lock()
    private var ring: KeyRing
    private let provider: Provider

    init(_ provider: Provider) {
        self.provider = provider
        ring = KeyRing(weights: provider.keys.map { $0.weight })
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
    func judge(_ key: Int, _ status: Status, retryAfterMs: Int?, _ now: Int64) {
        let refused = KeyRing.retirement(for: status) != nil
        guard refused || status == .rateLimit && retryAfterMs != nil else { return }
        lock.with {
            if refused { ring.retire(key, status, now: now) }
            if status == .rateLimit, let wait = retryAfterMs { ring.cool(key, until: now &+ Int64(min(max(wait, 0), 86_400_000)) &* 1000) }
        }
    }

    /// Why there is none: "main (auth), spare (funds)".
    func complaints(_ now: Int64) -> String {
        lock.with {
            var text = ""
            for (index, key) in provider.keys.enumerated() {
                guard let reason = ring.state(index, now: now).reason else { continue }
                text = concat(text, text.isEmpty ? "" : ", ", key.name, concat(" (", String(reason.name), ")"))
            }
            return text
        }
    }

    /// An array for `gatelet_providers`.
    func report(_ now: Int64, into out: ByteBuffer) -> Bool {
        lock.with {
            var ok = out.append("[")
            for (index, key) in provider.keys.enumerated() {
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
