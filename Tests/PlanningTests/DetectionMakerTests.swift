@testable import Model
@testable import Planning
import Testing

struct MakerCase: Sendable, CustomTestStringConvertible {
    let id: String
    /// "provider model" of what lists and the table have.
    var listed: [String] = []
    var tabled: [String] = []
    let plan: String
    var testDescription: String { "\(id), listed \(listed), in the table \(tabled)" }
}

private let keys = ["anthropic", "openrouter", "mistral", "deepseek", "moonshot", "minimax", "xai", "gemini"]

/// Each with the keys of all makers and of OpenRouter, merely found.
private let cases: [MakerCase] = [
    // A mapping in data, whatever the router has.
    MakerCase(id: "anthropic/claude-sonnet-4.5", listed: ["openrouter anthropic/claude-sonnet-4.5"], plan: "anthropic claude-sonnet-4-5 prefix"),
    MakerCase(id: "anthropic/claude-sonnet-4.5:nitro", listed: ["openrouter anthropic/claude-sonnet-4.5"], plan: "anthropic claude-sonnet-4-5 prefix"),
    MakerCase(id: "minimax/minimax-m2.1", listed: ["openrouter minimax/minimax-m2.1"], plan: "minimax MiniMax-M2.1 prefix"),
    MakerCase(id: "mistralai/mistral-medium-3.1", plan: "mistral mistral-medium-2508 maker"),
    MakerCase(id: "moonshotai/kimi-k2-0905", plan: "moonshot kimi-k2-0905-preview maker"),
    // The maker's list or table.
    MakerCase(id: "anthropic/claude-x", listed: ["anthropic claude-x", "openrouter anthropic/claude-x"], plan: "anthropic claude-x prefix"),
    MakerCase(id: "anthropic/claude-x", listed: ["openrouter anthropic/claude-x"], tabled: ["anthropic claude-x"], plan: "anthropic claude-x prefix"),
    MakerCase(id: "mistralai/m", listed: ["mistral m", "openrouter mistralai/m"], plan: "mistral m maker"),
    MakerCase(id: "google/g:floor", listed: ["openrouter google/g"], tabled: ["gemini g"], plan: "gemini g maker"),
    // The router's list or table.
    MakerCase(id: "anthropic/claude-x", listed: ["openrouter anthropic/claude-x"], plan: "openrouter anthropic/claude-x knownRouter"),
    MakerCase(id: "anthropic/claude-x", tabled: ["openrouter anthropic/claude-x"], plan: "openrouter anthropic/claude-x knownRouter"),
    MakerCase(id: "anthropic/claude-x:nitro", tabled: ["openrouter anthropic/claude-x"], plan: "openrouter anthropic/claude-x:nitro knownRouter"),
    MakerCase(id: "anthropic/claude-3.7-sonnet:thinking", listed: ["openrouter anthropic/claude-3.7-sonnet:thinking"],
              plan: "openrouter anthropic/claude-3.7-sonnet:thinking knownRouter"),
    MakerCase(id: "mistralai/m", listed: ["openrouter mistralai/m"], plan: "openrouter mistralai/m knownRouter"),
    MakerCase(id: "deepseek/m", listed: ["openrouter deepseek/m"], plan: "openrouter deepseek/m knownRouter"),
    MakerCase(id: "moonshotai/m", listed: ["openrouter moonshotai/m"], plan: "openrouter moonshotai/m knownRouter"),
    MakerCase(id: "minimax/m", listed: ["openrouter minimax/m"], plan: "openrouter minimax/m knownRouter"),
    MakerCase(id: "x-ai/m", listed: ["openrouter x-ai/m"], plan: "openrouter x-ai/m knownRouter"),
    MakerCase(id: "google/m", listed: ["openrouter google/m"], plan: "openrouter google/m knownRouter"),
    // Neither; or the id of another.
    MakerCase(id: "anthropic/claude-x", plan: "anthropic claude-x prefix"),
    MakerCase(id: "mistralai/m", listed: ["openrouter mistralai/other", "openrouter m"], plan: "mistral m maker"),
    // The provider's own name is no organisation: it asks for that provider.
    MakerCase(id: "xai/m", listed: ["openrouter x-ai/m", "openrouter xai/m"], plan: "xai m prefix"),
    MakerCase(id: "mistral/m", listed: ["openrouter mistral/m", "openrouter mistralai/m"], plan: "mistral m prefix"),
    MakerCase(id: "openrouter/anthropic/claude-x", listed: ["anthropic claude-x"], plan: "openrouter anthropic/claude-x prefix"),
]

/// Whether the maker or a router takes an id such as `anthropic/claude-sonnet-4.5`.
@Suite struct DetectionMakerTests {
    private func world(_ configuration: Configuration, _ test: MakerCase) -> World {
        let world = World()
        world.configuration = configuration
        world.tabled = Set(test.tabled)
        for entry in test.listed {
            let words = entry.split(separator: " ").map(String.init)
            if let index = configuration.providers.firstIndex(where: { $0.id == words[0] }) { world.catalogs[index, default: [:]][words[1]] = ModelFacts() }
        }
        return world
    }

    private func first(_ configuration: Configuration, _ test: MakerCase) throws -> String {
        let plan = try Planner(configuration).plan(request(test.id), world: world(configuration, test), explain: false)
        return plan.candidates.map { "\(configuration.providers[$0.provider].id) \($0.model) \($0.why)" }.joined(separator: ", ")
    }

    @Test(arguments: cases) func found(_ test: MakerCase) throws { #expect(try first(configuration(found: keys), test) == test.plan) }

    /// A maker that the configuration names is never passed over for a router that was merely found.
    @Test func namedMaker() throws {
        let test = MakerCase(id: "anthropic/claude-x", listed: ["openrouter anthropic/claude-x"], plan: "")
        #expect(try first(configuration(found: ["openrouter"], named: ["anthropic"]), test) == "anthropic claude-x prefix")
        #expect(try first(configuration(found: keys) { $0.providerOrder = ["anthropic"] }, test) == "anthropic claude-x prefix")
        #expect(try first(configuration(found: keys) { $0.defaultProvider = "anthropic" }, test) == "anthropic claude-x prefix")
        let mistral = MakerCase(id: "mistralai/m", listed: ["openrouter mistralai/m"], plan: "")
        #expect(try first(configuration(found: ["openrouter"], named: ["mistral"]), mistral) == "mistral m maker")
    }

    /// A router that the configuration names is never passed over for a maker that was merely found, whatever is known of the maker's
    /// models; unless its list, when it is there, lacks the model.
    @Test(arguments: [("anthropic", "anthropic"), ("mistralai", "mistral"), ("deepseek", "deepseek"), ("moonshotai", "moonshot"), ("minimax", "minimax"),
                      ("x-ai", "xai"), ("google", "gemini"), ("openai", "openai")])
    func namedRouter(_ organization: String, _ maker: String) throws {
        let id = organization + "/m", router = "openrouter \(id) beforeMaker"
        for tabled in [[], ["\(maker) m"]] {
            let test = MakerCase(id: id, tabled: tabled, plan: "")
            #expect(try first(configuration(found: [maker], named: ["openrouter"]), test) == router)
            #expect(try first(configuration(found: [maker, "openrouter"]) { $0.providerOrder = ["openrouter"] }, test) == router)
            #expect(try first(configuration(found: [maker, "openrouter"]) { $0.defaultProvider = "openrouter" }, test) == router)
            #expect(try first(configuration(found: [maker, "groq"], named: ["vercel-ai-gateway", "openrouter"]), test).hasPrefix(router))
        }
        let listed = MakerCase(id: id, listed: ["openrouter \(id)", "\(maker) m"], plan: "")
        #expect(try first(configuration(found: [maker], named: ["openrouter"]), listed) == router)
        let other = MakerCase(id: id, listed: ["openrouter \(id)-other"], plan: "")
        #expect(try first(configuration(found: [maker], named: ["openrouter"]), other).hasPrefix("\(maker) m "))
        // A variant, and the maker's own name for it where the router is known to have it.
        #expect(try first(configuration(found: [maker], named: ["openrouter"]), MakerCase(id: id + ":nitro", plan: "")) == "openrouter \(id):nitro beforeMaker")
        // Both are named: the maker.
        #expect(try first(configuration(named: ["openrouter", maker]), listed).hasPrefix("\(maker) m "))
    }

    /// So it is with whoever is known to have it, with another maker, and with a name without the maker's in front.
    @Test func namedOthers() throws {
        let lists = MakerCase(id: "openai/gpt-oss-120b", listed: ["groq openai/gpt-oss-120b"], plan: "")
        #expect(try first(configuration(found: ["openai"], named: ["groq"]), lists) == "groq openai/gpt-oss-120b beforeMaker")
        #expect(try first(configuration(found: ["openai"], named: ["groq"]), MakerCase(id: "openai/gpt-oss-120b", plan: "")) == "openai gpt-oss-120b prefix")
        let azure = provider("azure-like") { $0.routing.organization = "openai" }
        for id in ["openai/gpt-4o", "gpt-4o"] {
            let test = MakerCase(id: id, plan: ""), known = MakerCase(id: id, tabled: ["openrouter openai/gpt-4o"], plan: "")
            #expect(try first(configuration(found: ["openai"], [azure]), test) == "azure-like gpt-4o beforeMaker")
            #expect(try first(configuration(found: ["openai"], named: ["openrouter"]), known) == "openrouter openai/gpt-4o beforeMaker")
            let greedy = provider("greedy") { $0.routing.passThrough = true; $0.routing.serves = ["*/"] }
            #expect(try first(configuration(found: ["openai"], [greedy]), test).hasPrefix("openai gpt-4o "))
        }
        // Nobody knows whether a router has what is called so.
        #expect(try first(configuration(found: ["anthropic"], named: ["openrouter"]), MakerCase(id: "claude-x-1", plan: "")).hasPrefix("anthropic claude-x-1 beginning"))
        // What names the provider itself, and not a maker, asks for it.
        #expect(try first(configuration(found: ["groq", "xai"], named: ["openrouter"]), MakerCase(id: "groq/x", plan: "")) == "groq x prefix")
        #expect(try first(configuration(found: ["groq", "xai"], named: ["openrouter"]), MakerCase(id: "xai/x", plan: "")).hasPrefix("xai x prefix"))
    }

    @Test func severalRouters() throws {
        let both = MakerCase(id: "anthropic/x", listed: ["openrouter anthropic/x", "vercel-ai-gateway anthropic/x"], plan: "")
        let found = ["anthropic", "openrouter", "vercel-ai-gateway"]
        #expect(try first(configuration(found: found), both) == "openrouter anthropic/x knownRouter")
        #expect(try first(configuration(found: found) { $0.providerOrder = ["vercel-ai-gateway"] }, both)
            == "vercel-ai-gateway anthropic/x beforeMaker")
        let second = MakerCase(id: "anthropic/x", listed: ["vercel-ai-gateway anthropic/x"], plan: "")
        #expect(try first(configuration(found: found), second) == "vercel-ai-gateway anthropic/x knownRouter")
        #expect(try first(configuration(found: ["anthropic", "vercel-ai-gateway"]), second) == "vercel-ai-gateway anthropic/x knownRouter")
        // One without a key, or that takes any id, is none.
        #expect(try first(configuration(found: ["anthropic", "openrouter"]), second) == "anthropic x prefix")
        let greedy = provider("greedy", named: false) { $0.routing.passThrough = true; $0.routing.serves = ["anthropic/", "*/"] }
        let listed = MakerCase(id: "anthropic/x", listed: ["greedy anthropic/x"], plan: "")
        #expect(try first(configuration(found: ["anthropic", "openrouter"], [greedy]), listed) == "anthropic x prefix")
        let wide = provider("wide", named: false) { $0.routing.serves = ["*/"] }
        let wideListed = MakerCase(id: "anthropic/x", listed: ["wide anthropic/x"], plan: "")
        #expect(try first(configuration(found: ["anthropic", "openrouter"], [wide]), wideListed) == "wide anthropic/x knownRouter")
    }

    /// What the maker calls a model by its `model_ids` stays with it: a router is asked by the general name.
    @Test func mappedNamesStay() throws {
        var all = try configuration(named: ["anthropic", "openrouter", "minimax"])
        #expect(planned(all, "anthropic/claude-sonnet-4.5") == "anthropic claude-sonnet-4-5, openrouter anthropic/claude-sonnet-4.5")
        #expect(planned(all, "anthropic/claude-sonnet-4-5") == "anthropic claude-sonnet-4-5, openrouter anthropic/claude-sonnet-4.5")
        #expect(planned(all, "claude-sonnet-4.5") == "anthropic claude-sonnet-4-5, openrouter anthropic/claude-sonnet-4.5")
        #expect(planned(all, "minimax/minimax-m2.1") == "minimax MiniMax-M2.1, openrouter minimax/minimax-m2.1")
        #expect(planned(all, "openrouter/anthropic/claude-sonnet-4.5") == "openrouter anthropic/claude-sonnet-4.5, anthropic claude-sonnet-4-5")
        all.providerOrder = ["openrouter", "anthropic"]
        #expect(planned(all, request("anthropic/claude-sonnet-4.5") { $0.pinned = "openrouter" }) == "openrouter anthropic/claude-sonnet-4.5")
    }

    /// Lists are waited for by a request that names nothing, where all models are allowed; by no other.
    @Test func listsToWaitFor() throws {
        let policy = AllModelsPolicy(maxPrice: PriceCeiling())
        func wanted(_ model: String? = nil, lists: Bool = false, _ change: (inout Configuration) -> Void = { _ in }) throws -> [String] {
            let all = try configuration(found: ["groq"], named: ["openrouter"]) { $0.allModels = policy; change(&$0) }
            let world = World()
            if lists, let index = all.providers.firstIndex(where: { $0.id == "openrouter" }) { world.catalogs[index] = ["x": ModelFacts()] }
            return Planner(all).wantedLists(request(model), world).map { all.providers[$0].id }
        }
        #expect(try wanted() == ["openrouter"])
        #expect(try wanted("gpt-4o").isEmpty && wanted(lists: true).isEmpty)
        #expect(try wanted { $0.allModels = nil }.isEmpty && wanted { $0.defaultModel = "a/b" }.isEmpty && wanted { $0.devMode = true }.isEmpty)
        #expect(try wanted { $0.fallbackModels = ["a/b"] }.isEmpty)
        #expect(try wanted { $0.providers.change("groq") { $0.routing.fallbackModels = ["b"] } }.isEmpty)
    }

    /// Whoever has one key only pays for no search.
    @Test func asksOnlyWhereThereIsAChoice() throws {
        for (found, named) in [(["anthropic", "groq"], []), (["openrouter", "groq"], []), (["openrouter"], ["anthropic"])] as [([String], [String])] {
            let all = try configuration(found: found, named: named), world = World()
            _ = planned(all, "anthropic/claude-x", world)
            #expect(world.questions["tables"] == nil, "\(found) \(named)")
        }
    }
}
