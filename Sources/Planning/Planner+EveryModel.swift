internal import Bytes
internal import Model
internal import Settings

/// The last resort, opt-in: whatever the providers have, the longest context first, at a known price. Only
/// those are asked that might take over anyway.
extension Planner {
    func everyModel(_ policy: AllModelsPolicy, _ first: Found, _ run: PlanRun) {
        let isScripted = configuration.providers[first.provider].isScripted
        var best: [Choice] = []
        for index in tables.line {
            guard index == first.provider || run.request.pinned == nil && chain.contains(index)
                && configuration.providers[index].isScripted == isScripted else { continue }
            for model in models(of: index, run.world) { weigh(model, index, policy, &best, run) }
        }
        for choice in best { rank(choice.found, alone: true, run) }
    }

    /// The first of them, for a request that names none.
    func longest(_ policy: AllModelsPolicy, _ run: PlanRun) -> Found? {
        var best: [Choice] = []
        for index in tables.line where mayServeAny(index) {
            for model in models(of: index, run.world) { weigh(model, index, policy, &best, run) }
        }
        return best.first?.found
    }

    /// The providers whose lists a request waits for that names no model, where nothing says which it means and all models are
    /// allowed: none of them has a list yet. Nothing else waits.
    package func wantedLists(_ request: PlanRequest, _ world: any PlanWorld) -> [Int] {
        guard configuration.allModels != nil, !configuration.devMode, request.pinned == nil, request.model == nil, request.models.isEmpty,
              request.ownModels.isEmpty, configuration.defaultModel == nil, configuration.fallbackModels.isEmpty else { return [] }
        var wanted: [Int] = []
        for index in tables.line {
            let provider = configuration.providers[index]
            if provider.routing.defaultModel != nil || index == standard && provider.access.deployment != nil || !provider.routing.fallbackModels.isEmpty { return [] }
            guard mayServeAny(index) else { continue }
            if world.lists(index) || !provider.routing.knownModels.isEmpty { return [] }
            wanted.append(index)
        }
        return wanted
    }

    private func mayServeAny(_ index: Int) -> Bool { (chain.contains(index) || index == standard) && !configuration.providers[index].isScripted }

    private struct Choice {
        let found: Found
        let context: Int
    }

    /// Keeps the best ones, in order.
    private func weigh(_ model: String, _ index: Int, _ policy: AllModelsPolicy, _ best: inout [Choice], _ run: PlanRun) {
        guard let facts = facts(index, model, run.world), let context = facts.contextLength else { return }
        let most = min(max(configuration.retry.attemptsPerRequest, 0), 64)
        if best.count >= most, context <= best.last?.context ?? .max { return }
        guard let prices = run.world.prices(index, model), prices[.prompt] != nil, prices[.completion] != nil,
              isWithin(policy.maxPrice, prices, run) else { return }
        if run.holds(index, model) || objection(index, model, run) != nil { return }
        let at = best.firstIndex { $0.context < context } ?? best.count
        best.insert(Choice(found: Found(provider: index, model: model, why: .allModels), context: context), at: at)
        if best.count > most { best.removeLast() }
    }
}

extension Planner {
    /// The ids that a provider is known to have, each once.
    func models(of index: Int, _ world: any PlanWorld) -> [String] {
        var ids: [String] = []
        let provider = configuration.providers[index], listed = world.catalog(index)
        for at in provider.routing.knownModels.indices { ids.append(provider.routing.knownModels[at].id) }
        for at in listed.indices where tables.row(of: index, in: tables.known, tables.known.first(listed[at].id)) == nil { ids.append(listed[at].id) }
        return ids
    }
}
