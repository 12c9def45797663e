@testable import Model
@testable import Planning
@testable import Settings
import Testing
import TestSupport

/// Random configurations and requests: what holds for every plan.
@Suite struct PlanPropertyTests {
    private static let words = ["a", "b", "c", "d", "openai", "org", "x", "gpt-4", "m", "m:free", "@s/m", "m@1", "a/m", "b/m", "org/m", "openai/gpt-4", "x/", "/", "",
                                "a/org/m", "b/openai/gpt-4", "org/m:free", "alias", "alias2", "@", "a/a/a", "né/ü", "\u{0}", "*"]
    private static let globs = ["*", "*:free", "*@*", "@*/*", "a*", "*m", "org/*", "x*y*z", "", "**"]

    private struct Dice {
        var generator: Seeded
        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
        mutating func number(_ most: Int) -> Int { Int.random(in: 0...most, using: &generator) }
        mutating func some(_ from: [String], _ most: Int = 2) -> [String] {
            (0..<number(most)).map { _ in from.randomElement(using: &generator) ?? "" }
        }
        mutating func one(_ from: [String]) -> String { from.randomElement(using: &generator) ?? "" }
    }

    private func provider(_ id: String, _ dice: inout Dice) -> Provider {
        var p = ProviderParts()
        let words = PlanPropertyTests.words
        p.identity.id = id
        p.identity.name = id
        p.access.named = dice.chance(50)
        p.access.onlyWhenNamed = dice.chance(10)
        p.access.keyNeed = dice.chance(20) ? .optional : .required
        if dice.chance(80) { p.access.keys = [ProviderKey(name: "k", value: "v")] }
        if dice.chance(10) { p.requests.isScripted = true }
        p.routing.passThrough = dice.chance(15)
        p.requests.nativeRouting = dice.chance(20)
        p.requests.embeddings = dice.chance(80)
        if dice.chance(20) { p.identity.aliases = [id + "-alias"] }
        if dice.chance(20) { p.routing.keepPrefix = [id + "/m"] }
        if dice.chance(20) { p.routing.detect = dice.some(PlanPropertyTests.globs) }
        if dice.chance(20) { p.routing.locks = dice.some(PlanPropertyTests.globs) }
        if dice.chance(30) { p.routing.serves = dice.some(["org/", "openai/", "*/", "/", "x"]) }
        if dice.chance(30) { p.routing.organization = dice.one(["org", "openai", "", id]) }
        if dice.chance(20) { p.routing.bare = dice.some(["gpt-", "m", "", "longer-than-any-of-them-is"]) }
        if dice.chance(20) { p.routing.modelIDs = dice.some(words).map { ModelAlias(name: $0, model: "mapped") } }
        if dice.chance(40) { for id in dice.some(words, 4) { p.routing.knownModels.append(KnownModel(id: id, facts: facts(&dice))) } }
        if dice.chance(40) { p.routing.priority = dice.number(100) - 50 }
        p.routing.weight = dice.number(5) - 1
        p.routing.regions = dice.some(["eu", "us"])
        if dice.chance(30) { p.routing.collectsData = dice.chance(50) }
        if dice.chance(20) { p.routing.fallbackModels = dice.some(words) }
        if dice.chance(20) { p.routing.defaultModel = dice.one(words) }
        return Provider(p)
    }

    private func facts(_ dice: inout Dice) -> ModelFacts {
        var facts = ModelFacts()
        if dice.chance(60) { facts.contextLength = dice.number(100) }
        if dice.chance(50) { facts.inputs = Modalities(rawValue: UInt8(dice.number(31))) }
        if dice.chance(50) { facts.parameters = dice.some(["tools", "seed", "structured_outputs"]) }
        facts.price = priced(dice.chance(60) ? AttoUSD(dice.number(5) - 1) : nil, dice.chance(60) ? AttoUSD(dice.number(5)) : nil)
        return facts
    }

    private func configuration(_ dice: inout Dice) -> Configuration {
        var c = Configuration()
        let ids = ["a", "b", "c", "d", "openai", "org"]
        for id in ids.shuffled(using: &dice.generator).prefix(dice.number(6)) { c.providers.append(provider(id, &dice)) }
        c.devMode = dice.chance(3)
        if dice.chance(20) { c.defaultProvider = dice.one(ids) }
        if dice.chance(30) { c.defaultModel = dice.one(PlanPropertyTests.words) }
        if dice.chance(30) { c.aliases = [ModelAlias(name: "alias", model: "alias2"), ModelAlias(name: "alias2", model: dice.one(["a/m", "alias", "m"]))] }
        if dice.chance(30) { c.providerOrder = dice.some(ids + ["nobody"], 4) }
        if dice.chance(30) { c.fallbackModels = dice.some(PlanPropertyTests.words) }
        c.preset = [.gatelet, .gatewayz, .openrouter][dice.number(2)]
        c.strategy = [.priority, .weighted, .price, .throughput, .latency, .leastBusy, .rateLimit][dice.number(6)]
        if dice.chance(10) { c.regions = ["eu"] }
        if dice.chance(20) {
            var ceiling = PriceCeiling()
            ceiling.prompt = AttoUSD(dice.number(4))
            c.allModels = AllModelsPolicy(maxPrice: ceiling)
            c.retry.attemptsPerRequest = dice.number(9)
        }
        return c
    }

    private func words(_ dice: inout Dice, strict: Bool) -> RoutingPreferences {
        var w = RoutingPreferences()
        if dice.chance(60) { return w }
        let names = ["a", "b", "c", "d", "openai", "org", "a-alias"] + (strict && dice.chance(90) ? [] : ["nobody"])
        if dice.chance(30) { w.order = dice.some(names, 3) }
        if dice.chance(20) { w.only = dice.some(names, 3) }
        if dice.chance(30) { w.ignore = dice.some(names) }
        w.allowFallbacks = dice.chance(80)
        w.requireParameters = dice.chance(10)
        w.denyDataCollection = dice.chance(10)
        if dice.chance(20) { w.sort = [.price, .throughput, .latency][dice.number(2)] }
        if dice.chance(20) { w.strategy = [.weighted, .latency, .price][dice.number(2)] }
        if dice.chance(10) { w.regions = dice.some(["eu", "us"]) }
        if dice.chance(10) {
            var ceiling = PriceCeiling()
            ceiling.completion = AttoUSD(dice.number(3))
            w.maxPrice = ceiling
        }
        return w
    }

    private func world(_ c: Configuration, _ dice: inout Dice) -> World {
        let world = World()
        for index in c.providers.indices {
            if dice.chance(30) { world.catalogs[index] = Dictionary(dice.some(PlanPropertyTests.words, 5).map { ($0, ModelFacts()) }) { a, _ in a } }
            if dice.chance(40) {
                world.healths[index] = PlanningTests.facts(open: dice.chance(30), latency: dice.chance(50) ? Int64(dice.number(1000)) : nil,
                                                          throughput: dice.chance(50) ? Double(dice.number(99)) : nil, inFlight: dice.number(5),
                                                          remaining: dice.chance(50) ? Double(dice.number(10)) / 10 : nil, keysLeft: dice.chance(85))
            }
        }
        world.numbers = (0..<5).map { _ in dice.generator.next() }
        world.requestNeeds.promptTokens = dice.number(120)
        world.requestNeeds.tools = dice.chance(20)
        world.requestNeeds.parameters = dice.some(["seed", "tools"])
        return world
    }

    private func request(_ dice: inout Dice) -> PlanRequest {
        let r = PlanRequest(model: dice.chance(95) ? dice.one(PlanPropertyTests.words) : nil, operation: dice.chance(90) ? .chat : .embeddings)
        if dice.chance(25) { r.models = dice.some(PlanPropertyTests.words, 4) }
        if dice.chance(15) { r.ownModels = dice.some(PlanPropertyTests.words, 4) }
        if dice.chance(10) { r.pinned = dice.one(["a", "b", "openai", "nobody"]) }
        r.words = words(&dice, strict: false)
        r.route = words(&dice, strict: true)
        return r
    }

    @Test func everyPlan() {
        var dice = Dice(generator: Seeded(42)), plans = 0, refusals = 0
        for round in 0..<12_000 {
            let c = configuration(&dice), r = request(&dice), world = world(c, &dice)
            let planner = Planner(c), numbers = world.numbers
            do throws(Failure) {
                let plan = try planner.plan(r, world: world, explain: dice.chance(50))
                plans += 1
                check(plan, c, r, round)
                let again = World()
                again.catalogs = world.catalogs
                again.healths = world.healths
                again.requestNeeds = world.requestNeeds
                again.numbers = numbers
                #expect(try planner.plan(r, world: again, explain: true).candidates == plan.candidates, "round \(round): not the same again")
            } catch {
                refusals += 1
                #expect([.modelUnresolved, .noKey, .refused, .unsupported, .keysExhausted].contains(error.status) && !error.message.isEmpty, "round \(round)")
            }
        }
        #expect(plans > 3000 && refusals > 1000)
    }

    private func check(_ plan: Plan, _ c: Configuration, _ r: PlanRequest, _ round: Int) {
        #expect(!plan.candidates.isEmpty)
        var seen: Set<String> = [], rank = 0
        for candidate in plan.candidates {
            #expect(c.providers.indices.contains(candidate.provider), "round \(round)")
            guard c.providers.indices.contains(candidate.provider) else { return }
            let p = c.providers[candidate.provider]
            #expect(seen.insert("\(p.id) \(candidate.model)").inserted, "round \(round): twice")
            #expect(candidate.rank == rank || candidate.rank == rank + 1, "round \(round): ranks")
            rank = candidate.rank
            if candidate.why == .development { continue }
            #expect(p.isConfigured && !candidate.model.isEmpty, "round \(round)")
            #expect(!r.route.ignore.contains(where: p.isCalled) && (r.route.only.isEmpty || r.route.only.contains(where: p.isCalled)), "round \(round)")
            if !p.requests.nativeRouting {
                #expect(!r.words.ignore.contains(where: p.isCalled) && (r.words.only.isEmpty || r.words.only.contains(where: p.isCalled)), "round \(round)")
                if r.words.denyDataCollection { #expect(p.routing.collectsData == false) }
            }
            if r.operation == .embeddings { #expect(p.requests.embeddings) }
            if let pinned = r.pinned { #expect(p.isCalled(pinned), "round \(round)") }
            for regions in [c.regions, r.route.regions] { #expect(regions.isEmpty || p.routing.regions.contains(where: regions.contains), "round \(round)") }
        }
        if !r.route.allowFallbacks { #expect(Set(plan.candidates.map(\.rank)).count == plan.candidates.count, "round \(round)") }
        // Nobody takes over whom nobody named.
        for candidate in plan.candidates where candidate.why == .named { #expect(c.providers[candidate.provider].access.named) }
    }
}
