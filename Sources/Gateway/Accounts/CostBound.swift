internal import Bytes
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Settings

/// What a request may cost at most at one candidate, whoever counts its tokens (docs/limits.md). Estimates are for bills, and would
/// let a request pass that costs more.
struct CostBound {
    /// Whatever the answer is: the prompt, its pictures, the request itself, a prediction that was wrong.
    var fixed: AttoUSD
    /// Of a token of the answer.
    var outputPrice: AttoUSD
    /// Tokens of one answer.
    var output: Int
    /// `max_tokens` does not bound it: it is not sent, or the request allows more in another word.
    var isUnheld = false
    var needs: RequestNeeds

    /// nil: too big to be an amount.
    func cost(_ output: Int) -> AttoUSD? { Money.sum(fixed, Money.times(needs.most(output), outputPrice)) }
    var cost: AttoUSD { cost(output) ?? .max }

    /// The longest answer for so much, in tokens; nil: none.
    func longest(within most: AttoUSD) -> Int? {
        var low = 0, high = output // by halves: a division of 128 bits would need libgcc_s
        while low < high {
            let middle = low &+ (high &- low &+ 1) / 2
            if cost(middle) ?? .max <= most { low = middle } else { high = middle &- 1 }
        }
        return low > 0 ? low : nil
    }
}

/// Why what a request may cost is not known before.
enum CostGap: Error {
    case price, tier, files, tools, output

    var text: StaticString {
        switch self {
        case .price: "its price is not known (known_models, price_file)"
        case .tier: "the price of the service tier it asks for is not known"
        case .files: "how many tokens a document or film comes to is not known, nor the context of the model (known_models)"
        case .tools: "the provider may search, or use other tools of its own, any number of times"
        case .output: "the length of the answer is not bounded (max_tokens, default_max_tokens), nor is the most that the model gives known"
        }
    }
}

extension PlannedRequest {
    /// `prefill`: bytes of text that goes behind the messages.
    func costBound(_ candidate: Candidate, prefill: Int = 0) throws(CostGap) -> CostBound {
        guard let provider = setup.provider(candidate.provider) else { throw .price }
        guard let price = client.prices.price(provider, candidate.model, setup), price.isSound else {
            if same(provider.dialect, "dev") { return CostBound(fixed: 0, outputPrice: 0, output: 0, needs: needs()) } // it charges nobody
            throw .price
        }
        var bound = bound()
        bound.bytes &+= prefill
        let needs = needs(), facts = setup.planner.facts(candidate.provider, candidate.model, self)
        if bound.asksTier, bound.tier == nil || bound.tier == .priority && !price.rules.contains(where: { $0.tier == .priority }) { throw .tier }
        let told = bound.tokens(candidate.model, context: facts?.contextLength), prices = price.highest(told ?? .max, bound)
        guard let input = prices.highestInput(bound, promptAsCached: provider.promptAsCached) else { throw .price }
        guard let output = operation == .embeddings ? 0 : prices.highestOutput else { throw .price }
        let searches = bound.hasServerTools || mayUseServerTools(candidate.model) || provider.alwaysSearches(candidate.model)
        if searches, input > 0 || output > 0 || prices[.webSearch] ?? 0 > 0 { throw .tools }
        guard let tokens = input > 0 ? told : 0 else { throw .files }
        let images = Money.times(bound.images &+ (provider.imagePrice == .answer ? needs.choices : 0), prices[.image] ?? 0), prediction = Money.times(bound.prediction, output)
        let fixed = Money.sum(Money.sum(Money.times(tokens, input), images), Money.sum(prediction, prices[.request] ?? 0))
        guard let length = output > 0 ? longestAnswer(provider, candidate.model, facts) : 0 else { throw .output }
        let isUnheld = provider.drops("max_tokens") || needs.otherLimit != nil
        return CostBound(fixed: fixed ?? .max, outputPrice: output, output: length, isUnheld: isUnheld, needs: needs)
    }

    /// What is sent bounds it: not a word that the row drops, and no less than what another word allows.
    private func longestAnswer(_ provider: Provider, _ model: String, _ facts: ModelFacts?) -> Int? {
        let needs = needs()
        let told = larger(provider.drops("max_tokens") ? nil : needs.maxTokens, provider.drops("max_completion_tokens") ? nil : needs.maxCompletionTokens)
        let own = limitWord(provider, model, operation) == nil ? nil : defaultMaxTokens(provider)
        return (told ?? own ?? facts?.maxOutput ?? facts?.contextLength).map { max($0, needs.otherLimit ?? 0) }
    }

    /// The operator's, where the request does not say how long its answer may be: the tag's, else the provider's, else the client's.
    func defaultMaxTokens(_ provider: Provider) -> Int? {
        if operation == .embeddings || view.tellsMaxTokens { return nil }
        let limits = setup.configuration.limits
        let tag = options.tag.flatMap { LimitBook.rules(limits.tags, $0)?.defaultMaxTokens }
        return tag ?? provider.limits.defaultMaxTokens ?? limits.client.defaultMaxTokens
    }
}

extension Provider {
    /// The model searches the web once for each answer.
    func alwaysSearches(_ model: String) -> Bool {
        model.octets.withUnsafeBytes { id in searchModels.contains { Glob($0).matches(id) } }
    }

    fileprivate func drops(_ member: StaticString) -> Bool { renames.contains { $0.from.equals(member) && $0.to.utf8.isEmpty } }
}

extension ModelPrice {
    /// Kind by kind the highest that may hold for such a prompt, at any hour, whoever serves it.
    fileprivate func highest(_ tokens: Int, _ bound: PromptBound) -> PriceSet {
        let prices = base.copy()
        for rule in rules where tokens >= rule.minPromptTokens && (rule.tier == nil || rule.tier == bound.tier) && (rule.server == nil || server == nil || isCalled(rule.server, server)) {
            for kind in PriceKind.allCases {
                if let amount = rule.prices[kind], amount > prices[kind] ?? 0 { prices[kind] = amount }
            }
        }
        return prices
    }
}

extension PriceSet {
    /// Of a token of the prompt, whatever it is billed as.
    fileprivate func highestInput(_ bound: PromptBound, promptAsCached: Bool) -> AttoUSD? {
        guard let prompt = self[.prompt] else { return nil }
        var most = max(prompt, self[.cacheWrite] ?? 0)
        if promptAsCached { most = max(most, self[.cacheRead] ?? 0) }
        if bound.sounds > 0 { most = max(most, self[.audio] ?? 0) }
        // Unknown prices of cache writes are taken to be Anthropic's: 1.25 and 2 times the prompt's
        // (https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching, 2026-11).
        if bound.writesCache { most = max(most, self[.cacheWriteHour] ?? 0, self[.cacheWrite] ?? prompt &+ prompt / 4) }
        if bound.writesHour { most = max(most, self[.cacheWriteHour] ?? Money.times(2, prompt) ?? .max) }
        return most
    }

    fileprivate var highestOutput: AttoUSD? {
        guard let completion = self[.completion] else { return nil }
        return max(completion, self[.reasoning] ?? 0, self[.audioOutput] ?? 0, self[.imageOutput] ?? 0)
    }
}
