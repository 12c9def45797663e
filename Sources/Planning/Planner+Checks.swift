internal import Bytes
package import Model
internal import Settings

/// What speaks against a candidate before it is asked.
extension Planner {
    func objection(_ index: Int, _ model: String, _ run: PlanRun) -> ExclusionReason? {
        let provider = configuration.providers[index]
        if !provider.offers(run.request.operation) { return .operation }
        let facts = self.facts(index, model, run.world)
        if let words = run.words {
            if let call = words.call, let why = objection(of: call, index, model, facts, run) { return why }
            if let route = words.route, let why = objection(of: route, index, model, facts, run) { return why }
            if !provider.requests.nativeRouting, let request = words.request, let why = objection(of: request, index, model, facts, run) { return why }
        }
        if !lies(provider, in: operatorsRegions(run.request)) || !lies(provider, in: run.request.route.regions) { return .region }
        if let most = provider.requests.mostInputs, run.request.operation == .embeddings, run.needs.inputs > most { return .inputs }
        return facts.flatMap { misfit($0, provider, model, run) }
    }

    private func operatorsRegions(_ request: PlanRequest) -> [String] {
        if !request.callPreferences.regions.isEmpty { return request.callPreferences.regions }
        return request.isLifted && !request.route.regions.isEmpty ? [] : configuration.regions
    }

    func lies(_ provider: Provider, in regions: [String]) -> Bool { regions.isEmpty || provider.routing.regions.contains { regions.has($0) } }

    /// Configuration knows better than catalogs.
    package func facts(_ index: Int, _ model: String, _ world: any PlanWorld) -> ModelFacts? {
        let listed = world.facts(index, model)
        guard !tables.known.isEmpty, let row = tables.row(of: index, in: tables.known, tables.known.first(model)) else { return listed }
        let own = configuration.providers[index].routing.knownModels[row].facts
        return listed.map { own.filled(from: $0) } ?? own
    }

    private func objection(of words: NamedPreferences, _ index: Int, _ model: String, _ facts: ModelFacts?, _ run: PlanRun) -> ExclusionReason? {
        // Names that are not ours count: who allows only "azure" does not allow anybody here.
        if !words.preferences.only.isEmpty && !words.only.contains(index) { return .only }
        if words.ignore.contains(index) { return .ignored }
        let provider = configuration.providers[index]
        if words.preferences.denyDataCollection && provider.routing.collectsData != false { return .dataCollection }
        if words.preferences.zeroDataRetention && provider.routing.zeroDataRetention != true { return .retention }
        if let ceiling = words.preferences.maxPrice, !isWithin(ceiling, run.world.prices(index, model), run) { return .price }
        if words.preferences.requireParameters && !hasParameters(facts, run) { return .parameters }
        return nil
    }

    /// A price that nobody knows may be any.
    func isWithin(_ ceiling: PriceCeiling, _ prices: PriceSet?, _ run: PlanRun) -> Bool {
        guard fits(prices, .prompt, ceiling.prompt), fits(prices, .completion, ceiling.completion), fits(prices, .request, ceiling.request) else { return false }
        return ceiling.image == nil || !run.needs.modalities.contains(.image) || fits(prices, .image, ceiling.image)
    }

    private func fits(_ prices: PriceSet?, _ kind: PriceKind, _ most: AttoUSD?) -> Bool {
        guard let most else { return true }
        guard let price = prices?[kind] else { return false }
        return price <= most
    }

    private func hasParameters(_ facts: ModelFacts?, _ run: PlanRun) -> Bool {
        guard let known = facts?.parameters, !known.isEmpty else { return false }
        return run.needs.parameters.allSatisfy {
            known.has($0) || same($0, "max_completion_tokens") && known.has("max_tokens")
        }
    }

    /// Facts against needs. What is not known excludes nobody.
    private func misfit(_ facts: ModelFacts, _ provider: Provider, _ model: String, _ run: PlanRun) -> ExclusionReason? {
        if facts.contextLength == nil && facts.inputs == nil && facts.parameters == nil { return nil }
        let needs = run.needs
        if let length = facts.contextLength, length > 0 {
            let (sum, overflow) = needs.promptTokens.addingReportingOverflow(provider.mostOutput(needs, model) ?? 0)
            if overflow || sum > length { return .context }
        }
        if let inputs = facts.inputs, let why = unreadable(needs.modalities.subtracting(inputs.union(.text)), inputs, provider) { return why }
        guard needs.tools || needs.structuredOutput, let known = facts.parameters, !known.isEmpty else { return nil }
        if needs.tools && !known.has("tools") { return .tools }
        return needs.structuredOutput && !known.has("structured_outputs") ? .structuredOutput : nil
    }

    /// Lists seldom name files: a model that sees pictures mostly reads the pages of one, too, and routers read them for their models
    /// (https://openrouter.ai/docs/features/multimodal/pdfs, 2026-11).
    private func unreadable(_ lacking: Modalities, _ inputs: Modalities, _ provider: Provider) -> ExclusionReason? {
        if lacking.contains(.image) { return .images }
        if lacking.contains(.audio) { return .audio }
        if lacking.contains(.video) { return .video }
        return lacking.contains(.file) && !inputs.contains(.image) && !provider.requests.nativeRouting ? .files : nil
    }

    /// Why there is nobody to ask.
    func nothingLeft(_ first: Found, _ operation: Operation, _ exclusions: [Exclusion]) -> Failure {
        let providers = configuration.providers
        if let keyless = exclusions.first(where: { $0.why == .noKey || $0.why == .noAddress }), !exclusions.contains(where: { $0.why == .keysRetired }),
           exclusions.contains(where: { $0.why == .only }) { return missingKey(providers[keyless.provider]) }
        var failure: Failure
        if let why = exclusions.first?.why, why == .operation {
            failure = Failure(.unsupported, concat(providers[first.provider].name, String(operation.lack)))
        } else {
            let retired = exclusions.contains { $0.why == .keysRetired }
            failure = Failure(retired ? .keysExhausted : .refused, concat("no provider is left for model \"", shown(first.model), "\"", reasons(exclusions)))
        }
        failure.provider = providers[first.provider].id
        failure.model = first.model
        return failure
    }

    private func reasons(_ exclusions: [Exclusion]) -> String {
        var text = ""
        for exclusion in exclusions.prefix(3) {
            let name = exclusion.provider < 0 ? exclusion.model : configuration.providers[exclusion.provider].id
            text = concat(text, text.isEmpty ? ": " : "; ", name, ": ", String(exclusion.why.text))
            if exclusion.why == .inputs, let most = configuration.providers[exclusion.provider].requests.mostInputs { text = concat(text, " (", String(decimal: most), ")") }
        }
        return text
    }
}

extension Provider {
    func offers(_ operation: Operation) -> Bool {
        switch operation {
        case .embeddings: requests.embeddings
        case .completion, .completionStream: requests.completions
        case .countTokens: requests.countsTokens
        case .chat, .chatStream, .listModels, .raw, .rawStream: true
        }
    }
}

extension Operation {
    /// What is wrong with a provider that does not offer it.
    fileprivate var lack: StaticString {
        switch self {
        case .embeddings: " has no embeddings"
        case .countTokens: " does not count tokens (count_tokens)"
        default: " has no text completions"
        }
    }
}
