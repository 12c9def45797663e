internal import Bytes
internal import Model
internal import Settings

/// Makers and routers write some ids differently: `anthropic/claude-sonnet-4.5` is OpenRouter's, and Anthropic has `claude-sonnet-4-5`.
extension Planner {
    /// Who takes an id in the place of a maker whose key was merely found: a provider that the configuration names; else a router that
    /// is known to have the model, where the maker is not. `isWhole`: the id has the maker's name in front, as routers write it. Only
    /// what is in memory is asked.
    func instead(of maker: Found, _ id: String, isWhole: Bool, _ world: any PlanWorld) -> Found? {
        guard !isChosen(maker.provider), let organization = configuration.providers[maker.provider].routing.organization else { return nil }
        let entry = tables.organizations.first(organization)
        let name = MakerName(whole: isWhole ? id : concat(organization, "/", id), bare: isWhole ? id.dropping(tables.shape(id).slash &+ 1) : id, isWhole: isWhole)
        for index in tables.line where index != maker.provider && isChosen(index) {
            let provider = configuration.providers[index]
            if !provider.routing.passThrough, !provider.isScripted, let found = named(index, name, entry, world) { return found }
        }
        return isWhole ? known(maker, id, entry, world) : nil
    }

    /// The name of a model of a maker, as others may know it.
    private struct MakerName {
        let whole: String
        let bare: String
        let isWhole: Bool
    }

    /// Whether a provider that the configuration names can take it. One that passes the maker's models on, or makes them too, can, unless
    /// its list lacks this one. A router may write a name without the maker's in front otherwise, so it has to be known there.
    private func named(_ index: Int, _ name: MakerName, _ entry: Int, _ world: any PlanWorld) -> Found? {
        if tables.organizes(index, entry) {
            let found = send(name.bare, to: index, .beforeMaker)
            return has(found, world) || !world.lists(index) ? found : nil
        }
        let found = send(name.whole, to: index, .beforeMaker)
        if has(found, world) || name.isWhole && !world.lists(index) && serving(entry).contains(index) { return found }
        let bare = send(name.bare, to: index, .beforeMaker)
        return has(bare, world) ? bare : nil
    }

    /// The router that is known to have what the maker is not known to have.
    private func known(_ maker: Found, _ id: String, _ entry: Int, _ world: any PlanWorld) -> Found? {
        let routers = serving(entry)
        if routers.isEmpty || has(maker, world) { return nil }
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
        return provider.access.named || tables.preference[index] < tables.ordered || configuration.defaultProvider.map { provider.isCalled($0) } ?? false
    }

    /// The usable providers that pass on the models of the organisation at this entry.
    private func serving(_ entry: Int) -> [Int] {
        var routers = tables.routers, entry = entry
        while entry >= 0 {
            let value = tables.organizations.value(entry)
            if value & 1 == 1 { routers.append(value >> 1) }
            entry = tables.organizations.next(entry)
        }
        return routers.filter { !configuration.providers[$0].routing.passThrough }
    }

    /// Its list in memory, the table, the configuration or `model_ids` have this model.
    private func has(_ found: Found, _ world: any PlanWorld) -> Bool {
        if found.general != nil { return true }
        let model = cutSuffix(found.model)?.model ?? found.model
        return mapping(of: model, at: found.provider) != nil || facts(found.provider, model, world) != nil || world.tables(found.provider, model)
    }
}
