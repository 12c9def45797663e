internal import Bytes
internal import Model

/// A plan has ranks: the requested model first, then each fallback model.
extension Planner {
    /// More candidates, or more models of one request, help nobody.
    private static var mostCandidates: Int { 256 }
    private static var mostModels: Int { 100 }

    /// One model: its provider, and unless `alone` those that may take over.
    func rank(_ found: Found, alone: Bool, _ run: PlanRun) {
        let found = unsuffixed(found, run)
        if found.why == .development {
            if !run.holds(found.provider, found.model) { run.include(found, CandidateRank(tier: .found, position: 0)) }
        } else {
            // A provider that understands OpenRouter's words itself gets them: they are not about us then.
            run.isWorded = run.words != nil && !configuration.providers[found.provider].requests.nativeRouting
            consider(found, rankOfPrimary(found, run), run)
            if !alone { others(found, run) }
            if run.line.count > 1 { arrange(found, run) }
        }
        run.endRank()
    }

    /// OpenRouter's `:floor` (cheapest first) and `:nitro` (fastest first) at the end of an id, for a provider that knows no such
    /// words: then they are ours.
    private func unsuffixed(_ found: Found, _ run: PlanRun) -> Found {
        run.suffix = nil
        guard found.why != .development, !configuration.providers[found.provider].requests.nativeRouting, tables.known.first(found.model) < 0 else { return found }
        guard let cut = cutSuffix(found.model) else { return found }
        run.suffix = cut.suffix
        if found.general == nil, let own = mapping(of: cut.model, at: found.provider) {
            return Found(provider: found.provider, model: own, why: found.why, general: cut.model)
        }
        return Found(provider: found.provider, model: cut.model, why: found.why, general: found.general)
    }

    func cutSuffix(_ model: String) -> (model: String, suffix: RoutingStrategy)? {
        model.bytes { id in
            let start = id.count &- 6
            guard start > 0 else { return nil }
            let word = id[ByteRange(start, id.count)]
            if word.equals(":floor") { return (String(utf8: id[ByteRange(0, start)]), .price) }
            return word.equals(":nitro") ? (String(utf8: id[ByteRange(0, start)]), .throughput) : nil
        }
    }

    /// Takes a candidate in, unless something speaks against it.
    func consider(_ found: Found, _ rank: CandidateRank, _ run: PlanRun) {
        if found.model.isEmpty { return run.exclude(found.provider, found.model, .unresolved) }
        if run.rank > 0 {
            if run.holds(found.provider, found.model) { return }
            if run.isNativeFallback, configuration.providers[found.provider].requests.nativeRouting,
               run.candidates.contains(where: { $0.provider == found.provider }) {
                return run.exclude(found.provider, found.model, .native)
            }
        }
        if let why = objection(found.provider, found.model, run) {
            return run.exclude(found.provider, found.model, why)
        }
        run.include(found, rank)
    }

    /// The order of the preset `openrouter`: requested, configured default (with its preset), fallback models, and all models if allowed.
    func fallbacks(_ first: Found, _ run: PlanRun) {
        let primary = configuration.providers[first.provider]
        let usesDefault = configuration.preset == .openrouter
        if run.request.models.isEmpty && run.request.ownModels.isEmpty && primary.routing.fallbackModels.isEmpty
            && configuration.fallbackModels.isEmpty && configuration.allModels == nil && !usesDefault { return }
        run.wanted = [run.request.model ?? run.request.models.first ?? run.request.ownModels.first ?? configuration.defaultModel ?? first.model]
        add(run.request.models, .models, first, run)
        add(run.request.ownModels, .request, first, run)
        if usesDefault, let model = configuration.defaultModel {
            add([model], .configuration, first, run)
        } else if usesDefault, let model = primary.routing.defaultModel {
            add([model], .provider(.ownDefault), first, run)
        }
        add(primary.routing.fallbackModels, .provider(.ownFallback), first, run)
        add(configuration.fallbackModels, .configuration, first, run)
        if let policy = configuration.allModels, !configuration.devMode { everyModel(policy, first, run) }
    }

    /// Who names a fallback model: `models` of the request, `gatelet.models`, the provider that was found, the configuration.
    private enum Source {
        case models, request, provider(PlanReason), configuration
    }

    private func add(_ models: [String], _ source: Source, _ first: Found, _ run: PlanRun) {
        if case .models = source { run.isNativeFallback = true } else { run.isNativeFallback = false }
        for (at, model) in models.enumerated() {
            if at >= Planner.mostModels || run.candidates.count >= Planner.mostCandidates { return }
            if model.isEmpty || run.wanted.has(model) { continue }
            run.wanted.append(model)
            guard let found = fallback(model, source, first, run.request.pinned != nil, run.world),
                  configuration.devMode || tables.isUsable(found.provider), !found.model.isEmpty else {
                run.exclude(-1, model, .unresolved)
                continue
            }
            if run.request.pinned != nil && found.provider != first.provider {
                run.exclude(found.provider, found.model, .pinned)
                continue
            }
            var alone = run.request.pinned != nil
            if case .provider = source { alone = true }
            rank(found, alone: alone, run)
        }
    }

    /// What a request names itself is meant for the provider that it pins.
    private func fallback(_ model: String, _ source: Source, _ first: Found, _ isPinned: Bool, _ world: any PlanWorld) -> Found? {
        if configuration.devMode { return send(model, to: first.provider, .development) }
        let id = unaliased(model)
        switch source {
        case .provider(let why): return send(id, to: first.provider, why)
        case .models where isPinned, .request where isPinned: return send(id, to: first.provider, .asked)
        default: return find(id, world)
        }
    }
}

extension PlanRun {
    func holds(_ provider: Int, _ model: String) -> Bool {
        func isIt(_ candidate: Candidate) -> Bool { candidate.provider == provider && same(candidate.model, model) }
        return candidates.contains(where: isIt) || line.contains { isIt($0.candidate) }
    }
}
