import Model
import Testing
@testable import Core

private let keys = ["OPENROUTER_API_KEY": "a", "OPENAI_API_KEY": "b", "XAI_API_KEY": "c"]

/// "provider model" or "status message".
private func where_(_ model: String?, _ provider: String? = nil, _ json: String = "{}", env: [String: String] = keys) throws -> String {
    let configuration = try load(json, env: env)
    do throws(Failure) {
        let found = try resolve(model: model, provider: provider, configuration: configuration)
        return "\(configuration.providers[found.provider].id) \(found.model)"
    } catch { return "\(error.status) \(error.message)" }
}

@Suite struct ResolutionTests {
    @Test func askedFor() throws {
        #expect(try where_("gpt-4o", "openai") == "openai gpt-4o")
        #expect(try where_("openai/gpt-4o", "openrouter") == "openrouter openai/gpt-4o")
        #expect(try where_("openrouter/openai/gpt-4o", "openrouter") == "openrouter openai/gpt-4o")
        #expect(try where_("grok-4", "x-ai") == "xai grok-4")
        #expect(try where_("m", "opnrouter") == #"modelUnresolved there is no provider "opnrouter" (did you mean openrouter?)"#)
        #expect(try where_("m", "onerouter") == "noKey Infron AI API key not configured: set ONEROUTER_API_KEY")
        #expect(try where_("m", "infron") == "noKey Infron AI API key not configured: set ONEROUTER_API_KEY")
    }

    /// What a request may ask for does not open up local servers, the development provider or the old host.
    @Test(arguments: ["ollama", "llamacpp", "llama.cpp", "vllm", "dev", "onerouter-legacy"])
    func askedForButNotNamed(id: String) throws {
        let env = keys.merging(["OLLAMA_API_KEY": "k", "ONEROUTER_API_KEY": "k"]) { a, _ in a }
        #expect(try where_("m", id, env: env).hasPrefix("modelUnresolved provider "))
        #expect(try !where_("\(id)/m", env: env).hasPrefix(id))
    }

    @Test func aliases() throws {
        let json = #"{"aliases": {"fast": "quick", "quick": "openrouter/openai/gpt-4o-mini"}}"#
        #expect(try where_("fast", nil, json) == "openrouter openai/gpt-4o-mini")
        #expect(try where_("fast", "openrouter", json) == "openrouter openai/gpt-4o-mini")
    }

    @Test func firstSegment() throws {
        #expect(try where_("openai/gpt-4o") == "openai gpt-4o")
        #expect(try where_("x-ai/grok-4") == "xai grok-4")
        #expect(try where_("openrouter/anthropic/claude") == "openrouter anthropic/claude")
        #expect(try where_("openrouter/auto") == "openrouter openrouter/auto")
        #expect(try where_("openrouter/auto:floor") == "openrouter openrouter/auto:floor")
        #expect(try where_("openrouter/automatic") == "openrouter automatic")
        #expect(try where_("openai/").hasPrefix("modelUnresolved the model id"))
        #expect(try where_("ollama/llama3", nil, #"{"providers": {"ollama": {}}}"#) == "ollama llama3")
        #expect(try where_("portkey/@work/gpt-4o", nil, "{}", env: ["PORTKEY_API_KEY": "k"]) == "portkey @work/gpt-4o")
        // OpenAI has no key here: the only provider there is takes the whole id.
        #expect(try where_("openai/gpt-4o", env: ["OPENROUTER_API_KEY": "a"]) == "openrouter openai/gpt-4o")
    }

    @Test func defaults() throws {
        #expect(try where_("gpt-4o", env: ["OPENAI_API_KEY": "b"]) == "openai gpt-4o")
        #expect(try where_("gpt-4o", nil, #"{"default_provider": "openai"}"#) == "openai gpt-4o")
        #expect(try where_("claude@1", nil, #"{"default_provider": "infron"}"#, env: ["INFRON_API_KEY": "k"]) == "onerouter claude@1")
        #expect(try where_("m", nil, #"{"default_provider": "mistral"}"#) == "noKey Mistral AI API key not configured: set MISTRAL_API_KEY")
        // Named beats merely found.
        #expect(try where_("m", nil, #"{"providers": {"openai": {}}}"#) == "openai m")
        #expect(try where_("m", nil, #"{"providers": {"onerouter": {}}}"#) == "noKey Infron AI API key not configured: set ONEROUTER_API_KEY")
        #expect(try where_("m", nil, #"{"providers": {"openai": {}, "groq": {}}}"#) == "openai m")
        #expect(try where_("m", nil, #"{"providers": {"openai": {}, "xai": {}}}"#).hasPrefix("modelUnresolved"))
        // The old host shares its key with the new one, and counts only when named.
        let one = ["ONEROUTER_API_KEY": "k"]
        #expect(try where_("gpt-4@latest", env: one) == "onerouter gpt-4@latest")
        #expect(try where_("gpt-4@latest", nil, #"{"providers": {"onerouter-legacy": {}}}"#, env: one) == "onerouter-legacy gpt-4@latest")
    }

    @Test func unresolved() throws {
        #expect(try where_("gpt-4o") == "modelUnresolved no provider found for model \"gpt-4o\"; configured are openai, openrouter, xai: write provider/model or set default_provider")
        #expect(try where_("opnai/gpt-4o").contains("did you mean openai"))
        #expect(try where_("groq/llama") == "noKey Groq API key not configured: set GROQ_API_KEY")
        #expect(try where_("gpt-4o", env: [:]).hasPrefix("modelUnresolved no provider is configured"))
        #expect(try where_("", env: [:]) == "modelUnresolved the model id is empty")
        #expect(try where_(String(repeating: "x", count: 100_000)).utf8.count < 400)
    }

    @Test func noModel() throws {
        #expect(try where_(nil, nil, #"{"default_model": "openai/gpt-4o"}"#) == "openai gpt-4o")
        #expect(try where_(nil, "openai", #"{"default_model": "gpt-4o"}"#) == "openai gpt-4o")
        let one = ["OPENROUTER_API_KEY": "a", "OPENROUTER_DEFAULT_MODEL": "openai/gpt-4o-mini"]
        #expect(try where_(nil, env: one) == "openrouter openai/gpt-4o-mini")
        #expect(try where_(nil, "openrouter", env: one) == "openrouter openai/gpt-4o-mini")
        #expect(try where_(nil, nil, #"{"default_model": "openrouter/auto"}"#, env: one) == "openrouter openrouter/auto")
        #expect(try where_(nil).hasPrefix("modelUnresolved the request names no model"))
        #expect(try where_(nil, "openai").hasPrefix("modelUnresolved the request names no model"))
    }

    @Test func developmentMode() throws {
        for (model, provider) in [("gpt-4o", nil), ("openai/gpt-4o", "openrouter"), ("x", "nowhere")] {
            #expect(try where_(model, provider, #"{"dev_mode": true}"#) == "dev \(model)")
        }
        #expect(try where_(nil, nil, #"{"dev_mode": true}"#, env: [:]) == "dev dev")
        #expect(try where_("dev/x", nil, #"{"providers": {"dev": {}}}"#) == "dev x")
    }

    @Test func customProvider() throws {
        let json = #"{"providers": {"mine": {"base_url": "http://localhost:1/v1", "key": "none", "keep_prefix": ["mine/a"], "aliases": ["my"]}}}"#
        #expect(try where_("my/m", nil, json) == "mine m")
        #expect(try where_("mine/a", nil, json) == "mine mine/a")
        let keyed = #"{"providers": {"mine": {"base_url": "https://x.example"}}}"#
        #expect(try where_("m", "mine", keyed) == "noKey mine API key not configured: set providers.mine.api_key")
    }
}
