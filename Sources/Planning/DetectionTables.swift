internal import Bytes
internal import Model

/// What configuration says about names and ids, made ready for looking up. Only providers that can be asked are in it,
/// but in `names`. Written by its initialiser only. A class, as a struct would be copied with a dozen references in it.
final class DetectionTables: @unchecked Sendable {
    struct Claim {
        let glob: Glob
        let provider: Int
    }
    /// Something with a number that belongs to a provider: an entry of `modelIDs` or of `knownModels`.
    struct Place {
        let provider: Int
        let index: Int
    }

    /// Ids and aliases of all providers.
    private(set) var names = IDTable()
    /// Indices into `Configuration.aliases`.
    private(set) var aliases = IDTable()
    /// Providers as 2 * index for those who make an organisation's models, + 1 for those who pass them on.
    private(set) var organizations = IDTable()
    /// Indices into `places`, by general id.
    private(set) var mapped = IDTable()
    /// Indices into `places`, by id.
    private(set) var known = IDTable()
    private(set) var places: [Place] = []
    /// Providers that pass on the models of whoever ("*/").
    private(set) var routers: [Int] = []
    /// The most telling first.
    private(set) var forms: [Claim] = []
    private(set) var locks: [Claim] = []
    /// For ids without a slash.
    private(set) var beginnings: [Claim] = []
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
            for name in provider.aliases { names.add(name, index) }
        }
        for index in configuration.aliases.indices { aliases.add(configuration.aliases[index].name, index) }
        queue(configuration)
        for index in line { add(configuration.providers[index], index) }
    }

    func isUsable(_ index: Int) -> Bool { index >= 0 && index < preference.count && preference[index] < line.count }

    private func queue(_ configuration: Configuration) {
        let providers = configuration.providers
        var keys: [Double] = []
        for index in providers.indices {
            let provider = providers[index]
            keys.append((provider.named ? 1e6 : 2e6) + Double(min(max(provider.priority ?? 100_000, 0), 100_000)))
            if provider.isConfigured { line.append(index) }
        }
        for (place, name) in configuration.providerOrder.enumerated() {
            let index = names.value(names.first(name))
            if index >= 0, keys[index] >= 1e6 { keys[index] = Double(place) }
        }
        sort(&line, by: keys)
        preference = Array(repeating: .max >> 1, count: providers.count)
        for (place, index) in line.enumerated() {
            preference[index] = place
            if keys[index] < 1e6 { ordered &+= 1 }
        }
    }

    private func add(_ provider: Provider, _ index: Int) {
        if let organization = provider.organization { organizations.add(organization, index &* 2) }
        for prefix in provider.serves { serve(prefix, index) }
        for at in provider.modelIDs.indices { add(provider.modelIDs[at].name, &mapped, index, at) }
        for at in provider.knownModels.indices { add(provider.knownModels[at].id, &known, index, at) }
        for lock in provider.locks { insert(lock, index, &locks) }
        // Pass-through providers take any id: if they were found by its form, they would take those of others.
        if provider.passThrough { return }
        for form in provider.detect { insert(form, index, &forms) }
        for beginning in provider.bare { insert(concat(beginning, "*"), index, &beginnings) }
    }

    private func add(_ id: String, _ table: inout IDTable, _ index: Int, _ at: Int) {
        table.add(id, places.count)
        places.append(Place(provider: index, index: at))
    }

    private func serve(_ prefix: String, _ index: Int) {
        let organization = prefix.bytes { String(utf8: $0[ByteRange(0, $0.find("/") ?? $0.count)]) }
        if same(organization, "*") { routers.append(index) } else { organizations.add(organization, index &* 2 &+ 1) }
    }

    /// Behind those that say as much.
    @inline(never)
    private func insert(_ pattern: String, _ index: Int, _ claims: inout [Claim]) {
        let glob = Glob(pattern)
        claims.append(Claim(glob: glob, provider: index))
        var at = claims.count &- 1
        while at > 0, claims[at &- 1].glob.weight < glob.weight {
            claims.swapAt(at, at &- 1)
            at &-= 1
        }
    }

    /// The provider of the first claim that holds for an id, or -1. Those of `exempt` do not count.
    @inline(never)
    func claimant(_ id: String, _ claims: [Claim], exempt: Int = -1) -> Int {
        if claims.isEmpty { return -1 }
        return id.bytes { raw in
            for at in claims.indices where claims[at].provider != exempt && claims[at].glob.matches(raw) { return claims[at].provider }
            return -1
        }
    }

    /// The place that belongs to this provider, from an entry of `mapped` or `known` on.
    func place(of index: Int, in table: IDTable, _ entry: Int) -> Place? {
        var entry = entry
        while entry >= 0 {
            let place = places[table.value(entry)]
            if place.provider == index { return place }
            entry = table.next(entry)
        }
        return nil
    }
}

/// Indices in the order of their keys, for a few dozen that are mostly in order already. Those with equal keys stay as they are.
@inline(never)
func sort(_ order: inout [Int], by keys: [Double]) {
    var i = 1
    while i < order.count {
        let index = order[i]
        var j = i
        while j > 0, keys[index] < keys[order[j &- 1]] {
            order[j] = order[j &- 1]
            j &-= 1
        }
        order[j] = index
        i &+= 1
    }
}
