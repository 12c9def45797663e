import Foundation
@testable import Model
@testable import Settings
import Testing
import TestSupport

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
    @Test(arguments: ["docs/configuration.md", "docs/routing.md", "docs/adding-a-provider.md", "docs/testing-failover.md"]) func examplesLoad(page: String) throws {
        let content = try String(contentsOf: checkout.appending(path: page), encoding: .utf8)
        let examples = content.components(separatedBy: "```json config\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
        #expect(!examples.isEmpty)
        for example in examples { _ = try load(example) }
    }

    /// What the schema calls a default is what holds where nothing is said.
    @Test func defaultsAreThoseOfTheCode() throws {
        var checked = 0
        for (path, schema) in try Schema().members() {
            guard let value = schema["default"], let member = memberCases.first(where: { $0.path == path }) else { continue }
            let said = try load(member.document(Schema.json(value)), env: environment, files: files)
            let unsaid = try load(member.document(nil), env: environment, files: files)
            #expect(alike(said, unsaid, butForRows: !path.hasPrefix("providers.")), "\(path): \(value)")
            checked += 1
        }
        #expect(checked > 50)
    }

    @Test func schemaAndTableNameTheSameMembers() throws {
        let found = Set(try Schema().members().keys)
        let tested = Set(memberCases.map(\.path))
        #expect(found.subtracting(tested).sorted() == [], "in the schema, not tested")
        #expect(tested.subtracting(found).sorted() == [], "tested, not in the schema")
        #expect(memberCases.count == tested.count)
    }

    /// A member of a provider is declared once, in the reader's table: the schema, of which the pages and the Python types are made, has the same.
    @Test func schemaAndReaderNameTheSameMembersOfAProvider() throws {
        let start = "providers.*."
        let found = try Schema().members().keys.filter { $0.hasPrefix(start) }.map { $0.dropFirst(start.count) }
        let inSchema = Set(found.filter { !$0.contains(".") && !$0.contains("[") }.map { String($0) }), inReader = Set(ProviderMember.allCases.map { $0.rawValue })
        #expect(inSchema.subtracting(inReader).sorted() == [], "in the schema, not read")
        #expect(inReader.subtracting(inSchema).sorted() == [], "read, not in the schema")
    }
}

/// Reads the schemas of docs/ as far as listing their members needs it.
final class Schema {
    private var documents: [String: [String: Any]] = [:]

    private func document(_ name: String) throws -> [String: Any] {
        if let known = documents[name] { return known }
        let data = try Data(contentsOf: checkout.appending(path: "docs/\(name).schema.json"))
        let loaded = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        documents[name] = loaded
        return loaded
    }

    /// Every member of the configuration: its path, and what the schemas say of it.
    func members() throws -> [String: [String: Any]] {
        var found: [String: [String: Any]] = [:]
        try walk("config", nil, "", &found)
        return found
    }

    /// Cases that the schema alone makes: members with a value to choose from, or with `examples`, and what is inside of these.
    func cases(_ besides: Set<String>) throws -> [MemberCase] {
        try members().sorted { $0.key < $1.key }.flatMap { path, schema -> [MemberCase] in
            guard !besides.contains(path), let value = Self.example(of: schema) else { return [] }
            let inner = (value as? [Any])?.first.map { (path + "[]", $0) } ?? (value as? [String: Any])?.values.first.map { (path + ".*", $0) }
            let outer = MemberCase(path, Self.json(value), wrong: Self.wrong(value, schema))
            guard let inner, schema["properties"] == nil, !besides.contains(inner.0) else { return [outer] }
            return [outer, MemberCase(inner.0, Self.json(inner.1), wrong: Self.wrong(inner.1, [:]))]
        }
    }

    /// A value that is not the default.
    private static func example(of schema: [String: Any]) -> Any? {
        if let examples = schema["examples"] as? [Any] { return examples.first }
        if schema["type"] as? String == "boolean" { return !(schema["default"] as? Bool ?? false) }
        let words = schema["enum"] as? [String] ?? []
        return words.last { $0 != schema["default"] as? String }
    }

    /// A value of another kind: no flag, list or object is a number, no number a text.
    private static func wrong(_ value: Any, _ schema: [String: Any]) -> String {
        if schema["enum"] != nil { return "\"no such word\"" }
        return value is Int || value is Double ? "\"1\"" : "1"
    }

    static func json(_ value: Any) -> String {
        String(decoding: (try? JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)) ?? Data(), as: UTF8.self)
    }

    /// Adds every member below this schema (nil: the document's own).
    private func walk(_ name: String, _ schema: [String: Any]?, _ path: String, _ found: inout [String: [String: Any]]) throws {
        let schema = try schema ?? document(name)
        if let (file, target) = try target(name, schema) { try walk(file, target, path, &found) }
        for case let alternative as [String: Any] in schema["oneOf"] as? [Any] ?? [] { try walk(name, alternative, path, &found) }
        for (member, value) in schema["properties"] as? [String: Any] ?? [:] {
            try enter(name, value, path.isEmpty ? member : "\(path).\(member)", &found)
        }
        if let value = schema["additionalProperties"] as? [String: Any] { try enter(name, value, path + ".*", &found) }
        if let value = schema["items"] as? [String: Any] { try enter(name, value, path + "[]", &found) }
    }

    private func enter(_ name: String, _ schema: Any, _ path: String, _ found: inout [String: [String: Any]]) throws {
        let schema = schema as? [String: Any] ?? [:]
        found[path, default: [:]].merge(try seenThrough(name, schema)) { first, _ in first }
        try walk(name, schema, path, &found)
    }

    /// The schema and what it refers to, in one; its own words go first.
    private func seenThrough(_ name: String, _ schema: [String: Any]) throws -> [String: Any] {
        guard let (file, target) = try target(name, schema) else { return schema }
        return schema.merging(try seenThrough(file, target)) { own, _ in own }
    }

    private func target(_ name: String, _ schema: [String: Any]) throws -> (String, [String: Any])? {
        guard let reference = schema["$ref"] as? String else { return nil }
        let parts = reference.components(separatedBy: "#/$defs/")
        let file = parts[0].isEmpty ? name : parts[0].replacingOccurrences(of: "urn:gatelet:", with: "")
        let definitions = try #require(try document(file)["$defs"] as? [String: Any])
        return (file, try #require(definitions[parts[1]] as? [String: Any]))
    }
}
