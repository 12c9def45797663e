internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Planning
internal import Settings
internal import Transport

extension Call {
    /// The account of an attempt that has ended like this (nil: well), or was given up. Made once.
    func account(_ attempt: Attempt, _ status: Status?) -> Account {
        if attempt.index < trace.attempts.count, let made = trace.attempts[attempt.index].account { return made }
        let reading = attempt.readUsage()
        var account = Account(usage(of: attempt, status, reading), prompt: { promptEstimate(attempt.target) }, seen: { attempt.seenTokens })
        if !account.isUnbilled, request.raw == nil { price(account, attempt, reading) }
        if let answer = attempt.target.cache?.answer { account = request.freeAccount(answer, account, status, trace) }
        if attempt.index < trace.attempts.count { trace.attempts[attempt.index].account = account }
        return account
    }

    /// Tokens of the prompt, on the low side. What a queue sent may be all that is left of the request.
    private func promptEstimate(_ target: AttemptTarget) -> Int {
        defer { target.body.keepAlive() }
        return max(1, request.promptTokens ?? target.endpoint.dialect.promptTokens(of: target.body.bytes))
    }

    private func usage(of attempt: Attempt, _ status: Status?, _ reading: UsageReading?) -> AttemptUsage {
        let transfer = attempt.transfer
        var usage = AttemptUsage(operation: operation, status: status)
        usage.httpStatus = transfer.status
        usage.isRaw = request.raw != nil
        usage.isFree = operation == .countTokens || request.raw?.method.isFree ?? false
        usage.reported = reading?.usage
        usage.isFinal = attempt.reportedAtEnd
        usage.wasSent = !attempt.isUnsent && (attempt.abandoned || transfer.wasSent || transfer.timings.connect >= 0 || transfer.timings.firstByte >= 0)
        return usage
    }

    /// What the usage of an attempt costs: what the provider says, else by our price of how it was served.
    private func price(_ account: Account, _ attempt: Attempt, _ reading: UsageReading?) {
        let isOpen = account.atLeast // nobody was there at its end
        let provider = attempt.provider, notes = attempt.reportedNotes
        let serving = AttemptServing(provider: provider, model: attempt.target.model, notes: notes, tier: attempt.tier(notes), words: attempt.words(notes), minute: minuteOfDay(),
                                     request.redaction)
        let price = account.usage == nil ? nil : models.price(provider, attempt.target.model, setup)
        account.bill(serving, by: price) { attempt.asked.pieces }
        account.settle(reported: reading?.cost, isFinal: attempt.reportedAtEnd, lacksUpstream: reading?.lacksUpstream ?? false)
        if isOpen, let most = most(attempt) { account.most = max(most, account.most ?? 0) }
    }

    /// All of what was asked for, where the provider goes on after the connection is closed, or may do so.
    private func most(_ attempt: Attempt) -> AttoUSD? {
        if attempt.provider.billing.cancelStopsBilling ?? false, attempt.abandoned || isCancelled { return nil }
        guard request.counts, attempt.target.candidate >= 0, attempt.target.candidate < request.candidates.count else { return nil }
        return try? request.costBound(request.candidates[attempt.target.candidate], prefill: attempt.target.prefill).cost
    }

    /// Ledger and record of a request that has ended.
    func book(_ end: RequestEnd, _ failure: Failure?) {
        if request.options.dryRun { return }
        let finished = FinishedRequest(operation, requestedModel: request.view.model, tag: request.options.tag, end: end, status: failure?.status ?? .ok,
                                       isFallback: isFallback, trace: trace)
        services.ledger.add(finished)
        guard let path = setup.configuration.records else { return }
        let line = ByteBuffer()
        guard finished.record(into: line), request.redaction.clean(line),
              let problem = services.records.write(line, to: path, gl_unix_seconds()) else { return }
        services.log.say(LogLevel.error, problem)
    }

    /// Somebody other than the first choice answered.
    private var isFallback: Bool {
        guard let first = request.candidates.first, let provider = setup.provider(first.provider), !trace.attempts.isEmpty else { return false }
        let reported = trace.reported
        return !same(reported.provider, provider.id) || !same(reported.model, first.model)
    }
}
