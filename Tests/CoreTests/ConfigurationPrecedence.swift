@testable import Model
@testable import Planning
import Testing
import TestSupport

@Suite struct ConfigurationPrecedence {
    @Test func emptyMeansRowsAndDefaults() throws {
        let configuration = try load(nil)
        #expect(try alike(configuration, load("{}")))
        #expect(configuration.providers.allSatisfy { !$0.isConfigured })
        #expect(configuration.provider("openrouter").access.baseURL == "https://openrouter.ai/api/v1")
        #expect(configuration.timeouts == Timeouts())
        #expect(!configuration.devMode && configuration.logLevel == 2)
    }

    /// One member, set by each source in turn from the weakest to the strongest.
    @Test func eachSourceBeatsTheOneBelow() throws {
        var env: [String: String] = [:]
        var files: [String: String] = [:]
        func base(_ json: String? = nil) throws -> String { try load(json, env: env, files: files).provider("openrouter").access.baseURL }
        #expect(try base() == "https://openrouter.ai/api/v1")
        files["secrets.env"] = "OPENROUTER_BASE_URL=https://envfile.example/v1\n"
        #expect(try base() == "https://openrouter.ai/api/v1")
        env["GATELET_ENV_FILE"] = "secrets.env"
        #expect(try base() == "https://envfile.example/v1")
        env["OPENROUTER_BASE_URL"] = "https://process.example/v1/"
        #expect(try base() == "https://process.example/v1")
        env["GATELET_CONFIG"] = "g.json"
        files["g.json"] = #"{"providers":{"openrouter":{"base_url":"https://file.example/v1"}}}"#
        #expect(try base() == "https://file.example/v1")
        let given = #"{"providers":{"openrouter":{"base_url":"https://given.example/v1"}}}"#
        #expect(try base(given) == "https://given.example/v1")
    }

    @Test func objectsMergeAndArraysReplace() throws {
        let files = ["g.json": """
            {"aliases": {"a": "openai/one", "b": "openai/two"}, "http": {"resolve": ["x:1:127.0.0.1"], "http2": true},
             "providers": {"openai": {"headers": {"X-One": "1", "X-Two": "2"}, "keys": [{"value": "k1"}, {"value": "k2"}]}}}
            """]
        let given = """
            {"aliases": {"b": "openai/three"}, "http": {"resolve": ["y:2:127.0.0.1"]},
             "providers": {"openai": {"headers": {"x-two": "3"}, "api_key": "k3"}}}
            """
        let configuration = try load(given, env: ["GATELET_CONFIG": "g.json"], files: files)
        #expect(configuration.aliases == [ModelAlias(name: "a", model: "openai/one"), ModelAlias(name: "b", model: "openai/three")])
        #expect(configuration.http.resolve == ["y:2:127.0.0.1"] && configuration.http.http2)
        let provider = configuration.provider("openai")
        #expect(provider.access.headers == [Header(name: "X-One", value: "1"), Header(name: "x-two", value: "3")])
        #expect(provider.access.keys == [ProviderKey(name: "openai#1", value: "k3")])
    }

    @Test func environmentCanBeTurnedOff() throws {
        let env = ["OPENAI_API_KEY": "sk-1", "DEV_MODE": "true", "GATELET_CONFIG": "g.json", "GATELET_ENV_FILE": "e.env"]
        let files = ["g.json": #"{"log": "debug"}"#, "e.env": "GROQ_API_KEY=g"]
        #expect(try alike(load(#"{"environment": false}"#, env: env, files: files), load("{}")))
        let named = try load(#"{"environment": false, "env_file": "e.env"}"#, env: env, files: files)
        #expect(named.provider("groq").isConfigured && !named.provider("openai").isConfigured && named.logLevel == 2)
    }

    @Test func fileCanTurnTheEnvironmentOff() throws {
        let env = ["OPENAI_API_KEY": "sk-1", "GATELET_CONFIG": "g.json"]
        let files = ["g.json": #"{"environment": false, "log": "debug"}"#]
        let off = try load(nil, env: env, files: files)
        #expect(off.logLevel == 4 && !off.provider("openai").isConfigured)
        #expect(try load(#"{"environment": true}"#, env: env, files: files).provider("openai").isConfigured)
    }

    @Test func developmentModeVariable() throws {
        for (text, mode) in [("true", true), ("1", true), ("yes", true), ("On", true), (" TRUE\n", true), ("false", false), ("0", false), ("NO", false), ("off", false), ("", false)] {
            let found = try load(nil, env: ["DEV_MODE": text])
            #expect(found.devMode == mode && found.devVariable == (mode ? "DEV_MODE" : nil) && found.notices.count == (mode ? 1 : 0))
        }
        for text in ["development", "2", "true false", "\u{1}"] {
            let found = try load(nil, env: ["DEV_MODE": text])
            #expect(!found.devMode && found.notices.count == 1 && found.notices[0].hasPrefix("DEV_MODE: not used"))
        }
        #expect(try !load(#"{"dev_mode": false}"#, env: ["DEV_MODE": "true"]).devMode)
        #expect(try load(#"{"dev_mode": true}"#, env: ["DEV_MODE": "true"]).devVariable == nil)
        // Ours goes first, as long as it can be read.
        #expect(try !load(nil, env: ["DEV_MODE": "true", "GATELET_DEV_MODE": "off"]).devMode)
        #expect(try load(nil, env: ["DEV_MODE": "development", "GATELET_DEV_MODE": "on"]).devVariable == "GATELET_DEV_MODE")
        #expect(try load(nil, env: ["DEV_MODE": "on", "GATELET_DEV_MODE": "perhaps"]).devVariable == "DEV_MODE")
    }

    @Test func openRouterVariables() throws {
        let env = ["OPENROUTER_API_KEY": "sk-or-v1-x", "OPENROUTER_DEFAULT_MODEL": "openai/gpt-4o", "OPENROUTER_TIMEOUT": "42.5"]
        let configuration = try load(nil, env: env)
        let provider = configuration.provider("openrouter")
        #expect(provider.access.keys == [ProviderKey(name: "openrouter#1", value: "sk-or-v1-x")])
        #expect(provider.routing.defaultModel == "openai/gpt-4o" && !provider.access.named)
        #expect(provider.access.timeouts?.firstByte == 42.5 && provider.access.timeouts?.idle == 42.5 && provider.access.timeouts?.connect == 10)
        #expect(configuration.provider("openai").access.timeouts?.firstByte == 60)
        // An empty variable is not set: env files often carry OPENROUTER_DEFAULT_MODEL= as a placeholder.
        #expect(try load(nil, env: ["OPENROUTER_DEFAULT_MODEL": ""]).provider("openrouter").routing.defaultModel == nil)
        for bad in ["soon", "-1", "nan", "1e9", "60s"] {
            let found = try load(nil, env: ["OPENROUTER_TIMEOUT": bad])
            #expect(found.notices.contains { $0.hasPrefix("OPENROUTER_TIMEOUT: ") } && found.provider("openrouter").access.timeouts?.firstByte == 60)
        }
    }

    @Test func keyVariablesInOrder() throws {
        func key(_ env: [String: String]) throws -> String? { try load(nil, env: env).provider("onerouter").access.keys.first?.value }
        #expect(try key(["ONEROUTER_API_KEY": "one"]) == "one")
        #expect(try key(["INFRON_API_KEY": "inf"]) == "inf")
        #expect(try key(["INFRON_API_KEY": "inf", "ONEROUTER_API_KEY": "one"]) == "one")
        #expect(try key(["INFRON_API_KEY": "inf", "ONEROUTER_API_KEY": ""]) == "inf")
    }

    /// Every row of the catalog takes its key from each variable it names.
    @Test func everyRowReadsItsVariables() throws {
        for row in try load(nil).providers {
            for name in row.access.keyEnvironment {
                let provider = try load(nil, env: [name: "secret"]).provider(row.id)
                #expect(provider.access.keys == [ProviderKey(name: "\(row.id)#1", value: "secret")])
                #expect(provider.isConfigured == (!row.access.onlyWhenNamed && row.access.unset.isEmpty))
            }
        }
    }

    /// A part of an address: variable < configuration; without it nobody is asked, and the message says what to set.
    @Test func addressParts() throws {
        var env = ["AZURE_API_KEY": "k"]
        func azure(_ json: String? = nil) throws -> Provider { try load(json, env: env).provider("azure-openai") }
        let bare = try azure()
        #expect(!bare.isConfigured && bare.access.unset == "AZURE_RESOURCE_NAME")
        let missing = missingKey(bare)
        #expect(missing.status == .noKey && missing.message == "Azure OpenAI address not configured: set AZURE_RESOURCE_NAME")
        env["AZURE_RESOURCE_NAME"] = "ours"
        let whole = try azure()
        #expect(whole.isConfigured && whole.access.baseURL == "https://ours.openai.azure.com/openai/v1")
        let given = #"{"providers": {"azure-openai": {"values": {"resource": "mine-2"}}}}"#
        #expect(try azure(given).access.baseURL == "https://mine-2.openai.azure.com/openai/v1")
        #expect(try azure(#"{"providers": {"azure-openai": {"base_url": "https://x.example/v1"}}}"#).access.baseURL == "https://x.example/v1")
        for bad in ["a/b", "a.b", "a@b", "a:1", "a b", "a?b", "a#b", "{a}", "%2f", String(repeating: "a", count: 64)] {
            env["AZURE_RESOURCE_NAME"] = bad
            let found = try load(nil, env: env)
            #expect(found.notices.contains { $0.hasPrefix("AZURE_RESOURCE_NAME: ") } && found.provider("azure-openai").access.unset == "AZURE_RESOURCE_NAME", "\(bad)")
        }
        env = [:]
        let keyless = missingKey(try azure())
        #expect(keyless.message.hasSuffix("API key not configured: set AZURE_API_KEY"))
        // One's own provider may have parts too.
        func own(_ rest: String) throws -> Provider { try load(#"{"providers": {"mine": {"key": "none", \#(rest)}}}"#).provider("mine") }
        #expect(try own(#""base_url": "https://{a}-{b}.example/{c}", "values": {"a": "x", "b": "y", "c": "z"}"#).access.baseURL == "https://x-y.example/z")
        #expect(try own(#""base_url": "https://x.example/{a}/{b}", "values": {"b": "y"}"#).access.unset == "providers.mine.values.a")
    }

    /// Own > client's > row's > default, each member by itself.
    @Test func timeoutLayers() throws {
        let configuration = try load("""
            {"timeouts": {"connect": 3, "idle": 20}, "providers": {"openai": {"timeouts": {"connect": 1}}}}
            """, env: ["OPENROUTER_TIMEOUT": "7"])
        #expect(configuration.timeouts.connect == 3 && configuration.timeouts.firstByte == 60)
        #expect(configuration.provider("openai").access.timeouts?.connect == 1)
        #expect(configuration.provider("groq").access.timeouts?.connect == 3)
        #expect(configuration.provider("xai").access.timeouts?.firstByte == 600 && configuration.provider("huggingface").access.timeouts?.firstByte == 120)
        let openrouter = configuration.provider("openrouter").access.timeouts
        #expect(openrouter?.firstByte == 7 && openrouter?.idle == 20)
        #expect(try load(#"{"timeouts": {"first_byte": 30}}"#).provider("xai").access.timeouts?.firstByte == 30)
    }

    /// A new address takes the model list along, also when the environment gives it.
    @Test func newAddressMovesTheList() throws {
        let row = try load(nil).provider("onerouter")
        #expect(row.list.url == "https://app.infron.ai/api/display_models/" && row.list.form == "infron" && row.list.isPublic)
        let moved = try load(#"{"providers": {"onerouter": {"base_url": "http://127.0.0.1:9/v1"}}}"#).provider("onerouter")
        #expect(moved.list.url == "" && moved.list.form == "openai" && !moved.list.isPublic)
        let same = try load(#"{"providers": {"onerouter": {"base_url": "https://llm.infron.ai/v1/"}}}"#).provider("onerouter")
        #expect(same.list.url == row.list.url)
        let old = try load("""
            {"providers": {"onerouter": {"models": {"form": "infron", "public": true}, "base_url": "https://llm.onerouter.pro/v1"}}}
            """).provider("onerouter")
        #expect(old.list.url == "" && old.list.form == "infron" && old.list.isPublic)
        let mirror = try load(nil, env: ["OPENROUTER_BASE_URL": "https://mirror.example/v1"]).provider("openrouter")
        #expect(mirror.list.form == "openrouter" && mirror.access.baseURL == "https://mirror.example/v1")
    }
}
