@testable import Model
@testable import Planning
import Testing

/// Which providers take over from the one that was found, and what they call the model.
@Suite struct PlanChainTests {
    /// A key that merely lies in the environment makes nobody a stand-in: prompts do not leak sideways.
    @Test func onlyThoseThatSomebodyNamed() throws {
        let found = ["openrouter", "openai", "vercel-ai-gateway"]
        #expect(planned(try configuration(found: found), "openai/gpt-4o") == "openai gpt-4o")
        // Nor does it make one go before those that somebody named.
        #expect(planned(try configuration(found: found, named: ["openrouter"]), "openai/gpt-4o") == "openrouter openai/gpt-4o")
        #expect(planned(try configuration(found: found) { $0.providerOrder = ["openrouter"] }, "openai/gpt-4o") == "openrouter openai/gpt-4o")
        let all = try configuration(found: found)
        #expect(planned(all, request("openai/gpt-4o") { $0.route.order = ["openai", "vercel"] }) == "openai gpt-4o, vercel-ai-gateway openai/gpt-4o")
        #expect(planned(all, request("openai/gpt-4o") { $0.words.only = ["openai", "vercel-ai-gateway"] }) == "openai gpt-4o, vercel-ai-gateway openai/gpt-4o")
        #expect(planned(try configuration(found: found) { $0.preset = .gatewayz }, "openai/gpt-4o")
            == "openai gpt-4o, openrouter openai/gpt-4o, vercel-ai-gateway openai/gpt-4o")
        let keyless = try configuration(found: found) { $0.providers.change("groq") { $0.access.named = true } }
        #expect(excluded(keyless, request("openai/gpt-4o")) == [])
        #expect(excluded(keyless, request("openai/gpt-4o") { $0.route.order = ["groq"] }) == ["groq noKey"])
    }

    /// The default chain of the row data, Gatewayz's.
    @Test func chainOfTheRows() throws {
        let chain = ["onerouter", "openai", "openrouter", "cerebras", "huggingface", "featherless", "vercel-ai-gateway", "fireworks", "together"]
        var all = try configuration(found: chain + ["groq", "mistral"]) { $0.preset = .gatewayz }
        let world = World()
        for (index, provider) in all.providers.enumerated() where provider.isConfigured { world.catalogs[index] = ["m": ModelFacts()] }
        #expect(who(all, request("m"), world) == chain.joined(separator: " "))
        // The provider that was asked for comes first, then the chain.
        #expect(who(all, request("groq/m"), world) == "groq " + chain.joined(separator: " "))
        #expect(who(all, request("together/m"), world) == "together " + chain.dropLast().joined(separator: " "))
        // provider_order replaces it.
        all.providerOrder = ["together", "groq"]
        #expect(who(all, request("m"), world) == "together groq " + chain.dropLast().joined(separator: " "))
        all.preset = .gatelet
        #expect(who(all, request("m"), world) == "together groq")
        #expect(who(all, request("mistral/m"), world) == "mistral together groq")
    }

    /// A provider that takes any id stays in the chain of the preset, but for ids that are another's own.
    @Test func passThroughInTheChain() throws {
        var all = try configuration(named: ["openai", "openrouter", "featherless", "groq"]) { $0.preset = .gatewayz }
        #expect(planned(all, "openai/gpt-4o") == "openai gpt-4o, openrouter openai/gpt-4o, featherless openai/gpt-4o")
        #expect(planned(all, "groq/llama") == "groq llama, featherless llama")
        for id in ["openai/gpt-4o:free", "openrouter/auto", "openrouter/horizon-alpha"] { #expect(!planned(all, id).contains(","), "\(id)") }
        let world = World()
        world.catalogs[all.providers.firstIndex { $0.id == "featherless" } ?? 0] = ["other": ModelFacts()]
        #expect(planned(all, "groq/llama", world) == "groq llama")
        all.preset = .gatelet
        #expect(planned(all, "groq/llama") == "groq llama")
    }

    @Test func namesOfOneModel() throws {
        let mapped = provider("host") { $0.routing.modelIDs = [ModelAlias(name: "openai/gpt-4o", model: "gpt4o-deployment")] }
        let lister = provider("lister") { $0.routing.knownModels = [KnownModel(id: "gpt-4o", facts: ModelFacts())] }
        let sky = provider("sky") { $0.routing.organization = "openai" }
        let router = provider("router") { $0.routing.serves = ["*/"] }
        let other = provider("other") { $0.routing.serves = ["anthropic/"] }
        let others = [mapped, lister, sky, router, other]
        let all = try configuration(found: ["openai", "openrouter"], others), named = try configuration(found: ["openrouter"], named: ["openai"], others)
        let rest = ", host gpt4o-deployment, lister gpt-4o, sky gpt-4o, router openai/gpt-4o"
        for id in ["openai/gpt-4o", "gpt-4o"] { #expect(planned(named, id) == "openai gpt-4o" + rest, "\(id)") }
        #expect(planned(all, "openrouter/openai/gpt-4o") == "openrouter openai/gpt-4o" + rest)
        #expect(planned(all, "host/gpt4o-deployment") == "host gpt4o-deployment, lister gpt-4o, sky gpt-4o, router openai/gpt-4o")
        #expect(planned(all, "sky/gpt-4o").hasPrefix("sky gpt-4o, host gpt4o-deployment"))
        #expect(excluded(named, request("openai/gpt-4o")) == ["other notListed"])
    }

    /// A variant or version of one provider is no general name.
    @Test(arguments: ["openrouter/openai/gpt-4o:nitro", "openai/gpt-4o:free", "gpt-4o@1", "accounts/fireworks/models/x"])
    func ownKindsOfIds(id: String) throws {
        let all = try configuration(found: ["openrouter", "onerouter", "fireworks"], named: ["openai"], [provider("router") { $0.routing.serves = ["*/"] }])
        #expect(!planned(all, id).contains(","))
        let listed = provider("lister") { $0.routing.knownModels = [KnownModel(id: "openai/gpt-4o:nitro", facts: ModelFacts())] }
        #expect(planned(try configuration(found: ["openrouter"], [listed]), "openrouter/openai/gpt-4o:nitro") == "openrouter openai/gpt-4o:nitro, lister openai/gpt-4o:nitro")
    }

    /// A catalog in memory that lacks the model tells more than the maker's name.
    @Test func catalogsThatLackIt() throws {
        let all = try configuration(named: ["openai", "openrouter"])
        let world = World()
        let openrouter = all.providers.firstIndex { $0.id == "openrouter" } ?? 0
        world.catalogs[openrouter] = ["openai/gpt-4o": ModelFacts()]
        #expect(planned(all, "openai/gpt-4o", world) == "openai gpt-4o, openrouter openai/gpt-4o")
        #expect(planned(all, "openai/gpt-99", world) == "openai gpt-99")
        #expect(planned(all, "openai/gpt-99") == "openai gpt-99, openrouter openai/gpt-99")
        // Who asks for it gets it; and what is asked for by its name is never doubted.
        #expect(planned(all, request("openai/gpt-99") { $0.route.order = ["openai", "openrouter"] }, world) == "openai gpt-99, openrouter openai/gpt-99")
        #expect(planned(all, "openrouter/openai/gpt-99", world) == "openrouter openai/gpt-99, openai gpt-99")
    }

    /// Who is in provider_order may be tried with the id as it is, but after those that are known to have the model.
    @Test func guesses() throws {
        let all = only(provider("a", named: false), provider("b", named: false) { $0.routing.bare = ["grok-"] }, provider("maker", named: false) { $0.routing.organization = "maker" },
                       provider("lister", named: false) { $0.routing.knownModels = [KnownModel(id: "grok-4", facts: ModelFacts())] }) {
            $0.providerOrder = ["a", "maker", "b", "lister"]
        }
        #expect(planned(all, "grok-4") == "b grok-4, lister grok-4, a grok-4")
        let world = World()
        world.catalogs[0] = ["else": ModelFacts()]
        #expect(planned(all, "grok-4", world) == "b grok-4, lister grok-4")
        #expect(planned(all, request("grok-4") { $0.route.order = ["maker"] }) == "maker grok-4, b grok-4, lister grok-4, a grok-4")
    }

    @Test func primaryAndProviderOrder() throws {
        let router = provider("router", named: false) { $0.routing.serves = ["*/"] }, openai = provider("openai", named: false) { $0.routing.organization = "openai"; $0.routing.bare = ["gpt-"] }
        let ordered = only(openai, router) { $0.providerOrder = ["router", "openai"] }
        // Written with its name in front, or asked for: its place is first. Otherwise provider_order holds.
        #expect(planned(ordered, "openai/gpt-4o") == "openai gpt-4o, router openai/gpt-4o")
        #expect(planned(ordered, "gpt-4o") == "router openai/gpt-4o, openai gpt-4o")
        let partly = only(openai, router) { $0.providerOrder = ["router"] }
        #expect(planned(partly, "openai/gpt-4o") == "router openai/gpt-4o")
        #expect(planned(partly, "gpt-4o") == "openai gpt-4o, router openai/gpt-4o")
    }

    /// The development provider does not answer for others, unless somebody says so.
    @Test func developmentProvidersKeepToThemselves() throws {
        func dev(_ id: String) -> Provider { provider(id) { $0.requests.isScripted = true } }
        let real = provider("real") { $0.routing.serves = ["*/"] }
        var all = only(real, dev("one"), dev("two"))
        #expect(planned(all, "real/org/m") == "real org/m")
        #expect(planned(all, "one/m") == "one m, two m")
        all.providerOrder = ["two"]
        #expect(planned(all, "real/org/m") == "real org/m, two org/m")
        all.providerOrder = []
        #expect(planned(all, request("real/org/m") { $0.route.order = ["real", "one"] }) == "real org/m, one org/m")
        #expect(planned(all, request("one/m") { $0.route.order = ["two", "one"] }) == "two m, one m")
    }
}
