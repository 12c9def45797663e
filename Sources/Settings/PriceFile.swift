internal import Bytes
internal import Catalog
internal import Model

/// `price_file`: rows as in the tables, or JSON (docs/prices.md). Here every mistake is an error that names its place.
struct PriceFile {
    private let path: String
    private let providers: [Provider]
    private(set) var prices: [FiledPrice] = []

    init(_ path: String, _ text: String, of providers: [Provider]) throws(Failure) {
        self.path = path
        self.providers = providers
        let buffer = ByteBuffer()
        defer { buffer.keepAlive() }
        guard buffer.append(text) else { throw Failure(.memory, "out of memory") }
        let isMarked = buffer.count > 2 && buffer.bytes[ByteRange(0, 3)].equals("\u{FEFF}")
        let body = buffer.bytes[ByteRange(isMarked ? 3 : 0, buffer.count)]
        let first = body.first { $0 > Ascii.space }
        if first == Ascii.openBrace || first == Ascii.openBracket { try read(json: body) } else { try read(rows: body) }
    }

    /// {provider: {model: {"prompt", ..., "overrides"}}}
    private mutating func read(json: UnsafeRawBufferPointer) throws(Failure) {
        do throws(Failure) {
            for (name, models) in try parseConfiguration(json, "the file").members() {
                guard let provider = provider(name.text) else { throw models.failure("there is no such provider") }
                for (model, pricing) in try models.members() {
                    if model.text.isEmpty { throw pricing.failure("needs a model id") }
                    var price = ModelPrice()
                    try pricing.object().readPrice(into: &price)
                    if price.base.isEmpty { throw pricing.failure("has no price") }
                    prices.append(FiledPrice(provider: provider.id, model: model.text, price: price))
                }
            }
        } catch {
            var failure = error
            failure.status = error.status == .memory ? .memory : .config
            failure.message = UnredactedText(concat("price_file: ", shown(path), ": ")) + error.message
            throw failure
        }
    }

    private mutating func read(rows: UnsafeRawBufferPointer) throws(Failure) {
        var lines = Words(rows, Ascii.lf), number = 0
        var dated: [FiledPrice] = []
        while var line = lines.next() {
            number += 1
            if line.count > 0, line.byte(at: line.count &- 1) == Ascii.cr { line = line[ByteRange(0, line.count &- 1)] }
            let row = TableRow(line)
            if row.isComment || row.hasFactsOnly { continue }
            let name = String(utf8: row.cell(.provider))
            guard let provider = provider(name) else { throw mistake(number, concat("there is no provider \"", shown(name), "\"")) }
            guard row.id.count > 0, var price = row.strictPrice() else {
                throw mistake(number, "must be provider, model id and prices in USD per token, with tabs between them")
            }
            price.source = .configuration
            let model = String(utf8: row.id)
            prices.append(FiledPrice(provider: provider.id, model: model, price: price))
            for end in row.list(row.cell(.dated), Ascii.space) ?? [] {
                dated.append(FiledPrice(provider: provider.id, model: concat(model, end), price: price))
            }
        }
        prices = dated + prices // the last of several is taken: an id of its own counts more
    }

    private func provider(_ name: String) -> Provider? { providers.first { $0.isCalled(name) } }

    private func mistake(_ line: Int, _ what: String) -> Failure {
        complaint(at: "price_file", concat(shown(path), ", line ", String(decimal: line), ": ", what))
    }
}
