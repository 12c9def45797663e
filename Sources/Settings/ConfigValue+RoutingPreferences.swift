internal import Bytes
package import Model

extension ConfigValue {
    /// `strict`: Gatelet's own `route`, where words it does not know are errors. Elsewhere they are another service's.
    package func readRouting(into words: inout RoutingPreferences, strict: Bool) throws(Failure) {
        let members = try object()
        try members.texts("order", &words.order)
        try members.texts("only", &words.only)
        try members.texts("ignore", &words.ignore)
        try members.flag("allow_fallbacks", &words.allowFallbacks)
        try members.flag("require_parameters", &words.requireParameters)
        if let word = try members.word("data_collection", as: DataCollection.self) { words.denyDataCollection = word == .deny }
        try members.flag("zdr", &words.zeroDataRetention)
        if let value = members.take("max_price") { words.maxPrice = try value.priceCeiling(strict: strict) }
        if let value = members.take("sort") { words.sort = try value.sorting(strict) }
        if !strict { return }
        if let word = try members.word("strategy", as: RoutingStrategy.self) { words.strategy = word }
        try members.texts("regions", &words.regions)
        try members.end()
    }

    /// OpenRouter also takes {"by": "price", ...}, and may learn further words.
    private func sorting(_ strict: Bool) throws(Failure) -> RoutingStrategy? {
        let sorts: [RoutingStrategy] = [.price, .throughput, .latency]
        if strict { return try word(among: sorts) }
        guard let by = isObject ? try object().take("by") : self else { return nil }
        let word = try by.text()
        return sorts.first { same($0.rawValue, word) }
    }
}

private enum DataCollection: String, CaseIterable { case allow, deny }
