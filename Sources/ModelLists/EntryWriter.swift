package import Bytes
package import JSON
package import Model

/// An entry of ours with another price, and with facts that the user knows better. What lists add behind an entry is left out.
package func writeEntry(_ entry: JSONView, price: ModelPrice?, facts: ModelFacts?, into buffer: ByteBuffer) -> Bool {
    var writer = EntryWriter(price, facts, buffer)
    return writer.write(entry)
}

private struct EntryWriter {
    private let prices: ListedPrices
    private let facts: ModelFacts?
    private var out: MemberWriter

    init(_ price: ModelPrice?, _ facts: ModelFacts?, _ buffer: ByteBuffer) {
        prices = price.map { ListedPrices($0) } ?? ListedPrices()
        self.facts = facts
        out = MemberWriter(buffer)
    }

    mutating func write(_ entry: JSONView) -> Bool {
        var prices = prices
        entry["pricing_flags"]?.forEachElement { if $0.string?.equals("hourly") ?? false { prices.isHourly = true } }
        out.open()
        entry.forEachMember { name, value in
            let text = entry.bytes[name]
            if text.equals("pricing") {
                prices.writePricing(&out)
            } else if text.equals("pricing_source") || text.equals("pricing_known") || text.equals("pricing_flags") || text.equals("availability") || text.equals("source") {
                return // written with the pricing, or anew by whoever keeps the list
            } else if text.equals("architecture"), let inputs = facts?.inputs {
                write(architecture: value, inputs)
            } else if text.equals("sources") {
                write(sources: value)
            } else if text.equals("context_length"), let number = facts?.contextLength {
                out.member("context_length", number)
            } else if text.equals("max_output_tokens"), let number = facts?.maxOutput {
                out.member("max_output_tokens", number)
            } else if text.equals("supported_parameters"), let words = facts?.parameters {
                out.list("supported_parameters", words)
            } else {
                copy(name, value)
            }
        }
        out.close()
        return !out.failed
    }

    private mutating func copy(_ name: ByteRange, _ value: JSONView) {
        out.separate()
        out.raw(value.bytes[ByteRange(name.start &- 1, value.range.end)])
    }

    private mutating func write(architecture: JSONView, _ inputs: Modalities) {
        var outputs: [String] = []
        architecture["output_modalities"]?.forEachElement { if let word = $0.string { outputs.append(word) } }
        out.name("architecture")
        out.open()
        architecture.forEachMember { name, value in
            let text = value.bytes[name]
            if text.equals("input_modalities") {
                out.list("input_modalities", inputs.names)
            } else if text.equals("modality"), !outputs.isEmpty {
                out.member("modality", concat(joined(inputs.names), "->", joined(outputs)))
            } else {
                copy(name, value)
            }
        }
        out.close()
    }

    /// Where the members that were written anew are from.
    private mutating func write(sources: JSONView) {
        var known: [StaticString] = []
        if facts?.contextLength != nil { known.append("context_length") }
        if facts?.maxOutput != nil { known.append("max_output_tokens") }
        if facts?.inputs != nil { known.append("architecture") }
        if facts?.parameters != nil { known.append("supported_parameters") }
        out.name("sources")
        out.open()
        sources.forEachMember { name, value in
            let text = value.bytes[name]
            if text.equals("pricing") || known.contains(where: { text.equals($0) }) { return }
            copy(name, value)
        }
        for name in known { out.member(name, String(PriceSource.configuration.name)) }
        if !prices.isEmpty { out.member("pricing", String(prices.source.name)) }
        out.close()
    }
}
