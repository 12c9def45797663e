@testable import Model
@testable import Planning
import Testing

/// What is found out before anybody is called: strategies, facts of catalogs, health.
@Suite struct PlanChecksTests {
    private func four(_ change: (inout Configuration) -> Void = { _ in }) -> Configuration {
        let all = ["a", "b", "c", "d"].map { id in provider(id) { $0.routing.knownModels = [KnownModel(id: "m", facts: ModelFacts())] } }
        var result = Configuration()
        result.providers = all
        change(&result)
        return result
    }

    private func with(_ strategy: RoutingStrategy, _ world: World, _ model: String = "m", _ change: (inout Configuration) -> Void = { _ in }) -> String {
        who(four { $0.strategy = strategy; change(&$0) }, request(model), world)
    }

    @Test func priority() {
        #expect(with(.priority, World()) == "a b c d")
        #expect(with(.priority, World()) { $0.providers.change(3) { $0.routing.priority = 1 }; $0.providers.change(2) { $0.routing.priority = 5 } } == "d c a b")
    }

    @Test func price() {
        let world = World()
        for (index, price) in [4, 1, 3].enumerated() {
            world.catalogs[index] = ["m": facts { $0.price = priced(perMillion(price), perMillion(1)) }]
        }
        #expect(with(.price, world) == "b c a d")
        // A name in front, an order: their places are taken.
        #expect(with(.price, world, "a/m") == "a b c d")
        #expect(with(.price, world) { $0.providerOrder = ["d"] } == "d b c a")
        #expect(who(four { $0.strategy = .price }, request("m") { $0.route.order = ["c"] }, world) == "c b a d")
        #expect(who(four(), request("m") { $0.route.strategy = .price }, world) == "b c a d")
        #expect(who(four { $0.strategy = .price }, request("m") { $0.route.strategy = .priority }, world) == "a b c d")
        // "It depends", and what no model costs, are not known.
        world.catalogs[3] = ["m": facts { $0.price = priced(1, 1); $0.price?.isDynamic = true }]
        #expect(with(.price, world) == "b c a d")
        world.catalogs[3] = ["m": facts { $0.price = priced(1, 1); $0.price?.judge() }]
        #expect(with(.price, world) == "b c a d")
        world.catalogs[3] = ["m": facts { $0.price = priced(.max, .max) }]
        #expect(with(.price, world).count == 7)
    }

    /// OpenRouter's suffixes, at others.
    @Test func suffixes() {
        let world = World()
        for (index, price) in [4, 1, 3].enumerated() {
            world.catalogs[index] = ["m": facts { $0.price = priced(perMillion(price), perMillion(1)) }, "m:extra": ModelFacts()]
        }
        world.healths = [2: facts(throughput: 90), 1: facts(throughput: 10)]
        #expect(with(.priority, world, "a/m:floor") == "b c a d")
        #expect(with(.priority, world, "a/m:nitro") == "c b a d")
        #expect(with(.priority, world, "a/m:extra").hasPrefix("a"))
        #expect(planned(only(provider("a") { $0.routing.knownModels = [KnownModel(id: "m:floor", facts: ModelFacts())] }), "a/m:floor") == "a m:floor")
        #expect(planned(only(provider("a") { $0.requests.nativeRouting = true }), "a/m:floor") == "a m:floor")
        #expect(planned(only(provider("a")), "a/:floor") == "a :floor")
    }

    @Test func measured() {
        let world = World()
        world.healths = [0: facts(throughput: 10, inFlight: 3, remaining: 0.2), 1: facts(throughput: 90, inFlight: 1, remaining: 0.9), 2: facts(inFlight: 2)]
        #expect(with(.throughput, world) == "b a c d")
        #expect(with(.leastBusy, world) == "d b c a")
        #expect(with(.rateLimit, world) == "c d b a")
        world.healths[1] = facts(throughput: .nan, remaining: .nan)
        #expect(with(.throughput, world).count == 7)
    }

    @Test func latencyIsTheBetterOfTwo() {
        let world = World()
        world.healths = [0: facts(latency: 500), 1: facts(latency: 100), 2: facts(latency: 200), 3: facts(latency: 50, inFlight: 9)]
        // Drawn: 0 and 1 of four, then always the first two.
        world.numbers = [0]
        #expect(with(.latency, world) == "b c a d")
        // 3 and 0 of four: d costs 50 x 10, a 500: equal, so the earlier one.
        world.numbers = [3 << 1, 0]
        #expect(with(.latency, world).hasPrefix("a "))
        var first: [Character: Int] = [:], generator = Seeded(3)
        for _ in 0..<400 {
            world.numbers = (0..<8).map { _ in generator.next() }
            first[with(.latency, world).first ?? "-", default: 0] += 1
        }
        // The best of all wins whenever it is drawn (half of the time), the worst two only against each other.
        #expect((150...250).contains(first["b"] ?? 0) && (first["c"] ?? 0) > 80 && (first["a"] ?? 0) + (first["d"] ?? 0) < 120)
        // What was never measured is tried.
        world.healths[2] = CandidateHealth()
        world.numbers = [2 << 1]
        #expect(with(.latency, world).hasPrefix("c "))
    }

    @Test func weighted() {
        let world = World()
        let weights = [6, 3, 1, 0]
        var first = [0, 0, 0, 0], generator = Seeded(11)
        for _ in 0..<1000 {
            world.numbers = (0..<4).map { _ in generator.next() }
            let order = with(.weighted, world) { for (at, weight) in weights.enumerated() { $0.providers.change(at) { $0.routing.weight = weight } } }
            #expect(order.hasSuffix("d") && order.count == 7)
            first[order.hasPrefix("a") ? 0 : order.hasPrefix("b") ? 1 : 2] += 1
        }
        #expect((540...660).contains(first[0]) && (240...360).contains(first[1]) && (60...140).contains(first[2]))
    }

    @Test func breakersAndKeys() {
        let world = World()
        world.healths = [0: facts(open: true), 1: facts(keysLeft: false), 2: facts(open: true)]
        #expect(who(four(), request("m"), world) == "d a c")
        #expect(who(four(), request("a/m"), world) == "d a c")
        #expect(excluded(four(), request("m"), world) == ["b keysRetired"])
        // By itself it is asked all the same: the attempts find out.
        #expect(who(four(), request("m") { $0.pinned = "a" }, world) == "a")
        #expect(who(four(), request("m") { $0.pinned = "b" }, world) == "b")
        for index in 0..<4 { world.healths[index] = facts(keysLeft: false) }
        #expect(who(four(), request("m"), world) == "a")
    }

    private func one(_ change: (inout ModelFacts) -> Void, _ needs: (inout RequestNeeds) -> Void) -> ExclusionReason? {
        let world = World(), two = only(provider("a"), provider("b") { $0.routing.knownModels = [KnownModel(id: "m", facts: ModelFacts())] })
        world.catalogs[0] = ["m": facts(change)]
        needs(&world.requestNeeds)
        let plan = try? Planner(two).plan(request("a/m"), world: world, explain: true)
        #expect(plan?.candidates.count == (plan?.exclusions.isEmpty == true ? 2 : 1))
        return plan?.exclusions.first?.why
    }

    @Test func contextWindow() {
        #expect(one({ $0.contextLength = 1000 }, { $0.promptTokens = 1000 }) == nil)
        #expect(one({ $0.contextLength = 1000 }, { $0.promptTokens = 1001 }) == .context)
        #expect(one({ $0.contextLength = 1000 }, { $0.promptTokens = 900; $0.maxTokens = 101 }) == .context)
        #expect(one({ $0.contextLength = 1000 }, { $0.promptTokens = .max; $0.maxTokens = .max }) == .context)
        #expect(one({ $0.contextLength = 0 }, { $0.promptTokens = 900 }) == nil)
        #expect(one({ $0.maxOutput = 10 }, { $0.promptTokens = .max }) == nil)
    }

    @Test func modalitiesToolsStructure() {
        #expect(one({ $0.inputs = [.text, .image] }, { $0.modalities = [.text, .image] }) == nil)
        #expect(one({ $0.inputs = [.text, .image] }, { $0.modalities = [.text, .audio] }) == .audio)
        #expect(one({ $0.inputs = .text }, { $0.modalities = [.text, .image, .audio] }) == .images)
        #expect(one({ $0.inputs = [.text, .image, .audio, .file] }, { $0.modalities = [.text, .image, .video] }) == .video)
        #expect(one({ $0.inputs = .text }, { $0.modalities = [.text, .file] }) == .files)
        // Lists seldom name files.
        #expect(one({ $0.inputs = [.text, .image] }, { $0.modalities = [.text, .file] }) == nil)
        #expect(one({ $0.inputs = [.image] }, { $0.modalities = .text }) == nil)
        #expect(one({ _ in }, { $0.modalities = [.text, .audio]; $0.tools = true; $0.structuredOutput = true }) == nil)
        #expect(one({ $0.parameters = ["seed"] }, { $0.tools = true }) == .tools)
        #expect(one({ $0.parameters = ["tools"] }, { $0.tools = true }) == nil)
        #expect(one({ $0.parameters = [] }, { $0.tools = true }) == nil)
        #expect(one({ $0.parameters = ["response_format"] }, { $0.structuredOutput = true }) == .structuredOutput)
        #expect(one({ $0.parameters = ["structured_outputs"] }, { $0.structuredOutput = true }) == nil)
    }

    /// What configuration says of a model is stronger than its catalog, member by member.
    @Test func factsOfConfiguration() {
        let world = World()
        let two = only(provider("a") { $0.routing.knownModels = [KnownModel(id: "m", facts: facts { $0.contextLength = 100 })] })
        world.catalogs[0] = ["m": facts { $0.contextLength = 10; $0.parameters = ["seed"] }]
        world.requestNeeds.promptTokens = 50
        #expect(planned(two, "a/m", world) == "a m")
        world.requestNeeds.tools = true
        #expect(planned(two, "a/m", world) == "refused no provider is left for model \"m\": a: the model takes no tools")
    }

    @Test func operations() {
        let pair = only(provider("a") { $0.requests.embeddings = false }, provider("b") { $0.requests.completions = false; $0.routing.knownModels = [KnownModel(id: "m", facts: ModelFacts())] })
        func ask(_ operation: Model.Operation, _ pinned: String? = nil) -> String {
            let request = PlanRequest(model: "a/m", operation: operation)
            request.pinned = pinned
            return who(pair, request)
        }
        #expect(ask(.chat) == "a b" && ask(.chatStream) == "a b")
        #expect(ask(.embeddings) == "b" && ask(.completion) == "a" && ask(.completionStream) == "a")
        #expect(ask(.embeddings, "a") == "unsupported a has no embeddings")
        #expect(ask(.completionStream, "b") == "unsupported b has no text completions")
    }

    /// An ordinary request asks the world nothing that it does not need.
    @Test func fewQuestions() throws {
        let world = World()
        #expect(planned(try configuration(found: ["openai", "openrouter"]), "openai/gpt-4o", world) == "openai gpt-4o")
        // The maker or the router: whether the table has the model at one of them.
        #expect(world.questions == ["tables": 2])
        #expect(who(four(), request("a/m"), world) == "a b c d")
        #expect(world.questions["needs"] == nil && world.questions["health"] == 4)
    }
}
