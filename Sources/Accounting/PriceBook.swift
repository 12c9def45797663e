internal import Bytes
package import Catalog
package import Model
internal import Settings

/// What the lists of models say of prices, as far as they are there.
package protocol ListedPrices: AnyObject {
    /// Another one after each change.
    var generation: UInt32 { get }
    func facts(_ provider: String, _ model: String) -> ModelFacts?
}

/// What prices depend on beside the tables: one configuration, and the lists.
package struct PriceContext {
    let providers: [Provider]
    let filed: [FiledPrice]
    /// Counts the configurations of one client.
    let number: UInt32
    let lists: any ListedPrices

    package init(providers: [Provider], filed: [FiledPrice], number: UInt32, lists: any ListedPrices) {
        self.providers = providers
        self.filed = filed
        self.number = number
        self.lists = lists
    }
}

/// Which price a model has at a provider: the one that bills, and that routes (docs/prices.md). What was found is kept until a
/// list or the configuration changes.
package final class PriceBook {
    private struct Entry {
        /// Of which configuration and lists; while both are the same, so are their providers.
        var state: UInt64 = 0
        var provider: ObjectIdentifier?
        var model = ""
        var price: ModelPrice?
    }

    private let tables: ModelTables
    private let complain: ModelTables.Complaint
    private let lock = Lock()
    /// Each model of a provider has one slot, by its hash; whoever comes later takes it.
    private var entries: [Entry] = []
    private static let slots = 512

    /// `complain`: hears what is wrong with the tables, once.
    package init(_ tables: ModelTables, complain: @escaping ModelTables.Complaint) {
        self.tables = tables
        self.complain = complain
    }

    /// Another number where prices of a provider may be others. Those of makers change with their lists.
    package func stamp(_ provider: Provider, _ context: PriceContext) -> UInt64 {
        UInt64(context.number) << 32 | (provider.billing.priceStrategy == .crossReference ? UInt64(context.lists.generation) : 0)
    }

    /// nil: unknown. One that does not `bills` is for showing only.
    package func price(_ provider: Provider, _ model: String, _ context: PriceContext) -> ModelPrice? {
        let state = UInt64(context.number) << 32 | UInt64(context.lists.generation)
        let who = ObjectIdentifier(provider), slot = slot(who, model)
        lock.lock()
        if !entries.isEmpty, entries[slot].state == state, entries[slot].provider == who, same(entries[slot].model, model) {
            let price = entries[slot].price
            lock.unlock()
            return price
        }
        lock.unlock()
        let price = find(provider, model, context)
        lock.with {
            if entries.isEmpty { entries = Array(repeating: Entry(), count: PriceBook.slots) }
            entries[slot] = Entry(state: state, provider: who, model: model, price: price)
        }
        return price
    }

    /// The same model at several providers has several slots.
    private func slot(_ provider: ObjectIdentifier, _ model: String) -> Int {
        let mixed = (fnv1a(model) ^ UInt64(UInt(bitPattern: provider))) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & (PriceBook.slots &- 1)
    }

    /// An id that nobody prices may be a plain one with a word behind it that chooses the server.
    private func find(_ provider: Provider, _ model: String, _ context: PriceContext) -> ModelPrice? {
        if let price = exactly(provider, model, context) { return price }
        let octets = model.octets
        guard let colon = octets.lastIndex(of: Ascii.colon), colon > 0, !octets[colon...].contains(UInt8(ascii: "/")) else { return nil }
        let word = String(utf8: octets[(colon + 1)...])
        guard let price = exactly(provider, String(utf8: octets[..<colon]), context) else { return nil }
        if let server = price.server(called: word) {
            var made = price.served(by: server)
            made.server = server
            return made
        }
        guard let choice = provider.billing.serverSuffixes.first(where: { same($0.name, word) })?.model else { return nil }
        var made = price.cheapest(if: choice.equals("cheapest"))
        made.standsIn = price.servers.isEmpty // it may be another server than the one whose price the list tells
        return made
    }

    /// The user's own word first, kind by kind; then what is published.
    private func exactly(_ provider: Provider, _ model: String, _ context: PriceContext) -> ModelPrice? {
        let own = provider.routing.knownModels.first { same($0.id, model) }?.facts.price
        let filed = context.filed.last { same($0.model, model) && same($0.provider, provider.id) }?.price
        return price(provider, model, context, own, filed, listed(provider, model, context))
    }

    /// Of a model of which the configuration, the price file and the list say this.
    package func price(_ provider: Provider, _ model: String, _ context: PriceContext, _ own: ModelPrice?, _ filed: ModelPrice?, _ listed: ModelPrice?) -> ModelPrice? {
        joined(joined(own, filed), published(provider, model, context, listed))
    }

    private func joined(_ first: ModelPrice?, _ second: ModelPrice?) -> ModelPrice? {
        guard let first, let second else { return first ?? second }
        return first.filled(from: second)
    }

    private func published(_ provider: Provider, _ model: String, _ context: PriceContext, _ listed: ModelPrice?) -> ModelPrice? {
        switch provider.billing.priceStrategy {
        case .api: listed
        case .table: tabled(provider, model)
        case .hybrid: better(listed, tabled(provider, model))
        case .crossReference: better(better(listed, maker(model, provider, context)), tabled(provider, model))
        }
    }

    private func listed(_ provider: Provider, _ model: String, _ context: PriceContext) -> ModelPrice? {
        PriceBook.firsthand(context.lists.facts(provider.id, model)?.price)
    }

    /// What a list says itself: prices of others stand in it too, as they were when it was read.
    package static func firsthand(_ price: ModelPrice?) -> ModelPrice? { price?.source == .api || price?.source == .configuration ? price : nil }

    /// The first one that can bill. Where two say the same of a token, the second may know more: what a cached one costs.
    private func better(_ first: ModelPrice?, _ second: @autoclosure () -> ModelPrice?) -> ModelPrice? {
        guard let first, let second = second() else { return first ?? second() }
        guard first.bills else { return second.bills ? second : first }
        let agree = second.bills && first.base[.prompt] == second.base[.prompt] && first.base[.completion] == second.base[.completion]
        if !agree { return first }
        var made = first.filled(from: second)
        made.rules = rules(first.rules, second.rules)
        return made
    }

    /// Most lists have no words for hours and tiers. What they tell takes the place of what the table tells of the same.
    private func rules(_ listed: [PriceRule], _ tabled: [PriceRule]) -> [PriceRule] {
        let added = tabled.filter { rule in !listed.contains { $0.isAlike(rule) } }
        let plain = added.filter { $0.tier == nil }, tiers = added.filter { $0.tier != nil }
        return plain + listed + tiers
    }

    /// Under the id itself, without a version (`name@1`), or under a general id that the row says is this one. Nothing else is
    /// tried: a variant such as `name:free` has a price of its own, or none that is known.
    private func tabled(_ provider: Provider, _ model: String) -> ModelPrice? {
        if provider.access.isElsewhere { return nil }
        let table = provider.tableName
        if let price = tables.row(table, model, complain)?.price() { return price }
        let octets = model.octets
        if let at = octets.firstIndex(of: UInt8(ascii: "@")), at > 0 {
            let plain = String(utf8: octets[..<at])
            if let price = tables.row(table, plain, complain)?.price() { return price }
        }
        for alias in provider.routing.modelIDs where same(alias.model, model) {
            if let price = tables.row(table, alias.name, complain)?.price() { return price }
        }
        return nil
    }

    /// What the provider before the first slash asks for the rest, by its list or the table.
    private func maker(_ model: String, _ router: Provider, _ context: PriceContext) -> ModelPrice? {
        let octets = model.octets
        guard let slash = octets.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let name = String(utf8: octets[..<slash]), rest = String(utf8: octets[(slash + 1)...])
        for maker in context.providers where maker !== router && !maker.access.onlyWhenNamed {
            guard maker.routing.organization.map({ same($0, name) }) ?? false || maker.isCalled(name) else { continue }
            guard let price = better(listed(maker, rest, context), tabled(maker, rest)), price.bills else { continue }
            var found = ModelPrice()
            found.base = price.base
            found.rules = price.rules
            found.source = .crossReference
            return found
        }
        return nil
    }

    /// The table has a row of this provider for exactly this id.
    package func tables(_ provider: Provider, _ model: String) -> Bool { !provider.access.isElsewhere && tables.row(provider.tableName, model, complain) != nil }

    // MARK: for lists

    /// The table beside the library; nil when it is not there.
    package var fullTable: ModelTable? { tables.full(complain) }

    /// What is known of a model beside the list of its provider.
    package func beside(_ provider: Provider, _ model: String, _ context: PriceContext) -> ModelFacts? {
        var facts = tables.row(provider.tableName, model, complain)?.facts() ?? ModelFacts()
        if provider.billing.priceStrategy == .crossReference, let price = maker(model, provider, context) { facts.price = price }
        if provider.billing.priceStrategy == .api || provider.access.isElsewhere { facts.price = nil }
        return facts
    }
}

extension Provider {
    /// As whose its models stand in the table.
    fileprivate var tableName: String { billing.priceTable ?? id }
}
