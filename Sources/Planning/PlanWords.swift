internal import Bytes
internal import Model

/// Preferences, with the providers that they name looked up.
final class NamedPreferences {
    let preferences: RoutingPreferences
    let order: [Int]
    let only: [Int]
    let ignore: [Int]

    init(_ preferences: RoutingPreferences, order: [Int], only: [Int], ignore: [Int]) {
        self.preferences = preferences
        self.order = order
        self.only = only
        self.ignore = ignore
    }
}

/// The words of a request; nil are those that say nothing.
final class PlanWords {
    /// `route` in the options of the call.
    let call: NamedPreferences?
    /// `gatelet.route`.
    let route: NamedPreferences?
    /// `provider`.
    let request: NamedPreferences?
    /// Whom they name: what holds for every provider, and all.
    let ownNamed: [Int]
    let named: [Int]

    init(call: NamedPreferences?, route: NamedPreferences?, request: NamedPreferences?) {
        self.call = call
        self.route = route
        self.request = request
        ownNamed = [call, route].flatMap { words in words.map { $0.order + $0.only } ?? [] }
        named = ownNamed + (request.map { $0.order + $0.only } ?? [])
    }
}

extension RoutingPreferences {
    var isPlain: Bool {
        order.isEmpty && only.isEmpty && ignore.isEmpty && regions.isEmpty && allowFallbacks && !requireParameters && sort == nil
            && maxPrice == nil && !denyDataCollection && !zeroDataRetention && strategy == nil
    }
}

extension Planner {
    /// In a `route` every name must be one of ours. `provider` may name what only another service knows.
    func named(_ request: PlanRequest) throws(Failure) -> PlanWords? {
        let call = try known(request.callPreferences), route = try known(request.route)
        let words = request.words.isPlain ? nil : named(request.words)
        return call == nil && route == nil && words == nil ? nil : PlanWords(call: call, route: route, request: words)
    }

    private func known(_ preferences: RoutingPreferences) throws(Failure) -> NamedPreferences? {
        if preferences.isPlain { return nil }
        for names in [preferences.order, preferences.only, preferences.ignore] {
            for name in names where tables.names.first(name) < 0 { throw configuration.noProvider(name) }
        }
        return named(preferences)
    }

    private func named(_ preferences: RoutingPreferences) -> NamedPreferences {
        NamedPreferences(preferences, order: indices(preferences.order), only: indices(preferences.only), ignore: indices(preferences.ignore))
    }

    /// Each provider once.
    private func indices(_ names: [String]) -> [Int] {
        var result: [Int] = []
        for name in names {
            let index = tables.names.value(tables.names.first(name))
            if index >= 0, !result.contains(index) { result.append(index) }
        }
        return result
    }
}
