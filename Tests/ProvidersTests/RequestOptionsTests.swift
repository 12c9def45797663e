@testable import Dialects
@testable import Model
@testable import Settings
import Testing
import TestSupport

@Suite struct RequestOptions {
    private func options(_ json: String, _ allowed: RequestExtensions = .all) throws(Failure) -> GateletOptions {
        try withBytes(json) { (bytes: UnsafeRawBufferPointer) throws(Failure) in try readOptions(bytes, allowed: allowed) }
    }

    /// Every member, by name.
    private func says(_ options: GateletOptions) -> [String] { Mirror(reflecting: options).children.map { "\($0.label ?? "") \($0.value)" } }

    @Test func readsEveryMember() throws {
        let found = try options("""
            {"provider":"x","timeouts":{"connect":1,"first_byte":2.5,"idle":3,"content":0,"total":1e2},"dry_run":true,"models":["a","b\\/c"],
             "retry":{"attempts":0,"backoff_base":0.5,"backoff_max":2,"jitter":1,"attempts_per_request":3},"hedge":{"delay":1.5},
             "continue":true,"tag":"team a","max_cost":"0.05","faults":{"sequence": [429 , "ok"]}}
            """)
        #expect(found.provider == "x" && found.dryRun && found.models == ["a", "b/c"])
        let timeouts = found.timeouts.applied(to: Timeouts())
        #expect(timeouts.connect == 1 && timeouts.firstByte == 2.5 && timeouts.idle == 3 && timeouts.content == 0 && timeouts.total == 100)
        let retry = found.retry.applied(to: RetryPolicy())
        #expect(retry.attempts == 0 && retry.backoffBase == 0.5 && retry.backoffMax == 2 && retry.jitter == 1 && retry.attemptsPerRequest == 3)
        #expect(found.hedge == hedge(after: 1.5) && found.continueStream == true && found.tag == "team a")
        #expect(found.maxCost == 50_000_000_000_000_000 && found.faults?.steps.map(\.status) == [429, 200] && found.route == nil)
    }

    @Test func nullCountsAsAbsent() throws {
        #expect(try says(options("{}")) == says(GateletOptions()))
        #expect(try says(options("""
            {"provider":null,"timeouts":{"idle":null},"dry_run":null,"models":null,"route":null,"retry":{"attempts":null},"hedge":null,"continue":null,
             "tag":null,"max_cost":null,"faults":null}
            """)) == says(GateletOptions()))
        #expect(try options(#"{"route":{"order":null,"sort":null,"max_price":null}}"#).route == RoutingPreferences())
    }

    private func hedge(after delay: Double?) -> HedgeWish {
        var policy = HedgePolicy()
        policy.delay = delay
        return .policy(policy)
    }

    @Test func hedgingCanBeTurnedOff() throws {
        #expect(try options("{}").hedge == .configured)
        #expect(try options(#"{"hedge":false}"#).hedge == .off)
        #expect(try options(#"{"hedge":{}}"#).hedge == hedge(after: nil))
        #expect(try options(#"{"hedge":{"delay":"p95"}}"#).hedge == hedge(after: nil))
    }

    @Test func readsRoute() throws {
        let found = try #require(try options("""
            {"route":{"order":["a"],"only":["a","b"],"ignore":["c"],"allow_fallbacks":false,"require_parameters":true,"sort":"throughput",
             "max_price":{"prompt":"0.15","completion":1e1,"request":"0.01","image":2},"data_collection":"deny","zdr":true,"strategy":"least_busy","regions":["eu"]}}
            """).route)
        #expect(found.order == ["a"] && found.only == ["a", "b"] && found.ignore == ["c"] && !found.allowFallbacks && found.requireParameters)
        #expect(found.sort == .throughput && found.strategy == .leastBusy && found.regions == ["eu"] && found.denyDataCollection && found.zeroDataRetention)
        #expect(found.maxPrice?.prompt == 150_000_000_000 && found.maxPrice?.completion == 10_000_000_000_000)
        #expect(found.maxPrice?.request == 10_000_000_000_000_000 && found.maxPrice?.image == 2_000_000_000_000_000_000)
    }

    @Test(arguments: [
        (#"{"base_url":"http://x"}"#, "gatelet.base_url"), (#"{"api_key":"x"}"#, "gatelet.api_key"), (#"{"http":{}}"#, "gatelet.http"),
        (#"{"provider":1}"#, "gatelet.provider"), (#"{"provider":""}"#, "gatelet.provider"), (#"{"dry_run":1}"#, "gatelet.dry_run"),
        (#"{"timeouts":1}"#, "gatelet.timeouts"), (#"{"timeouts":{"idle":"1"}}"#, "gatelet.timeouts.idle"),
        (#"{"timeouts":{"idle":-1}}"#, "gatelet.timeouts.idle"), (#"{"timeouts":{"idle":1e9}}"#, "gatelet.timeouts.idle"),
        (#"{"timeouts":{"idle":1e999}}"#, "gatelet.timeouts.idle"), (#"{"timeouts":{"x":1}}"#, "gatelet.timeouts.x"),
        (#"{"provider":"a","provider":"b"}"#, "gatelet.provider"), (#"{"provider":null,"pr\u006fvider":"b"}"#, "gatelet.provider"),
        ("[]", "gatelet"), ("7", "gatelet"), (#"{"models":"a"}"#, "gatelet.models"), (#"{"models":["a",""]}"#, "gatelet.models[1]"),
        (#"{"models":[null]}"#, "gatelet.models[0]"), (#"{"route":[]}"#, "gatelet.route"), (#"{"route":{"oder":[]}}"#, "gatelet.route.oder"),
        (#"{"route":{"sort":"weighted"}}"#, "gatelet.route.sort"), (#"{"route":{"sort":{"by":"price"}}}"#, "gatelet.route.sort"),
        (#"{"route":{"max_price":{"audio":1}}}"#, "gatelet.route.max_price.audio"), (#"{"route":{"max_price":{"prompt":-1}}}"#, "gatelet.route.max_price.prompt"),
        (#"{"route":{"strategy":"best"}}"#, "gatelet.route.strategy"), (#"{"retry":{"attempts":101}}"#, "gatelet.retry.attempts"),
        (#"{"retry":{"attempts":1.5}}"#, "gatelet.retry.attempts"), (#"{"retry":{"jitter":2}}"#, "gatelet.retry.jitter"),
        (#"{"hedge":true}"#, "gatelet.hedge"), (#"{"hedge":{"delay":"p9"}}"#, "gatelet.hedge.delay"), (#"{"continue":1}"#, "gatelet.continue"),
        (#"{"tag":""}"#, "gatelet.tag"), (#"{"tag":"\u0007"}"#, "gatelet.tag"), (#"{"max_cost":"-1"}"#, "gatelet.max_cost"), (#"{"max_cost":true}"#, "gatelet.max_cost"),
        ("{\"tag\":\"\(String(repeating: "x", count: 129))\"}", "gatelet.tag"), (#"{"a b":1}"#, #"gatelet["a b"]"#),
    ])
    func faultsNameThePath(_ json: String, _ path: String) {
        let found = failure { () throws(Failure) in try options(json) }
        #expect(found?.status == .json)
        #expect(found?.message.hasPrefix("`\(path)`") == true, "\(found?.message ?? "none")")
    }

    @Test func extensionsAreLimited() throws {
        #expect(failure { () throws(Failure) in try options("{}", .none) }?.status == .refused)
        #expect(try says(options("null", .none)) == says(GateletOptions()))
        let routing = #"{"provider":"x","models":["a"],"route":{},"retry":{},"hedge":false,"continue":true,"tag":"t","max_cost":1,"timeouts":{}}"#
        #expect(try options(routing, .routing).provider == "x")
        for json in [#"{"dry_run":true}"#, #"{"faults":{}}"#] {
            #expect(failure { () throws(Failure) in try options(json, .routing) }?.status == .refused)
        }
    }

    /// Whoever sends thousands of names or models does not make the library compare them all with each other.
    @Test func sizesAreBounded() {
        let names = (0..<100).map { "\"n\($0)\":1" }.joined(separator: ",")
        #expect(failure { () throws(Failure) in try options("{\(names)}") }?.message == "`gatelet` has too many members")
        let models = (0..<101).map { "\"m\($0)\"" }.joined(separator: ",")
        #expect(failure { () throws(Failure) in try options("{\"models\":[\(models)]}") }?.message == "`gatelet.models` has too many elements")
    }
}

/// OpenRouter's words at the top of a request.
@Suite struct RequestRouteWords {
    private func words(_ members: String) throws(Failure) -> (models: [String], words: RoutingPreferences) {
        try withBytes("{\"messages\":[1],\(members)}") { (bytes: UnsafeRawBufferPointer) throws(Failure) in
            let view = try readRequest(bytes, operation: .chat, caps: Caps())
            return try readRoutingPreferences(view, bytes)
        }
    }

    @Test func reads() throws {
        let found = try words("""
            "models":["a","b"],"provider":{"order":["Anthropic","deepinfra/turbo"],"only":["x"],"ignore":["y"],"allow_fallbacks":false,"require_parameters":true,
             "sort":"price","max_price":{"prompt":1,"audio":3},"data_collection":"deny","zdr":true,"quantizations":["fp8"],"preferred_max_latency":2,
             "strategy":5,"regions":7,"enforce_distillable_text":true}
            """)
        #expect(found.models == ["a", "b"] && found.words.order == ["Anthropic", "deepinfra/turbo"] && found.words.only == ["x"] && found.words.ignore == ["y"])
        #expect(!found.words.allowFallbacks && found.words.requireParameters && found.words.sort == .price && found.words.denyDataCollection && found.words.zeroDataRetention)
        #expect(found.words.maxPrice?.prompt == 1_000_000_000_000 && found.words.strategy == nil && found.words.regions.isEmpty)
    }

    @Test(arguments: [(#""sort":{"by":"latency","partition":"none"}"#, RoutingStrategy?.some(.latency)), (#""sort":"exacto""#, nil), (#""sort":{"by":"exacto"}"#, nil),
                      (#""sort":{}"#, nil), (#""sort":null"#, nil)])
    func sortIsAnotherServicesWord(_ member: String, _ expected: RoutingStrategy?) throws {
        #expect(try words("\"provider\":{\(member)}").words.sort == expected)
    }

    @Test(arguments: [
        (#""models":"a""#, "models"), (#""models":[1]"#, "models[0]"), (#""models":[""]"#, "models[0]"), (#""provider":"openai""#, "provider"),
        (#""provider":[]"#, "provider"), (#""provider":{"order":"openai"}"#, "provider.order"), (#""provider":{"only":[1]}"#, "provider.only[0]"),
        (#""provider":{"allow_fallbacks":"no"}"#, "provider.allow_fallbacks"), (#""provider":{"max_price":5}"#, "provider.max_price"),
        (#""provider":{"max_price":{"prompt":"x"}}"#, "provider.max_price.prompt"), (#""provider":{"data_collection":"maybe"}"#, "provider.data_collection"),
        (#""provider":{"zdr":1}"#, "provider.zdr"), (#""provider":{"sort":1}"#, "provider.sort"), (#""provider":{"order":[],"order":[]}"#, "order"),
    ])
    func faultsNameThePath(_ member: String, _ path: String) {
        let found = failure { () throws(Failure) in try words(member) }
        #expect(found?.status == .json)
        #expect(found?.message.hasPrefix("`\(path)`") == true, "\(found?.message ?? "none")")
    }

    @Test(arguments: [(#""model":"a""#, false), (#""models":null,"provider":null,"route":"fallback""#, false), (#""models":[]"#, true), (#""provider":{}"#, true),
                      (#""mod\u0065ls":["a"]"#, true), (#""pr\u006fvider":{}"#, true)])
    func areNoticed(_ members: String, _ expected: Bool) throws {
        let view = try withBytes("{\"messages\":[1],\(members)}") { bytes in try readRequest(bytes, operation: .chat, caps: Caps()) }
        #expect(view.hasRoutingPreferences == expected)
    }

    @Test(arguments: ["models", "provider", "route"]) func cannotOccurTwice(_ name: String) {
        let found = failure { () throws(Failure) in try words("\"\(name)\":null,\"\(name)\":null") }
        #expect(found?.status == .json && found?.message.contains("`\(name)` occurs twice") == true)
    }

    @Test func reachOnlyWhoUnderstandsThem() throws {
        let json = #"{"model":"a","models":["b"],"provider":{"order":["x"]},"route":"fallback","messages":[1],"reasoning":{"effort":"low"}}"#
        #expect(try write(json) == #"{"model":"m","messages":[1],"reasoning":{"effort":"low"}}"#)
        #expect(try write(json, to: provider { $0.requests.nativeRouting = true })
            == #"{"model":"m","models":["b"],"provider":{"order":["x"]},"route":"fallback","messages":[1],"reasoning":{"effort":"low"}}"#)
    }
}
