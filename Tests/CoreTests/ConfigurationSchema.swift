import Foundation
@testable import Model
import Testing

private let environment = ["OPENAI_API_KEY": "sk-env", "X_KEY": "k", "X_URL": "https://z.example", "X_MODEL": "m", "X_TIMEOUT": "5",
                           "X_ATTEMPTS": "7", "X_SHARE": "0.5"]
private let files = ["e.env": "GROQ_API_KEY=g", "prices.tsv": "groq\tm\t1e-6\t2e-6\n", "bad.tsv": "groq\tm\tcheap\n"]

/// Every member of the configuration does something, and is checked; the schema and the code know the same members.
@Suite struct ConfigurationSchema {
    @Test(arguments: memberCases) func hasEffect(member: MemberCase) throws {
        let changed = try load(member.document(member.value), env: environment, files: files)
        guard member.effect else { return }
        let before: Configuration?
        do { before = try load(member.base, env: environment, files: files) } catch {
            // Only a variable for the address can make a provider without an address whole.
            #expect(member.path == "providers.*.env_base_url", "\(error.message)")
            before = nil
        }
        #expect(before.map { !alike(changed, $0) } ?? true)
    }

    @Test(arguments: memberCases) func isChecked(member: MemberCase) throws {
        let failure = try loadFailure(member.document(member.wrong), env: environment, files: files)
        #expect(failure.status == .config)
        #expect(failure.message.hasPrefix(member.shown + ":"), "\(failure.message)")
    }

    /// The examples of the documentation are configurations that load.
    @Test(arguments: ["docs/json.md", "docs/routing.md", "docs/adding-a-provider.md", "docs/testing-failover.md"]) func examplesLoad(page: String) throws {
        let content = try String(contentsOf: checkout.appending(path: page), encoding: .utf8)
        let examples = content.components(separatedBy: "```json config\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
        #expect(!examples.isEmpty)
        for example in examples { _ = try load(example) }
    }

    @Test func schemaAndTableNameTheSameMembers() throws {
        var found: Set<String> = []
        try Schema().walk("config", nil, "", &found)
        let tested = Set(memberCases.map(\.path))
        #expect(found.subtracting(tested).sorted() == [], "in the schema, not tested")
        #expect(tested.subtracting(found).sorted() == [], "tested, not in the schema")
        #expect(memberCases.count == tested.count)
    }
}

/// Reads the schemas of docs/ as far as listing their members needs it.
private final class Schema {
    private var documents: [String: [String: Any]] = [:]

    private func document(_ name: String) throws -> [String: Any] {
        if let known = documents[name] { return known }
        let data = try Data(contentsOf: checkout.appending(path: "docs/\(name).schema.json"))
        let loaded = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        documents[name] = loaded
        return loaded
    }

    /// Adds the path of every member below this schema (nil: the document's own).
    func walk(_ name: String, _ schema: [String: Any]?, _ path: String, _ found: inout Set<String>) throws {
        let schema = try schema ?? document(name)
        if let reference = schema["$ref"] as? String {
            let parts = reference.components(separatedBy: "#/$defs/")
            let file = parts[0].isEmpty ? name : parts[0].replacingOccurrences(of: "urn:gatelet:", with: "")
            let definitions = try #require(try document(file)["$defs"] as? [String: Any])
            try walk(file, try #require(definitions[parts[1]] as? [String: Any]), path, &found)
        }
        for case let alternative as [String: Any] in schema["oneOf"] as? [Any] ?? [] { try walk(name, alternative, path, &found) }
        for (member, value) in schema["properties"] as? [String: Any] ?? [:] {
            try enter(name, value, path.isEmpty ? member : "\(path).\(member)", &found)
        }
        if let value = schema["additionalProperties"] as? [String: Any] { try enter(name, value, path + ".*", &found) }
        if let value = schema["items"] as? [String: Any] { try enter(name, value, path + "[]", &found) }
    }

    private func enter(_ name: String, _ schema: Any, _ path: String, _ found: inout Set<String>) throws {
        found.insert(path)
        try walk(name, schema as? [String: Any] ?? [:], path, &found)
    }
}
