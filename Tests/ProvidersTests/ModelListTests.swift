@testable import Bytes
import Foundation
@testable import JSON
@testable import Model
@testable import ModelLists
import Testing
import TestSupport

func list(_ bytes: [UInt8], _ form: String) throws(Failure) -> (entries: [[String: Any]], count: ModelListCount) {
    let out = ByteBuffer()
    let count = try withBytes(bytes) { (body: UnsafeRawBufferPointer) throws(Failure) in
        try readModelList(body, provider: provider { $0.list.form = form }, into: out)
    }
    let entries = try? JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]]
    #expect(entries != nil, "\(text(out))")
    #expect(entries?.count == count.models)
    return (entries ?? [], count)
}

func list(own name: String, _ form: String) throws -> (entries: [[String: Any]], count: ModelListCount) {
    try list(ownFixture("models/\(name).json"), form)
}

/// "prompt completion cacheRead context output", "-" for null.
func line(_ entry: [String: Any]?) -> String {
    guard let entry, let pricing = entry["pricing"] as? [String: Any] else { return "none" }
    func text(_ value: Any?) -> String { value as? String ?? (value as? Int).map { "\($0)" } ?? "-" }
    return [pricing["prompt"], pricing["completion"], pricing["input_cache_read"], entry["context_length"], entry["max_output_tokens"]]
        .map { text($0) }.joined(separator: " ")
}

@Suite struct ModelLists {
    @Test(arguments: [
        ("vercel", "vercel", ["0.000003 0.000015 0.0000003 200000 64000", "- - - - -"], 0),
        ("together", "together", ["0.00000015 0.0000025 - 262144 -", "- - - 4096 -", "0 0 - 8192 -"], 2),
        ("deepinfra", "deepinfra", ["0.00000023 0.0000004 - 131072 -", "- - - - -"], 0),
        ("infron_display", "infron", ["0.0012345 0.0000006 - 1048576 65536", "0.000003 - - - -"], 0),
        ("infron", "infron", ["0.00000027 0.0000011 - 163840 32768", "- - - - -"], 0),
        ("huggingface", "huggingface", ["0.00000015 0.00000075 - 65536 -", "- - - - -"], 0),
        ("featherless", "featherless", ["- - - 32768 4096"], 0),
        ("groq", "groq", ["- - - 131072 32768"], 0),
        ("fireworks", "fireworks", ["- - - 163840 -"], 0),
        ("xai", "xai", ["0.000003 0.000015 0.00000075 256000 -"], 0),
        ("vllm", "vllm", ["- - - 40960 -"], 0),
        ("ollama", "openai", ["- - - - -"], 0),
        ("openrouter", "openrouter", ["0.000002 0.000012 0.0000002 1048576 65536", "- - - 2000000 -", "5 0.000001 - - -"], 0),
        ("novita", "novita", ["0.0000004 0.0000013 - 65536 8192"], 0),
        ("near", "near", ["0.00000105 0.0000031 - 128000 -", "- - - - -"], 0),
        ("near_v1", "near", ["0.00000075 0.000002 - 200000 -"], 0),
        ("chutes", "chutes", ["0.00000035 0.00000155 0.00000005 131072 65536"], 0),
        ("baseten", "baseten", ["0.0000006 0.0000025 - 262144 16384"], 0),
        ("anthropic", "anthropic", ["- - - 200000 64000"], 0),
        ("gemini", "gemini", ["- - - 1048576 65536", "- - - 2048 1"], 0),
        ("mistral", "mistral", ["- - - 262144 -", "- - - - -"], 0),
        ("llamacpp", "llamacpp", ["- - - 40960 -", "- - - - -"], 0),
        ("ollama_tags", "ollama_tags", ["- - - - -"], 0),
        ("aimlapi", "aimlapi", ["- - - 128000 16384"], 0),
        ("cohere", "cohere", ["- - - 288000 -", "- - - 128000 -"], 0),
    ])
    func everyForm(_ name: String, _ form: String, _ lines: [String], _ skipped: Int) throws {
        let found = try list(own: name, form)
        #expect(found.entries.map { line($0) } == lines)
        #expect(found.count.skipped == skipped)
    }

    @Test func membersOfAnEntry() throws {
        let first = try #require(try list(own: "vercel", "vercel").entries.first)
        #expect(first["id"] as? String == "anthropic/claude-sonnet-4")
        #expect(first["slug"] as? String == "acme/anthropic/claude-sonnet-4")
        #expect(first["name"] as? String == "Claude Sonnet 4")
        #expect(first["provider"] as? String == "acme")
        #expect(first["created"] as? Int == 1_755_815_280)
        #expect((first["pricing"] as? [String: Any])?["input_cache_write"] as? String == "0.00000375")
    }

    @Test func infronNamesAndModalities() throws {
        let entries = try list(own: "infron_display", "infron").entries
        #expect(entries.map { $0["id"] as? String } == ["gpt-5-pro@2025", "plain-name"])
        #expect(entries.first?["name"] as? String == "GPT 5 Pro")
        let architecture = entries.first?["architecture"] as? [String: Any]
        #expect(architecture?["input_modalities"] as? [String] == ["text", "image"])
        #expect(architecture?["modality"] as? String == "text+image->text")
        #expect((entries.last?["architecture"] as? [String: Any])?["input_modalities"] is NSNull)
        let v1 = try list(own: "infron", "infron").entries.first?["architecture"] as? [String: Any]
        #expect(v1?["input_modalities"] as? [String] == ["text", "image"] && v1?["output_modalities"] as? [String] == ["text"])
    }

    @Test(arguments: [
        ("0.15", -6, "0.00000015"), ("\"$1,234.50\"", -6, "0.0012345"), ("5e-08", 0, "0.00000005"), ("5E-8", 0, "0.00000005"), ("0", -6, "0"),
        ("\"0.0\"", 0, "0"), ("1e3", -6, "0.001"), ("\"-1\"", 0, ""), ("-1", 0, ""), ("\"\"", 0, ""), ("\"free\"", 0, ""), ("null", 0, ""),
        ("true", 0, ""), ("12345678901234567890.123456789", 0, "12345678901234567890.123456789"), ("\"$\"", 0, ""), ("150000", -10, "0.000015"),
    ])
    func pricesStayDecimal(_ json: String, _ exponent: Int, _ wanted: String) {
        let found = withBytes(json) { bytes in JSONView(document: bytes).flatMap { price($0, exponent) } }
        #expect(found ?? "" == wanted)
    }

    @Test(arguments: ["<html>", "{\"data\":", "{}", "7", #"{"data":{}}"#])
    func whatIsNoListIsABadResponse(_ body: String) {
        let found = failure { () throws(Failure) in try list(Array(body.utf8), "openai") }
        #expect(found?.status == .badResponse)
        #expect(found?.provider == "acme")
    }

    @Test func anErrorObjectIsClassified() {
        let body = Array(#"{"error":{"message":"Invalid API Key","code":"invalid_api_key"}}"#.utf8)
        #expect(failure { () throws(Failure) in try list(body, "openai") }?.status == .auth)
    }

    @Test func badTextCostsNoList() throws {
        let bytes = Array(#"{"data":[{"id":"a","name":"x"#.utf8) + [0xFF] + Array(#"\ud800"}]}"#.utf8)
        #expect(try list(bytes, "openai").entries.first?["name"] as? String == "x\u{FFFD}\u{FFFD}")
    }

    @Test func aFullBufferIsAFailure() {
        let out = ByteBuffer(limit: 30)
        let found = withBytes(#"{"data":[{"id":"a"}]}"#) { body in
            failure { () throws(Failure) in try readModelList(body, provider: provider(), into: out) }
        }
        #expect(found?.status == .tooLarge)
    }

    @Test(arguments: [
        ("openrouter", "openrouter", 413), ("openai", "openai", 126), ("mistral", "mistral", 0), ("cerebras", "openai", 3),
        ("llamacpp", "llamacpp", 1),
    ])
    func recordedLists(_ name: String, _ form: String, _ count: Int) throws {
        for (number, folder) in Recorded.folders.enumerated() { // a part of each list, and then the whole
            let bytes = Array(try Data(contentsOf: folder.appending(path: "models/\(name).json")))
            let given = try #require(try parsed(String(decoding: bytes, as: UTF8.self))["data"] as? [[String: Any]])
            let found = try list(bytes, form)
            #expect(found.entries.map { $0["id"] as? String } == given.map { $0["id"] as? String })
            #expect(found.count.skipped == 0 && found.count.models > 0 && (number == 0 || count == 0 || found.count.models == count))
            for (entry, source) in zip(found.entries, given) { compare(entry, source, form) }
        }
    }

    private func compare(_ entry: [String: Any], _ source: [String: Any], _ form: String) {
        switch form {
        case "openrouter":
            let theirs = source["pricing"] as? [String: Any], ours = entry["pricing"] as? [String: Any]
            for name in ["prompt", "completion", "input_cache_read"] {
                let wanted = (theirs?[name] as? String).flatMap { Decimal(string: $0) }.flatMap { $0 < 0 ? nil : $0 }
                #expect((ours?[name] as? String).flatMap { Decimal(string: $0) } == wanted, "\(entry["id"] ?? "") \(name)")
            }
            #expect(entry["context_length"] as? Int == source["context_length"] as? Int)
            let top = source["top_provider"] as? [String: Any]
            #expect(entry["max_output_tokens"] as? Int == top?["max_completion_tokens"] as? Int)
            #expect(entry["name"] as? String == source["name"] as? String)
        case "mistral": #expect(entry["context_length"] as? Int == source["max_context_length"] as? Int)
        case "llamacpp": #expect(entry["context_length"] as? Int == 4096)
        default: #expect(line(entry) == "- - - - -")
        }
    }

    @Test func recordedModelExchanges() throws {
        let records = recordings { $0.api == "models" && $0.status == 200 && $0.url.hasSuffix("/models") && $0.provider != "gemini" }
        for record in records {
            let form: String = record.provider == "openrouter" ? "openrouter" : record.provider == "mistral" ? "mistral" : "openai"
            let found = try list(record.body, form)
            #expect(found.count.models > 0 && found.count.skipped == 0, "\(record.id)")
        }
        #expect(records.count >= Recorded.least(2, 4))
    }
}
