internal import Model
internal import Providers

/// Makers and routers write some ids differently: `anthropic/claude-sonnet-4.5` is OpenRouter's, and Anthropic has `claude-sonnet-4-5`.
extension Planner {
    /// The router that takes an id in the place of its maker: one that is known to have the model, where the maker is not, and
    /// where the keys of both were merely found. Only what is in memory is asked.
    func routed(_ maker: Found, _ id: String, _ shape: DetectionTables.Shape, _ world: any PlanWorld) -> Found? {
        if isChosen(maker.provider) { return nil }
        let routers = serving(shape.organization)
        if routers.isEmpty || routers.contains(where: isChosen) || has(maker, world) { return nil }
        var best: Found?
        for index in routers where best.map({ tables.preference[index] < tables.preference[$0.provider] }) ?? true {
            let found = send(id, to: index, .knownRouter)
            if has(found, world) { best = found }
        }
        return best
    }

    /// The configuration names it: it is never passed over for one whose key was found in the environment.
    private func isChosen(_ index: Int) -> Bool {
        let provider = configuration.providers[index]
        return provider.named || tables.preference[index] < tables.ordered || configuration.defaultProvider.map { provider.isCalled($0) } ?? false
    }

    /// The usable providers that pass on the models of the organisation at this entry.
    private func serving(_ entry: Int) -> [Int] {
        var routers = tables.routers, entry = entry
        while entry >= 0 {
            let value = tables.organizations.value(entry)
            if value & 1 == 1 { routers.append(value >> 1) }
            entry = tables.organizations.next(entry)
        }
        return routers.filter { !configuration.providers[$0].passThrough }
    }

    /// Its list in memory, the table, the configuration or `model_ids` have this model.
    private func has(_ found: Found, _ world: any PlanWorld) -> Bool {
        if found.general != nil { return true }
        let model = cutSuffix(found.model)?.model ?? found.model
        return mapping(of: model, at: found.provider) != nil || facts(found.provider, model, world) != nil || world.tables(found.provider, model)
    }
}
