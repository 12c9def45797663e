internal import Accounting
internal import Bytes
internal import JSON
internal import Model
internal import ModelLists

/// What the user says of models of one provider, found by their ids.
private struct UsersWords {
    private var known: [(hash: UInt64, model: KnownModel)] = []
    private var filed: [(hash: UInt64, price: FiledPrice)] = []

    init(_ provider: Provider, _ configuration: Configuration) {
        for model in provider.routing.knownModels { known.append((fnv1a(model.id), model)) }
        for price in configuration.filedPrices where same(price.provider, provider.id) { filed.append((fnv1a(price.model), price)) }
    }

    func facts(_ id: String, _ hash: UInt64) -> ModelFacts? {
        for entry in known where entry.hash == hash && same(entry.model.id, id) { return entry.model.facts }
        return nil
    }

    func price(_ id: String, _ hash: UInt64) -> ModelPrice? {
        for entry in filed.reversed() where entry.hash == hash && same(entry.price.model, id) { return entry.price.price }
        return nil
    }
}

/// Makes of a list the one that is answered: each entry with the price that bills, and with what the user knows better. In steps.
final class ListPricer {
    enum Progress { case more, done, failed }

    private let list: CatalogList
    private let provider: Provider
    private let prices: PriceBook
    private let context: PriceContext
    private let words: UsersWords
    private let entry = ByteBuffer()
    /// nil: nothing is changed so far.
    private var builder: ListBuilder?
    private var next = 0
    /// Entries before this one are known to stay as they are.
    private var unchanged = 0
    /// The list itself where nothing was to be changed.
    private(set) var result: CatalogList?

    /// To price an entry takes as long as to pass so many times its bytes, and some more.
    private static let weight = 4, least = 512

    init(_ list: CatalogList, _ provider: Provider, _ configuration: Configuration, _ prices: PriceBook, _ context: PriceContext) {
        self.list = list
        self.provider = provider
        self.prices = prices
        self.context = context
        words = UsersWords(provider, configuration)
    }

    /// Goes on for about as long as it takes to pass so many bytes. `failed`: out of memory.
    func step(_ most: Int) -> Progress {
        defer {
            list.text.keepAlive()
            entry.keepAlive()
        }
        var left = most
        while next < list.entries.count {
            if left <= 0 { return .more }
            left &-= (list.entries[next].range.count &+ ListPricer.least) &* ListPricer.weight
            if !takeNext() { return .failed }
        }
        result = if let builder { CatalogList.made(builder, list.provider, list.origin, fetchedAt: list.fetchedAt, time: list.time) } else { list }
        return result == nil ? .failed : .done
    }

    /// False: out of memory.
    private func takeNext() -> Bool {
        let index = next
        next &+= 1
        if index < unchanged { return builder.map { take($0, list.core(index), closes: true) } ?? true }
        let view = JSONView(valid: list.text.bytes, list.entries[index].range), listed = readFacts(view).price
        let (price, facts) = known(list.id(index), list.entries[index].hash, listed)
        if price == listed, !(facts?.tellsMore ?? false) { return builder.map { take($0, list.core(index), closes: true) } ?? true }
        guard let builder else { return begin(index) }
        entry.removeAll()
        return writeEntry(view, price: price, facts: facts, into: entry) && take(builder, entry.bytes, closes: false)
    }

    /// The first one that is changed: those before it come first.
    private func begin(_ index: Int) -> Bool {
        let made = ListBuilder(isSnapshot: list.origin == .snapshot)
        builder = made
        (unchanged, next) = (index, 0)
        return made.prepare(list.entries.count) && made.text.reserve(list.text.count &+ list.text.count / 8)
    }

    /// What holds of a model whose entry tells this price.
    private func known(_ id: String, _ hash: UInt64, _ listed: ModelPrice?) -> (ModelPrice?, ModelFacts?) {
        let facts = words.facts(id, hash)
        // An id that stands for another one is asked for, and billed, as that.
        if let meant = provider.routing.modelIDs.first(where: { same($0.name, id) })?.model { return (prices.price(provider, meant, context), facts) }
        return (prices.price(provider, id, context, facts?.price, words.price(id, hash), PriceBook.firsthand(listed)), facts)
    }

    /// `closes`: its bracket is to be added.
    private func take(_ builder: ListBuilder, _ entry: UnsafeRawBufferPointer, closes: Bool) -> Bool {
        guard builder.entries.isEmpty || builder.text.append(",") else { return false }
        let start = builder.text.count
        return builder.text.append(entry) && (!closes || builder.text.append("}")) && builder.take(ByteRange(start, builder.text.count))
    }
}

extension ModelFacts {
    /// Than a price.
    fileprivate var tellsMore: Bool { contextLength != nil || maxOutput != nil || inputs != nil || parameters != nil }
}
