@testable import Bytes
import Foundation
@testable import Gateway
@testable import Model
@testable import Planning
import Testing

/// Who is asked where keys of a maker and of a router lie in the environment: with the library's own rows and table.
@Suite struct MakerOrRouterTests {
    static let keys = ["ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "MISTRAL_API_KEY", "DEEPSEEK_API_KEY", "MOONSHOT_API_KEY", "MINIMAX_API_KEY",
                       "XAI_API_KEY", "GEMINI_API_KEY"]

    private func first(_ body: String, _ configuration: String? = nil, env more: [String: String] = [:],
                       plan: (String) -> Void = { _ in }, _ learn: (Client) -> Void = { _ in }) throws -> String {
        var env = more
        for key in MakerOrRouterTests.keys { env[key] = "k-0123456789" }
        let client = try Client(load(configuration, env: env))
        learn(client)
        let setup = client.setup, bytes = Array(body.utf8)
        let accepted = try bytes.withUnsafeBytes { try PlannedRequest.read(client.services, client.models, setup, $0, .chat, call: nil, isTest: false) }
        if let document = accepted.planDocument() { plan(String(utf8: document.bytes)) }
        let candidate = try #require(accepted.candidates.first)
        return "\(setup.endpoints[candidate.provider].provider.id) \(candidate.model)"
    }

    private func ask(_ model: String, _ configuration: String? = nil, learned learn: (Client) -> Void = { _ in }) throws -> String {
        try first(#"{"model":"\#(model)","messages":[{"role":"user","content":"x"}]}"#, configuration, env: [:], learn)
    }

    private func openrouterLists(_ model: String) -> (Client) -> Void {
        { client in
            let text = Array(#"[{"id":"\#(model)"}]"#.utf8)
            let list = text.withUnsafeBytes { CatalogList.read($0, "openrouter", .api, fetchedAt: 0) }
            if let list { client.models.keep(list, in: client.models.slot("openrouter")) }
        }
    }

    @Test(arguments: [
        ("anthropic/claude-sonnet-4.5", "anthropic claude-sonnet-4-5"), ("anthropic/claude-opus-4", "anthropic claude-opus-4-0"),
        ("anthropic/claude-sonnet-4-5", "anthropic claude-sonnet-4-5"), ("mistralai/mistral-large-2512", "mistral mistral-large-2512"),
        ("mistralai/mistral-medium-3.1", "mistral mistral-medium-2508"), ("deepseek/deepseek-chat", "deepseek deepseek-chat"),
        ("moonshotai/kimi-k2.5", "moonshot kimi-k2.5"), ("minimax/minimax-m2.1", "minimax MiniMax-M2.1"), ("x-ai/grok-4.5", "xai grok-4.5"),
        ("google/gemini-2.5-pro", "gemini gemini-2.5-pro"),
    ]) func theMakerHasIt(_ model: String, _ expected: String) throws {
        #expect(try ask(model) == expected)
        #expect(try ask(model, learned: openrouterLists(model)) == expected)
    }

    /// What only the router's list has.
    @Test(arguments: ["anthropic/claude-3.7-sonnet:thinking", "mistralai/mixtral-8x22b-instruct", "deepseek/deepseek-r1-distill-qwen-32b",
                      "moonshotai/kimi-next", "minimax/minimax-next", "x-ai/grok-next", "google/gemma-next"])
    func onlyTheRouterHasIt(_ model: String) throws {
        #expect(try ask(model, learned: openrouterLists(model)) == "openrouter \(model)")
        #expect(try !ask(model).hasPrefix("openrouter "))
        // Who is named is never passed over.
        let maker = String(try ask(model).prefix { $0 != " " })
        #expect(try ask(model, #"{"providers":{"\#(maker)":{}}}"#, learned: openrouterLists(model)).hasPrefix(maker + " "))
    }

    /// A router that the configuration names is asked before the makers whose keys lie in the environment, and the plan says why.
    @Test(arguments: ["anthropic/claude-sonnet-4.5", "mistralai/mistral-medium-3.1", "deepseek/deepseek-chat", "moonshotai/kimi-k2.5",
                      "minimax/minimax-m2.1", "x-ai/grok-4.5", "google/gemini-2.5-pro", "anthropic/claude-next"])
    func theRouterIsNamed(_ model: String) throws {
        let named = #"{"providers":{"openrouter":{}}}"#
        #expect(try ask(model, named) == "openrouter \(model)")
        #expect(try ask(model, #"{"provider_order":["openrouter"]}"#) == "openrouter \(model)")
        #expect(try ask(model, #"{"default_provider":"openrouter"}"#) == "openrouter \(model)")
        var reason: String?
        _ = try first(#"{"model":"\#(model)","messages":[{"role":"user","content":"x"}]}"#, named, plan: { reason = $0 })
        #expect(reason?.contains(#""reason":"the configuration names it, and the maker's key was merely found""#) ?? false, "\(reason ?? "")")
    }

    /// A name that only makers use is asked of the maker, but one that the router is known to have with the maker's in front.
    @Test func namesWithoutAMaker() throws {
        let named = #"{"providers":{"openrouter":{}}}"#
        for name in ["claude-sonnet-4.5", "claude-sonnet-4-5"] {
            #expect(try ask(name, named) == "anthropic claude-sonnet-4-5")
            #expect(try ask(name, named, learned: openrouterLists("anthropic/claude-sonnet-4.5"))
                == (name == "claude-sonnet-4.5" ? "openrouter anthropic/claude-sonnet-4.5" : "anthropic claude-sonnet-4-5"))
        }
    }

    /// A request without a model: the default brings its provider, then come the fallbacks.
    @Test func noModel() throws {
        let body = #"{"messages":[{"role":"user","content":"x"}]}"#
        #expect(try first(body, env: ["OPENROUTER_DEFAULT_MODEL": "openai/gpt-4o-mini"]) == "openrouter openai/gpt-4o-mini")
        #expect(try first(body, env: ["OPENROUTER_DEFAULT_MODEL": "anthropic/claude-sonnet-4.5"]) == "openrouter anthropic/claude-sonnet-4.5")
        #expect(try first(body, env: ["OPENROUTER_FALLBACK_MODELS": "a/b,c/d"]) == "openrouter a/b")
        #expect(try first(body, env: ["OPENROUTER_DEFAULT_MODEL": "a/x", "OPENROUTER_FALLBACK_MODELS": "a/b,c/d"]) == "openrouter a/x")
        #expect(try first(body, #"{"fallback_models":["deepseek/deepseek-chat"]}"#) == "deepseek deepseek-chat")
        #expect(try first(body, #"{"default_model":"x-ai/grok-4.5"}"#, env: ["OPENROUTER_DEFAULT_MODEL": "a/x"]) == "xai grok-4.5")
        #expect(throws: Failure.self) { try first(body) }
    }

    /// Where all models are allowed and nothing else says which is meant: the longest context, after waiting for the list.
    @Test func allModelsWaitForTheList() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatelet-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let list = #"{"data":[{"id":"short","context_length":1000,"pricing":{"prompt":"0.000001","completion":"0.000001"}},"#
            + #"{"id":"long","context_length":9000,"pricing":{"prompt":"0.000001","completion":"0.000001"}},"#
            + #"{"id":"dear","context_length":99000,"pricing":{"prompt":"0.1","completion":"0.1"}}]}"#
        try list.write(to: file, atomically: true, encoding: .utf8)
        func first(_ routing: String, waits: Bool) throws -> String {
            let client = try Client(load(#"{"environment":false,"providers":{"openrouter":{"api_key":"k-0123456789","models":{"file":"\#(file.path())"}}}\#(routing)}"#))
            let setup = client.setup, bytes = Array(#"{"messages":[{"role":"user","content":"x"}]}"#.utf8)
            do throws(Failure) {
                let read = { () throws(Failure) in
                    let buffer = ByteBuffer()
                    defer { buffer.keepAlive() }
                    _ = bytes.withUnsafeBytes { buffer.append($0) }
                    return try PlannedRequest.read(client.services, client.models, setup, buffer.bytes, .chat, call: nil, isTest: false, waits: waits)
                }
                return try read().candidates.map(\.model).joined(separator: " ")
            } catch { return "\(error.status)" }
        }
        let allowed = #","routing":{"all_models":{"max_price":{"prompt":"5","completion":"5"}}}"#
        #expect(try first(allowed, waits: true) == "long short")
        #expect(try first(allowed, waits: false) == "modelUnresolved")
        #expect(try first("", waits: true) == "modelUnresolved")
    }
}
