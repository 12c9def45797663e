internal import Bytes
package import Model

/// The columns of a table. Later ones may be missing, or be more than these.
package enum TableColumn: Int {
    case provider, id, prompt, completion, cacheRead, cacheWrite, prices, rules, dated, contextLength, maxOutput, inputs, outputs,
         parameters, name
}

/// A line of a table, or the key of one. Its bytes are the table's.
package struct TableRow {
    let line: UnsafeRawBufferPointer
    package init(_ line: UnsafeRawBufferPointer) { self.line = line }

    package var isComment: Bool { line.byte(at: 0) == UInt8(ascii: "#") || line.count == 0 }

    /// Empty: not known.
    package func cell(_ column: TableColumn) -> UnsafeRawBufferPointer {
        var cells = Words(line, Ascii.tab)
        for _ in 0..<column.rawValue { if cells.next() == nil { return line[.none] } }
        return cells.next() ?? line[.none]
    }

    package var id: UnsafeRawBufferPointer { cell(.id) }

    /// What the tables know of models that nobody prices.
    package var hasFactsOnly: Bool {
        for column in [TableColumn.prompt, .completion, .cacheRead, .cacheWrite, .prices, .rules] where cell(column).count > 0 { return false }
        for column in [TableColumn.contextLength, .maxOutput, .inputs, .outputs, .parameters, .name] where cell(column).count > 0 { return true }
        return false
    }

    /// By provider and id, as bytes.
    func compare(_ other: TableRow) -> Int {
        let first = order(cell(.provider), other.cell(.provider))
        return first == 0 ? order(id, other.id) : first
    }

    /// What can be read of its prices; nil where the row has none.
    package func price() -> ModelPrice? {
        var price = ModelPrice()
        _ = read(into: &price)
        price.judge()
        return price.base.isEmpty ? nil : price
    }

    /// nil: there is none, or not all of them can be read.
    package func strictPrice() -> ModelPrice? {
        var price = ModelPrice()
        return read(into: &price) && !price.base.isEmpty ? price : nil
    }

    /// False when a part of it cannot be read; what is left is.
    private func read(into price: inout ModelPrice) -> Bool {
        var fine = true
        price.source = .table
        func read(_ column: TableColumn, _ kind: PriceKind) {
            let text = cell(column)
            if text.count == 0 { return }
            let amount = amount(text)
            price.base[kind] = amount
            if amount == nil { fine = false }
        }
        read(.prompt, .prompt)
        read(.completion, .completion)
        read(.cacheRead, .cacheRead)
        read(.cacheWrite, .cacheWrite)
        var pairs = Words(cell(.prices), Ascii.space)
        while let pair = pairs.next() { if pair.count > 0, !price.base.read(pair) { fine = false } }
        var rules = Words(cell(.rules), UInt8(ascii: ";"))
        while let text = rules.next() {
            if text.count == 0 { continue }
            if let rule = PriceRule(text) { price.rules.append(rule) } else { fine = false }
        }
        return fine
    }

    package func facts() -> ModelFacts {
        var facts = ModelFacts()
        facts.contextLength = whole(cell(.contextLength))
        facts.maxOutput = whole(cell(.maxOutput))
        facts.inputs = modalities(cell(.inputs))
        facts.parameters = list(cell(.parameters))
        facts.price = price()
        return facts
    }

    /// The words of a cell; nil when there are none.
    package func list(_ cell: UnsafeRawBufferPointer, _ separator: UInt8 = UInt8(ascii: ",")) -> [String]? {
        var list: [String] = [], words = Words(cell, separator)
        while let word = words.next() { if word.count > 0 { list.append(String(utf8: word)) } }
        return list.isEmpty ? nil : list
    }
}

private func amount(_ text: UnsafeRawBufferPointer) -> AttoUSD? { DecimalText(text)?.atto }

private func whole(_ text: UnsafeRawBufferPointer) -> Int? {
    guard text.count > 0, text.count <= 18 else { return nil }
    var number = 0
    for byte in text {
        guard byte &- 0x30 <= 9 else { return nil }
        number = number &* 10 &+ Int(byte &- 0x30)
    }
    return number > 0 ? number : nil
}

private func modalities(_ text: UnsafeRawBufferPointer) -> Modalities? {
    var found: Modalities = [], words = Words(text, UInt8(ascii: ","))
    while let word = words.next() {
        if let modality = Modalities(named: word) { found.formUnion(modality) }
    }
    return found.isEmpty ? nil : found
}

extension PriceSet {
    /// `kind=price`; false: it is not.
    fileprivate mutating func read(_ pair: UnsafeRawBufferPointer) -> Bool {
        var parts = Words(pair, UInt8(ascii: "="))
        guard let name = parts.next(), let value = parts.next(), let amount = amount(value) else { return false }
        for kind in PriceKind.allCases where name.equals(kind.name) {
            self[kind] = amount
            return true
        }
        return false
    }
}

extension PriceRule {
    /// `tier=flex tokens=200001 utc=1630-0030 prompt=6e-6 completion=22.5e-6`; nil: it names no price, or a condition that is not known.
    fileprivate init?(_ text: UnsafeRawBufferPointer) {
        self.init()
        var words = Words(text, Ascii.space)
        while let word = words.next() {
            var parts = Words(word, UInt8(ascii: "="))
            guard let name = parts.next(), name.count > 0 else { continue }
            guard let value = parts.next() else { return nil }
            if name.equals("tokens") {
                guard let tokens = whole(value) else { return nil }
                minPromptTokens = tokens
            } else if name.equals("utc") {
                guard readHours(value) else { return nil }
            } else if name.equals("tier") {
                guard let known = ServiceTier(word: String(utf8: value)) else { return nil }
                tier = known
            } else if name.equals("server") {
                server = String(utf8: value)
            } else if !prices.read(word) {
                return nil
            }
        }
        if prices.isEmpty { return nil }
    }

    /// "1630-0030" or "16:30-00:30".
    private mutating func readHours(_ text: UnsafeRawBufferPointer) -> Bool {
        var sides = Words(text, UInt8(ascii: "-"))
        guard let from = sides.next().flatMap({ minuteOfDay($0) }), let to = sides.next().flatMap({ minuteOfDay($0) }), sides.next() == nil else { return false }
        fromMinute = from
        toMinute = to
        return true
    }
}
