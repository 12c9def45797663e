internal import Bytes
internal import Catalog
internal import Model

extension Configuration {
    /// `price_file`: rows as in the tables, or JSON (docs/prices.md). Here every mistake is an error that names its place.
    mutating func readPrices(_ path: String, _ text: String) throws(Failure) {
        let buffer = ByteBuffer()
        defer { buffer.keepAlive() }
        guard buffer.append(text) else { throw Failure(.memory, "out of memory") }
        let isMarked = buffer.count > 2 && buffer.bytes[ByteRange(0, 3)].equals("\u{FEFF}")
        let body = buffer.bytes[ByteRange(isMarked ? 3 : 0, buffer.count)]
        filedPrices = []
        let first = body.first { $0 > Ascii.space }
        if first == Ascii.openBrace || first == Ascii.openBracket { try readPrices(path, json: body) } else { try readPrices(path, rows: body) }
    }

    /// {provider: {model: {"prompt", ..., "overrides"}}}
    private mutating func readPrices(_ path: String, json: UnsafeRawBufferPointer) throws(Failure) {
        do throws(Failure) {
            for (name, models) in try parseConfiguration(json, "the file").members() {
                guard let provider = providers.first(where: { $0.isCalled(name.text) }) else { throw models.failure("there is no such provider") }
                for (model, pricing) in try models.members() {
                    if model.text.isEmpty { throw pricing.failure("needs a model id") }
                    var price = ModelPrice()
                    try price.read(pricing.object())
                    if price.base.isEmpty { throw pricing.failure("has no price") }
                    filedPrices.append(FiledPrice(provider: provider.id, model: model.text, price: price))
                }
            }
        } catch {
            var failure = error
            failure.status = error.status == .memory ? .memory : .config
            failure.message = UnredactedText(concat("price_file: ", shown(path), ": ")) + error.message
            throw failure
        }
    }

    private mutating func readPrices(_ path: String, rows: UnsafeRawBufferPointer) throws(Failure) {
        var lines = Words(rows, Ascii.lf), number = 0
        var dated: [FiledPrice] = []
        while var line = lines.next() {
            number += 1
            if line.count > 0, line.byte(at: line.count &- 1) == Ascii.cr { line = line[ByteRange(0, line.count &- 1)] }
            let row = TableRow(line)
            if row.isComment || row.hasFactsOnly { continue }
            let name = String(utf8: row.cell(.provider))
            guard let provider = providers.first(where: { $0.isCalled(name) }) else {
                throw mistake(path, number, concat("there is no provider \"", shown(name), "\""))
            }
            guard row.id.count > 0, var price = row.strictPrice() else {
                throw mistake(path, number, "must be provider, model id and prices in USD per token, with tabs between them")
            }
            price.source = .configuration
            let model = String(utf8: row.id)
            filedPrices.append(FiledPrice(provider: provider.id, model: model, price: price))
            for end in row.list(row.cell(.dated), Ascii.space) ?? [] {
                dated.append(FiledPrice(provider: provider.id, model: concat(model, end), price: price))
            }
        }
        filedPrices = dated + filedPrices // the last of several is taken: an id of its own counts more
    }

    private func mistake(_ path: String, _ line: Int, _ what: String) -> Failure {
        complaint(at: "price_file", concat(shown(path), ", line ", String(decimal: line), ": ", what))
    }
}
