internal import Bytes
internal import Dialects
package import Model

/// What a request may cost at most at one candidate, whoever counts its tokens (docs/limits.md). Estimates are for bills, and would
/// let a request pass that costs more.
package struct CostBound {
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
    private func cost(_ output: Int) -> AttoUSD? { Money.sum(fixed, Money.times(needs.most(output), outputPrice)) }
    package var cost: AttoUSD { cost(output) ?? .max }

    /// The longest answer for so much, in tokens; nil: none.
    private func longest(within most: AttoUSD) -> Int? {
        var low = 0, high = output // by halves: a division of 128 bits would need libgcc_s
        while low < high {
            let middle = low &+ (high &- low &+ 1) / 2
            if cost(middle) ?? .max <= most { low = middle } else { high = middle &- 1 }
        }
        return low > 0 ? low : nil
    }
}

/// Why what a request may cost is not known before.
package enum CostGap: Error {
    case price, tier, files, tools, output

    private var text: StaticString {
        switch self {
        case .price: "its price is not known (known_models, price_file)"
        case .tier: "the price of the service tier it asks for is not known"
        case .files: "how many tokens a document or film comes to is not known, nor the context of the model (known_models)"
        case .tools: "the provider may search, or use other tools of its own, any number of times"
        case .output: "the length of the answer is not bounded (max_tokens, default_max_tokens), nor is the most that the model gives known"
        }
    }
}

/// What of a request its cost depends on.
package struct CostQuestion {
    package var operation: Model.Operation
    package var provider: Provider
    package var model: String
    package var bound: PromptBound
    package var needs: RequestNeeds
    package var facts: ModelFacts?
    /// The operator's, where the request does not say how long its answer may be.
    package var defaultMaxTokens: Int?
    /// The rules of the provider's row change it. False: it passes as it is.
    package var obeysRules = true

    package init(_ operation: Model.Operation, _ provider: Provider, _ model: String, bound: PromptBound, needs: RequestNeeds, facts: ModelFacts?,
                 defaultMaxTokens: Int?) {
        self.operation = operation
        self.provider = provider
        self.model = model
        self.bound = bound
        self.needs = needs
        self.facts = facts
        self.defaultMaxTokens = defaultMaxTokens
    }

    package func costBound(by price: ModelPrice) throws(CostGap) -> CostBound {
        if bound.asksTier, bound.tier == nil || bound.tier == .priority && !price.rules.contains(where: { $0.tier == .priority }) { throw .tier }
        let tokens = bound.tokens(model, context: facts?.contextLength), prices = highest(price, tokens ?? .max)
        let factor = provider.priceFactor(model, bound.words)
        guard factor.isKnown else { throw .tier }
        guard let input = highestInput(prices).flatMap({ factor.times($0) }) else { throw .price }
        guard let output = operation == .embeddings ? 0 : highestOutput(prices).flatMap({ factor.times($0) }) else { throw .price }
        let searches = bound.hasServerTools || mayUseServerTools(model) || provider.alwaysSearches(model)
        if searches, input > 0 || output > 0 || prices[.webSearch] ?? 0 > 0 { throw .tools }
        guard let counted = input > 0 ? tokens : 0 else { throw .files }
        let pictures = bound.images &+ (provider.billing.imagePrice == .answer ? needs.choices : 0)
        let images = Money.times(pictures, prices[.image] ?? 0), prediction = Money.times(bound.prediction, output)
        let fixed = Money.sum(Money.sum(Money.times(counted, input), images), Money.sum(prediction, prices[.request] ?? 0))
        guard let length = output > 0 ? longestAnswer : 0 else { throw .output }
        let isUnheld = drops("max_tokens") || needs.otherLimit != nil
        return CostBound(fixed: fixed ?? .max, outputPrice: output, output: length, isUnheld: isUnheld, needs: needs)
    }

    private func drops(_ parameter: String) -> Bool { obeysRules && provider.rule(for: parameter, model)?.isDropped ?? false }

    private func sent(_ parameter: String, _ limit: Int?) -> Int? {
        drops(parameter) ? nil : obeysRules ? limit.map { provider.within($0, parameter, model) } : limit
    }

    /// What is sent bounds it: not a word that the row drops, and no less than what another word allows.
    private var longestAnswer: Int? {
        let asked = larger(sent("max_tokens", needs.maxTokens), sent("max_completion_tokens", needs.maxCompletionTokens))
        let operators = limitWord(provider, model, operation) == nil ? nil : defaultMaxTokens
        return (asked ?? operators ?? facts?.maxOutput ?? facts?.contextLength).map { max($0, needs.otherLimit ?? 0) }
    }
}

extension CostBound {
    /// Of a provider that charges nobody.
    package static func nothing(_ needs: RequestNeeds) -> CostBound { CostBound(fixed: 0, outputPrice: 0, output: 0, needs: needs) }

    /// How the request would fit into `most`, of which other attempts have spent, or may spend, `before`.
    package func excess(_ before: AttoUSD, over most: AttoUSD) -> String {
        let start = concat("the request may cost ", Money.text(cost), " USD", before > 0 ? concat(" beside the ", Money.text(before), " USD of other attempts") : "")
        let more = concat(start, ", more than max_cost (", Money.text(most), "): ")
        let left = most > before ? most &- before : 0
        if let tokens = longest(within: left) {
            let number = String(decimal: tokens)
            return isUnheld ? concat(more, "an answer can have ", number, " tokens at most, and max_tokens does not hold it to that here")
                : concat(more, "max_tokens can be ", number, " at most")
        }
        if fixed <= left { return concat(more, "beside its prompt (", Money.text(fixed), " USD) not one token of each answer fits") }
        return concat(more, "its prompt alone may cost ", Money.text(fixed), " USD")
    }
}

extension CostGap {
    /// `cap`: the member of the configuration, or the word of the request, that limits costs.
    package func complaint(_ cap: String) -> String {
        concat("what this request may cost is not known, and ", cap, " limits it: ", String(text), "; limits.unknown_price \"allow\" sends it nevertheless")
    }
}

extension CostQuestion {
    /// Kind by kind the highest that may hold for such a prompt, at any hour, whoever serves it.
    private func highest(_ price: ModelPrice, _ tokens: Int) -> PriceSet {
        var prices = price.base
        for rule in price.rules where tokens >= rule.minPromptTokens && (rule.tier == nil || rule.tier == bound.tier) && mayServe(rule, price) {
            for kind in PriceKind.allCases {
                if let amount = rule.prices[kind], amount > prices[kind] ?? 0 { prices[kind] = amount }
            }
        }
        return prices
    }

    private func mayServe(_ rule: PriceRule, _ price: ModelPrice) -> Bool {
        rule.server == nil || price.server == nil || isCalled(rule.server, price.server)
    }

    /// Of a token of the prompt, whatever it is billed as.
    private func highestInput(_ prices: PriceSet) -> AttoUSD? {
        guard let prompt = prices[.prompt] else { return nil }
        var most = max(prompt, prices[.cacheWrite] ?? 0)
        if provider.billing.promptAsCached { most = max(most, prices[.cacheRead] ?? 0) }
        if bound.sounds > 0 { most = max(most, prices[.audio] ?? 0) }
        // Unknown prices of cache writes are taken to be Anthropic's: 1.25 and 2 times the prompt's
        // (https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching, 2026-11).
        if bound.writesCache { most = max(most, prices[.cacheWriteHour] ?? 0, prices[.cacheWrite] ?? prompt &+ prompt / 4) }
        if bound.writesHour { most = max(most, prices[.cacheWriteHour] ?? Money.times(2, prompt) ?? .max) }
        return most
    }

    private func highestOutput(_ prices: PriceSet) -> AttoUSD? {
        guard let completion = prices[.completion] else { return nil }
        return max(completion, prices[.reasoning] ?? 0, prices[.audioOutput] ?? 0, prices[.imageOutput] ?? 0)
    }
}
