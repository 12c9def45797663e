internal import Bytes
package import Model

extension RoutingPreferences {
    /// `strict`: Gatelet's own `route`, where words it does not know are errors. Elsewhere they are another service's.
    package mutating func read(_ value: ConfigValue, strict: Bool) throws(Failure) {
        let members = try value.object()
        try members.texts("order", &order)
        try members.texts("only", &only)
        try members.texts("ignore", &ignore)
        try members.flag("allow_fallbacks", &allowFallbacks)
        try members.flag("require_parameters", &requireParameters)
        if let word = try members.word("data_collection", as: DataCollection.self) { denyDataCollection = word == .deny }
        try members.flag("zdr", &zeroDataRetention)
        if let value = members.take("max_price") {
            var ceiling = PriceCeiling()
            try ceiling.read(value, strict: strict)
            maxPrice = ceiling
        }
        if let value = members.take("sort") { sort = try sorting(value, strict) }
        if !strict { return }
        if let word = try members.word("strategy", as: RoutingStrategy.self) { strategy = word }
        try members.texts("regions", &regions)
        try members.end()
    }

    /// OpenRouter also takes {"by": "price", ...}, and may learn further words.
    private func sorting(_ value: ConfigValue, _ strict: Bool) throws(Failure) -> RoutingStrategy? {
        let sorts: [RoutingStrategy] = [.price, .throughput, .latency]
        if strict { return try value.word(among: sorts) }
        guard let by = value.isObject ? try value.object().take("by") : value else { return nil }
        let word = try by.text()
        return sorts.first { same($0.rawValue, word) }
    }
}

private enum DataCollection: String, CaseIterable { case allow, deny }
