internal import Bytes
package import Model

// Groups of members that stand in several places of a configuration, and in requests. Each lays what it finds over what is there.

extension ConfigValue {
    package func readTimeouts(into timeouts: inout TimeoutOverrides) throws(Failure) {
        let members = try object()
        try members.seconds("connect", &timeouts.connect)
        try members.seconds("first_byte", &timeouts.firstByte)
        try members.seconds("idle", &timeouts.idle)
        try members.seconds("content", &timeouts.content)
        try members.seconds("total", &timeouts.total)
        try members.end()
    }

    /// `whole`: the cap on a request's attempts stands here too; a provider has none of its own.
    package func readRetry(into retry: inout RetryOverrides, whole: Bool) throws(Failure) {
        let members = try object()
        try members.integer("attempts", 0, 100, &retry.attempts)
        try members.seconds("backoff_base", &retry.backoffBase)
        try members.seconds("backoff_max", &retry.backoffMax)
        if let value = members.take("jitter") { retry.jitter = try value.share() }
        if whole { try members.integer("attempts_per_request", 1, 100, &retry.attemptsPerRequest) }
        try members.end()
    }

    /// nil: `false`.
    package func hedgePolicy() throws(Failure) -> HedgePolicy? {
        if isFalse { return nil }
        var policy = HedgePolicy()
        let members = try object()
        if let delay = members.take("delay") {
            if delay.isNumber { policy.delay = try delay.seconds() } else { _ = try delay.word(among: ["p95"]) }
        }
        try members.end()
        return policy
    }

    package func cacheOverrides() throws(Failure) -> CacheOverrides {
        var overrides = CacheOverrides()
        let members = try object()
        overrides.mode = try members.word("mode")
        try members.seconds("max_age", &overrides.maxAge)
        try members.end()
        return overrides
    }

    package func readLimits(into limits: inout LimitRules, isOfKey: Bool = false) throws(Failure) {
        let members = try object()
        try members.caps("requests_per_minute", "tokens_per_minute", "usd_per_minute", &limits.minute)
        try members.caps("requests_per_hour", "tokens_per_hour", "usd_per_hour", &limits.hour)
        try members.caps("requests_per_day", "tokens_per_day", "usd_per_day", &limits.day)
        try members.caps("requests_per_month", "tokens_per_month", "usd_per_month", &limits.month)
        try members.count("concurrency", &limits.concurrency)
        try members.seconds("spacing", &limits.spacing)
        if let value = members.take("default_max_tokens") {
            if isOfKey { throw value.failure("is for a client, a provider or a tag") }
            limits.defaultMaxTokens = try value.integer(1, 1_000_000_000)
        }
        if let value = members.take("warn_at") { limits.warnAt = try value.rising(most: 8) }
        try members.end()
    }

    /// Shares above 0, each larger than the one before.
    private func rising(most: Int) throws(Failure) -> [Double] {
        var shares: [Double] = []
        for element in try elements() {
            let share = try element.share()
            if share <= shares.last ?? 0 { throw element.failure("must be larger than 0 and than the one before") }
            if shares.count == most { throw failure("has more than 8 elements") }
            shares.append(share)
        }
        return shares
    }

    /// Tokens are priced in USD per million, requests and images in USD each. `strict`: other words are errors.
    package func priceCeiling(strict: Bool) throws(Failure) -> PriceCeiling {
        var ceiling = PriceCeiling()
        let members = try object()
        try members.usd("prompt", &ceiling.prompt, perMillion: true)
        try members.usd("completion", &ceiling.completion, perMillion: true)
        try members.usd("request", &ceiling.request)
        try members.usd("image", &ceiling.image)
        if strict { try members.end() }
        return ceiling
    }
}

extension ConfigMembers {
    fileprivate func caps(_ requests: StaticString, _ tokens: StaticString, _ usd: StaticString, _ caps: inout LimitCaps) throws(Failure) {
        try count(requests, &caps.requests)
        try count(tokens, &caps.tokens)
        try self.usd(usd, &caps.usd)
    }
}

/// Short names for ids; one that is there already is replaced.
package func readAliases(_ value: ConfigValue, into list: inout [ModelAlias]) throws(Failure) {
    for (name, member) in try value.members() {
        if name.text.isEmpty { throw member.failure("the name must not be empty") }
        let alias = ModelAlias(name: name.text, model: try member.text())
        if let index = list.firstIndex(where: { same($0.name, alias.name) }) { list[index] = alias } else { list.append(alias) }
    }
}
