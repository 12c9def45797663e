internal import Model
internal import Wire

/// Powers of ten from the units that providers print to USD per token.
let perToken = 0, perMillion = -6
/// US cents per token (DeepInfra).
private let centsPerToken = -2
/// 100ths of a cent per million tokens (xAI's /language-models).
private let hundredthCentsPerMillion = -10

func readPrices(_ fields: EntryFields, _ form: ModelListForm) -> ModelPrices {
    switch form {
    case .openrouter, .dev: listed(fields, prompt: "prompt", completion: "completion", perToken)
    case .vercel: listed(fields, prompt: "input", completion: "output", perToken)
    case .together: togetherPrices(fields)
    case .deepinfra: listed(fields, prompt: "cents_per_input_token", completion: "cents_per_output_token", centsPerToken)
    case .infron, .infronDisplay: infronPrices(fields)
    case .openai: xaiPrices(fields)
    case .featherless, .huggingface, .llamacpp, .vllm, .mistral, .groq, .fireworks: ModelPrices()
    }
}

private func listed(_ fields: EntryFields, prompt: StaticString, completion: StaticString, _ unit: Int) -> ModelPrices {
    guard let object = fields["pricing"] else { return ModelPrices() }
    let pricing = EntryFields(object)
    var prices = ModelPrices()
    prices.prompt = pricing[prompt].flatMap { price($0, unit) }
    prices.completion = pricing[completion].flatMap { price($0, unit) }
    prices.request = pricing["request"].flatMap { price($0, perToken) }
    prices.image = pricing["image"].flatMap { price($0, perToken) }
    prices.cacheRead = pricing["input_cache_read"].flatMap { price($0, unit) }
    prices.cacheWrite = pricing["input_cache_write"].flatMap { price($0, unit) }
    return prices
}

/// Models that are rented by the hour are listed with a token price of 0: that is no price.
private func togetherPrices(_ fields: EntryFields) -> ModelPrices {
    let prices = listed(fields, prompt: "input", completion: "output", perMillion)
    guard let hourly = fields["pricing"]?["hourly"].flatMap({ price($0, perToken) }), !hourly.equals("0") else { return prices }
    let free = prices.prompt?.equals("0") ?? true && prices.completion?.equals("0") ?? true
    return free ? ModelPrices() : prices
}

/// `/v1/models` has numbers, `display_models` has "$1,234.50"; what is paid is the sale price.
private func infronPrices(_ fields: EntryFields) -> ModelPrices {
    func first(_ names: [StaticString]) -> String? {
        for name in names {
            if let found = fields[name].flatMap({ price($0, perMillion) }) { return found }
        }
        return nil
    }
    var prices = ModelPrices()
    prices.prompt = first(["sale_input_cost", "retail_input_cost", "min_prompt_price"])
    prices.completion = first(["sale_output_cost", "retail_output_cost", "min_completion_price"])
    return prices
}

private func xaiPrices(_ fields: EntryFields) -> ModelPrices {
    var prices = ModelPrices()
    prices.prompt = fields["prompt_text_token_price"].flatMap { price($0, hundredthCentsPerMillion) }
    prices.completion = fields["completion_text_token_price"].flatMap { price($0, hundredthCentsPerMillion) }
    prices.cacheRead = fields["cached_prompt_text_token_price"].flatMap { price($0, hundredthCentsPerMillion) }
    return prices
}

/// A number, a text such as "$1,234.50", or {amount, scale}, which is amount / 10^scale (NEAR), times ten to the `exponent`, as
/// decimal text. nil: no number, or negative, which OpenRouter prints for models whose price depends on where they are routed.
func price(_ value: JSONView, _ exponent: Int) -> String? {
    if value.isObject {
        guard let amount = value["amount"], !amount.isObject, let scale = value["scale"]?.int, scale.magnitude <= 100 else { return nil }
        return price(amount, exponent &- scale)
    }
    guard let text = value.numberText ?? value.string, let number = DecimalText(text), !number.isBelowZero else { return nil }
    return number.scaled(byPowerOfTen: exponent)?.text
}
