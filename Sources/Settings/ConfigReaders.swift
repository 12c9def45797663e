internal import Bytes
package import Model

// Groups of members that stand in several places of a configuration, and in requests. Each lays what it finds over what is there.

extension TimeoutOverrides {
    package mutating func read(_ value: ConfigValue) throws(Failure) {
        let members = try value.object()
        try members.seconds("connect", &connect)
        try members.seconds("first_byte", &firstByte)
        try members.seconds("idle", &idle)
        try members.seconds("content", &content)
        try members.seconds("total", &total)
        try members.end()
    }
}

extension RetryOverrides {
    /// `whole`: the cap on a request's attempts stands here too; a provider has none of its own.
    package mutating func read(_ value: ConfigValue, whole: Bool) throws(Failure) {
        let members = try value.object()
        try members.integer("attempts", 0, 100, &attempts)
        try members.seconds("backoff_base", &backoffBase)
        try members.seconds("backoff_max", &backoffMax)
        if let value = members.take("jitter") { jitter = try value.share() }
        if whole { try members.integer("attempts_per_request", 1, 100, &attemptsPerRequest) }
        try members.end()
    }
}

extension HedgePolicy {
    /// nil: `false`.
    package static func read(_ value: ConfigValue) throws(Failure) -> HedgePolicy? {
        if value.isFalse { return nil }
        var policy = HedgePolicy()
        let members = try value.object()
        if let delay = members.take("delay") {
            if delay.isNumber { policy.delay = try delay.seconds() } else { _ = try delay.word(among: ["p95"]) }
        }
        try members.end()
        return policy
    }
}

extension LimitRules {
    package mutating func read(_ value: ConfigValue, isOfKey: Bool = false) throws(Failure) {
        let members = try value.object()
        try members.count("requests_per_minute", &requestsPerMinute)
        try members.count("tokens_per_minute", &tokensPerMinute)
        try members.usd("usd_per_minute", &usdPerMinute)
        try members.count("requests_per_day", &requestsPerDay)
        try members.count("tokens_per_day", &tokensPerDay)
        try members.usd("usd_per_day", &usdPerDay)
        try members.count("concurrency", &concurrency)
        try members.seconds("spacing", &spacing)
        if let value = members.take("default_max_tokens") {
            if isOfKey { throw value.failure("is for a client, a provider or a tag") }
            defaultMaxTokens = try value.integer(1, 1_000_000_000)
        }
        try members.end()
    }
}

extension PriceCeiling {
    /// Tokens are priced in USD per million, requests and images in USD each. `strict`: other words are errors.
    package mutating func read(_ value: ConfigValue, strict: Bool) throws(Failure) {
        let members = try value.object()
        try members.usd("prompt", &prompt, perMillion: true)
        try members.usd("completion", &completion, perMillion: true)
        try members.usd("request", &request)
        try members.usd("image", &image)
        if strict { try members.end() }
    }
}

/// Short names for ids; one that is there already is replaced.
@inline(never)
package func readAliases(_ value: ConfigValue, into list: inout [ModelAlias]) throws(Failure) {
    for (name, member) in try value.members() {
        if name.text.isEmpty { throw member.failure("the name must not be empty") }
        let alias = ModelAlias(name: name.text, model: try member.text())
        if let index = list.firstIndex(where: { same($0.name, alias.name) }) { list[index] = alias } else { list.append(alias) }
    }
}
