internal import Model
internal import Providers
internal import Wire

/// What the user says of models of one provider, found by their ids.
private struct OwnWords {
    private var known: [(hash: UInt64, model: KnownModel)] = []
    private var filed: [(hash: UInt64, price: FiledPrice)] = []

    init(_ provider: Provider, _ setup: Setup) {
        for model in provider.knownModels { known.append((fnv1a(model.id), model)) }
        for price in setup.configuration.filedPrices where same(price.provider, provider.id) { filed.append((fnv1a(price.model), price)) }
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

extension PriceBook {
    /// A list as it is answered: each entry with the price that bills, and with what the user knows better. The list itself where
    /// that changes nothing; nil: out of memory, or the client is closed.
    func shown(_ list: CatalogList, _ provider: Provider, _ setup: Setup) -> CatalogList? {
        let own = OwnWords(provider, setup), builder = ListBuilder(isSnapshot: list.origin == .snapshot), entry = ByteBuffer()
        defer {
            list.text.keepAlive()
            entry.keepAlive()
        }
        var changed = false, ok = true
        for index in list.entries.indices where ok {
            if client?.isClosing ?? false { return nil }
            let view = JSONView(valid: list.text.bytes, list.entries[index].range), id = list.id(index), hash = list.entries[index].hash
            let told = readFacts(view).price, facts = own.facts(id, hash)
            // An id that stands for another one is asked for, and billed, as that.
            let price = if let meant = provider.modelIDs.first(where: { same($0.name, id) })?.model {
                self.price(provider, meant, setup)
            } else {
                price(provider, id, setup, facts?.price, own.price(id, hash), PriceBook.told(told))
            }
            if price == told, !(facts?.tellsMore ?? false) {
                if changed { ok = take(builder, list.core(index), closes: true) }
                continue
            }
            if !changed {
                changed = true
                ok = builder.prepare(list.entries.count, bytes: 0) && builder.text.reserve(list.text.count &+ list.text.count / 8)
                for earlier in list.entries.indices.prefix(index) where ok { ok = take(builder, list.core(earlier), closes: true) }
            }
            entry.removeAll()
            ok = ok && writeEntry(view, price: price, facts: facts, into: entry) && take(builder, entry.bytes, closes: false)
        }
        if !changed { return list }
        return ok ? CatalogList.made(builder, list.provider, list.origin, fetchedAt: list.fetchedAt, time: list.time) : nil
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
