internal import Bytes
internal import Model

/// The members of a configuration document about choosing and attempting.
extension ConfigurationDraft {
    func order(_ members: ConfigMembers) throws(Failure) {
        try members.texts("fallback_models", &result.fallbackModels)
        try members.texts("provider_order", &result.providerOrder)
        guard let routing = try members.object("routing") else { return }
        if let word = try routing.word("strategy", as: RoutingStrategy.self) { result.strategy = word }
        try routing.texts("regions", &result.regions)
        if let value = routing.take("all_models") { result.allModels = try allModels(value) }
        if let value = routing.take("hedge") { result.hedge = try value.hedgePolicy() }
        try routing.end()
    }

    func endure(_ members: ConfigMembers) throws(Failure) {
        if let word = try members.word("preset", as: FailoverPreset.self) { result.preset = word }
        if let value = members.take("retry") { try value.readRetry(into: &retry, whole: true) }
        if let value = members.take("failover") { try applyFailover(value) }
        if let breaker = try members.object("breaker") { try applyBreaker(breaker) }
        if let limits = try members.object("limits") { try applyLimits(limits) }
        try members.flag("dev_fallback", &result.devFallback)
        try members.text("records", &result.records)
    }

    /// A ceiling is needed: the list may hold what nobody meant to pay for.
    private func allModels(_ value: ConfigValue) throws(Failure) -> AllModelsPolicy? {
        if value.isFalse { return nil }
        var ceiling = result.allModels?.maxPrice ?? PriceCeiling()
        let members = try value.object()
        if let prices = try members.object("max_price") {
            try prices.usd("prompt", &ceiling.prompt, perMillion: true)
            try prices.usd("completion", &ceiling.completion, perMillion: true)
            try prices.end()
        }
        try members.end()
        if ceiling.prompt == nil && ceiling.completion == nil { throw value.failure("needs a max_price") }
        return AllModelsPolicy(maxPrice: ceiling)
    }

    private func applyFailover(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            guard let status = attemptStatus(name) else { throw member.failure("is not a kind of transport or provider error") }
            let rule = FailoverRule(status: status, actions: try actions(member))
            if let index = result.failover.firstIndex(where: { $0.status == status }) {
                result.failover[index] = rule
            } else {
                result.failover.append(rule)
            }
        }
    }

    private func actions(_ value: ConfigValue) throws(Failure) -> ActionList {
        var actions: [FailureAction] = []
        for element in try value.elements() {
            let action = try element.word(as: FailureAction.self)
            if actions.contains(action) { throw element.failure("given twice") }
            actions.append(action)
        }
        if actions.isEmpty { throw value.failure("must not be empty") }
        return ActionList(actions)
    }

    private func applyBreaker(_ members: ConfigMembers) throws(Failure) {
        try members.flag("enabled", &result.breaker.enabled)
        try members.integer("failures", 1, 1_000_000, &result.breaker.failures)
        if let value = members.take("rate") {
            result.breaker.rate = try value.share()
            if result.breaker.rate == 0 { throw value.failure("must be above 0") }
        }
        try members.integer("minimum", 1, 1_000_000, &result.breaker.minimum)
        try members.seconds("window", &result.breaker.window)
        try members.seconds("open_for", &result.breaker.openFor)
        try members.integer("successes", 1, 1000, &result.breaker.successes)
        try members.integer("relapses", 1, 1000, &result.breaker.relapses)
        try members.end()
    }

    private func applyLimits(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("client") { try value.readLimits(into: &result.limits.client) }
        if let value = members.take("tags") { try applyTags(value) }
        try members.flag("wait", &result.limits.wait)
        try members.seconds("max_wait", &result.limits.maxWait)
        try members.usd("max_cost", &result.limits.maxCost)
        if let word = try members.word("unknown_price", as: UnknownPrice.self) { result.limits.allowsUnknownPrice = word == .allow }
        try members.integer("queue", 0, 1_000_000, &result.limits.queue)
        try members.end()
    }

    private func applyTags(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            guard !name.text.isEmpty, name.text.utf8.count <= longestTag else { throw member.failure("a tag has 1 to 128 bytes") }
            let index = result.limits.tags.firstIndex { same($0.tag, name.text) }
            if index == nil { result.limits.tags.append(TagLimits(tag: name.text, rules: LimitRules())) }
            try member.readLimits(into: &result.limits.tags[index ?? result.limits.tags.count - 1].rules)
        }
    }
}

private enum UnknownPrice: String, CaseIterable { case refuse, allow }

/// What an attempt can end with: groups 2xx and 3xx.
private func attemptStatus(_ name: Word) -> Status? {
    for number: Int32 in 200..<400 {
        if let status = Status(rawValue: number), status.name ~= name { return status }
    }
    return nil
}
