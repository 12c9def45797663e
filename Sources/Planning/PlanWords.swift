internal import Bytes
internal import Model

/// The providers that a request's words name.
final class PlanWords {
    /// Of `route` in the options of the call.
    var callOrder: [Int] = []
    var callOnly: [Int] = []
    var callIgnore: [Int] = []
    /// Of `gatelet.route`.
    var routeOrder: [Int] = []
    var routeOnly: [Int] = []
    var routeIgnore: [Int] = []
    /// Of `provider`.
    var order: [Int] = []
    var only: [Int] = []
    var ignore: [Int] = []

    /// What holds for every provider.
    var ownNamed: [Int] { callOrder + callOnly + routeOrder + routeOnly }
    var named: [Int] { ownNamed + order + only }
}

extension RoutingPreferences {
    var isPlain: Bool {
        isUntouched || order.isEmpty && only.isEmpty && ignore.isEmpty && regions.isEmpty && allowFallbacks && !requireParameters && sort == nil
            && maxPrice == nil && !denyDataCollection && !zeroDataRetention && strategy == nil
    }
}

extension Planner {
    /// In a `route` every name must be one of ours. `provider` may name what only another service knows.
    func named(_ request: PlanRequest) throws(Failure) -> PlanWords? {
        if request.route.isPlain && request.words.isPlain && request.callPreferences.isPlain { return nil }
        let words = PlanWords()
        words.callOrder = try known(request.callPreferences.order)
        words.callOnly = try known(request.callPreferences.only)
        words.callIgnore = try known(request.callPreferences.ignore)
        words.routeOrder = try known(request.route.order)
        words.routeOnly = try known(request.route.only)
        words.routeIgnore = try known(request.route.ignore)
        words.order = indices(request.words.order)
        words.only = indices(request.words.only)
        words.ignore = indices(request.words.ignore)
        return words
    }

    private func known(_ names: [String]) throws(Failure) -> [Int] {
        for name in names where tables.names.first(name) < 0 { throw configuration.noProvider(name) }
        return indices(names)
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
