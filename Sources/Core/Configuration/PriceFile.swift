internal import Model
internal import Providers
internal import Routing
internal import Wire

extension Configuration {
    /// `price_file`: rows as in the tables (docs/prices.md). Here every mistake is an error, with the number of its line.
    mutating func readPrices(_ path: String, _ text: String) throws(Failure) {
        let buffer = ByteBuffer()
        defer { buffer.keepAlive() }
        guard buffer.append(text) else { throw Failure(.memory, "out of memory") }
        var lines = Words(buffer.bytes, Ascii.lf), number = 0
        filedPrices = []
        while let line = lines.next() {
            number += 1
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
            filedPrices.append(FiledPrice(provider: provider.id, model: String(utf8: row.id), price: price))
        }
    }

    private func mistake(_ path: String, _ line: Int, _ what: String) -> Failure {
        complaint(at: "price_file", concat(shown(path), ", line ", String(decimal: line), ": ", what))
    }
}
