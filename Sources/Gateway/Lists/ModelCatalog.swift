internal import Accounting
internal import Bytes
internal import Model

/// What one client knows of models: their lists and their prices.
final class ModelCatalog: ListedPrices {
    /// Models of a list that a request for whatever there is may look at.
    private static let mostKnown = 10_000

    private let lock = Lock()
    private var slots: [CatalogSlot] = []
    /// How many lists there are: most clients never fetch one, and ask no lock.
    private let listed = AtomicWord()
    private let changes = AtomicWord()
    let prices: PriceBook

    init(_ prices: PriceBook) { self.prices = prices }

    /// Another one after each change: what was derived from the lists before is out of date.
    var generation: UInt32 { changes.value }

    /// The place of a provider's list.
    func slot(_ provider: String) -> CatalogSlot {
        lock.with {
            if let known = slots.first(where: { same($0.provider, provider) }) { return known }
            let made = CatalogSlot(provider)
            slots.append(made)
            return made
        }
    }

    func keep(_ list: CatalogList, in slot: CatalogSlot) {
        lock.with {
            slot.list = list
            countLists()
        }
    }

    func list(_ slot: CatalogSlot) -> CatalogList? { lock.with { slot.list } }

    /// Lists of providers that are gone, or that live somewhere else since the configuration was loaded anew.
    func forgetMoved(_ setup: Setup, from old: Setup) {
        lock.with {
            slots.removeAll { setup.hasMoved($0.provider, from: old) }
            for slot in slots { slot.forgive() }
            countLists()
        }
    }

    func abandon() {
        for slot in lock.with({ slots }) { slot.abandon() }
    }

    private func countLists() {
        var count: UInt32 = 0
        for slot in slots where slot.list != nil { count &+= 1 }
        listed.value = count
        changes.add(1)
    }

    // MARK: for routing and prices, which never wait for a list

    func facts(_ provider: String, _ model: String) -> ModelFacts? {
        guard let list = list(provider), let index = list.find(model, fnv1a(model)) else { return nil }
        return list.facts(index)
    }

    /// A snapshot is not all there is.
    func lists(_ provider: String) -> Bool { list(provider)?.isWhole ?? false }

    /// Ids of the providers whose list has this model.
    func providers(listing model: String) -> [String] {
        var found: [String] = []
        if !listed.isSet { return found }
        let hash = fnv1a(model)
        for slot in lock.with({ slots }) {
            if let list = list(slot), list.find(model, hash) != nil { found.append(slot.provider) }
        }
        return found
    }

    func catalog(_ provider: String) -> [KnownModel] {
        guard let list = list(provider) else { return [] }
        return list.entries.indices.prefix(ModelCatalog.mostKnown).map { KnownModel(id: list.id($0), facts: list.facts($0)) }
    }

    private func list(_ provider: String) -> CatalogList? {
        !listed.isSet ? nil : lock.with { slots.first { same($0.provider, provider) }?.list }
    }
}

extension ModelCatalog {
    /// What a model costs at a provider (docs/prices.md); nil: unknown.
    func price(_ provider: Provider, _ model: String, _ setup: Setup) -> ModelPrice? { prices.price(provider, model, priceContext(setup)) }

    func priceContext(_ setup: Setup) -> PriceContext {
        PriceContext(providers: setup.configuration.providers, filed: setup.configuration.filedPrices, number: setup.number, lists: self)
    }
}
