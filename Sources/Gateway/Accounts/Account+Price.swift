internal import Accounting
internal import Bytes
internal import Dialects
internal import Model

extension Call {
    /// What the usage of an attempt costs: what the provider says, else by our price of how it was served.
    func price(_ attempt: Attempt, _ account: Account, _ reading: UsageReading?) {
        let provider = attempt.provider
        account.promptAsCached = provider.promptAsCached
        let isOpen = account.atLeast // nobody was there at its end
        let notes = attempt.told, minute = minuteOfDay()
        account.tier = attempt.tier(notes)
        account.server = notes.server
        if let usage = account.usage, let price = client.prices.price(provider, attempt.target.model, setup), price.isSound {
            let serving = Serving(served: account.tier, by: notes.server ?? price.server)
            let prices = price.at(promptTokens: usage.prompt, minuteOfDay: minute, serving)
            account.prices = prices
            account.pieces = pieces(attempt, notes, usage, prices)
            if price.isOpen(serving) { account.range = range(account, price, minute) }
            account.priceSource = price.source
        }
        let bill = account.bill
        let lacksUpstream = reading?.lacksUpstream ?? false
        if let reported = reading?.cost {
            account.total = reported
            account.source = .reported
            if attempt.toldAtEnd { account.atLeast = false } // whatever of the usage had to be estimated
            if let own = bill?.total, differs(reported, own) { account.computed = own }
            account.range = nil
            if lacksUpstream { account.missing = [.upstream] }
        } else if let own = bill?.total {
            account.total = own
            account.source = account.isEstimate ? .estimated : .computed
            // Of somebody who bills the caller by prices of his own.
            account.assumed = lacksUpstream || bill?.assumed ?? false
            account.missing = bill?.missing ?? []
            if let high = account.range?.high, high > own { account.most = high }
            if account.usage?.flags.contains(.otherModels) ?? false { account.atLeast = true }
        }
        if !account.missing.isEmpty { account.atLeast = true }
        if isOpen, let most = most(attempt) { account.most = max(most, account.most ?? 0) }
    }

    private func pieces(_ attempt: Attempt, _ notes: AnswerNotes, _ usage: Usage, _ prices: PriceSet) -> Pieces {
        let provider = attempt.provider, body = attempt.target.body
        defer { body.keepAlive() }
        return Pieces(AskedFor(body.bytes, operation).pieces, notes, usage, prices, imagePrice: provider.imagePrice,
                      searches: provider.alwaysSearches(attempt.target.model))
    }

    private func range(_ account: Account, _ price: ModelPrice, _ minute: Int) -> (AttoUSD, AttoUSD)? {
        guard let usage = account.usage else { return nil }
        var range: (low: AttoUSD, high: AttoUSD)?
        for server in price.servers {
            let prices = price.at(promptTokens: usage.prompt, minuteOfDay: minute, Serving(served: account.tier, by: server))
            guard let total = Bill(usage, prices, promptAsCached: account.promptAsCached, pieces: account.pieces).total else { return nil }
            range = (min(range?.low ?? total, total), max(range?.high ?? total, total))
        }
        return range
    }
}
