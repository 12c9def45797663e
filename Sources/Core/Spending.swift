internal import Model
internal import Providers
internal import Routing
internal import Transport
internal import Wire

/// What a provider says it used.
struct TokenUsage {
    var prompt = 0
    var completion = 0
    var total = 0
    /// `cost`, where the provider tells it (OpenRouter).
    var cost: AttoUSD?
}

/// The value of `usage`; nil when it tells nothing.
func readTokens(_ usage: UnsafeRawBufferPointer) -> TokenUsage? {
    let root = JSONView(valid: usage, ByteRange(0, usage.count))
    guard root.isObject else { return nil }
    var read = TokenUsage(), any = false
    root.forEachMember { name, value in
        let name = usage[name]
        if name.equals("prompt_tokens"), let n = value.int, n >= 0 { (read.prompt, any) = (n, true) }
        if name.equals("completion_tokens"), let n = value.int, n >= 0 { (read.completion, any) = (n, true) }
        if name.equals("total_tokens"), let n = value.int, n >= 0 { (read.total, any) = (n, true) }
        if name.equals("cost") { read.cost = value.numberText.flatMap { DecimalText($0) }?.atto }
    }
    if read.total == 0 {
        let (sum, over) = read.prompt.addingReportingOverflow(read.completion)
        read.total = over ? .max : sum
    }
    return any ? read : nil
}

/// `completion_tokens` alone: what every request is asked for, where nobody counts what it costs.
func readCompletionTokens(_ usage: UnsafeRawBufferPointer) -> Int? {
    JSONView(valid: usage, ByteRange(0, usage.count)).first("completion_tokens")?.int.flatMap { $0 < 0 ? nil : $0 }
}

extension Accepted {
    /// What a candidate asks for these tokens, or for what the request can become at most; nil where a price is not known.
    func estimate(_ candidate: Candidate, known: TokenUsage?) -> AttoUSD? {
        guard let prices = prices(candidate.provider, candidate.model), let prompt = prices[.prompt], let completion = prices[.completion] else { return nil }
        let input: Int, output: Int
        if let known {
            (input, output) = (known.prompt, known.completion)
        } else {
            let needs = needs()
            guard let most = needs.maxOutput ?? setup.planner.facts(candidate.provider, candidate.model, self)?.maxOutput else { return nil }
            (input, output) = (needs.promptTokens, most)
        }
        return Money.sum(Money.sum(Money.times(input, prompt), Money.times(output, completion)), prices[.request] ?? 0)
    }
}

extension Call {
    /// `max_cost`: what was spent, and what this attempt may cost, must stay within it. A candidate whose price is not
    /// known cannot be held to it.
    func tooExpensive(_ candidate: Candidate) -> Failure? {
        guard let most = request.options.maxCost else { return nil }
        guard let estimate = request.estimate(candidate, known: nil) else {
            return expense(candidate, "what this request may cost is not known: max_cost needs a known price, and max_tokens")
        }
        var all = Money.sum(spent, estimate)
        for other in running where other.landing.candidate >= 0 { // not settled yet
            all = request.estimate(request.candidates[other.landing.candidate], known: nil).flatMap { Money.sum(all, $0) }
        }
        guard let total = all, total <= most else { return expense(candidate, "the request may cost more than max_cost") }
        return nil
    }

    private func expense(_ candidate: Candidate, _ message: String) -> Failure {
        var failure = Failure(.refused, message)
        failure.provider = setup.provider(candidate.provider)?.id
        failure.model = candidate.model
        return failure
    }

    /// Adds what an attempt cost, or may have cost, to what the request has spent.
    func spend(_ attempt: Attempt, _ failure: Failure?, _ usage: TokenUsage?) -> AttoUSD? {
        guard request.counts, attempt.landing.candidate >= 0 else { return nil }
        let candidate = request.candidates[attempt.landing.candidate]
        let known = usage.flatMap { $0.cost ?? request.estimate(candidate, known: $0) }
        if let known {
            spent = Money.sum(spent, known) ?? spent
        } else if let status = failure?.status, mayBeBilled(status, attempt.transfer.status) || status == .cancelled {
            // At least the prompt; all of it where the provider goes on after the connection is closed, or may do so.
            let stops = status == .cancelled && setup.provider(candidate.provider)?.cancelStopsBilling ?? false
            let known = stops ? TokenUsage(prompt: request.needs().promptTokens) : nil
            spent = request.estimate(candidate, known: known).flatMap { Money.sum(spent, $0) } ?? spent
        }
        return known
    }
}
