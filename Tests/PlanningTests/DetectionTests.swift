@testable import Bytes
@testable import Model
@testable import Planning
import Testing

private func vertex() -> Provider {
    provider("google-vertex", named: false) {
        $0.routing.detect = ["projects/*", "@google/models/*"]
        $0.routing.bare = ["gemini-"]
        $0.routing.organization = "google"
    }
}

private func anthropic() -> Provider {
    provider("anthropic", named: false) {
        $0.routing.bare = ["claude-"]
        $0.routing.organization = "anthropic"
    }
}

private func cloudflare() -> Provider { provider("cloudflare", named: false) { $0.routing.detect = ["@cf/*"] } }

struct IDCase: Sendable, CustomTestStringConvertible {
    let found: String
    let id: String
    let plan: String
    init(_ found: String, _ id: String, _ plan: String) { self.found = found; self.id = id; self.plan = plan }
    var testDescription: String { "\(id) with \(found)" }
}

/// Every form of model id of the field report (4.3), with several sets of keys. "other" are three native providers that
/// have no row yet; a set never has a single provider, for that would take everything.
private let forms: [IDCase] = [
    // Suffixes that stay on OpenRouter.
    IDCase("openrouter openai", "openai/gpt-oss-20b:free", "openrouter openai/gpt-oss-20b:free"),
    IDCase("openrouter groq", "meta-llama/llama-3.3-70b-instruct:free", "openrouter meta-llama/llama-3.3-70b-instruct:free"),
    IDCase("openrouter groq", "moonshotai/kimi-k2:exacto", "openrouter moonshotai/kimi-k2:exacto"),
    IDCase("openrouter xai", "x-ai/grok-4:extended", "openrouter x-ai/grok-4:extended"),
    IDCase("openrouter openai", "openai/gpt-4o:nitro", "openai gpt-4o"),
    IDCase("openai groq", "openai/gpt-oss-20b:free", "openai gpt-oss-20b:free"),
    IDCase("openai groq", "meta-llama/llama:free", "modelUnresolved"),
    IDCase("openrouter huggingface", "huggingface/meta-llama/llama:free", "huggingface meta-llama/llama:free"),
    // Fireworks.
    IDCase("openrouter fireworks", "accounts/fireworks/models/llama-v3p1-8b", "fireworks accounts/fireworks/models/llama-v3p1-8b"),
    IDCase("openrouter fireworks", "fireworks/accounts/fireworks/models/x", "fireworks accounts/fireworks/models/x"),
    IDCase("openrouter groq", "accounts/fireworks/models/llama-v3p1-8b", "modelUnresolved"),
    // Cloudflare and Portkey.
    IDCase("openrouter other", "@cf/meta/llama-3.1-8b-instruct", "cloudflare @cf/meta/llama-3.1-8b-instruct"),
    IDCase("portkey other", "@cf/meta/llama-3.1-8b-instruct", "cloudflare @cf/meta/llama-3.1-8b-instruct"),
    IDCase("openrouter portkey", "@openai-prod/gpt-4o", "portkey @openai-prod/gpt-4o"),
    IDCase("openrouter onerouter", "@openai-prod/gpt-4o@1", "modelUnresolved"),
    IDCase("openrouter groq", "@openai-prod/gpt-4o", "modelUnresolved"),
    IDCase("openrouter portkey", "portkey/@openai-prod/gpt-4o", "portkey @openai-prod/gpt-4o"),
    // Vertex.
    IDCase("openrouter other", "projects/p/locations/l/publishers/google/models/gemini-2.0-flash",
           "google-vertex projects/p/locations/l/publishers/google/models/gemini-2.0-flash"),
    IDCase("portkey other", "@google/models/gemini-2.0-flash", "google-vertex @google/models/gemini-2.0-flash"),
    IDCase("openrouter other", "gemini-2.0-flash", "google-vertex gemini-2.0-flash"),
    IDCase("openrouter other", "google/gemini-2.0-flash", "google-vertex gemini-2.0-flash"),
    IDCase("openrouter groq", "google/gemini-2.0-flash", "openrouter google/gemini-2.0-flash"),
    IDCase("openrouter groq", "gemini-2.0-flash", "modelUnresolved"),
    // Infron's versions.
    IDCase("openrouter onerouter", "claude-3-5-sonnet@20240620", "onerouter claude-3-5-sonnet@20240620"),
    IDCase("openai onerouter", "gpt-4@latest", "onerouter gpt-4@latest"),
    IDCase("openai groq", "claude-3-5-sonnet@20240620", "modelUnresolved"),
    // OpenRouter's own.
    IDCase("openrouter openai", "openrouter/openai/gpt-4o", "openrouter openai/gpt-4o"),
    IDCase("openrouter openai", "openrouter/auto", "openrouter openrouter/auto"),
    IDCase("openai groq", "openrouter/openai/gpt-4o", "noKey"),
    // Native makers, and routers for them.
    IDCase("openrouter openai", "openai/gpt-4o", "openai gpt-4o"),
    IDCase("openrouter groq", "openai/gpt-4o", "openrouter openai/gpt-4o"),
    IDCase("vercel-ai-gateway groq", "openai/gpt-4o", "vercel-ai-gateway openai/gpt-4o"),
    IDCase("openrouter vercel-ai-gateway", "openai/gpt-4o", "openrouter openai/gpt-4o"),
    IDCase("xai groq", "openai/gpt-4o", "noKey"),
    IDCase("openrouter openai", "gpt-4o", "openai gpt-4o"),
    IDCase("openrouter openai", "o3-mini", "openai o3-mini"),
    IDCase("openrouter openai", "gpt-oss-20b", "modelUnresolved"),
    IDCase("openrouter groq", "gpt-4o", "modelUnresolved"),
    IDCase("openrouter other", "anthropic/claude-3-5-sonnet", "anthropic claude-3-5-sonnet"),
    IDCase("openrouter other", "claude-3-5-sonnet", "anthropic claude-3-5-sonnet"),
    IDCase("openrouter openai", "anthropic/claude-3-5-sonnet", "openrouter anthropic/claude-3-5-sonnet"),
    // Organisations.
    IDCase("openrouter xai", "x-ai/grok-4", "xai grok-4"),
    IDCase("openrouter xai", "xai/grok-4", "xai grok-4"),
    IDCase("openrouter groq", "x-ai/grok-4", "openrouter x-ai/grok-4"),
    IDCase("openrouter xai", "grok-4", "xai grok-4"),
    IDCase("openrouter groq", "grok-4", "modelUnresolved"),
    IDCase("openrouter mistral", "mistralai/mistral-large-latest", "mistral mistral-large-latest"),
    IDCase("openrouter groq", "mistralai/mistral-large-latest", "openrouter mistralai/mistral-large-latest"),
    IDCase("openrouter deepseek", "deepseek/deepseek-chat", "deepseek deepseek-chat"),
    IDCase("openrouter groq", "qwen/qwen3-32b", "openrouter qwen/qwen3-32b"),
    IDCase("openrouter groq", "z-ai/glm-4.6", "openrouter z-ai/glm-4.6"),
    IDCase("openrouter groq", "groq/llama-3.3-70b-versatile", "groq llama-3.3-70b-versatile"),
    IDCase("openrouter cerebras", "cerebras/llama3.1-8b", "cerebras llama3.1-8b"),
    IDCase("openrouter openai", "groq/llama-3.3-70b-versatile", "noKey"),
    // Nothing.
    IDCase("openrouter openai", "no-such-model", "modelUnresolved"),
    IDCase("openrouter openai", "nobody/x", "modelUnresolved"),
    IDCase("openrouter openai", "/gpt-4o", "modelUnresolved"),
    IDCase("openrouter openai", "openai/", "modelUnresolved"),
]

@Suite struct DetectionTests {
    @Test(arguments: forms) func form(_ test: IDCase) throws {
        var ids = test.found.split(separator: " ").map(String.init)
        let hasOther = ids.contains("other")
        ids.removeAll { $0 == "other" }
        var others = [vertex(), anthropic(), cloudflare()]
        if !hasOther { for index in others.indices { others.change(index) { $0.access.keys = [] } } }
        let plan = planned(try configuration(found: ids, others), test.id)
        if test.plan.contains(" ") { #expect(plan == test.plan) } else { #expect(plan.hasPrefix(test.plan + " ")) }
    }

    /// A provider that takes any id must not take those of others. It is there by name and as the default.
    @Test func passThrough() throws {
        let greedy = provider("greedy", named: false) {
            $0.routing.passThrough = true
            $0.routing.detect = ["*"]
            $0.routing.bare = ["gpt-"]
            $0.routing.organization = "meta-llama"
            $0.routing.serves = ["*/", "openai/"]
            $0.routing.knownModels = [KnownModel(id: "llama", facts: ModelFacts())]
        }
        var pair = only(greedy, provider("groq", named: false), provider("openai", named: false) { $0.routing.organization = "openai" })
        for id in ["gpt-4o", "meta-llama/x", "qwen/x", "llama", "x:free"] { #expect(planned(pair, id).hasPrefix("modelUnresolved "), "\(id)") }
        #expect(planned(pair, "openai/gpt-4o") == "openai gpt-4o")
        #expect(planned(pair, "greedy/gpt-4o") == "greedy gpt-4o")
        #expect(planned(pair, request("gpt-4o") { $0.pinned = "greedy" }) == "greedy gpt-4o")
        pair.defaultProvider = "greedy"
        #expect(planned(pair, "gpt-4o") == "greedy gpt-4o")
        pair.defaultProvider = nil
        let world = World()
        world.catalogs[0] = ["llama": ModelFacts()]
        #expect(planned(pair, "llama", world).hasPrefix("modelUnresolved "))
        // Featherless is such a row.
        let found = try configuration(found: ["featherless", "openrouter"])
        #expect(planned(found, "meta-llama/Llama-3.1-8B-Instruct") == "openrouter meta-llama/Llama-3.1-8B-Instruct")
        #expect(planned(found, "Qwen/Qwen3-32B").hasPrefix("modelUnresolved "))
    }

    @Test func longestLiteralWins() {
        let all = only(provider("a") { $0.routing.detect = ["*"] }, provider("b") { $0.routing.detect = ["x*"] }, provider("c") { $0.routing.detect = ["x-y*"] },
                       provider("d") { $0.routing.detect = ["x*z"] }, provider("e") { $0.routing.detect = ["x-y"] }) { $0.providerOrder = ["a"] }
        for (id, first) in [("q", "a"), ("x", "b"), ("xz", "d"), ("x-yz", "c"), ("x-y", "e")] {
            #expect(planned(all, id).hasPrefix(first + " "), "\(id)")
        }
        let begins = only(provider("a") { $0.routing.bare = ["gpt-"] }, provider("b") { $0.routing.bare = ["gpt-oss"] })
        #expect(planned(begins, "gpt-4") == "a gpt-4")
        #expect(planned(begins, "gpt-oss-20b") == "b gpt-oss-20b")
        #expect(planned(begins, "gpt-oss/20b").hasPrefix("modelUnresolved"))
    }

    @Test(arguments: [("*", "", true), ("*", "a", true), ("a*", "", false), ("a*", "a", true), ("*a", "ba", true), ("*a", "ab", false),
                      ("a*a", "a", false), ("a*a", "aa", true), ("a*b*c", "abc", true), ("a*b*c", "axxbxxc", true), ("a*b*c", "acb", false),
                      ("a**c", "abc", true), ("*b*", "abc", true), ("*b*b*", "abc", false), ("", "", true), ("", "a", false), ("a", "a", true),
                      ("*@*", "x@1", true), ("*@*", "@x@1", false), ("@*/*", "@x/y", true), ("@*/*", "@x", false), ("*bc*c", "abc", false),
                      ("*/", "a/", true), ("ab*ab", "aba", false), ("*ab*ab*", "xabyabz", true), ("*:free", ":free", true)])
    func globs(_ pattern: String, _ id: String, _ expected: Bool) {
        #expect(id.bytes { Glob(pattern).matches($0) } == expected)
    }

    /// Globs against a matcher that is too simple to be wrong.
    @Test func globsAgainstRecursion() {
        func matches(_ p: ArraySlice<UInt8>, _ t: ArraySlice<UInt8>) -> Bool {
            guard let first = p.first else { return t.isEmpty }
            if first == UInt8(ascii: "*") { return matches(p.dropFirst(), t) || !t.isEmpty && matches(p, t.dropFirst()) }
            return t.first == first && matches(p.dropFirst(), t.dropFirst())
        }
        var generator = Seeded(7)
        for _ in 0..<20_000 {
            let pattern = (0..<Int.random(in: 0...7, using: &generator)).map { _ in "ab*".randomElement(using: &generator) ?? "a" }
            let text = (0..<Int.random(in: 0...9, using: &generator)).map { _ in "ab".randomElement(using: &generator) ?? "a" }
            let p = String(pattern), t = String(text)
            #expect(t.bytes { Glob(p).matches($0) } == matches(ArraySlice(p.utf8), ArraySlice(t.utf8)), "\(p) \(t)")
        }
    }

    @Test func tables() {
        var table = IDTable()
        #expect(table.first("") == -1)
        for i in 0..<1000 { table.add("model-\(i)", i) }
        for i in 0..<1000 { table.add("model-\(i)", i + 1000) }
        for i in 0..<1000 {
            let entry = table.first("model-\(i)")
            #expect(table.value(entry) == i && table.value(table.next(entry)) == i + 1000 && table.next(table.next(entry)) == -1)
        }
        #expect(table.first("model-1000") == -1 && table.first("") == -1 && table.value(-1) == -1 && table.next(99_999) == -1)
    }

    /// (e): what catalogs in memory list.
    @Test func catalogs() throws {
        let world = World()
        var three = only(provider("a", named: false), provider("b", named: false) { $0.routing.priority = 1 }, provider("c", named: false) { $0.access.keys = [] })
        world.catalogs = [0: ["one": ModelFacts(), "two": ModelFacts()], 1: ["two": ModelFacts(), "org/x": ModelFacts()], 2: ["three": ModelFacts()]]
        #expect(planned(three, "one", world) == "a one")
        #expect(planned(three, "two", world) == "b two")
        #expect(planned(three, "org/x", world) == "b org/x")
        #expect(planned(three, "three", world).hasPrefix("modelUnresolved"))
        three.providerOrder = ["a"]
        #expect(planned(three, "two", world).hasPrefix("a two"))
        // What configuration knows counts as a catalog.
        let known = only(provider("a", named: false), provider("b", named: false) { $0.routing.knownModels = [KnownModel(id: "llama", facts: ModelFacts())] })
        #expect(planned(known, "llama") == "b llama")
        // The form of an id is stronger, the default provider weaker.
        let both = only(provider("a", named: false) { $0.routing.bare = ["two"] }, provider("b", named: false)) { $0.defaultProvider = "b" }
        #expect(planned(both, "two", world) == "a two")
        #expect(planned(both, "one", world) == "a one")
        #expect(planned(both, "else", world) == "b else")
    }

    /// Locks hold ids off a maker whose name is in front; a host's own name in front is explicit.
    @Test func locks() {
        func pair(_ organization: String?) -> Configuration {
            only(provider("lock", named: false) { $0.routing.locks = ["*:free"]; $0.routing.detect = ["*:free"] },
                 provider("maker", named: false) { $0.routing.organization = organization })
        }
        #expect(planned(pair("maker"), "maker/x:free") == "lock maker/x:free")
        #expect(planned(pair(nil), "maker/x:free") == "maker x:free")
        #expect(planned(pair("maker"), "maker/x") == "maker x")
        var keyless = pair("maker")
        keyless.providers.change(0) { $0.access.keys = [] }
        #expect(planned(keyless, "maker/x:free") == "maker x:free")
        #expect(planned(pair("maker"), request("maker/x:free") { $0.pinned = "maker" }) == "maker x:free")
    }

    /// A mapping translates, and never detects: large ones would take other providers' ids.
    @Test func mappings() {
        let mapped = provider("groq", named: false) { $0.routing.modelIDs = [ModelAlias(name: "meta-llama/llama-3.3-70b", model: "llama-versatile")] }
        let pair = only(mapped, provider("other", named: false))
        #expect(planned(pair, "meta-llama/llama-3.3-70b").hasPrefix("modelUnresolved"))
        #expect(planned(pair, "groq/meta-llama/llama-3.3-70b") == "groq llama-versatile")
        #expect(planned(pair, request("meta-llama/llama-3.3-70b") { $0.pinned = "groq" }) == "groq llama-versatile")
    }
}

/// Equal numbers in every run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
