@testable import Bytes
import Foundation
@testable import JSON
@testable import Model
@testable import ModelLists
import Testing
import TestSupport

private func file(_ content: String, _ change: (inout ProviderParts) -> Void = { _ in }) throws(Failure) -> [[String: Any]] {
    let out = ByteBuffer()
    _ = try withBytes(content) { (bytes: UnsafeRawBufferPointer) throws(Failure) in
        try readModelFile(bytes, name: "models.csv", provider: provider { $0.list.form = "gatelet"; change(&$0) }, into: out)
    }
    return (try? JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]]) ?? []
}

@Suite struct ModelFiles {
    @Test func csv() throws {
        let content = "\u{FEFF}id,name,context_length,input_modalities,prompt,pricing.completion,description,supported_parameters\r\n"
            + "a/one,\"One, the \"\"first\"\"\",\"128,000\",\"text, image\",0.000001,2e-6,\"two\r\nlines\",\"tools, temperature\"\r\n\r\nb/two,,,,,,,\r\n"
        let found = try file(content)
        #expect(found.map { line($0) } == ["0.000001 0.000002 - 128000 -", "- - - - -"])
        #expect(found[0]["name"] as? String == "One, the \"first\"" && found[0]["description"] as? String == "two\r\nlines")
        #expect(found[0]["supported_parameters"] as? [String] == ["tools", "temperature"] && found[1]["name"] as? String == "b/two")
        #expect((found[0]["architecture"] as? [String: Any])?["input_modalities"] as? [String] == ["text", "image"])
        #expect(found[0]["pricing_source"] as? String == "configuration" && (found[0]["sources"] as? [String: Any])?["name"] as? String == "static")
    }

    @Test func columnsByTheMapping() throws {
        let found = try file("Model;Price in\r", { $0.list.mapping = "{}" })
        #expect(found.isEmpty)
        let mapped = try file("Model,Price in,Price out\nx,3,15", { $0.list.mapping = #"{"id":"Model","prices":{"prompt":"Price in","completion":"Price out"},"unit":"usd_per_million"}"# })
        #expect(mapped.map { line($0) } == ["0.000003 0.000015 - - -"])
    }

    @Test(arguments: [#"[{"id":"a","pricing":{"prompt":"1e-6","completion":"2e-6"}}]"#, #" {"data":[{"id":"a","prompt":"1e-6","completion":0.000002}]}"#])
    func json(_ content: String) throws {
        #expect(try file(content).map { line($0) } == ["0.000001 0.000002 - - -"])
    }

    @Test func ourOwnListReadsAsItself() throws {
        let out = ByteBuffer()
        _ = try ownFixture("models/openrouter.json").withUnsafeBytes { try readModelList($0, provider: provider { $0.list.form = "openrouter" }, into: out) }
        let again = try file(text(out))
        let first = try #require(try JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]])
        for (a, b) in zip(first, again) {
            for name in a.keys where !["sources", "pricing_source", "pricing_flags", "pricing_known"].contains(name) {
                #expect(NSDictionary(dictionary: [name: a[name] as Any]) == NSDictionary(dictionary: [name: b[name] as Any]), "\(name)")
            }
        }
    }

    @Test(arguments: [
        ("id,name\na,b\nc\n", "line 3 has fewer fields"), ("id\na,b\n", "line 2 has more fields"), ("id,name\n\"a\nb\",c\nd,\"e\nf\n", "line 4 has a quote that is never closed"),
        ("id\n\"a\"b\n", "line 2 has text behind a closing quote"), ("id\na\"b\n", "line 2 has a quote inside"), ("id,id\n", "line 1 has a column without a name, or two"),
        ("id,\n", "line 1 has a column"), ("", "line 1 has no names"), ("name\na\n", "no entry has an id"), ("[{\"id\":\n 7", "line 2: not JSON"),
        ("{\"a\":1}", "answered with something that is no model list"), ("id\n\"", "line 2 has a quote that is never closed"),
    ])
    func mistakesNameTheLine(_ content: String, _ wanted: String) {
        let found = failure { () throws(Failure) in try file(content) }
        #expect(found?.status == .config && found?.message.hasPrefix("models.csv: ") == true)
        #expect(found?.message.contains(wanted) == true, "\(found?.message ?? "")")
    }

    @Test func whatIsTooLongIsRefused() {
        let long = String(repeating: "x", count: CSVReader.longestField + 1)
        #expect(failure { () throws(Failure) in try file("id\n\(long)\n") }?.message.contains("line 2 has a field that is too long") == true)
        #expect(failure { () throws(Failure) in try file("id\n\"\(long)\"\n") }?.message.contains("line 2 has a field that is too long") == true)
        #expect(failure { () throws(Failure) in try file(String(repeating: "a,", count: 1001)) }?.message.contains("line 1 has too many fields") == true)
    }

    @Test func damagedFiles() throws {
        let content = Array("id,\"a\"\"b\",c\r\n1,\"2\n3\",4\r\n,,\n".utf8)
        for end in 0...content.count {
            for byte in Array("\",\r\n\0\u{FF}".utf8) { _ = try? file(String(decoding: content[..<end] + [byte] + content[end...], as: UTF8.self)) }
            _ = try? file(String(decoding: content[..<end], as: UTF8.self))
        }
    }
}

@Suite struct EntryFacts {
    private func facts(_ name: String, _ form: String) throws -> [ModelFacts] {
        let out = ByteBuffer()
        _ = try ownFixture("models/\(name).json").withUnsafeBytes { try readModelList($0, provider: provider { $0.list.form = form }, into: out) }
        var found: [ModelFacts] = []
        JSONView(valid: out.bytes, ByteRange(0, out.count)).forEachElement { found.append(readFacts($0)) }
        return found
    }

    @Test func everythingThatRoutingWants() throws {
        let found = try facts("openrouter", "openrouter"), first = found[0]
        #expect(first.contextLength == 1_048_576 && first.maxOutput == 65536 && first.inputs == [.text, .image])
        #expect(first.parameters == ["tools", "reasoning", "structured_outputs"])
        #expect(first.price?.base[.prompt] == 2_000_000_000_000 && first.price?.base[.webSearch] == 14_000_000_000_000_000 && first.price?.source == .api)
        #expect(first.price?.rules.count == 1 && first.price?.rules.first?.minPromptTokens == 200_000 && first.price?.rules.first?.prices[.completion] == 18_000_000_000_000)
        #expect(first.price?.bills == true && found[1].price?.isDynamic == true && found[1].price?.bills == false)
        #expect(found[2].price?.isImplausible == true && found[2].price?.bills == false)
        let unknown = try facts("ollama", "openai")[0]
        #expect(unknown.contextLength == nil && unknown.inputs == nil && unknown.parameters == nil && unknown.price == nil)
    }

    @Test func hoursAndSources() {
        let entry = #"{"pricing":{"prompt":"1e-6","completion":"1e-6","overrides":[{"utc_from":"16:30","utc_to":"00:30","prompt":"0"},{"utc_from":"9","utc_to":"99:99","prompt":"0"}]},"pricing_source":"table"}"#
        let price = withBytes(entry) { bytes in JSONView(document: bytes).map { readFacts($0) } }?.price
        #expect(price?.source == .table && price?.rules.map(\.fromMinute) == [990, 0] && price?.rules.map(\.toMinute) == [30, 0])
    }
}
