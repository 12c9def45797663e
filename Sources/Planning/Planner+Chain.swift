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
        for index in chain where index != found.provider && (named.isEmpty || !named.contains(index)) {
            let isOrdered = tables.preference[index] < tables.ordered
            if isOrdered || run.explain || names.mayBe(at: index) { other(index, isOrdered ? .order : .none, names, run) }
        }
    }

    /// Who asks for a provider: nobody in particular, provider_order, or the request.
    enum Wish { case none, order, request }

    private func other(_ index: Int, _ wish: Wish, _ names: ModelNames, _ run: PlanRun) {
        let provider = configuration.providers[index]
        guard tables.isUsable(index) else {
            let why: ExclusionReason = provider.onlyWhenNamed && !provider.named ? .notNamed : provider.lacksAddress ? .noAddress : .noKey
            return run.exclude(index, names.own, why)
        }
        guard let id = names.id(at: index, wish, self, run.world) else { return run.exclude(index, names.own, .notListed) }
        // Nobody knows whether this provider has the model, so it never comes before those that do.
        let isGuess = wish == .order && names.isGuess(id, at: index, self)
        let place = placeOfOther(index, wish, isGuess, run)
        consider(Found(provider: index, model: id, why: reason(index, wish, run)), place: place, run)
    }

    private func reason(_ index: Int, _ wish: Wish, _ run: PlanRun) -> PlanReason {
        switch wish {
        case .request: run.words.map { $0.callOrder.contains(index) || $0.routeOrder.contains(index) || $0.order.contains(index) } ?? false ? .ordered : .chosen
        case .order: .providerOrder
        case .none: configuration.providers[index].named ? .named : .preset
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
    /// Who makes it or passes it on, as in `DetectionTables.organizations`.
    private var owners: [Int] = []
    private let isScripted: Bool
    /// Bits of the providers that something speaks for; nobody else needs a closer look. `anyone`: it cannot be told.
    private var likely = InlineArray<4, UInt64>(repeating: 0)
    private let anyone: Bool
    /// Own, general and bare: who is known to have the model under this name.
    private let names: (own: Listing, general: Listing, bare: Listing)

    private struct Listing {
        let name: String?
        /// By their catalogs, or by the configuration.
        var providers: [Int] = []

        init(_ name: String?, _ planner: Planner, _ world: any PlanWorld) {
            self.name = name
            guard let name else { return }
            providers = world.providers(listing: name)
            var entry = planner.tables.known.first(name)
            if entry >= 0 { providers.reserveCapacity(8) }
            while entry >= 0 {
                providers.append(planner.tables.places[planner.tables.known.value(entry)].provider)
                entry = planner.tables.known.next(entry)
            }
        }
    }

    init(_ found: Found, _ planner: Planner, _ world: any PlanWorld) {
        let provider = planner.configuration.providers[found.provider]
        // What one provider calls a model by its `model_ids` says nothing to the others.
        let mapped = found.general ?? provider.modelIDs.first { same($0.model, found.model) }?.name
        let own = mapped ?? found.model
        self.own = own
        let shape = planner.tables.shape(own)
        isOwnKind = found.why == .form || provider.keepsPrefix(of: own) || own.bytes { $0.find(":") != nil || $0.find("@") != nil }
        let general = ModelNames.general(own, shape, isOwnKind, provider) ?? mapped
        let whole = general.map { planner.tables.shape($0) } ?? shape
        let bare = general.map { $0.dropping(whole.slash &+ 1) }
        self.general = general
        self.bare = bare
        isScripted = provider.isScripted
        anyone = isScripted || !planner.tables.mapped.isEmpty
        names = (Listing(own, planner, world), Listing(general.flatMap { same($0, own) ? nil : $0 }, planner, world),
                 Listing(bare.flatMap { same($0, own) ? nil : $0 }, planner, world))
        var entry = general == nil ? -1 : whole.organization
        while entry >= 0 {
            owners.append(planner.tables.organizations.value(entry))
            entry = planner.tables.organizations.next(entry)
        }
        for index in names.own.providers { mark(index) }
        for index in names.general.providers { mark(index) }
        for index in names.bare.providers { mark(index) }
        for owner in owners { mark(owner >> 1) }
        if general != nil { for index in planner.tables.routers { mark(index) } }
        if planner.configuration.preset == .gatewayz { for index in planner.chain where planner.configuration.providers[index].passThrough { mark(index) } }
    }

    private func mark(_ index: Int) {
        if index >= 0, index < 256 { likely[index >> 6] |= 1 << UInt64(index & 63) }
    }

    /// False: without a wish, `id` knows no name for it there.
    func mayBe(at index: Int) -> Bool { anyone || index >= 256 || likely[index >> 6] & 1 << UInt64(index & 63) != 0 }

    private static func general(_ own: String, _ shape: DetectionTables.Shape, _ isOwnKind: Bool, _ provider: Provider) -> String? {
        if isOwnKind { return nil }
        if shape.slash >= 0 { return own }
        return provider.organization.map { concat($0, "/", own) }
    }

    /// What the model is called at another provider; nil: nothing says that it is there.
    func id(at index: Int, _ wish: Planner.Wish, _ planner: Planner, _ world: any PlanWorld) -> String? {
        if let sure = mapping(at: index, planner) ?? listed(at: index) { return sure }
        let fitting = fitting(index, planner)
        if let fitting, wish == .request || !world.lists(index) { return fitting }
        let provider = planner.configuration.providers[index]
        switch wish {
        // A maker has its own models only.
        case .request: return provider.organization != nil && general != nil ? nil : own
        case .order: return fitting != nil || provider.organization != nil || world.lists(index) ? nil : own
        // Those that are played here answer for any model, but only for each other.
        case .none:
            if isScripted && provider.isScripted { return own }
            // One that takes any id is found by none, but stays in the chain, as Gatewayz has it.
            return planner.configuration.preset == .gatewayz && provider.passThrough && !isOwnKind && !world.lists(index) ? general ?? own : nil
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
        if names.own.providers.contains(index) { return names.own.name }
        if names.general.providers.contains(index) { return names.general.name }
        return names.bare.providers.contains(index) ? names.bare.name : nil
    }

    /// The name by which its maker, or a router, would know it.
    private func fitting(_ index: Int, _ planner: Planner) -> String? {
        for owner in owners where owner >> 1 == index { return owner & 1 == 0 ? bare.map { planner.mapping(of: $0, at: index) ?? $0 } : general }
        return planner.tables.routers.contains(index) ? general : nil
    }
}

