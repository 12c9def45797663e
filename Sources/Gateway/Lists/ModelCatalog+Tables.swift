internal import Accounting
internal import Bytes
internal import Catalog
internal import JSON
internal import Model
internal import ModelLists

extension ModelCatalog {
    /// What is known elsewhere of a provider's models, for what its list does not tell.
    func beside(_ provider: Provider, _ setup: Setup) -> (String) -> ModelFacts? {
        let context = priceContext(setup)
        return { [prices] in prices.beside(provider, $0, context) }
    }

    /// When nothing else gave a list: the models of a provider by the full table, as a list that nobody had to fetch; nil where it has none.
    func offline(_ slot: CatalogSlot, _ provider: Provider) -> CatalogList? {
        guard let list = snapshot(provider) else { return nil }
        keep(list, in: slot)
        return list
    }

    private func snapshot(_ provider: Provider) -> CatalogList? {
        guard !provider.access.isElsewhere, let table = prices.fullTable else { return nil }
        var plain = ProviderParts() // in our own form, whatever the provider's is
        plain.identity = provider.identity
        let body = ByteBuffer(), entries = ByteBuffer()
        defer {
            body.keepAlive()
            entries.keepAlive()
        }
        var ok = body.append("["), any = false
        table.forEach(provider.id) { row in
            ok = ok && (any ? body.append(",") : true) && body.append("{\"id\":") && appendJSONString(row.id, to: body) && body.append("}")
            any = true
        }
        guard any, ok, body.append("]") else { return nil }
        guard (try? readModelList(body.bytes, provider: Provider(plain), fill: { table.row(provider.id, $0)?.facts() }, into: entries)) != nil else { return nil }
        return CatalogList.read(entries.bytes, provider.id, .snapshot, fetchedAt: table.date)
    }
}
