internal import Bytes
internal import Model
internal import ModelLists

/// The prices that a provider tells at an address of their own (`models.prices_url`), in the form of its list, which is read afterwards.
final class PriceList {
    private let provider: Provider
    private let builder: ListBuilder
    private let reader: ModelListReader
    private var isReading = false
    private var list: CatalogList?

    convenience init(_ provider: Provider, mostModels: Int, limit: Int) throws(Failure) {
        let builder = ListBuilder(limit: limit)
        self.init(provider, builder, try ModelListReader(provider, mostModels: mostModels, into: builder.text))
    }

    private init(_ provider: Provider, _ builder: ListBuilder, _ reader: ModelListReader) {
        self.provider = provider
        self.builder = builder
        self.reader = reader
    }

    /// Reads on, for about as long as it takes to pass `most` bytes. True: that was all.
    func read(_ page: ByteBuffer, _ most: Int, stops: () -> Bool) throws(Failure) -> Bool {
        defer { page.keepAlive() }
        if !isReading { reader.begin(page.bytes) }
        isReading = true
        guard try reader.step(most, fill: { _ in nil }, stops: stops, each: { builder.take($0) }) else { return false }
        _ = try reader.finish()
        list = CatalogList.made(builder, provider.id, .api, fetchedAt: 0, time: 0)
        return true
    }

    /// What it asks for this model; nil: it does not say.
    func price(_ model: String) -> ModelPrice? {
        guard let list, let index = list.find(model, fnv1a(model)) else { return nil }
        return list.facts(index).price
    }
}
