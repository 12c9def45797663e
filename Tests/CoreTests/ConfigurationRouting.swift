@testable import Model
import Testing
import TestSupport

private func policy(_ change: (inout RetryPolicy) -> Void) -> RetryPolicy {
    var policy = RetryPolicy()
    change(&policy)
    return policy
}

/// What the members about choosing and attempting mean, and which of two sources wins.
@Suite struct ConfigurationRouting {
    @Test func readsEverything() throws {
        let configuration = try load("""
            {"fallback_models": ["a/b", "c"], "provider_order": ["infron", "groq", "onerouter"], "preset": "openrouter", "dev_fallback": true,
             "failover": {"rate_limit": ["rotate_key", "next_model", "stop"], "timeout_first_byte": ["stop"]},
             "routing": {"strategy": "latency", "regions": ["eu", "us"], "all_models": {"max_price": {"prompt": "0.15", "completion": 2}}, "hedge": {"delay": 2}},
             "breaker": {"enabled": false, "rate": 1},
             "limits": {"client": {"usd_per_minute": 1, "spacing": 0.25}, "tags": {"team": {"tokens_per_day": 5}, "*": {"concurrency": 1}}, "queue": 5}}
            """)
        #expect(configuration.fallbackModels == ["a/b", "c"] && configuration.providerOrder == ["onerouter", "groq"])
        #expect(configuration.preset == .openrouter && configuration.devFallback && configuration.strategy == .latency)
        #expect(configuration.failover == [FailoverRule(status: .rateLimit, actions: ActionList(.rotateKey, .nextModel, .stop)),
                                           FailoverRule(status: .timeoutFirstByte, actions: ActionList(.stop))])
        #expect(configuration.regions == ["eu", "us"] && configuration.hedge?.delay == 2)
        #expect(configuration.allModels?.maxPrice.prompt == 150_000_000_000 && configuration.allModels?.maxPrice.completion == 2_000_000_000_000)
        #expect(!configuration.breaker.enabled && configuration.breaker.rate == 1 && configuration.breaker.failures == 5)
        #expect(configuration.limits.client.minute.usd == 1_000_000_000_000_000_000 && configuration.limits.client.spacing == 0.25)
        #expect(configuration.limits.tags.map(\.tag) == ["team", "*"] && configuration.limits.tags[0].rules.day.tokens == 5)
        #expect(configuration.limits.queue == 5 && configuration.limits.wait)
    }

    @Test func everythingIsOffOrDefaultWithoutMention() throws {
        let configuration = try load("{}")
        #expect(configuration.hedge == nil && configuration.allModels == nil && !configuration.devFallback && configuration.limits == LimitsPolicy())
        #expect(configuration.retry == RetryPolicy() && configuration.breaker == BreakerPolicy() && configuration.preset == .gatelet)
        #expect(configuration.providers.allSatisfy { $0.routing.limits.isEmpty && $0.routing.retry == RetryPolicy() })
    }

    /// Own > client's > row's and environment's > default, each member by itself.
    @Test func retryLayers() throws {
        let env = ["OPENROUTER_RETRY_ATTEMPTS": "5", "OPENROUTER_RETRY_BACKOFF_BASE": "0.5", "OPENROUTER_RETRY_BACKOFF_MAX": "30", "OPENROUTER_RETRY_JITTER": "0"]
        let alone = try load(nil, env: env)
        let said = policy { $0.attempts = 5; $0.backoffBase = 0.5; $0.backoffMax = 30; $0.jitter = 0 }
        #expect(alone.provider("openrouter").routing.retry == said && alone.provider("groq").routing.retry == RetryPolicy() && alone.retry == RetryPolicy())
        let layered = try load(#"{"providers": {"groq": {"retry": {"jitter": 1}}}, "retry": {"attempts": 1, "attempts_per_request": 4}}"#, env: env)
        #expect(layered.provider("openrouter").routing.retry == policy { $0.attempts = 1; $0.backoffBase = 0.5; $0.backoffMax = 30; $0.jitter = 0; $0.attemptsPerRequest = 4 })
        #expect(layered.provider("groq").routing.retry == policy { $0.attempts = 1; $0.jitter = 1; $0.attemptsPerRequest = 4 })
        let wrong = ["OPENROUTER_RETRY_ATTEMPTS": ["-1", "1.5", "many", "101"], "OPENROUTER_RETRY_BACKOFF_BASE": ["-1", "1s"], "OPENROUTER_RETRY_JITTER": ["2", "x"]]
        for (name, values) in wrong {
            for value in values {
                let found = try load(nil, env: [name: value])
                #expect(found.notices.contains { $0.hasPrefix(name + ": ") } && found.provider("openrouter").routing.retry == RetryPolicy())
            }
        }
    }

    @Test func fallbackModelsVariable() throws {
        func models(_ text: String) throws -> [String] { try load(nil, env: ["OPENROUTER_FALLBACK_MODELS": text]).provider("openrouter").routing.fallbackModels }
        #expect(try models("openai/gpt-4o, anthropic/claude:beta ,,meta/llama") == ["openai/gpt-4o", "anthropic/claude:beta", "meta/llama"])
        #expect(try models(",").isEmpty && models("").isEmpty)
        #expect(try models("a\nb").isEmpty)
    }

    @Test func objectsMergeAndArraysReplace() throws {
        let file = """
            {"failover": {"server": ["stop"], "auth": ["stop"]}, "limits": {"client": {"concurrency": 1, "spacing": 1}, "tags": {"a": {"concurrency": 1}}},
             "routing": {"hedge": {"delay": 1}, "regions": ["eu"], "all_models": {"max_price": {"prompt": 1}}},
             "providers": {"mine": {"base_url": "https://x.example", "model_ids": {"a": "1", "b": "2"}, "limits": {"spacing": 2},
                "known_models": {"m": {"context_length": 5, "pricing": {"prompt": 1}}, "n": {}, "o": {"max_output_tokens": 3}}}}}
            """
        let given = """
            {"failover": {"server": ["retry"]}, "limits": {"client": {"concurrency": 9}, "tags": {"b": {}, "a": {"spacing": 3}}},
             "routing": {"hedge": false, "regions": ["us"], "all_models": {"max_price": {"completion": 2}}},
             "providers": {"mine": {"model_ids": {"b": "3", "c": "4"}, "limits": {"concurrency": 1},
                "known_models": {"o": {"context_length": 4}, "m": {"pricing": {"completion": 0}}, "p": {}}}}}
            """
        let merged = try load(given, env: ["GATELET_CONFIG": "g.json"], files: ["g.json": file])
        #expect(merged.failover == [FailoverRule(status: .server, actions: ActionList(.retry)), FailoverRule(status: .auth, actions: ActionList(.stop))])
        #expect(merged.limits.client.concurrency == 9 && merged.limits.client.spacing == 1)
        #expect(merged.limits.tags.map(\.tag) == ["a", "b"] && merged.limits.tags[0].rules.concurrency == 1 && merged.limits.tags[0].rules.spacing == 3)
        #expect(merged.hedge == nil && merged.regions == ["us"] && merged.allModels?.maxPrice.prompt != nil && merged.allModels?.maxPrice.completion != nil)
        let mine = merged.provider("mine")
        #expect(mine.routing.modelIDs == [ModelAlias(name: "a", model: "1"), ModelAlias(name: "b", model: "3"), ModelAlias(name: "c", model: "4")])
        #expect(mine.routing.limits.spacing == 2 && mine.routing.limits.concurrency == 1)
        #expect(mine.routing.knownModels.map(\.id) == ["m", "n", "o", "p"])
        #expect(mine.routing.knownModels[0].facts.contextLength == 5 && mine.routing.knownModels[0].facts.price?.base[.prompt] == 1_000_000_000_000_000_000 && mine.routing.knownModels[0].facts.price?.base[.completion] == 0)
        #expect(mine.routing.knownModels[2].facts.contextLength == 4 && mine.routing.knownModels[2].facts.maxOutput == 3 && mine.routing.knownModels[1].facts == ModelFacts())
    }

    @Test func pricesKeepEveryDigit() throws {
        func price(_ value: String) throws -> AttoUSD? {
            try load(#"{"providers": {"mine": {"base_url": "https://x.example", "known_models": {"m": {"pricing": {"prompt": \#(value)}}}}}}"#)
                .provider("mine").routing.knownModels[0].facts.price?.base[.prompt]
        }
        for value in ["0.000000123456789012", "\"0.000000123456789012\"", "1.23456789012e-7", "\"1.23456789012e-07\""] {
            #expect(try price(value) == 123_456_789_012)
        }
        #expect(try price("0") == 0 && price("\"100000000000.000000000000000001\"") == 100_000_000_000_000_000_000_000_000_001)
    }

    /// A provider of the dialect dev needs nothing but its name; what it says itself holds.
    @Test func developmentProviders() throws {
        let plain = try load(#"{"providers": {"shaky": {"dialect": "dev"}}}"#)
        let shaky = plain.provider("shaky"), row = plain.provider("dev")
        #expect(shaky.isConfigured && shaky.access.baseURL == "http://shaky.invalid/v1" && shaky.routing.defaultModel == "dev" && shaky.access.keyNeed == .optional)
        #expect(shaky.list.form == row.list.form && shaky.list.priceUnit == row.list.priceUnit && shaky.requests.streamUsage == row.requests.streamUsage)
        let own = try load("""
            {"providers": {"shaky": {"stream_usage": false, "default_model": "x", "dialect": "dev", "base_url": "http://elsewhere.example/v1",
                                     "keys": [{"value": "a"}, {"value": "b"}], "key": "required"}}}
            """).provider("shaky")
        #expect(!own.requests.streamUsage && own.routing.defaultModel == "x" && own.access.baseURL == "http://elsewhere.example/v1" && own.access.keys.count == 2 && own.access.keyNeed == .required)
        let openai = try load(#"{"providers": {"openai": {"dialect": "dev"}}}"#).provider("openai")
        #expect(openai.isConfigured && openai.access.baseURL == "https://api.openai.com/v1")
    }

    /// A row may say where it speaks another dialect; an address of one's own stays.
    @Test func otherDialectsOfARow() throws {
        let native = try load(#"{"providers": {"gemini": {"api_key": "k"}}}"#).provider("gemini")
        #expect(native.requests.dialect == "gemini" && native.access.baseURL == "https://generativelanguage.googleapis.com/v1beta" && native.access.auth == .header("x-goog-api-key"))
        let compatible = try load(#"{"providers": {"gemini": {"api_key": "k", "dialect": "openai"}}}"#).provider("gemini")
        #expect(compatible.access.baseURL == "https://generativelanguage.googleapis.com/v1beta/openai" && compatible.access.auth == .bearer && compatible.list.url == native.list.url)
        let own = try load(#"{"providers": {"gemini": {"api_key": "k", "dialect": "openai", "base_url": "https://x.example/v1"}}}"#).provider("gemini")
        #expect(own.access.baseURL == "https://x.example/v1" && own.access.auth == .bearer)
    }

    @Test func manyKnownModels() throws {
        let models = (0..<2000).map { "\"m\($0)\": {\"context_length\": \($0 + 1)}" }.joined(separator: ",")
        let configuration = try load("{\"providers\": {\"mine\": {\"base_url\": \"https://x.example\", \"known_models\": {\(models)}}}}")
        let known = configuration.provider("mine").routing.knownModels
        #expect(known.count == 2000 && known.enumerated().allSatisfy { $1.id == "m\($0)" && $1.facts.contextLength == $0 + 1 })
    }
}
