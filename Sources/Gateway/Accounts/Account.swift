internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Resilience
internal import Transport

/// What one attempt used and what that costs: made once, when its end is known or nobody waits for it any more. Reports,
/// `max_cost`, limits and the ledger all read it.
final class Account {
    /// nil: nothing was used, or nobody knows.
    var usage: Usage?
    /// The usage was not told, but counted from texts.
    var isEstimate = false
    /// What was paid by, for the lines.
    var prices: PriceSet?
    var promptAsCached = false
    var pieces = Pieces()
    var priceSource = PriceSource.unknown
    /// nil: nobody named one.
    var tier: ServedTier?
    /// Who gave the answer behind a router, where that says so.
    var server: String?
    /// What it costs at the cheapest and at the dearest of the servers that may have given it.
    var range: (low: AttoUSD, high: AttoUSD)?
    /// nil: unknown.
    var total: AttoUSD?
    var source = CostSource.unknown
    /// Our own figure, where it is not what the provider says.
    var computed: AttoUSD?
    var assumed = false
    /// It may cost more than `total`.
    var atLeast = false
    /// Lines of the bill whose count or price is not known: `total` lacks them.
    var missing: [MissingLine] = []
    /// What it may have cost at most, where that is more than `total`: budgets count it.
    var most: AttoUSD?
    /// Nothing was sent, or the provider is known not to charge for such an end.
    var isUnbilled = false
    var wasSent = true

    var tierWord: String? { tier.flatMap { $0.word.isEmpty ? nil : $0.word } }

    var bill: Bill? {
        guard let usage, let prices else { return nil }
        return Bill(usage, prices, promptAsCached: promptAsCached, pieces: pieces)
    }
}

extension Call {
    /// The account of an attempt that has ended like this (nil: well), or was given up.
    func account(_ attempt: Attempt, _ status: Status?) -> Account {
        if attempt.index < trace.attempts.count, let made = trace.attempts[attempt.index].account { return made }
        let account = Account(), reading = attempt.readUsage()
        account.usage = reading?.usage
        // Servers that do not count tell zeros.
        if let told = account.usage, told.prompt == 0, told.count(.output) == 0, status == nil || attempt.seenTokens > 0 { account.usage = nil }
        if operation == .embeddings, account.usage != nil, account.usage?[.output] == nil { account.usage?[.output] = 0 }
        if account.usage == nil {
            estimate(attempt, status, account)
        } else if status != nil, !attempt.toldAtEnd {
            account.atLeast = true
            raise(account, toTextOf: attempt)
        } else {
            fill(account, attempt)
            if status == .empty { account.atLeast = true } // whether it is billed at all, and what for, nobody says
        }
        if !account.isUnbilled { price(attempt, account, reading) }
        if attempt.index < trace.attempts.count { trace.attempts[attempt.index].account = account }
        return account
    }

    /// Half a usage is estimated for the other half: what is null or missing, and no output beside an answer, was not counted.
    private func fill(_ account: Account, _ attempt: Attempt) {
        guard let usage = account.usage else { return }
        if usage[.input] == nil {
            usage[.input] = max(0, estimatedPrompt(attempt) &- usage.prompt)
            account.isEstimate = true
        }
        if operation != .embeddings, usage[.output] ?? 0 == 0 {
            let seen = attempt.seenTokens
            if usage[.output] != nil, seen == 0 { return }
            usage[.output] = max(seen, usage.count(.reasoning))
            account.isEstimate = true
        }
        if account.isEstimate { usage.total = usage.prompt &+ usage.count(.output) }
    }

    private func estimatedPrompt(_ attempt: Attempt) -> Int { max(1, request.promptEstimate(attempt.target.body)) }

    /// What a broken stream told of its output may be from its beginning.
    private func raise(_ account: Account, toTextOf attempt: Attempt) {
        let seen = attempt.seenTokens
        if seen <= account.usage?[.output] ?? 0 { return }
        account.usage?[.output] = seen
        if let usage = account.usage { account.usage?.total = usage.prompt &+ usage.count(.output) }
        account.isEstimate = true
    }

    /// Counts tokens where the provider told none: what was sent, and what came.
    private func estimate(_ attempt: Attempt, _ status: Status?, _ account: Account) {
        let sent = !attempt.isUnsent && (attempt.abandoned || attempt.transfer.wasSent || attempt.transfer.timings.connect >= 0 || attempt.transfer.timings.firstByte >= 0)
        account.wasSent = sent
        if let status {
            guard sent, status == .cancelled || status == .closed || mayBeBilled(status, attempt.transfer.status) else {
                account.isUnbilled = true
                account.total = 0
                account.source = .computed
                return
            }
            account.atLeast = true
        }
        account.isEstimate = true
        let usage = Usage()
        usage[.input] = estimatedPrompt(attempt)
        usage[.output] = operation == .embeddings ? 0 : attempt.seenTokens
        usage.total = usage.count(.input) &+ usage.count(.output)
        account.usage = usage
    }

    /// All of what was asked for, where the provider goes on after the connection is closed, or may do so.
    func most(_ attempt: Attempt) -> AttoUSD? {
        if attempt.provider.cancelStopsBilling ?? false, attempt.abandoned || isCancelled { return nil }
        guard request.counts, attempt.target.candidate >= 0, attempt.target.candidate < request.candidates.count else { return nil }
        return try? request.costBound(request.candidates[attempt.target.candidate], prefill: attempt.target.prefill).cost
    }
}

extension PlannedRequest {
    /// Tokens of the prompt, on the low side. What a queue sent may be all that is left of the request.
    func promptEstimate(_ body: ByteBuffer) -> Int {
        if let tokens = promptTokens { return tokens }
        defer { body.keepAlive() }
        return Dialects.promptTokens(of: body.bytes)
    }
}
