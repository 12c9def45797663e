internal import Bytes
internal import Model
internal import Settings

/// Who else has a model, and what it is called there.
extension Planner {
    /// The providers that may take over from the one that was found.
    func others(_ found: Found, _ run: PlanRun) {
        let named = run.words.map { run.isWorded ? $0.named : $0.ownNamed } ?? []
        if named.isEmpty && (chain.isEmpty || chain.count == 1 && chain[0] == found.provider) { return }
        let names = ModelNames(found, self, run.world)
        for (at, index) in named.enumerated() where index != found.provider && !named[..<at].contains(index) {
            other(index, .request, names, run)
        }
        for index in chain where names.mayBe(at: index) || run.explain || isOrdered(index) {
            if index != found.provider, !named.contains(index) { other(index, isOrdered(index) ? .order : .none, names, run) }
        }
    }

    private func isOrdered(_ index: Int) -> Bool { tables.preference[index] < tables.ordered }

    /// Who asks for a provider: nobody in particular, provider_order, or the request.
    enum Wish { case none, order, request }

    private func other(_ index: Int, _ wish: Wish, _ names: ModelNames, _ run: PlanRun) {
        let provider = configuration.providers[index]
        guard tables.isUsable(index) else {
            let why: ExclusionReason = provider.access.onlyWhenNamed && !provider.access.named ? .notNamed : provider.lacksAddress ? .noAddress : .noKey
            return run.exclude(index, names.own, why)
        }
        guard let id = names.id(at: index, wish, self, run.world) else { return run.exclude(index, names.own, .notListed) }
        // Nobody knows whether this provider has the model, so it never comes before those that do.
        let isGuess = wish == .order && names.isGuess(id, at: index, self)
        consider(Found(provider: index, model: id, why: reason(index, wish, run)), rankOfOther(index, wish, isGuess, run), run)
    }

    private func reason(_ index: Int, _ wish: Wish, _ run: PlanRun) -> PlanReason {
        switch wish {
        case .request: [run.words?.call, run.words?.route, run.words?.request].contains { $0?.order.contains(index) ?? false } ? .ordered : .chosen
        case .order: .providerOrder
        case .none: configuration.providers[index].access.named ? .named : .preset
        }
    }
}

/// The names of one model, to find it at other providers. A class, as each of them looks at it.
final class ModelNames {
    /// As the provider knows it that was found, but for names that only its `model_ids` give.
    let own: String
    /// A variant or a version belongs to whoever offers it.
    private let isOwnKind: Bool
    /// With the maker's name in front, as routers write it. nil: an id of the provider's own kind (`x:free`, `x@1`, `@cf/x`,
    /// `openrouter/auto`), or nobody knows the maker.
    private let general: String?
    /// Without the maker's name.
    private let bare: String?
    private let isScripted: Bool
    /// By provider.
    private var signs: [Signs]

    /// What speaks for a provider; without any sign nobody need look closer.
    private struct Signs: OptionSet {
        let rawValue: UInt8
        /// It is known to have the model under this name, by its catalog or by the configuration.
        static let own = Signs(rawValue: 1), general = Signs(rawValue: 2), bare = Signs(rawValue: 4)
        /// It makes the models of this maker, or passes them on.
        static let makes = Signs(rawValue: 8), passesOn = Signs(rawValue: 16)
        /// It cannot be told.
        static let perhaps = Signs(rawValue: 32)
    }

    init(_ found: Found, _ planner: Planner, _ world: any PlanWorld) {
        let provider = planner.configuration.providers[found.provider], tables = planner.tables
        // What one provider calls a model by its `model_ids` says nothing to the others.
        let mapped = found.general ?? provider.routing.modelIDs.first { same($0.model, found.model) }?.name
        let own = mapped ?? found.model
        self.own = own
        let shape = tables.shape(own)
        isOwnKind = found.why == .form || provider.keepsPrefix(of: own) || own.bytes { $0.find(":") != nil || $0.find("@") != nil }
        let general = ModelNames.general(own, shape, isOwnKind, provider) ?? mapped
        let whole = general.map { tables.shape($0) } ?? shape
        let bare = general.map { $0.dropping(whole.slash &+ 1) }
        self.general = general
        self.bare = bare
        isScripted = provider.isScripted
        signs = Array(repeating: isScripted || !tables.mapped.isEmpty ? .perhaps : [], count: planner.configuration.providers.count)
        mark(.own, own, tables, world)
        if let general, !same(general, own) { mark(.general, general, tables, world) }
        if let bare, !same(bare, own) { mark(.bare, bare, tables, world) }
        var entry = general == nil ? -1 : whole.organization
        while entry >= 0 {
            let owner = tables.organizations.value(entry)
            mark(owner & 1 == 0 ? .makes : .passesOn, owner >> 1)
            entry = tables.organizations.next(entry)
        }
        if general != nil { for index in tables.routers { mark(.passesOn, index) } }
        if planner.configuration.preset == .gatewayz { for index in planner.chain where planner.configuration.providers[index].routing.passThrough { mark(.perhaps, index) } }
    }

    private func mark(_ sign: Signs, _ name: String, _ tables: DetectionTables, _ world: any PlanWorld) {
        for index in world.providers(listing: name) { mark(sign, index) }
        var entry = tables.known.first(name)
        while entry >= 0 {
            mark(sign, tables.models[tables.known.value(entry)].provider)
            entry = tables.known.next(entry)
        }
    }

    private func mark(_ sign: Signs, _ index: Int) {
        if signs.indices.contains(index) { signs[index].insert(sign) }
    }

    /// False: without a wish, `id` knows no name for it there.
    func mayBe(at index: Int) -> Bool { !signs[index].isEmpty }

    private static func general(_ own: String, _ shape: DetectionTables.Shape, _ isOwnKind: Bool, _ provider: Provider) -> String? {
        if isOwnKind { return nil }
        if shape.slash >= 0 { return own }
        return provider.routing.organization.map { concat($0, "/", own) }
    }

    /// What the model is called at another provider; nil: nothing says that it is there.
    func id(at index: Int, _ wish: Planner.Wish, _ planner: Planner, _ world: any PlanWorld) -> String? {
        if let sure = mapping(at: index, planner) ?? listed(at: index) { return sure }
        let fitting = fitting(index, planner)
        if let fitting, wish == .request || !world.lists(index) { return fitting }
        let provider = planner.configuration.providers[index]
        switch wish {
        // A maker has its own models only.
        case .request: return provider.routing.organization != nil && general != nil ? nil : own
        case .order: return fitting != nil || provider.routing.organization != nil || world.lists(index) ? nil : own
        // Those that are played here answer for any model, but only for each other.
        case .none:
            if isScripted && provider.isScripted { return own }
            // One that takes any id is found by none, but stays in the chain, as Gatewayz has it.
            return planner.configuration.preset == .gatewayz && provider.routing.passThrough && !isOwnKind && !world.lists(index) ? general ?? own : nil
        }
    }

    func isGuess(_ id: String, at index: Int, _ planner: Planner) -> Bool {
        same(id, own) && mapping(at: index, planner) == nil && listed(at: index) == nil && fitting(index, planner) == nil
    }

    private func mapping(at index: Int, _ planner: Planner) -> String? {
        if planner.tables.mapped.isEmpty { return nil }
        return general.flatMap { planner.mapping(of: $0, at: index) } ?? planner.mapping(of: own, at: index)
    }

    private func listed(at index: Int) -> String? {
        let signs = signs[index]
        if signs.contains(.own) { return own }
        if signs.contains(.general) { return general }
        return signs.contains(.bare) ? bare : nil
    }

    /// The name by which its maker, or a router, would know it.
    private func fitting(_ index: Int, _ planner: Planner) -> String? {
        if signs[index].contains(.makes) { return bare.map { planner.mapping(of: $0, at: index) ?? $0 } }
        return signs[index].contains(.passesOn) ? general : nil
    }
}
