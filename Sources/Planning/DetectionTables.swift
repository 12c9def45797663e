internal import Bytes
internal import Model

/// What configuration says about names and ids, made ready for looking up. Only providers that can be asked are in it,
/// but in `names`. Written by its initialiser only. A class, as a struct would be copied with a dozen references in it.
final class DetectionTables {
    /// A row of a provider's `modelIDs` or `knownModels`.
    struct ModelRow {
        let provider: Int
        let row: Int
    }

    /// Ids and aliases of all providers.
    private(set) var names = IDTable()
    /// Indices into `Configuration.aliases`.
    private(set) var aliases = IDTable()
    /// Providers as 2 * index for those who make an organisation's models, + 1 for those who pass them on.
    private(set) var organizations = IDTable()
    /// Indices into `models`, by general id.
    private(set) var mapped = IDTable()
    /// Indices into `models`, by id.
    private(set) var known = IDTable()
    private(set) var models: [ModelRow] = []
    /// Providers that pass on the models of whoever ("*/").
    private(set) var routers: [Int] = []
    private(set) var forms = ClaimTable()
    private(set) var locks = ClaimTable()
    /// For ids without a slash.
    private(set) var beginnings = ClaimTable()
    /// The providers that can be asked: as in provider_order, then named ones, then by priority.
    private(set) var line: [Int] = []
    /// How many of them are there by provider_order.
    private(set) var ordered = 0
    /// Where each provider stands in `line`; the others far behind.
    private(set) var preference: [Int] = []

    init(_ configuration: Configuration) {
        for index in configuration.providers.indices {
            let provider = configuration.providers[index]
            names.add(provider.id, index)
            for name in provider.identity.aliases { names.add(name, index) }
        }
        for index in configuration.aliases.indices { aliases.add(configuration.aliases[index].name, index) }
        queue(configuration)
        for index in line { add(configuration.providers[index], index) }
    }

    func isUsable(_ index: Int) -> Bool { index >= 0 && index < preference.count && preference[index] < line.count }

    private func queue(_ configuration: Configuration) {
        let providers = configuration.providers
        var order: [Int] = []
        for name in configuration.providerOrder {
            let index = names.value(names.first(name))
            if index >= 0, !order.contains(index) { order.append(index) }
        }
        let standings = providers.indices.map { index in
            let priority = min(max(providers[index].routing.priority ?? 100_000, 0), 100_000)
            return Standing(order: order.firstIndex(of: index) ?? .max, isFound: !providers[index].access.named, priority: priority)
        }
        for index in providers.indices where providers[index].isConfigured {
            line.insert(index, at: line.firstIndex { standings[index] < standings[$0] } ?? line.count)
        }
        ordered = line.count { standings[$0].order != .max }
        preference = Array(repeating: .max >> 1, count: providers.count)
        for (position, index) in line.enumerated() { preference[index] = position }
    }

    /// Of a provider in `line`; the smallest comes first.
    private struct Standing: Comparable {
        /// In provider_order.
        let order: Int
        /// Not named: its key was found.
        let isFound: Bool
        let priority: Int

        static func < (a: Standing, b: Standing) -> Bool {
            if a.order != b.order { return a.order < b.order }
            return a.isFound == b.isFound ? a.priority < b.priority : b.isFound
        }
    }

    private func add(_ provider: Provider, _ index: Int) {
        if let organization = provider.routing.organization { organizations.add(organization, index &* 2) }
        for prefix in provider.routing.serves { serve(prefix, index) }
        for at in provider.routing.modelIDs.indices { add(provider.routing.modelIDs[at].name, &mapped, index, at) }
        for at in provider.routing.knownModels.indices { add(provider.routing.knownModels[at].id, &known, index, at) }
        for lock in provider.routing.locks { locks.add(lock, index) }
        // Pass-through providers take any id: if they were found by its form, they would take those of others.
        if provider.routing.passThrough { return }
        for form in provider.routing.detect { forms.add(form, index) }
        for beginning in provider.routing.bare { beginnings.add(concat(beginning, "*"), index) }
    }

    private func add(_ id: String, _ table: inout IDTable, _ index: Int, _ at: Int) {
        table.add(id, models.count)
        models.append(ModelRow(provider: index, row: at))
    }

    private func serve(_ prefix: String, _ index: Int) {
        let organization = prefix.bytes { String(utf8: $0[ByteRange(0, $0.find("/") ?? $0.count)]) }
        if same(organization, "*") { routers.append(index) } else { organizations.add(organization, index &* 2 &+ 1) }
    }

    /// The row of this provider, from an entry of `mapped` or `known` on.
    func row(of index: Int, in table: IDTable, _ entry: Int) -> Int? {
        var entry = entry
        while entry >= 0 {
            let model = models[table.value(entry)]
            if model.provider == index { return model.row }
            entry = table.next(entry)
        }
        return nil
    }
}
