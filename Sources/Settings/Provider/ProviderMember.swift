internal import Bytes
internal import Model

/// Every member of a provider, in the order in which they are read. docs/provider.schema.json has the same (a test compares them),
/// and from there the pages and the Python types take theirs: a new member is a case here, what it sets below, and its schema.
package enum ProviderMember: String, CaseIterable {
    // The address comes first: a new one makes the row's own list address void. And the dialect, which brings defaults along.
    case baseURL = "base_url", dialects, dialect
    case id, name, aliases, query, paths, variables, values, siteURL = "site_url", docsURL = "docs_url", logoURL = "logo_url", balance, quirks
    case auth, key, priceUnit = "price_unit", prices, onlyWhenNamed = "only_when_named", keepPrefix = "keep_prefix", passThrough = "pass_through"
    case nativeRouting = "native_routing", streamUsage = "stream_usage", streamFalse = "stream_false", outputLimit = "output_limit"
    case usageInclude = "usage_include", promptAsCached = "prompt_billed_as_cached", defaultModel = "default_model", tokenDelay = "token_delay"
    case headers, allowHeaders = "allow_headers", allowQuery = "allow_query", models, modelsURL = "models_url", parameters, reasoningTags = "reasoning_tags", reasoningBack = "reasoning_back", capabilities
    case timeouts, keepAlive = "keep_alive"
    case env, envBaseURL = "env_base_url", envDefaultModel = "env_default_model", envTimeout = "env_timeout"
    case envRetryAttempts = "env_retry_attempts", envBackoffBase = "env_backoff_base", envBackoffMax = "env_backoff_max", envJitter = "env_jitter"
    case envFallbackModels = "env_fallback_models"
    case detect, locks, serves, organization, bare, modelIDs = "model_ids", knownModels = "known_models"
    case priority, weight, regions, collectsData = "collects_data", zeroDataRetention = "zero_data_retention", prefill
    case cancelStopsBilling = "cancel_stops_billing", limits, retry, fallbackModels = "fallback_models"
    case servedBy = "served_by", serverSuffixes = "server_suffixes", imagePrice = "image_price", searchModels = "search_models"
    case priceTable = "price_table", priceFactors = "price_factors"
    case apiKey = "api_key", keys
    case faults
}

extension ProviderDraft {
    /// Each member that is there, in the order of the table.
    func read(_ members: ConfigMembers) throws(Failure) {
        for member in ProviderMember.allCases {
            if let value = members.take(member.rawValue) { try read(member, value) }
        }
        try members.end()
    }

    private func read(_ member: ProviderMember, _ value: ConfigValue) throws(Failure) {
        switch member {
        case .baseURL: try setBaseURL(value.text(), path: value.path)
        case .dialects: try readDialects(value)
        case .dialect: try setDialect(value)

        case .id: try readID(value)
        case .name: parts.identity.name = try value.text()
        case .aliases: parts.identity.aliases = try value.texts()
        case .siteURL: parts.identity.siteURL = try webAddress(value)
        case .docsURL: parts.identity.docsURL = try webAddress(value)
        case .logoURL: parts.identity.logoURL = try webAddress(value)
        case .quirks: try checkQuirks(value)

        case .query: try readQuery(value)
        case .paths: try readPaths(value)
        case .variables: try readAliases(value, into: &addressVariables)
        case .values: try readAddressValues(value)
        case .balance: parts.access.balance = try value.balanceForm()
        case .auth: parts.access.auth = try authForm(value)
        case .key: parts.access.keyNeed = try value.word()
        case .onlyWhenNamed: parts.access.onlyWhenNamed = try value.flag()
        case .headers: try mergeHeaders(value, into: &parts.access.headers)
        case .allowHeaders: parts.access.allowHeaders = try readAllowedHeaders(value)
        case .allowQuery: parts.access.allowQuery = try value.texts()
        case .timeouts: try value.readTimeouts(into: &ownTimeouts)
        case .keepAlive: ownKeepAlive = try value.seconds()
        case .apiKey: try readKey(value)
        case .keys: try readKeys(value)

        case .nativeRouting: parts.requests.nativeRouting = try value.flag()
        case .streamUsage: (parts.requests.streamUsage, parts.requests.knowsStreamUsage) = (try value.flag(), true)
        case .streamFalse: parts.requests.streamFalse = try value.flag()
        case .outputLimit: parts.requests.outputLimit = try value.word()
        case .usageInclude: parts.requests.usageInclude = try value.flag()
        case .reasoningTags: parts.requests.reasoningTag = try value.tagName()
        case .reasoningBack: parts.requests.reasoningBack = try value.word(among: ["reasoning_content", "reasoning", "reasoning_details"])
        case .parameters: try mergeParameters(value)
        case .capabilities: try readCapabilities(value)
        case .prefill: parts.requests.prefill = try value.flag()
        case .tokenDelay: parts.requests.tokenDelay = try value.seconds()
        case .faults: parts.requests.faults = try value.faultScript()

        case .models: try readModels(value)
        case .modelsURL: parts.list.url = try webAddress(value)
        case .priceUnit: parts.list.priceUnit = try value.word()

        case .prices: parts.billing.priceStrategy = try value.word()
        case .promptAsCached: parts.billing.promptAsCached = try value.flag()
        case .cancelStopsBilling: parts.billing.cancelStopsBilling = try value.flag()
        case .servedBy: try readServedBy(value)
        case .serverSuffixes: try readServerSuffixes(value)
        case .imagePrice: parts.billing.imagePrice = try value.word()
        case .searchModels: parts.billing.searchModels = try value.texts()
        case .priceTable: parts.billing.priceTable = try value.text()
        case .priceFactors: try readPriceFactors(value)

        case .defaultModel: parts.routing.defaultModel = try value.text()
        case .fallbackModels: parts.routing.fallbackModels = try value.texts()
        case .keepPrefix: parts.routing.keepPrefix = try value.texts()
        case .passThrough: parts.routing.passThrough = try value.flag()
        case .detect: parts.routing.detect = try value.texts()
        case .locks: parts.routing.locks = try value.texts()
        case .serves: parts.routing.serves = try servedPrefixes(value)
        case .organization: parts.routing.organization = try organisation(value)
        case .bare: parts.routing.bare = try value.texts()
        case .modelIDs: try readAliases(value, into: &parts.routing.modelIDs)
        case .knownModels: try mergeKnownModels(value)
        case .priority: parts.routing.priority = try value.integer(0, 10_000)
        case .weight: parts.routing.weight = try value.integer(1, 1000)
        case .regions: parts.routing.regions = try value.texts()
        case .collectsData: parts.routing.collectsData = try value.flag()
        case .zeroDataRetention: parts.routing.zeroDataRetention = try value.flag()
        case .limits: try value.readLimits(into: &parts.routing.limits)
        case .retry: try value.readRetry(into: &ownRetry, whole: false)

        case .env: parts.access.keyEnvironment = try value.texts()
        case .envBaseURL: baseURLVariable = try value.text()
        case .envDefaultModel: defaultModelVariable = try value.text()
        case .envTimeout: timeoutVariable = try value.text()
        case .envRetryAttempts: retryVariables.attempts = try value.text()
        case .envBackoffBase: retryVariables.backoffBase = try value.text()
        case .envBackoffMax: retryVariables.backoffMax = try value.text()
        case .envJitter: retryVariables.jitter = try value.text()
        case .envFallbackModels: fallbackModelsVariable = try value.text()
        }
    }
}
