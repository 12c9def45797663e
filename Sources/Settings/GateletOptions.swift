internal import Bytes
internal import JSON
package import Model

/// What is said for one request in one place: in the `gatelet` of its body, or in the options of its call, which may say more
/// (CallOptions). It can name none of base URL, key, proxy, socket, file, Host or Authorization.
package struct GateletOptions: Sendable {
    /// Ask only this provider.
    package var provider: String?
    package var timeouts = TimeoutOverrides()
    package var dryRun = false
    /// Models to ask after the request's own.
    package var models: [String] = []
    package var route: RoutingPreferences?
    package var retry = RetryOverrides()
    package var hedge = HedgeWish.configured
    /// A stream that breaks is resumed on the next candidate.
    package var continueStream: Bool?
    /// What reports are marked with, and whose limits count (`RequestPolicy.accountTag`).
    package var tag: String?
    /// The most that all attempts together may cost.
    package var maxCost: AttoUSD?
    package var cache = CacheOverrides()
    /// What development providers do wrong.
    package var faults: FaultScript?

    package init() {}
}

/// What a request says of hedging.
package enum HedgeWish: Sendable, Equatable {
    case configured, off
    case policy(HedgePolicy)
}

/// Reads the value of `gatelet` (`RequestView.gatelet` of the request's bytes; a valid one).
package func readOptions(_ bytes: UnsafeRawBufferPointer, allowed: RequestExtensions) throws(Failure) -> GateletOptions {
    var options = GateletOptions()
    let root = JSONView(valid: bytes, ByteRange(0, bytes.count))
    if bytes.isEmpty || root.isNull { return options }
    guard allowed != .none else { throw Failure(.refused, "`gatelet` is not allowed in requests: request_extensions is none") }
    let members = try ConfigValue(request: root, path: "gatelet").object()
    try options.read(members, allowed)
    try members.end()
    return options
}

extension GateletOptions {
    mutating func read(_ members: ConfigMembers, _ allowed: RequestExtensions) throws(Failure) {
        try choose(members)
        try endure(members)
        try tryOut(members, allowed)
    }

    private mutating func choose(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("provider") { provider = try value.shortName() }
        try members.texts("models", &models)
        if let value = members.take("route") {
            var words = RoutingPreferences()
            try value.readRouting(into: &words, strict: true)
            route = words
        }
    }

    private mutating func endure(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("timeouts") { try value.readTimeouts(into: &timeouts) }
        if let value = members.take("retry") { try value.readRetry(into: &retry, whole: true) }
        if let value = members.take("hedge") { hedge = try value.hedgePolicy().map(HedgeWish.policy) ?? .off }
        try members.flag("continue", &continueStream)
        try members.usd("max_cost", &maxCost)
        if let value = members.take("cache") { cache = try value.cacheOverrides() }
        if let value = members.take("tag") { tag = try value.label() }
    }

    /// For tests and operators, not for users of a service.
    private mutating func tryOut(_ members: ConfigMembers, _ allowed: RequestExtensions) throws(Failure) {
        if let value = members.take("dry_run") {
            dryRun = try value.flag()
            try check(.dryRun, value, allowed)
        }
        if let value = members.take("faults") {
            faults = try value.faultScript()
            try check(.faults, value, allowed)
        }
    }

    private func check(_ word: BodyWord, _ value: ConfigValue, _ allowed: RequestExtensions) throws(Failure) {
        if word.power == .needsAll, allowed != .all {
            throw Failure(.refused, concat("`", value.path, "` needs request_extensions all"))
        }
    }
}

extension ConfigValue {
    /// A tag or an id of the caller's.
    package func label() throws(Failure) -> String {
        try text(upTo: longestTag)
    }
}
