@testable import Catalog
import Foundation
@testable import JSON
@testable import Model
@testable import Settings
import TestSupport
import Testing

extension CatalogFile {
    /// Its name and its text.
    var id: String { String(decoding: name, as: UTF8.self) }
    var text: String { String(decoding: json, as: UTF8.self) }
}

private func catalog() throws -> [Provider] { try load(nil).providers }

/// What every row of the catalog has to be, whichever rows there are.
@Suite struct RegistryTests {
    @Test func rowsAreTheFilesOfTheFolder() throws {
        let folder = checkout.appending(path: "Sources/Catalog")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".json") }.sorted()
        #expect(rows.map { "\($0.id).json" } == files)
        #expect(try catalog().map { "\($0.id).json" } == files)
    }

    @Test func rowsHaveNoMemberTwice() {
        for row in rows {
            #expect(throws: Never.self, "\(row.id)") { _ = try JSONDocument(row.text) }
        }
    }

    @Test func rowsAreWhole() throws {
        for row in try catalog() {
            let id = row.id
            #expect(!row.name.isEmpty && !row.access.baseURL.isEmpty && !row.access.baseURL.hasSuffix("/"), "\(id)")
            #expect(id == id.lowercased() && row.identity.aliases.allSatisfy { $0 == $0.lowercased() }, "\(id)")
            #expect(row.access.keys.isEmpty && !row.access.named && !row.isConfigured, "\(id)")
            #expect(row.access.keyNeed != .required || !row.access.keyEnvironment.isEmpty, "\(id): no variable for its key")
            #expect(row.access.baseURL.hasPrefix("https://") || row.access.onlyWhenNamed, "\(id): only servers of this machine speak http")
            #expect(row.routing.keepPrefix.allSatisfy { $0.hasPrefix(id + "/") }, "\(id)")
            #expect(row.requests.dialect == "dev" || (!row.identity.siteURL.isEmpty && !row.identity.logoURL.isEmpty && !row.identity.docsURL.isEmpty), "\(id)")
            // Members that OpenRouter's words need are not for providers that refuse unknown ones.
            #expect(!row.requests.usageInclude || row.requests.nativeRouting, "\(id)")
        }
    }

    @Test func namesAreUnique() throws {
        let names = try catalog().flatMap { [$0.id] + $0.identity.aliases }
        #expect(names.count == Set(names).count)
    }

    /// A key variable may serve two rows only when the second has to be named.
    @Test func keyVariablesAreUnique() throws {
        let names = try catalog().filter { !$0.access.onlyWhenNamed }.flatMap(\.access.keyEnvironment)
        #expect(names.count == Set(names).count)
    }

    /// Each row also reads `<ID>_API_KEY`, after names of its own, but where other software means something else by it.
    @Test func eachRowReadsItsOwnName() throws {
        let elsewhere = ["CLOUDFLARE_API_KEY", "VERTEX_API_KEY"]
        for row in try catalog() where row.access.keyNeed != .none {
            let name = row.id.uppercased().replacingOccurrences(of: "-", with: "_") + "_API_KEY"
            #expect(row.access.keyEnvironment.contains(name) != elsewhere.contains(name), "\(row.id)")
        }
    }

    /// What is embedded is the file, but for what only its readers need, and for white space.
    @Test func embeddedIsTheFile() throws {
        for row in rows {
            var file = try document(row.id)
            file["quirks"] = nil
            let text = row.text
            let embedded = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(NSDictionary(dictionary: embedded) == NSDictionary(dictionary: file), "\(row.id)")
            let most = try written(file).count
            #expect(!text.contains("\n") && text.utf8.count <= most, "\(row.id)")
        }
    }

    /// Rows are trusted when they are read from the library. Here each is read as a configuration, which trusts nothing.
    @Test func rowsPassTheChecksOfConfiguration() throws {
        for row in rows {
            let configuration = try load("{\"providers\": {\"\(row.id)\": \(String(decoding: written(document(row.id)), as: UTF8.self))}}")
            let read = try #require(configuration.providers.first { $0.id == row.id })
            let trusted = try load("{\"providers\": {\"\(row.id)\": {}}}").provider(row.id)
            #expect(read == trusted, "\(row.id)")
        }
    }

    private func document(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: checkout.appending(path: "Sources/Catalog/\(name).json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func written(_ document: [String: Any]) throws -> Data {
        try JSONSerialization.data(withJSONObject: document, options: .withoutEscapingSlashes)
    }

    @Test func quirksHaveLinkAndDate() throws {
        for row in rows {
            for quirk in try #require(try document(row.id)["quirks"] as? [[String: String]]) {
                #expect(quirk["note"]?.isEmpty == false && quirk["link"]?.hasPrefix("https://") == true, "\(row.id)")
                #expect(quirk["date"]?.wholeMatch(of: /20\d\d-\d\d-\d\d/) != nil, "\(row.id)")
            }
        }
    }

    @Test func rowsOfTheIssueAreThere() throws {
        let ids = Set(try catalog().map(\.id))
        let wanted = ["openrouter", "onerouter", "onerouter-legacy", "openai", "vercel-ai-gateway", "portkey", "featherless", "groq", "fireworks",
                      "together", "deepinfra", "cerebras", "mistral", "xai", "deepseek", "huggingface", "ollama", "llamacpp", "vllm", "dev", "anthropic", "gemini", "azure-openai",
                      "bedrock", "cloudflare", "nebius", "novita", "near", "chutes", "aimlapi", "anannas", "akash", "aihubmix", "alibaba", "zai",
                      "moonshot", "minimax", "meta", "clarifai", "morpheus", "helicone", "requesty", "io-net", "poe", "github-models", "perplexity",
                      "cohere", "lm-studio", "baseten", "avian", "crusoe", "snowflake", "ollama-cloud"]
        #expect(Set(wanted).subtracting(ids).isEmpty)
    }

    /// Facts that the documents the product follows state.
    @Test func factsOfTheRows() throws {
        let all = try load(nil)
        let infron = all.provider("onerouter")
        #expect(infron.name == "Infron AI" && infron.identity.aliases == ["infron"] && infron.access.baseURL == "https://llm.infron.ai/v1" && infron.requests.usageInclude)
        #expect(infron.list.url == "https://app.infron.ai/api/display_models/" && infron.list.isPublic && infron.requests.nativeRouting)
        #expect(all.provider("onerouter-legacy").access.baseURL == "https://llm.onerouter.pro/v1")
        #expect(all.provider("portkey").access.auth == .header("x-portkey-api-key"))
        #expect(all.provider("mistral").rule(for: "seed", "m")?.rename == "random_seed" && !all.provider("mistral").requests.streamUsage)
        #expect(all.provider("xai").access.timeouts?.firstByte == 600 && all.provider("huggingface").access.timeouts?.firstByte == 120)
        #expect(all.provider("huggingface").access.keyEnvironment == ["HF_TOKEN", "HUGGINGFACE_API_KEY"])
        #expect(all.provider("anthropic").list.auth == .header("x-api-key") && all.provider("anthropic").routing.bare == ["claude-"])
        #expect(all.provider("azure-openai").access.auth == .header("api-key") && all.provider("near").rule(for: "reasoning_effort", "m")?.isDropped == true)
        #expect(all.provider("dev").access.keyNeed == .none && all.provider("ollama").access.keyNeed == .optional)
    }

    /// The chain of Gatewayz as of 2026-01-22, but for google-vertex, which has no row.
    @Test func chainOfGatewayz() throws {
        let chain = try catalog().filter { $0.routing.priority != nil }.sorted { $0.routing.priority ?? 0 < $1.routing.priority ?? 0 }
        #expect(chain.map(\.id) == ["onerouter", "openai", "anthropic", "openrouter", "cerebras", "huggingface", "featherless", "vercel-ai-gateway",
                                    "aihubmix", "anannas", "alibaba", "fireworks", "together"])
        #expect(Set(chain.map(\.routing.priority)).count == chain.count)
    }
}
