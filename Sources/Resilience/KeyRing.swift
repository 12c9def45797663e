internal import Bytes
package import Model

/// The keys of a provider: takes them in turn by weight and leaves out those that were refused. Keys are their index in
/// `Provider.access.keys`. A provider without keys has one pseudo key, 0, that never retires.
package struct KeyRing: Sendable {
    package struct State: Sendable, Equatable {
        /// Retired: until when, and for which answer.
        package var retiredUntil: Int64?
        package var retiredSince: Int64?
        package var reason: Status?
        /// Over its rate limit until then, as far as the provider said.
        package var coolUntil: Int64?
    }

    private struct Key {
        let weight: Int
        /// Smooth weighted round robin: the highest credit is taken.
        var credit = 0
        var retiredUntil: Int64 = .min
        var retiredSince: Int64 = .min
        var coolUntil: Int64 = .min
        var reason = Status.ok
    }

    private var keys: [Key] = []
    private let pseudo: Bool

    /// Loading a configuration anew makes a new ring: that is how a user revives keys.
    package init(weights: [Int]) {
        pseudo = weights.isEmpty
        for weight in weights { keys.append(Key(weight: min(max(weight, 1), 1_000_000))) }
        if pseudo { keys.append(Key(weight: 1)) }
    }

    /// How long an answer puts a key aside: a wrong key hardly becomes right by itself, an account is topped up sooner, and
    /// a missing permission may be that of one model. nil: it says nothing against the key.
    package static func retirement(for status: Status) -> Int64? {
        switch status {
        case .auth: 600 &* Micros.second
        case .funds: 300 &* Micros.second
        case .permission: 60 &* Micros.second
        default: nil
        }
    }

    /// The next key, or nil when all are retired or among `avoiding` (those this request has used). A cooling
    /// key is taken when nothing else is left, but not by a request that comes for another key (`avoiding` is not empty):
    /// the limit may be that of another model.
    package mutating func pick(avoiding used: [Int] = [], now: Int64) -> Int? {
        if keys.count == 1 { return used.isEmpty && isAlive(0, now: now) ? 0 : nil }
        if let key = turn(used, now, cooled: false) { return key }
        return used.isEmpty ? turn(used, now, cooled: true) : nil
    }

    /// Whether `pick` would find one.
    package func hasKey(avoiding used: [Int] = [], now: Int64) -> Bool {
        for key in 0..<keys.count where eligible(key, used, now, cooled: used.isEmpty) { return true }
        return false
    }

    package func isAlive(_ key: Int, now: Int64) -> Bool { key >= 0 && key < keys.count && keys[key].retiredUntil <= now }

    /// When the first retired key comes back; nil when one is alive.
    package func revives(now: Int64) -> Int64? {
        var first = Int64.max
        for key in keys {
            if key.retiredUntil <= now { return nil }
            first = min(first, key.retiredUntil)
        }
        return first
    }

    /// An only key is asked again soon: there is no other to turn to, and a provider may err for a moment.
    package static let soleKey = 30 &* Micros.second

    /// What an answer means for the key it came to. Only a 403 to the only key retires nothing: it mostly concerns a model,
    /// and there is no other key to turn to.
    package mutating func retire(_ key: Int, _ status: Status, now: Int64) {
        guard !pseudo, key >= 0, key < keys.count, let time = KeyRing.retirement(for: status),
              status != .permission || keys.count > 1, now &+ time > keys[key].retiredUntil else { return }
        keys[key].retiredUntil = now &+ (keys.count > 1 ? time : min(time, KeyRing.soleKey))
        keys[key].retiredSince = now
        keys[key].reason = status
    }

    /// The provider said when this key may be used again.
    package mutating func cool(_ key: Int, until: Int64) {
        guard key >= 0, key < keys.count else { return }
        keys[key].coolUntil = max(keys[key].coolUntil, until)
    }

    package func state(_ key: Int, now: Int64) -> State {
        guard key >= 0, key < keys.count else { return State() }
        let key = keys[key], retired = key.retiredUntil > now
        return State(retiredUntil: retired ? key.retiredUntil : nil, retiredSince: retired ? key.retiredSince : nil, reason: retired ? key.reason : nil,
                     coolUntil: key.coolUntil > now ? key.coolUntil : nil)
    }

    private func eligible(_ key: Int, _ used: [Int], _ now: Int64, cooled: Bool) -> Bool {
        keys[key].retiredUntil <= now && (cooled || keys[key].coolUntil <= now) && !used.contains(key)
    }

    private mutating func turn(_ used: [Int], _ now: Int64, cooled: Bool) -> Int? {
        var best: Int?, total = 0
        for key in 0..<keys.count where eligible(key, used, now, cooled: cooled) {
            keys[key].credit &+= keys[key].weight
            total &+= keys[key].weight
            if best.map({ keys[key].credit > keys[$0].credit }) ?? true { best = key }
        }
        if let best { keys[best].credit &-= total }
        return best
    }
}
