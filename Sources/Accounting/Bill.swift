internal import Bytes
package import Model

/// One line of a bill.
package struct BillLine {
    package var name: StaticString
    package var count: Int
    package var price: AttoUSD
    package var cost: AttoUSD
    /// The price of another kind stands in for one that is not known.
    package var assumed: Bool
    /// Else requests, or searches.
    package var isTokens: Bool
}

/// What is billed of a usage, by one set of prices.
package struct Bill {
    let usage: Usage
    private let prices: PriceSet
    /// All of the prompt is billed at the price of cached tokens (Infron).
    private let promptAsCached: Bool
    private let pieces: Pieces
    package private(set) var total: AttoUSD?
    package private(set) var assumed = false
    /// What was used and has no price.
    package private(set) var missing: [MissingLine] = []

    package init(_ usage: Usage, _ prices: PriceSet, promptAsCached: Bool = false, pieces: Pieces? = nil) {
        self.usage = usage
        self.pieces = pieces ?? Pieces(usage)
        self.prices = prices
        self.promptAsCached = promptAsCached
        var sum: AttoUSD? = 0, assumed = false
        let known = forEachLine { line in
            if line.assumed { assumed = true }
            sum = Money.sum(sum, line.cost)
            return true
        }
        total = known ? sum : nil
        self.assumed = assumed
        missing = self.pieces.uncounted
        if self.pieces.searches > 0, prices[.webSearch] == nil { missing.append(.webSearch) }
        for (kind, price, line) in Bill.costly where usage.count(kind) > 0 && prices[price] == nil { missing.append(line) }
    }

    /// The same by other prices.
    func at(_ prices: PriceSet) -> Bill { Bill(usage, prices, promptAsCached: promptAsCached, pieces: pieces) }

    /// False: a price is not known, an amount too big, or the body did not want more.
    package func forEachLine(_ body: (BillLine) -> Bool) -> Bool {
        guard usage[.input] != nil, usage[.output] != nil else { return false }
        let hour = usage.count(.cacheWriteHour), audio = usage.count(.audioInput)
        let prompt = promptAsCached ? PriceKind.cacheRead : .prompt
        return line("input", usage.count(.input) &- audio, prompt, .prompt, body)
            && line("audio_input", audio, .audio, .prompt, body)
            && line("cache_read", usage.count(.cacheRead), .cacheRead, .prompt, body)
            && line("cache_write", usage.count(.cacheWrite) &- hour, promptAsCached ? .cacheRead : .cacheWrite, .prompt, body)
            && line("cache_write_1h", hour, .cacheWriteHour, prices[.cacheWrite] != nil ? .cacheWrite : .prompt, body)
            && outputLines(body)
            && ((prices[.request] ?? 0) == 0 || line("request", 1, .request, .request, body))
            && (prices[.webSearch] == nil || line("web_search", pieces.searches, .webSearch, .webSearch, body))
            && (prices[.image] == nil || line("image", pieces.images, .image, .image, body))
    }

    /// Tokens that cost several times as much as plain ones, whose price is the least that they cost.
    private static let costly: [(UsageKind, PriceKind, MissingLine)] = [
        (.audioInput, .audio, .audio), (.audioOutput, .audioOutput, .audioOutput), (.imageOutput, .imageOutput, .imageOutput),
    ]

    /// Reasoning has a line of its own only where it has a price of its own. Lists say 0 where they mean none.
    private func outputLines(_ body: (BillLine) -> Bool) -> Bool {
        let price = prices[.reasoning] ?? 0
        let thinks = price > 0 && price != prices[.completion]
        var rest = usage.count(.output)
        func part(_ kind: UsageKind) -> Int {
            let count = min(rest, usage.count(kind))
            rest &-= count
            return count
        }
        let reasoning = thinks ? part(.reasoning) : 0, audio = part(.audioOutput), image = part(.imageOutput)
        return line("output", rest, .completion, .completion, body)
            && line("reasoning", reasoning, .reasoning, .completion, body)
            && line("audio_output", audio, .audioOutput, .completion, body)
            && line("image_output", image, .imageOutput, .completion, body)
    }

    /// The first of the two prices that is known counts.
    private func line(_ name: StaticString, _ count: Int, _ kind: PriceKind, _ instead: PriceKind, _ body: (BillLine) -> Bool) -> Bool {
        if count <= 0 { return true }
        let exact = prices[kind]
        guard let price = exact ?? prices[instead] else { return false }
        guard let cost = Money.times(count, price) else { return false }
        return body(BillLine(name: name, count: count, price: price, cost: cost, assumed: exact == nil || prices.standsIn(kind), isTokens: !kind.isForPieces))
    }
}

extension Pieces {
    /// Those that the usage counts.
    fileprivate init(_ usage: Usage) {
        self.init()
        searches = usage.count(.webSearches)
    }
}

/// Whether two figures for one thing are more than a hundredth apart.
package func differs(_ a: AttoUSD, _ b: AttoUSD) -> Bool {
    let (gap, over) = a.subtractingReportingOverflow(b)
    let (hundredfold, more) = gap.magnitude.multipliedReportingOverflow(by: 100)
    return over || more || hundredfold > max(a, b).magnitude
}
