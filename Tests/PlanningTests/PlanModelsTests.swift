@testable import Model
@testable import Planning
import Testing

/// Which models, in which order, and what the plan says of each.
@Suite struct PlanModelsTests {
    private let keys = ["openrouter", "openai", "xai"]

    @Test func requestedThenRequestThenProviderThenConfiguration() throws {
        let all = try configuration(found: keys) {
            $0.defaultModel = "xai/default"
            $0.fallbackModels = ["grok-3", "gpt-4o-mini", "openrouter/openai/gpt-4.1"]
            $0.aliases = [ModelAlias(name: "mini", model: "gpt-4o-mini")]
            $0.providers.change("openai") { $0.routing.fallbackModels = ["o3", "grok-9"] }
        }
        #expect(planned(all, "gpt-4o") == "openai gpt-4o | openai o3 | openai grok-9 | xai grok-3 | openai gpt-4o-mini | openrouter openai/gpt-4.1")
        #expect(planned(all, nil) == "xai default | xai grok-3 | openai gpt-4o-mini | openrouter openai/gpt-4.1")
        #expect(planned(all, request("gpt-4o") { $0.models = ["gpt-4o", "grok-4", "openai/gpt-4o"]; $0.ownModels = ["grok-4", "gpt-5"] })
            == "openai gpt-4o | xai grok-4 | openai gpt-5 | openai o3 | openai grok-9 | xai grok-3 | openai gpt-4o-mini | openrouter openai/gpt-4.1")
        #expect(planned(all, request("gpt-4o") { $0.models = ["mini"] })
            == "openai gpt-4o | openai gpt-4o-mini | openai o3 | openai grok-9 | xai grok-3 | openrouter openai/gpt-4.1")
        // `models` without `model`: the first is requested.
        #expect(planned(all, request(nil) { $0.models = ["gpt-5", "grok-4"] }).hasPrefix("openai gpt-5 | xai grok-4 | openai o3"))
        #expect(planned(all, request(nil) { $0.ownModels = ["gpt-5"] }).hasPrefix("openai gpt-5 | openai o3"))
    }

    /// The preset `openrouter` has the configured default between the requested model and the fallbacks.
    @Test func presetOfSeed003() throws {
        let own = try configuration(found: ["openrouter"]) {
            $0.preset = .openrouter
            $0.providers.change("openrouter") {
                $0.routing.defaultModel = "openai/gpt-4o-mini"
                $0.routing.fallbackModels = ["meta-llama/llama-3.3-70b-instruct:free", "google/gemini-2.0-flash-exp:free"]
            }
        }
        #expect(planned(own, "x-ai/grok-4") == "openrouter x-ai/grok-4 | openrouter openai/gpt-4o-mini"
            + " | openrouter meta-llama/llama-3.3-70b-instruct:free | openrouter google/gemini-2.0-flash-exp:free")
        #expect(planned(own, nil).hasPrefix("openrouter openai/gpt-4o-mini | openrouter meta"))
        let general = try configuration(found: ["openrouter", "openai"]) { $0.preset = .openrouter; $0.defaultModel = "gpt-4o" }
        #expect(planned(general, "openrouter/x/y") == "openrouter x/y | openai gpt-4o")
        #expect(planned(general, "openai/gpt-4o") == "openai gpt-4o")
    }

    @Test func unresolvedFallbacksAreLeftOut() throws {
        let all = try configuration(found: keys) { $0.fallbackModels = ["nowhere", "groq/llama", "gpt-5"] }
        let ask = request("gpt-4o") { $0.models = ["", "never", "openai/"] }
        #expect(planned(all, ask) == "openai gpt-4o | openai gpt-5")
        #expect(excluded(all, ask) == ["never unresolved", "openai/ unresolved", "nowhere unresolved", "groq/llama unresolved"])
        // The requested model has to lead somewhere.
        #expect(planned(all, request("never") { $0.models = ["gpt-4o"] }).hasPrefix("modelUnresolved"))
    }

    @Test func pinned() throws {
        let all = try configuration(found: keys, named: ["xai"]) { $0.fallbackModels = ["grok-3", "gpt-5"]; $0.providerOrder = ["openrouter"] }
        let ask = request("gpt-4o") { $0.pinned = "openai"; $0.models = ["openai/o3", "grok-4"] }
        #expect(planned(all, ask) == "openai gpt-4o | openai o3 | openai grok-4 | openai gpt-5")
        #expect(excluded(all, ask) == ["xai pinned"])
        #expect(planned(all, request("gpt-4o") { $0.pinned = "openai"; $0.route.ignore = ["openai"] })
            == "refused no provider is left for model \"gpt-4o\": openai: among `ignore`; xai: the request asks for another provider; openai: among `ignore`")
    }

    /// A provider that gets `models` falls back by itself; `gatelet.models` it does not get.
    @Test func nativeFallback() throws {
        let all = try configuration(found: keys)
        let ask = request("openrouter/a/b") { $0.models = ["openrouter/c/d", "gpt-4o", "qwen/x"] }
        #expect(planned(all, ask) == "openrouter a/b | openai gpt-4o")
        #expect(excluded(all, ask) == ["openrouter native", "openrouter native"])
        #expect(planned(all, request("openrouter/a/b") { $0.ownModels = ["openrouter/c/d", "gpt-4o"] }) == "openrouter a/b | openrouter c/d | openai gpt-4o")
        #expect(planned(all, request("gpt-4o") { $0.models = ["qwen/x", "qwen/y"] }) == "openai gpt-4o | openrouter qwen/x")
        #expect(planned(all, request("gpt-4o") { $0.models = ["gpt-5", "openai/o3"] }) == "openai gpt-4o | openai gpt-5 | openai o3")
    }

    @Test func allModelsByContextLength() {
        func known(_ id: String, _ context: Int?, _ price: Int?) -> KnownModel {
            KnownModel(id: id, facts: facts { $0.contextLength = context; $0.price = priced(price.map(perMillion), price.map(perMillion)) })
        }
        let a = provider("a") { $0.routing.knownModels = [known("short", 1000, 1), known("long", 9000, 1), known("dear", 99_000, 50), known("unpriced", 99_000, nil), known("vague", nil, 1)] }
        let b = provider("b") { $0.routing.knownModels = [known("longest", 10_000, 2), known("long", 9000, 1)] }
        let found = provider("c", named: false) { $0.routing.knownModels = [known("leak", 50_000, 1)] }
        var all = only(a, b, found) { $0.defaultProvider = "a" }
        #expect(planned(all, "short") == "a short")
        var ceiling = PriceCeiling()
        ceiling.prompt = perMillion(2)
        ceiling.completion = perMillion(2)
        all.allModels = AllModelsPolicy(maxPrice: ceiling)
        #expect(planned(all, "short") == "a short | b longest | a long | b long")
        #expect(planned(all, request("short") { $0.pinned = "a" }) == "a short | a long")
        all.retry.attemptsPerRequest = 2
        #expect(planned(all, "short") == "a short | b longest | a long")
        all.allModels?.maxPrice.prompt = perMillion(1)
        #expect(planned(all, "short") == "a short | a long | b long")
        // A catalog in memory counts, too; what cannot serve does not.
        let world = World()
        world.catalogs[1] = ["listed": known("listed", 20_000, 1).facts, "text": facts { $0 = known("", 30_000, 1).facts; $0.inputs = .text }]
        world.requestNeeds.modalities = [.text, .image]
        #expect(planned(all, "short", world) == "a short | b listed | a long")
        all.retry.attemptsPerRequest = 0
        #expect(planned(all, "short") == "a short")
    }

    @Test func manyModelsAreCut() throws {
        let one = only(provider("a"))
        let plan = planned(one, request("m") { $0.models = (0..<5000).map { "m\($0)" }; $0.ownModels = (0..<5000).map { "n\($0)" } })
        #expect(plan.split(separator: "|").count == 201)
    }

    @Test func everyReasonHasItsText() {
        let texts = PlanReason.allCases.map { "\($0.text)" } + ExclusionReason.allCases.map { "\($0.text)" }
        #expect(texts.allSatisfy { $0.count > 5 } && Set(texts).count == texts.count)
    }

    @Test func reasons() throws {
        var all = try configuration(found: keys, named: ["groq", "mistral"]) {
            $0.providerOrder = ["openrouter"]
            $0.fallbackModels = ["mistral/large"]
            $0.providers.change("openai") { $0.routing.fallbackModels = ["o3"] }
        }
        let world = World()
        world.catalogs[all.providers.firstIndex { $0.id == "groq" } ?? 0] = ["openai/gpt-4o": ModelFacts(), "unique": ModelFacts()]
        func reasons(_ request: PlanRequest, _ configuration: Configuration? = nil) throws -> [PlanReason] {
            try Planner(configuration ?? all).plan(request, world: world, explain: false).candidates.map(\.why)
        }
        #expect(try reasons(request("openai/gpt-4o")) == [.beforeMaker, .named, .prefix, .providerOrder])
        #expect(try reasons(request("gpt-4o") { $0.pinned = "openai" }).first == .asked)
        #expect(try reasons(request("gpt-5")).contains(.beginning))
        #expect(try reasons(request("mistralai/x")).contains(.maker))
        #expect(try reasons(request("qwen/x")).first == .router)
        #expect(try reasons(request("x:free")).first == .form)
        #expect(try reasons(request("unique")).contains(.catalog))
        #expect(try reasons(request("gpt-4o") { $0.route.order = ["openrouter"] }).first == .ordered)
        #expect(try reasons(request("gpt-4o") { $0.route.only = ["groq", "openai"] }).contains(.chosen))
        #expect(try reasons(request("what") { $0.route.only = ["xai"] }) == [.chosen])
        all.defaultProvider = "xai"
        #expect(try reasons(request("what")).first == .standard)
        #expect(try reasons(request(nil), try configuration(found: ["openai"]) { $0.defaultModel = "gpt-4o"; $0.devMode = true }) == [.development])
        let gatewayz = try configuration(found: ["openai", "openrouter"]) { $0.preset = .gatewayz }
        #expect(try reasons(request("openai/gpt-4o"), gatewayz) == [.prefix, .preset])
    }
}
