internal import Model
internal import Providers
internal import Routing
internal import Wire

extension Configuration {
    /// `price_file`: rows as in the tables (docs/prices.md). Here every mistake is an error, with the number of its line.
    func readPrices(_ path: String, _ text: String) throws(Failure) {
        let buffer = ByteBuffer()
        defer { buffer.keepAlive() }
        guard buffer.append(text) else { throw Failure(.memory, "out of memory") }
        let isMarked = buffer.count > 2 && buffer.bytes[ByteRange(0, 3)].equals("\u{FEFF}")
        var lines = Words(buffer.bytes[ByteRange(isMarked ? 3 : 0, buffer.count)], Ascii.lf), number = 0
        var dated: [FiledPrice] = []
        filedPrices = []
        while var line = lines.next() {
            number += 1
            if line.count > 0, line.byte(at: line.count &- 1) == Ascii.cr { line = line[ByteRange(0, line.count &- 1)] }
            let row = TableRow(line)
            if row.isComment || row.hasFactsOnly { continue }
            let name = String(utf8: row.cell(.provider))
            guard let provider = providers.first(where: { $0.isCalled(name) }) else {
                throw mistake(path, number, concat("there is no provider \"", shown(name), "\""))
            }
            guard row.id.count > 0, let price = row.strictPrice() else {
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
