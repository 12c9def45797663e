@testable import Model
@testable import Planning
import Testing

private let three = ["openrouter", "openai", "xai"]

/// What was so before there were forms of ids and catalogs, and stays so.
@Suite struct DetectionOrderTests {
    private func ask(_ model: String?, _ pinned: String? = nil, found: [String] = three, named: [String] = [],
                     _ change: (inout Configuration) -> Void = { _ in }) throws -> String {
        planned(try configuration(found: found, named: named, [], change), request(model) { $0.pinned = pinned })
    }

    @Test func askedFor() throws {
        #expect(try ask("gpt-4o", "openai") == "openai gpt-4o")
        #expect(try ask("openai/gpt-4o", "openrouter") == "openrouter openai/gpt-4o")
        #expect(try ask("openrouter/openai/gpt-4o", "openrouter") == "openrouter openai/gpt-4o")
        #expect(try ask("grok-4", "x-ai") == "xai grok-4")
        #expect(try ask("m", "opnrouter") == #"modelUnresolved there is no provider "opnrouter" (did you mean openrouter?)"#)
        #expect(try ask("m", "onerouter") == "noKey Infron AI API key not configured: set ONEROUTER_API_KEY")
        #expect(try ask("m", "infron") == "noKey Infron AI API key not configured: set ONEROUTER_API_KEY")
    }

    /// What a request may ask for does not open up local servers, the development provider or the old host.
    @Test(arguments: ["ollama", "llamacpp", "llama.cpp", "vllm", "dev", "onerouter-legacy"])
    func askedForButNotNamed(id: String) throws {
        let more: (inout Configuration) -> Void = { for index in $0.providers.indices where $0.providers[index].access.keyNeed != .none { $0.providers.change(index) { $0.access.keys = [ProviderKey(name: "k", value: "v")] } } }
        #expect(try ask("m", id, more).hasPrefix("modelUnresolved provider "))
        #expect(try !ask("\(id)/m", nil, more).hasPrefix(id))
        // Neither do its routing words.
        let all = try configuration(found: three, [], more)
        #expect(who(all, request("gpt-4o") { $0.route.order = [id] }) == "openai")
        #expect(excluded(all, request("gpt-4o") { $0.route.order = [id] }).last?.hasSuffix("notNamed") == true)
        #expect(who(all, request("gpt-4o") { $0.words.only = [id] }).hasPrefix("refused "))
    }

    @Test func aliases() throws {
        let change: (inout Configuration) -> Void = {
            $0.aliases = [ModelAlias(name: "fast", model: "quick"), ModelAlias(name: "quick", model: "openrouter/openai/gpt-4o-mini")]
        }
        #expect(try ask("fast", nil, change) == "openrouter openai/gpt-4o-mini")
        #expect(try ask("fast", "openrouter", change) == "openrouter openai/gpt-4o-mini")
        // A loop, which loading refuses, ends.
        #expect(try ask("a", nil) { $0.aliases = [ModelAlias(name: "a", model: "b"), ModelAlias(name: "b", model: "a")] }.hasPrefix("modelUnresolved"))
    }

    /// What LiteLLM writes before the model, where it is not what the row is called.
    @Test(arguments: [("together_ai", "together"), ("fireworks_ai", "fireworks"), ("vertex_ai", "vertex"), ("azure", "azure-openai"), ("hosted_vllm", "vllm"),
                      ("lm_studio", "lm-studio"), ("ollama_chat", "ollama"), ("vercel_ai_gateway", "vercel-ai-gateway"), ("dashscope", "alibaba"),
                      ("github", "github-models"), ("featherless_ai", "featherless"), ("aiml", "aimlapi"), ("cohere_chat", "cohere"),
                      ("bedrock_mantle", "bedrock")])
    func prefixesOfLiteLLM(prefix: String, id: String) throws {
        #expect(try ask("\(prefix)/m", found: ["openrouter", id], named: [id]) == "\(id) m")
    }

    @Test func firstSegment() throws {
        #expect(try ask("openai/gpt-4o") == "openai gpt-4o")
        #expect(try ask("x-ai/grok-4") == "xai grok-4")
        #expect(try ask("openrouter/anthropic/claude") == "openrouter anthropic/claude")
        #expect(try ask("openrouter/auto") == "openrouter openrouter/auto")
        #expect(try ask("openrouter/auto:floor") == "openrouter openrouter/auto:floor")
        #expect(try ask("openrouter/automatic") == "openrouter openrouter/automatic")
        #expect(try ask("openrouter/sonoma-dusk-alpha:free") == "openrouter openrouter/sonoma-dusk-alpha:free")
        #expect(try ask("openrouter/openrouter/auto") == "openrouter openrouter/auto")
        #expect(try ask("openai/") == "modelUnresolved the model id \"openai/\" ends after the provider's name")
        #expect(try ask("ollama/llama3", found: [], named: ["ollama"]) == "ollama llama3")
        #expect(try ask("portkey/@work/gpt-4o", found: ["portkey"]) == "portkey @work/gpt-4o")
        #expect(try ask("openai/gpt-4o", found: ["openrouter"]) == "openrouter openai/gpt-4o")
    }

    @Test func defaults() throws {
        #expect(try ask("gpt-4o", found: ["openai"]) == "openai gpt-4o")
        #expect(try ask("what", nil) { $0.defaultProvider = "openai" } == "openai what")
        #expect(try ask("claude@1", found: ["onerouter"]) { $0.defaultProvider = "onerouter" } == "onerouter claude@1")
        #expect(try ask("m", nil) { $0.defaultProvider = "mistral" } == "noKey Mistral AI API key not configured: set MISTRAL_API_KEY")
        // Named beats merely found.
        #expect(try ask("m", named: ["openai"]) == "openai m")
        let unkeyed: (inout Configuration) -> Void = { for id in ["onerouter", "groq"] { $0.providers.change(id) { $0.access.named = true } } }
        #expect(try ask("m", nil, unkeyed).hasPrefix("modelUnresolved"))
        #expect(try ask("m", nil) { $0.providers.change("onerouter") { $0.access.named = true } } == "noKey Infron AI API key not configured: set ONEROUTER_API_KEY")
        #expect(try ask("m", named: ["openai"]) { $0.providers.change("groq") { $0.access.named = true } } == "openai m")
        #expect(try ask("m", named: ["openai", "xai"]).hasPrefix("modelUnresolved"))
        // The old host shares its key with the new one, and counts only when named.
        #expect(try ask("gpt-4@latest", found: ["onerouter"]) == "onerouter gpt-4@latest")
        #expect(try ask("gpt-4@latest", found: ["onerouter"], named: ["onerouter-legacy"]) == "onerouter-legacy gpt-4@latest")
    }

    @Test func unresolved() throws {
        #expect(try ask("what") == "modelUnresolved no provider found for model \"what\"; configured are openai, openrouter, xai: write provider/model or set default_provider")
        #expect(try ask("opnai/gpt-4o").contains("(did you mean openai?)"))
        #expect(try ask("groq/llama") == "noKey Groq API key not configured: set GROQ_API_KEY")
        #expect(try ask("gpt-4o", found: []).hasPrefix("modelUnresolved no provider is configured"))
        #expect(try ask("", found: []) == "modelUnresolved the model id is empty")
        #expect(try ask(String(repeating: "x", count: 100_000)).utf8.count < 400)
        #expect(try ask(String(repeating: "x", count: 100_000) + "/y").utf8.count < 400)
    }

    @Test func nearMatches() {
        func known(_ ids: String...) -> Configuration {
            only(provider("one", named: false) { $0.routing.knownModels = ids.map { KnownModel(id: $0, facts: ModelFacts()) } }, provider("two", named: false))
        }
        #expect(planned(known("gpt-4o", "gpt-4.1"), "gpt-4oo").contains("(did you mean gpt-4o?)"))
        #expect(planned(known("llama-3-8b", "llama-3-9b"), "LLAMA-3-7b").contains("(did you mean llama-3-8b or llama-3-9b?)"))
        #expect(planned(known("Llama-3-8B"), "llama-3-8c").contains("(did you mean Llama-3-8B?)"))
        #expect(planned(known("aaaaaa1", "aaaaaa2", "aaaaaa3", "aaaaaa4"), "aaaaaaX").contains("(did you mean aaaaaa1 or aaaaaa2 or aaaaaa3?)"))
        #expect(!planned(known("gpt-4o"), "claude").contains("did you mean"))
        #expect(!planned(known("abc"), "x").contains("did you mean"))
        let world = World()
        world.catalogs[1] = ["org/model-x": ModelFacts()]
        #expect(planned(known("gpt-4o"), "org/model-y", world).contains("(did you mean org/model-x?)"))
        // A provider that cannot be asked helps nobody.
        var keyless = known("gpt-4o")
        keyless.providers.change(0) { $0.access.keys = [] }
        #expect(!planned(keyless, request("gpt-4oo") { $0.models = ["gpt-4oo"] }).contains("did you mean"))
    }

    @Test func noModel() throws {
        #expect(try ask(nil) { $0.defaultModel = "openai/gpt-4o" } == "openai gpt-4o")
        #expect(try ask(nil, "openai") { $0.defaultModel = "gpt-4o" } == "openai gpt-4o")
        let own: (inout Configuration) -> Void = { $0.providers.change("openrouter") { $0.routing.defaultModel = "openai/gpt-4o-mini" } }
        #expect(try ask(nil, found: ["openrouter"], own) == "openrouter openai/gpt-4o-mini")
        #expect(try ask(nil, "openrouter", found: ["openrouter"], own) == "openrouter openai/gpt-4o-mini")
        #expect(try ask(nil, found: ["openrouter"]) { own(&$0); $0.defaultModel = "openrouter/auto" } == "openrouter openrouter/auto")
        // Whatever other keys there are, a default brings its provider with it; then come the fallbacks.
        #expect(try ask(nil, found: ["openai", "groq", "openrouter"], own) == "openrouter openai/gpt-4o-mini")
        #expect(try ask(nil, found: ["openai", "openrouter"]) { $0.fallbackModels = ["openai/gpt-4o", "x"] } == "openai gpt-4o")
        #expect(try ask(nil, found: ["openai", "openrouter"]) { $0.providers.change("openrouter") { $0.routing.fallbackModels = ["a/b", "c/d"] } }
            == "openrouter a/b | openrouter c/d")
        #expect(try ask(nil) == "modelUnresolved the request names no model and no default_model is configured")
        #expect(try ask(nil, "openai") == "modelUnresolved the request names no model and no default_model is configured")
        #expect(try ask(nil, found: []).hasPrefix("modelUnresolved no provider is configured"))
    }

    @Test func developmentMode() throws {
        for (model, provider) in [("gpt-4o", nil), ("openai/gpt-4o", "openrouter"), ("x", "nowhere")] {
            #expect(try ask(model, provider) { $0.devMode = true } == "dev \(model)")
        }
        #expect(try ask(nil, found: []) { $0.devMode = true } == "dev dev")
        #expect(try ask("dev/x", found: [], named: ["dev"]) == "dev x")
        // The list of models calls them so, and has their prices.
        #expect(try ask("dev/echo", found: ["openai"]) { $0.devMode = true } == "dev echo")
        #expect(try ask("dev/x", found: []) { $0.devMode = true; $0.fallbackModels = ["dev/y", "openai/z"] } == "dev x | dev y | dev openai/z")
        // Fallback models are ranks all the same; other providers are not there.
        let dev = try configuration(found: three, named: ["groq"]) { $0.devMode = true; $0.fallbackModels = ["c", "a"]; $0.providerOrder = ["openai"] }
        #expect(planned(dev, request("a") { $0.models = ["b", "b"]; $0.words.only = ["groq"]; $0.route.ignore = ["dev"] }) == "dev a | dev b | dev c")
        let none = only(provider("a")) { $0.devMode = true }
        #expect(planned(none, "x") == "modelUnresolved there is no development provider")
    }

    @Test func customProvider() throws {
        let mine = provider("mine") { $0.routing.keepPrefix = ["mine/a"]; $0.identity.aliases = ["my"] }
        #expect(planned(only(mine, provider("x")), "my/m") == "mine m")
        #expect(planned(only(mine, provider("x")), "mine/a") == "mine mine/a")
        let keyless = provider("mine") { $0.access.keys = [] }
        #expect(planned(only(keyless, provider("x")), request("m") { $0.pinned = "mine" }) == "noKey mine API key not configured: set providers.mine.api_key")
    }
}
