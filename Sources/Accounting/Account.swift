package import Dialects
package import Model
internal import Bytes
internal import Planning
internal import Resilience

/// What one attempt used and what that costs: made once, when its end is known or nobody waits for it any more. Reports,
/// `max_cost`, limits and the ledger all read it.
package final class Account {
    /// nil: nothing was used, or nobody knows.
    package private(set) var usage: Usage?
    /// The usage was not told, but counted from texts.
    package private(set) var isEstimate = false
    /// Its lines; nil where usage or prices are not known.
    private(set) var bill: Bill?
    private(set) var priceSource = PriceSource.unknown
    /// nil: nobody named one.
    private var tier: ServedTier?
    /// Tier and server as they may be shown.
    private(set) var tierWord: String?
    /// Who gave the answer behind a router, where that says so.
    private(set) var server: String?
    /// What it costs at the cheapest and at the dearest of the servers that may have given it.
    private(set) var range: (low: AttoUSD, high: AttoUSD)?
    /// nil: unknown.
    package private(set) var total: AttoUSD?
    private(set) var source = CostSource.unknown
    /// Our own figure, where it is not what the provider says.
    private(set) var computed: AttoUSD?
    private(set) var assumed = false
    /// It may cost more than `total`.
    package private(set) var atLeast = false
    /// Lines of the bill whose count or price is not known: `total` lacks them.
    private(set) var missing: [MissingLine] = []
    /// What it may have cost at most, where that is more than `total`: budgets count it.
    package var most: AttoUSD?
    /// Nothing was sent, or the provider is known not to charge for such an end.
    package private(set) var isUnbilled = false
    package private(set) var wasSent = true

    /// Asked for only where nobody reported them: `prompt`, its estimated tokens; `seen`, those of the answer, as far as it came.
    package init(_ attempt: AttemptUsage, prompt: () -> Int, seen: () -> Int) {
        if attempt.isFree || attempt.isRaw && !attempt.mayBeBilled {
            charge(nothing: attempt)
            return
        }
        if attempt.isRaw { // bytes that nobody reads
            atLeast = attempt.status != nil
            return
        }
        usage = attempt.reported
        // Servers that do not count tell zeros.
        if let reported = usage, reported.prompt == 0, reported.count(.output) == 0, attempt.status == nil || seen() > 0 { usage = nil }
        if attempt.operation == .embeddings, usage != nil, usage?[.output] == nil { usage?[.output] = 0 }
        if usage == nil {
            estimate(attempt, prompt, seen)
        } else if attempt.status != nil, !attempt.isFinal {
            atLeast = true
            raise(to: seen())
        } else {
            fill(attempt, prompt, seen)
            if attempt.status == .empty { atLeast = true } // whether it is billed at all, and what for, nobody says
        }
    }

    /// Half a usage is estimated for the other half: what is null or missing, and no output beside an answer, was not counted.
    private func fill(_ attempt: AttemptUsage, _ prompt: () -> Int, _ seen: () -> Int) {
        guard var usage else { return }
        defer { self.usage = usage }
        if usage[.input] == nil {
            usage[.input] = max(0, prompt() &- usage.prompt)
            isEstimate = true
        }
        if attempt.operation != .embeddings, usage[.output] ?? 0 == 0 {
            let seen = seen()
            if usage[.output] != nil, seen == 0 { return }
            usage[.output] = max(seen, usage.count(.reasoning))
            isEstimate = true
        }
        if isEstimate { usage.total = usage.prompt &+ usage.count(.output) }
    }

    /// What a broken stream reported of its output may be from its beginning.
    private func raise(to seen: Int) {
        if seen <= usage?[.output] ?? 0 { return }
        usage?[.output] = seen
        if let usage { self.usage?.total = usage.prompt &+ usage.count(.output) }
        isEstimate = true
    }

    private func charge(nothing attempt: AttemptUsage) {
        wasSent = attempt.wasSent
        isUnbilled = true
        total = 0
        source = .computed
    }

    /// Counts tokens where the provider reported none: what was sent, and what came.
    private func estimate(_ attempt: AttemptUsage, _ prompt: () -> Int, _ seen: () -> Int) {
        wasSent = attempt.wasSent
        if attempt.status != nil {
            guard attempt.mayBeBilled else { return charge(nothing: attempt) }
            atLeast = true
        }
        isEstimate = true
        var usage = Usage()
        usage[.input] = prompt()
        usage[.output] = attempt.operation == .embeddings ? 0 : seen()
        usage.total = usage.count(.input) &+ usage.count(.output)
        self.usage = usage
    }

    // MARK: what it costs

    /// Lays out the lines by a price. `asked`: what the request asks for beside tokens.
    package func bill(_ serving: AttemptServing, by price: ModelPrice?, asked: () -> AskedPieces) {
        tier = serving.tier
        tierWord = serving.tierWord
        server = serving.server
        guard let usage, let price, price.isSound else { return }
        let factor = serving.provider.priceFactor(serving.model, serving.words), served = Serving(served: tier, by: server ?? price.server, factor: factor)
        let prices = price.at(promptTokens: usage.prompt, minuteOfDay: serving.minute, served)
        let billing = serving.provider.billing
        let pieces = Pieces(asked(), serving.notes, usage, prices, imagePrice: billing.imagePrice, searches: serving.provider.alwaysSearches(serving.model))
        let bill = Bill(usage, prices, promptAsCached: billing.promptAsCached, pieces: pieces)
        self.bill = bill
        if price.isOpen(served) { range = range(of: bill, price, serving.minute, factor) }
        priceSource = price.source
    }

    /// What the same costs at each of the servers.
    private func range(of bill: Bill, _ price: ModelPrice, _ minute: Int, _ factor: PriceFactor) -> (AttoUSD, AttoUSD)? {
        var range: (low: AttoUSD, high: AttoUSD)?
        for server in price.servers {
            let prices = price.at(promptTokens: bill.usage.prompt, minuteOfDay: minute, Serving(served: tier, by: server, factor: factor))
            guard let total = bill.at(prices).total else { return nil }
            range = (min(range?.low ?? total, total), max(range?.high ?? total, total))
        }
        return range
    }

    /// Chooses the total: what the provider reported, else the sum of the lines. `isFinal`: it was reported at the end.
    package func settle(reported: AttoUSD?, isFinal: Bool, lacksUpstream: Bool) {
        if let reported {
            total = reported
            source = .reported
            if isFinal { atLeast = false } // whatever of the usage had to be estimated
            if let own = bill?.total, differs(reported, own) { computed = own }
            range = nil
            if lacksUpstream { missing = [.upstream] }
        } else if let own = bill?.total {
            total = own
            source = isEstimate ? .estimated : .computed
            // Of somebody who bills the caller by prices of his own.
            assumed = lacksUpstream || bill?.assumed ?? false
            missing = bill?.missing ?? []
            if let high = range?.high, high > own { most = high }
            if usage?.flags.contains(.otherModels) ?? false { atLeast = true }
        }
        if !missing.isEmpty { atLeast = true }
    }
}

/// What is known of the usage of an attempt that has ended, or was given up.
package struct AttemptUsage {
    package var operation: Model.Operation
    /// How it ended; nil: well.
    package var status: Status?
    package var httpStatus = 0
    package var reported: Usage?
    /// It was reported with the end or behind it, and nothing comes after that.
    package var isFinal = false
    package var wasSent = true
    /// Its answer has no form that is known.
    package var isRaw = false
    /// Nobody charges for it.
    package var isFree = false

    fileprivate var mayBeBilled: Bool {
        guard let status else { return true }
        return wasSent && (status == .cancelled || status == .closed || Resilience.mayBeBilled(status, httpStatus))
    }

    package init(operation: Model.Operation, status: Status?) {
        self.operation = operation
        self.status = status
    }
}

/// Who served an attempt, and how.
package struct AttemptServing {
    let provider: Provider
    let model: String
    let notes: AnswerNotes
    let tier: ServedTier?
    let words: ServedWords
    /// As they may be shown: the tier, and who answered behind a router.
    let tierWord: String?
    let server: String?
    /// Of the UTC day: some prices depend on it.
    let minute: Int

    package init(provider: Provider, model: String, notes: AnswerNotes, tier: ServedTier?, words: ServedWords, minute: Int, _ redaction: Redaction) {
        self.provider = provider
        self.model = model
        self.notes = notes
        server = notes.server.map { redaction.text($0) }
        self.tier = tier
        self.words = words
        let word = tier.map { lowercased(redaction.text($0.word)) } ?? ""
        tierWord = word.utf8.isEmpty ? nil : word
        self.minute = minute
    }
}

extension Provider {
    /// The model searches the web once for each answer.
    func alwaysSearches(_ model: String) -> Bool {
        model.octets.withUnsafeBytes { id in billing.searchModels.contains { Glob($0).matches(id) } }
    }

    /// By which tokens cost more where this was said. The first line of the row that fits counts.
    func priceFactor(_ model: String, _ words: ServedWords) -> PriceFactor {
        var factor = PriceFactor.one
        for word in PriceWord.allCases {
            guard let said = words[word], !word.usual.has(said) else { continue }
            let rule = billing.priceFactors.first { rule in
                rule.word == word && same(rule.value, said)
                    && (rule.models.isEmpty || model.octets.withUnsafeBytes { id in rule.models.contains { Glob($0).matches(id) } })
            }
            if let rule { factor.multiply(by: rule.factor) } else { factor.isKnown = false }
        }
        return factor
    }
}
