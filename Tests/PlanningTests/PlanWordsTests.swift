@testable import Model
@testable import Planning
import Testing

/// Each word of `provider` and of `gatelet.route`. a and b are ordinary providers, n understands the words itself.
@Suite struct PlanWordsTests {
    enum Place { case provider, route }

    private func three(_ change: (inout Configuration) -> Void = { _ in }) -> Configuration {
        func known(_ id: String, _ price: Int, _ parameters: [String]) -> (inout ProviderParts) -> Void {
            return {
                $0.routing.knownModels = [KnownModel(id: "m", facts: facts { $0.price = priced(perMillion(price), perMillion(price * 2))
                    $0.parameters = parameters })]
            }
        }
        let a = provider("a") {
            known("a", 3, ["tools", "seed", "max_tokens"])(&$0)
            $0.identity.aliases = ["alpha"]
            $0.routing.collectsData = false
            $0.routing.regions = ["eu"]
        }
        let b = provider("b") {
            known("b", 2, ["seed"])(&$0)
            $0.routing.collectsData = true
            $0.routing.zeroDataRetention = true
            $0.routing.regions = ["us", "eu"]
        }
        let n = provider("n") {
            known("n", 1, [])(&$0)
            $0.requests.nativeRouting = true
        }
        return only(a, b, n, change: change)
    }

    private func ask(_ model: String, _ place: Place, _ change: (inout RoutingPreferences) -> Void) -> PlanRequest {
        request(model) { if place == .provider { change(&$0.words) } else { change(&$0.route) } }
    }

    private func got(_ model: String, _ place: Place, _ world: World = World(), _ change: (inout RoutingPreferences) -> Void) -> String {
        who(three(), ask(model, place, change), world)
    }

    @Test func none() {
        #expect(who(three(), request("a/m")) == "a b n")
        #expect(who(three(), request("n/m")) == "n a b")
    }

    @Test func order() {
        #expect(got("a/m", .route) { $0.order = ["b"] } == "b a n")
        #expect(got("a/m", .provider) { $0.order = ["b"] } == "b a n")
        #expect(got("a/m", .provider) { $0.order = ["n", "nobody", "b", "n"] } == "n b a")
        // The words are the native provider's own business.
        #expect(got("n/m", .provider) { $0.order = ["b"] } == "n a b")
        #expect(got("n/m", .route) { $0.order = ["b"] } == "b n a")
        #expect(got("a/m", .route) { $0.order = ["nobdy"] }.hasPrefix("modelUnresolved there is no provider \"nobdy\""))
        #expect(got("a/m", .route) { $0.order = ["alpha", "b"] } == "a b n")
        let both = request("a/m") { $0.route.order = ["n"]; $0.words.order = ["b"] }
        #expect(who(three(), both) == "n b a")
        #expect(who(three { $0.providerOrder = ["n", "a"] }, request("a/m") { $0.route.order = ["b"] }) == "b a n")
    }

    @Test func onlyAndIgnore() {
        #expect(got("a/m", .route) { $0.only = ["b"] } == "b")
        #expect(got("a/m", .provider) { $0.only = ["b"] } == "b n")
        #expect(got("n/m", .provider) { $0.only = ["b"] } == "n b")
        #expect(got("n/m", .route) { $0.only = ["b", "a"] } == "a b")
        #expect(got("a/m", .provider) { $0.only = ["azure"] } == "n")
        #expect(got("a/m", .route) { $0.only = ["azure"] }.hasPrefix("modelUnresolved"))
        #expect(got("a/m", .route) { $0.ignore = ["a", "n"] } == "b")
        #expect(got("a/m", .provider) { $0.ignore = ["a", "n", "azure"] } == "b n")
        #expect(got("a/m", .route) { $0.ignore = ["azure"] }.hasPrefix("modelUnresolved"))
        #expect(excluded(three(), ask("a/m", .route) { $0.only = ["b"]; $0.ignore = ["n"] }) == ["a only", "n only"])
        #expect(excluded(three(), ask("a/m", .route) { $0.ignore = ["n"] }) == ["n ignored"])
        #expect(got("a/m", .route) { $0.ignore = ["a", "b", "n"] }
            == "refused no provider is left for model \"m\": a: among `ignore`; b: among `ignore`; n: among `ignore`")
    }

    @Test func allowFallbacks() {
        #expect(got("a/m", .route) { $0.allowFallbacks = false } == "a")
        #expect(got("a/m", .provider) { $0.allowFallbacks = false } == "a n")
        #expect(got("n/m", .provider) { $0.allowFallbacks = false } == "n")
        #expect(got("n/m", .route) { $0.allowFallbacks = false; $0.order = ["b"] } == "b")
        #expect(excluded(three(), ask("a/m", .route) { $0.allowFallbacks = false }) == ["b fallbacksOff", "n fallbacksOff"])
        // One for each model; an open breaker does not bring another one.
        let world = World()
        world.healths[0] = facts(open: true)
        let ask = request("a/m") { $0.route.allowFallbacks = false; $0.ownModels = ["b/m"] }
        #expect(planned(three(), ask, world) == "a m | b m")
    }

    @Test func requireParameters() {
        let world = World()
        world.requestNeeds.parameters = ["seed"]
        #expect(got("a/m", .route, world) { $0.requireParameters = true } == "a b")
        #expect(got("a/m", .provider, world) { $0.requireParameters = true } == "a b n")
        world.requestNeeds.parameters = ["seed", "tools", "max_completion_tokens"]
        #expect(got("b/m", .route, world) { $0.requireParameters = true } == "a")
        world.requestNeeds.parameters = []
        #expect(got("a/m", .route, world) { $0.requireParameters = true } == "a b")
        #expect(got("a/else", .route, world) { $0.requireParameters = true }.hasPrefix("refused"))
        #expect(excluded(three(), ask("a/m", .route) { $0.requireParameters = true }, world) == ["n parameters"])
    }

    @Test func sorting() {
        #expect(got("a/m", .route) { $0.sort = .price } == "n b a")
        #expect(got("a/m", .provider) { $0.sort = .price } == "n b a")
        #expect(got("n/m", .provider) { $0.sort = .price } == "n a b")
        #expect(got("a/m", .route) { $0.sort = .price; $0.order = ["a"] } == "a n b")
        let world = World()
        world.healths = [0: facts(latency: 300, throughput: 5), 1: facts(latency: 100, throughput: 50)]
        #expect(got("a/m", .route, world) { $0.sort = .latency } == "b a n")
        #expect(got("a/m", .route, world) { $0.sort = .throughput } == "b a n")
        #expect(got("n/m", .route, world) { $0.sort = .latency } == "b a n")
    }

    @Test func maxPrice() {
        func ceiling(_ prompt: Int?, _ completion: Int?, image: Int? = nil) -> PriceCeiling {
            var ceiling = PriceCeiling()
            ceiling.prompt = prompt.map(perMillion)
            ceiling.completion = completion.map(perMillion)
            ceiling.image = image.map(perMillion)
            return ceiling
        }
        #expect(got("a/m", .route) { $0.maxPrice = ceiling(2, nil) } == "b n")
        #expect(got("a/m", .route) { $0.maxPrice = ceiling(2, 2) } == "n")
        #expect(got("a/m", .provider) { $0.maxPrice = ceiling(0, nil) } == "n")
        #expect(got("a/m", .route) { $0.maxPrice = ceiling(0, nil) }.hasPrefix("refused"))
        // An unknown price may be any. That of images matters when there are some.
        #expect(got("a/else", .route) { $0.maxPrice = ceiling(99, nil) }.hasPrefix("refused"))
        #expect(got("a/m", .route) { $0.maxPrice = ceiling(99, 99, image: 1) } == "a b n")
        let world = World()
        world.requestNeeds.modalities = [.text, .image]
        #expect(got("a/m", .route, world) { $0.maxPrice = ceiling(99, 99, image: 1) }.hasPrefix("refused"))
    }

    @Test func dataCollection() {
        #expect(got("a/m", .route) { $0.denyDataCollection = true } == "a")
        #expect(got("b/m", .provider) { $0.denyDataCollection = true } == "a n")
        #expect(got("a/m", .route) { $0.zeroDataRetention = true } == "b")
        #expect(got("n/m", .provider) { $0.zeroDataRetention = true } == "n b")
        #expect(excluded(three(), ask("a/m", .route) { $0.denyDataCollection = true }) == ["b dataCollection", "n dataCollection"])
    }

    @Test func regions() {
        #expect(got("a/m", .route) { $0.regions = ["eu"] } == "a b")
        #expect(got("a/m", .route) { $0.regions = ["us", "ap"] } == "b")
        #expect(who(three { $0.regions = ["us"] }, request("a/m")) == "b")
        #expect(who(three { $0.regions = ["us"] }, request("a/m") { $0.route.regions = ["eu"] }) == "b", "a body only narrows")
        let lifted = request("a/m") { $0.route.regions = ["eu"] }
        lifted.isLifted = true
        #expect(who(three { $0.regions = ["us"] }, lifted) == "a b")
        #expect(who(three { $0.regions = ["us"] }, request("a/m") { $0.callPreferences.regions = ["eu"] }) == "a b")
        #expect(excluded(three { $0.regions = ["us"] }, request("a/m")) == ["a region", "n region"])
    }

    /// Naming providers is enough where nothing else says where an id belongs.
    @Test func wordsInsteadOfADefault() {
        #expect(planned(three(), ask("what", .route) { $0.only = ["b"] }) == "b what")
        #expect(planned(three(), ask("what", .provider) { $0.order = ["azure", "b", "a"] }) == "b what, a what")
        var keyless = three()
        keyless.providers.change(1) { $0.access.keys = [] }
        #expect(planned(keyless, ask("a/m", .route) { $0.only = ["b"] }) == "noKey b API key not configured: set providers.b.api_key")
    }
}

func facts(open: Bool = false, latency: Int64? = nil, throughput: Double? = nil, inFlight: Int = 0, remaining: Double? = nil, keysLeft: Bool = true) -> CandidateHealth {
    var health = CandidateHealth()
    health.open = open
    health.latency = latency
    health.throughput = throughput
    health.inFlight = inFlight
    health.remaining = remaining
    health.keysLeft = keysLeft
    return health
}
