@testable import Accounting
@testable import Catalog
import Foundation
@testable import Gateway
@testable import Model
import Testing
import TestSupport

/// The price book: whose word counts, kind by kind, and for how long.
@Suite struct PriceTests {
    private let e6: Int128 = 1_000_000_000_000

    private func makeClient(_ configuration: String, files: [String: String] = [:]) throws -> Client { try Client(load(configuration, files: files)) }

    private func found(_ client: Client, _ provider: String, _ model: String) -> ModelPrice? {
        let setup = client.setup
        return setup.endpoints.first { $0.provider.id == provider }.flatMap { client.models.price($0.provider, model, setup) }
    }

    private func learn(_ client: Client, _ provider: String, _ pricing: String, model: String = "m", flags: String = "[]") {
        let text = Array(#"[{"id":"\#(model)","pricing":\#(pricing),"pricing_source":"api","pricing_flags":\#(flags)}]"#.utf8)
        let list = text.withUnsafeBytes { CatalogList.read($0, provider, .api, fetchedAt: 0) }
        if let list { client.models.keep(list, in: client.models.slot(provider)) }
    }

    @Test func listThenTable() throws {
        let client = try makeClient(#"{"environment": false}"#)
        #expect(found(client, "openai", "gpt-4o")?.source == .table && found(client, "openai", "gpt-4o")?.bills == true)
        #expect(found(client, "openai", "nobody's") == nil && found(client, "groq", "gpt-4o") == nil)
        learn(client, "openai", #"{"prompt":"0.000001","completion":"0.000002"}"#, model: "gpt-4o")
        let listed = try #require(found(client, "openai", "gpt-4o"))
        #expect(listed.source == .api && listed.base[.prompt] == e6 && listed.base[.cacheRead] == nil)
        // Where they agree the table knows more.
        learn(client, "openai", #"{"prompt":"0.0000025","completion":"0.00001"}"#, model: "gpt-4o")
        #expect(found(client, "openai", "gpt-4o")?.source == .api && found(client, "openai", "gpt-4o")?.base[.cacheRead] == e6 * 5 / 4)
        // A list without this price, or with one that cannot be, leaves it to the table.
        for (pricing, flags) in [(#"{"prompt":null}"#, "[]"), (#"{"prompt":"5","completion":"5"}"#, #"["implausible"]"#), ("{}", #"["dynamic"]"#)] {
            learn(client, "openai", pricing, model: "gpt-4o", flags: flags)
            #expect(found(client, "openai", "gpt-4o")?.source == .table, "\(pricing)")
        }
        learn(client, "openai", #"{"prompt":"5","completion":"5"}"#, model: "m", flags: #"["implausible"]"#)
        let odd = try #require(found(client, "openai", "m"))
        #expect(odd.isImplausible && !odd.bills && odd.base[.prompt] == e6 * 5_000_000)
    }

    @Test func strategies() throws {
        let list = #"{"prompt":"0.000003","completion":"0.000003"}"#
        func source(_ strategy: String, listed: Bool, _ model: String = "openai/gpt-4o") throws -> PriceSource? {
            let client = try makeClient(#"{"environment": false, "providers": {"together": {"prices": "\#(strategy)"}}}"#)
            if listed { learn(client, "together", list, model: model) }
            return found(client, "together", model)?.source
        }
        #expect(try source("api", listed: true) == .api && source("api", listed: false) == .none)
        #expect(try source("hybrid", listed: true) == .api && source("hybrid", listed: false) == .none)
        #expect(try source("cross_reference", listed: true) == .api && source("cross_reference", listed: false) == .crossReference)
        #expect(try source("table", listed: true) == .none)
        #expect(try source("cross_reference", listed: false, "nobody/gpt-4o") == .none && source("cross_reference", listed: false, "gpt-4o") == .none)
        #expect(try source("cross_reference", listed: false, "openai/gpt-4o:free") == .none)
        let client = try makeClient(#"{"environment": false, "providers": {"openai": {"prices": "table"}}}"#)
        learn(client, "openai", list, model: "gpt-4o")
        #expect(found(client, "openai", "gpt-4o")?.source == .table)
    }

    @Test func ownPricesComeFirstKindByKind() throws {
        let own = #"{"environment": false, "price_file": "p.tsv", "providers": {"openai": {"known_models": {"m": {"pricing": {"prompt": "0.000007"}}}}}}"#
        let client = try makeClient(own, files: ["p.tsv": "# mine\n\nopenai\tm\t8e-6\t9e-6\t\t\taudio=1e-6\ttokens=100 completion=10e-6\nopenai\tfree\t0\t0\n"])
        learn(client, "openai", #"{"prompt":"0.000001","completion":"0.000002","input_cache_read":"0.0000001","overrides":[{"min_prompt_tokens":50,"prompt":"0.1","input_cache_read":"0.000001"}]}"#)
        let price = try #require(found(client, "openai", "m"))
        #expect(price.source == .configuration && price.bills)
        #expect(price.base[.prompt] == e6 * 7 && price.base[.completion] == e6 * 9 && price.base[.cacheRead] == e6 / 10 && price.base[.audio] == e6)
        let long = price.at(promptTokens: 100, minuteOfDay: 0)
        #expect(long[.prompt] == e6 * 7 && long[.completion] == e6 * 10 && long[.cacheRead] == e6)
        #expect(price.base[.completion] == e6 * 9) // `at` changes nothing
        #expect(found(client, "openai", "free")?.bills == true)
    }

    @Test(arguments: [("nobody\tm\t1\n", "p.tsv, line 1: there is no provider \"nobody\""), ("# x\nopenai\tm\n", "p.tsv, line 2: must be"), ("openai\t\t1\n", "p.tsv, line 1: must be"),
                      ("openai\tm\t1e-6\t-2\n", "line 1: must be"), ("openai\tm\t1e-6\t\t\t\tprompt\n", "line 1: must be"), ("\n\nopenai m 1\n", "line 3: there is no provider"),
                      ("openai\tm\t1e-6\t\t\t\t\tutc=1-2 prompt=1\n", "line 1: must be")])
    func priceFileIsChecked(_ text: String, _ complaint: String) {
        do throws(Failure) {
            _ = try load(#"{"price_file": "p.tsv"}"#, files: ["p.tsv": text])
            Issue.record("accepted: \(text)")
        } catch { #expect(error.status == .config && error.message.hasPrefix("price_file: ") && error.message.contains(complaint), "\(error.message)") }
    }

    /// A part of the full table is a price file, rows without prices among it.
    @Test func priceFileWithFacts() throws {
        let text = "openai\tbare\t\t\t\t\t\t\t\t8192\nopenai\tnamed\t\t\t\t\t\t\t\t\t\t\t\t\tNamed\nopenai\tm\t1e-6\t2e-6\n"
        let client = try makeClient(#"{"environment": false, "price_file": "p.tsv"}"#, files: ["p.tsv": text])
        #expect(found(client, "openai", "bare") == nil && found(client, "openai", "m")?.base[.prompt] == e6)
    }

    /// As an editor of another system writes it, with ends of ids that cost the same.
    @Test func priceFileWithDatedIds() throws {
        let row = "openai\tm\t1e-6\t2e-6\t\t\t\t\t-2025-01-02 -latest\r\n"
        let client = try makeClient(#"{"environment": false, "price_file": "p.tsv"}"#, files: ["p.tsv": "\u{FEFF}# mine\r\n\r\nopenai\tm-latest\t7e-6\t7e-6\r\n" + row])
        #expect(found(client, "openai", "m")?.base[.completion] == e6 * 2 && found(client, "openai", "m-2025-01-02")?.base[.prompt] == e6)
        #expect(found(client, "openai", "m-latest")?.base[.prompt] == e6 * 7 && found(client, "openai", "m-2025") == nil)
    }

    @Test func idsThatMeanTheSame() throws {
        let client = try makeClient(#"{"environment": false, "providers": {"openai": {"model_ids": {"gpt-4o": "my-deployment"}}}}"#)
        for id in ["gpt-4o@2024", "gpt-4o-2024-08-06", "my-deployment"] { #expect(found(client, "openai", id)?.source == .table, "\(id)") }
        for id in ["GPT-4o", "gpt-4o-1999-01-01", "gpt-4o ", "gpt-4", "x", "@", "gpt-4o:free"] where id != "gpt-4" { #expect(found(client, "openai", id) == nil, "\(id)") }
    }

    @Test func reloadForgets() throws {
        let client = try makeClient(#"{"environment": false}"#), before = found(client, "openai", "gpt-4o")
        #expect(found(client, "openai", "gpt-4o") == before)
        try client.reload(load(#"{"environment": false, "providers": {"openai": {"known_models": {"gpt-4o": {"pricing": {"prompt": 1}}}}}}"#))
        #expect(found(client, "openai", "gpt-4o")?.source == .configuration)
    }

    @Test func aFullTableBesideTheLibrary() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatelet-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "models.tsv").path()
        #expect(ModelTables(path).full({ _ in }) == nil && ModelTables(folder.path()).full({ _ in }) == nil && ModelTables(nil).row("openai", "gpt-4o", { _ in }) != nil)
        try "# gatelet models 1\nopenai\tgpt-4o\t1e-6\t1e-6\nopenai\tnew\t2e-6\t2e-6\n".write(toFile: path, atomically: true, encoding: .utf8)
        let tables = ModelTables(path)
        #expect(tables.row("openai", "gpt-4o", { _ in })?.price()?.base[.prompt] == e6 && tables.row("openai", "new", { _ in }) != nil && tables.row("anthropic", "claude-sonnet-4-5", { _ in }) != nil)
        try "nothing".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(ModelTables(path).full({ _ in }) == nil && ModelTables(path).row("openai", "gpt-4o", { _ in })?.price()?.base[.prompt] == e6 * 5 / 2)
    }
}
