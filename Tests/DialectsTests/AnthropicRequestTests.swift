@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

private struct Written {
    var body = ""
    var warned: [String] = []
    var failure: Failure?

    /// The members of one name.
    func member(_ name: String) -> NSObject? { parsed(body)?[name] as? NSObject }
}

private func write(_ request: String, model: String = "claude-sonnet-4-5", _ operation: Model.Operation = .chat, prefill: String? = nil,
                   passthrough: Bool = false) -> Written {
    var written = Written()
    let source = bytes(request), buffer = ByteBuffer()
    do throws(Failure) {
        let view = try readRequest(source, operation: .chat, caps: Caps())
        var outgoing = OutgoingRequest(view, source, operation, for: Provider(ProviderParts()), model: model)
        outgoing.prefill = prefill.map { bytes($0) }
        if passthrough { outgoing.passthrough = source }
        try AnthropicDialect().write(outgoing, into: buffer)
        written.warned = outgoing.warnings.list.map(\.path)
    } catch { written.failure = error }
    written.body = String(decoding: buffer.bytes, as: UTF8.self)
    buffer.keepAlive()
    return written
}

private func asked(_ members: String) -> String { "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + (members.isEmpty ? "" : ",") + members + "}" }
private func spoken(_ messages: String) -> String { "{\"model\":\"m\",\"messages\":[\(messages)]}" }
private func value(_ json: String) -> NSObject? { (try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)) as? NSObject }

private func expect(_ written: Written, _ member: String, _ json: String?, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(written.failure == nil, "\(comment): \(String(describing: written.failure?.message))", sourceLocation: sourceLocation)
    #expect(written.member(member) == json.flatMap { value($0) }, "\(comment): \(written.body)", sourceLocation: sourceLocation)
}

@Suite struct AnthropicRequestTests {
    /// Clients join the members that each delta of a stream repeats.
    @Test func aFormatThatIsRepeatedIsThatFormat() {
        let said = "{\"role\":\"user\",\"content\":\"u\"},{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"format\":\"FORMAT\",\"index\":0}]},{\"role\":\"user\",\"content\":\"v\"}"
        for (format, isKept) in [("anthropic-claude-v1anthropic-claude-v1anthropic-claude-v1", true), ("anthropic-claude-v1anthropic", false), ("google-gemini-v1google-gemini-v1", false)] {
            let written = write("{\"messages\":[\(said.replacingOccurrences(of: "FORMAT", with: format))]}")
            #expect(written.body.contains("\"signature\":\"s\"") == isKept && written.warned.isEmpty == isKept, "\(written.body)")
        }
    }

    @Test func parameters() {
        let budget = "{\"type\":\"enabled\",\"budget_tokens\":5000}"
        let cases: [(model: String, members: String, member: String, wanted: String?, warned: [String])] = [
            ("claude-sonnet-4-5", "", "max_tokens", "64000", []),
            ("claude-3-haiku-20240307", "", "max_tokens", "4096", []),
            ("llama", "", "max_tokens", "4096", []),
            // A name that somebody gave to a model, and one of tomorrow.
            ("claude-prod", "", "max_tokens", "4096", []), ("claude-prod", "\"temperature\":0", "temperature", "0", []), ("claude-opus-9", "\"temperature\":0", "temperature", "0", []),
            ("claude-prod", "\"reasoning_effort\":\"low\",\"max_tokens\":10000", "thinking", "{\"type\":\"enabled\",\"budget_tokens\":2000}", []),
            ("claude-4-sonnet-20250514", "\"temperature\":0", "temperature", "0", []), ("anthropic/claude-4.5-haiku", "", "max_tokens", "64000", []),
            ("claude-fable-5", "\"temperature\":0", "temperature", nil, ["temperature"]), ("claude-mythos-5-2", "", "max_tokens", "64000", []),
            ("claude-sonnet-4-5", "\"max_tokens\":7,\"max_completion_tokens\":9", "max_tokens", "9", ["max_tokens"]),
            ("claude-sonnet-4-5", "\"temperature\":0", "temperature", "0", []),
            ("claude-sonnet-4-5", "\"temperature\":1.7", "temperature", "1", ["temperature"]),
            ("claude-sonnet-4-5", "\"temperature\":0.5,\"top_p\":0.9", "top_p", nil, ["top_p"]),
            ("claude-sonnet-4-5", "\"top_p\":0.9", "top_p", "0.9", []),
            ("claude-sonnet-4-0", "\"temperature\":0.5,\"top_p\":0.9", "top_p", "0.9", []),
            ("claude-opus-4-7", "\"temperature\":0.5,\"top_k\":3", "temperature", nil, ["temperature", "top_k"]),
            ("claude-opus-5-5", "\"temperature\":1", "temperature", nil, []),
            ("claude-sonnet-4-5", "\"stop\":\"a\"", "stop_sequences", "[\"a\"]", []),
            ("claude-sonnet-4-5", "\"stop\":[\"a\",\"\\n \",\"b\"]", "stop_sequences", "[\"a\",\"b\"]", ["stop"]),
            ("claude-sonnet-4-5", "\"user\":\"u\"", "metadata", "{\"user_id\":\"u\"}", []),
            ("claude-sonnet-4-5", "\"metadata\":{\"user_id\":\"v\",\"x\":\"y\"}", "metadata", "{\"user_id\":\"v\"}", ["metadata"]),
            ("claude-sonnet-4-5", "\"seed\":1,\"logit_bias\":{},\"store\":false,\"frequency_penalty\":0", "seed", nil, ["seed"]),
            ("claude-sonnet-4-5", "\"service_tier\":\"default\"", "service_tier", "\"standard_only\"", []),
            ("claude-sonnet-4-5", "\"safetySettings\":[1]", "safetySettings", nil, ["safetySettings"]),
            ("claude-sonnet-4-5", "\"context_management\":{\"edits\":[]}", "context_management", "{\"edits\":[]}", []),
            ("claude-sonnet-4-5", "\"new_today\":1", "new_today", "1", []),
            // Thinking
            ("claude-sonnet-4-5", "\"reasoning_effort\":\"low\",\"max_tokens\":10000", "thinking", "{\"type\":\"enabled\",\"budget_tokens\":2000}", []),
            ("claude-sonnet-4-5", "\"reasoning\":{\"max_tokens\":5000},\"temperature\":0.2", "thinking", budget, ["temperature"]),
            ("claude-sonnet-4-5", "\"reasoning\":{\"max_tokens\":5000},\"max_tokens\":5000", "thinking", "{\"type\":\"enabled\",\"budget_tokens\":4000}", ["reasoning.max_tokens"]),
            ("claude-sonnet-4-5", "\"reasoning_effort\":\"high\",\"max_tokens\":1200", "thinking", nil, ["reasoning_effort"]),
            ("claude-sonnet-4-5", "\"reasoning_effort\":\"none\"", "thinking", "{\"type\":\"disabled\"}", []),
            ("claude-sonnet-4-5", "\"thinking\":{\"type\":\"adaptive\"},\"reasoning_effort\":\"low\"", "thinking", "{\"type\":\"adaptive\"}", ["reasoning_effort"]),
            ("claude-sonnet-4-5", "\"reasoning\":{\"max_tokens\":9,\"effort\":\"low\"}", "thinking", "{\"type\":\"enabled\",\"budget_tokens\":1024}", ["reasoning.max_tokens", "reasoning.effort"]),
            ("claude-sonnet-4-5", "\"max_tokens\":-3", "max_tokens", "-3", []), ("claude-sonnet-4-5", "\"max_tokens\":\"5\"", "max_tokens", "\"5\"", []),
            ("claude-sonnet-4-5", "\"max_tokens\":4096.0", "max_tokens", "4096", []),
            ("claude-sonnet-4-5", "\"seed\":0,\"stop\":[\"\",\"a\",1]", "stop_sequences", "[\"a\"]", ["stop", "seed"]),
            ("claude-sonnet-4-5", "\"reasoning\":{\"enabled\":true,\"exclude\":true},\"max_tokens\":10000", "thinking",
             "{\"type\":\"enabled\",\"budget_tokens\":5000,\"display\":\"omitted\"}", []),
            ("claude-3-5-haiku-latest", "\"reasoning_effort\":\"high\"", "thinking", nil, ["reasoning_effort"]),
            ("claude-opus-4.8", "\"reasoning_effort\":\"xhigh\"", "thinking", "{\"type\":\"adaptive\",\"display\":\"summarized\"}", []),
            ("claude-opus-4-8", "\"reasoning_effort\":\"xhigh\"", "output_config", "{\"effort\":\"xhigh\"}", []),
            ("claude-opus-4-6", "\"reasoning_effort\":\"xhigh\"", "output_config", "{\"effort\":\"high\"}", []),
            ("claude-opus-4-6", "\"reasoning\":{\"max_tokens\":5000}", "thinking", budget, []),
            ("claude-opus-4-8", "\"reasoning\":{\"max_tokens\":5000}", "thinking", "{\"type\":\"adaptive\",\"display\":\"summarized\"}", ["reasoning.max_tokens"]),
            ("claude-opus-4-8", "\"reasoning_effort\":\"immense\"", "output_config", nil, ["reasoning_effort"]),
            ("claude-sonnet-4-5", "\"reasoning_effort\":\"low\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"required\"", "thinking", nil,
             ["reasoning_effort"]),
        ]
        for one in cases {
            let written = write(asked(one.members), model: one.model)
            expect(written, one.member, one.wanted, "\(one.model) \(one.members)")
            #expect(written.warned == one.warned, "\(one.model) \(one.members)")
        }
    }

    @Test func tools() {
        let f = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":1}}}}}"
        let g = "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}"
        let both = "\"tools\":[\(f),\(g)]"
        let cases: [(members: String, member: String, wanted: String?)] = [
            (both, "tools", """
                [{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}},
                 {"name":"g","input_schema":{"type":"object","properties":{}}}]
                """),
            (both, "tool_choice", nil),
            (both + ",\"tool_choice\":\"auto\"", "tool_choice", nil),
            (both + ",\"tool_choice\":\"none\",\"parallel_tool_calls\":false", "tool_choice", "{\"type\":\"none\"}"),
            (both + ",\"tool_choice\":\"required\"", "tool_choice", "{\"type\":\"any\"}"),
            (both + ",\"parallel_tool_calls\":false", "tool_choice", "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}"),
            (both + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice", "{\"type\":\"tool\",\"name\":\"g\"}"),
            (both + ",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}}", "tools",
             "[{\"name\":\"g\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}]"),
            ("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\",\"max_uses\":2}]", "tools", "[{\"type\":\"web_search_20250305\",\"name\":\"web_search\",\"max_uses\":2}]"),
            ("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"h\",\"strict\":true,\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":1}}}},"
             + "\"defer_loading\":true}]", "tools", """
                [{"name":"h","strict":true,"defer_loading":true,"input_schema":{"type":"object","additionalProperties":false,
                  "properties":{"a":{"type":"integer","description":"{minimum: 1}"}}}}]
                """),
            ("\"tool_choice\":\"auto\"", "tool_choice", nil),
        ]
        for one in cases { expect(write(asked(one.members)), one.member, one.wanted, one.members) }
    }

    @Test func forms() {
        let schema = "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":3}}}}}"
        let native = write(asked(schema))
        expect(native, "output_config", """
            {"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","description":"{maxLength: 3}"}}}}}
            """, "native")
        #expect(native.member("tools") == nil)
        let forced = write(asked(schema), model: "claude-3-5-haiku-latest")
        expect(forced, "tool_choice", "{\"type\":\"tool\",\"name\":\"gatelet_answer\",\"disable_parallel_tool_use\":true}", "forced")
        #expect(forced.member("output_config") == nil)
        let beside = write(asked(schema + ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"), model: "claude-3-5-haiku-latest")
        expect(beside, "tool_choice", "{\"type\":\"any\"}", "beside other tools")
        let object = write(asked("\"response_format\":{\"type\":\"json_object\"}"))
        #expect((object.member("system") as? [NSDictionary])?.count == 1, "\(object.body)")
        let merged = write(asked(schema + ",\"output_config\":{\"effort\":\"low\"}"))
        #expect((merged.member("output_config") as? NSDictionary)?.count == 2, "\(merged.body)")
    }

    @Test(arguments: [
        ("{\"type\":\"object\",\"properties\":{\"e\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}}}", true),
        ("{\"type\":\"object\",\"properties\":{\"e\":{\"type\":\"object\"}}}", true),
        ("{\"type\":\"object\",\"properties\":{\"kids\":{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}}}", true),
        ("{\"$ref\":\"#/$defs/N\",\"$defs\":{\"N\":{\"type\":\"object\",\"properties\":{\"kids\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/N\"}}}}}}", true),
        ("{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/A\"},\"b\":{\"$ref\":\"#/$defs/A\"}},\"$defs\":{\"A\":{\"type\":\"object\",\"properties\":{},\"additionalProperties\":true}}}", true),
        ("{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/A\"},\"b\":{\"$ref\":\"#/$defs/A\"}},\"$defs\":{\"A\":{\"type\":\"string\"}},\"additionalProperties\":true}", false),
        ("{\"type\":\"object\",\"properties\":{\"e\":{\"type\":\"object\",\"additionalProperties\":false}}}", false),
    ])
    func mapsAndRecursionAreSaidByATool(schema: String, isTool: Bool) {
        let result = write(asked("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":\(schema)}}"))
        #expect((result.member("tools") != nil) == isTool && (result.member("output_config") == nil) == isTool, "\(result.body)")
    }

    @Test func refusals() {
        let cases: [(members: String, names: String)] = [
            ("\"n\":2", "`n`"), ("\"functions\":[]", "`functions`"), ("\"web_search_options\":{}", "`web_search_options`"), ("\"modalities\":[\"text\",\"audio\"]", "`modalities`"),
            ("\"tools\":[{\"type\":\"code_interpreter\"}]", "`tools[0]`"), ("\"tools\":[{\"googleSearch\":{}}]", "`tools[0]"),
            ("\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}]", "`tools[0]`"), ("\"response_format\":{\"type\":\"grammar\"}", "`response_format`"),
        ]
        for one in cases {
            let failure = write(asked(one.members)).failure
            #expect(failure?.message.contains(one.names) ?? false, "\(one.members)")
        }
        let parts: [(part: String, names: String)] = [
            ("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA==\",\"format\":\"wav\"}}", "messages[0].content[0]"),
            ("{\"type\":\"video_url\",\"video_url\":{\"url\":\"https://x/v.mp4\"}}", "messages[0].content[0]"),
            ("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/bmp;base64,AA==\"}}", "image/bmp"),
            ("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/zip;base64,AA==\"}}", "application/zip"),
            ("{\"type\":\"image_url\"}", "messages[0].content[0]"), ("{\"type\":\"text\",\"text\":1}", "messages[0].content[0]"),
        ]
        for one in parts {
            let failure = write(spoken("{\"role\":\"user\",\"content\":[\(one.part)]}")).failure
            #expect(failure?.message.contains(one.names) ?? false, "\(one.part)")
        }
        let arguments = "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\"\"}}]}"
        #expect(write(spoken(arguments)).failure?.message.contains("messages[0].tool_calls[0].function.arguments") ?? false)
    }

    @Test func media() {
        let cases: [(part: String, wanted: String)] = [
            ("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image\\/png;base64,iVBO\\/w==\"}}",
             "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBO/w==\"}}"),
            ("{\"type\":\"image_url\",\"image_url\":\"https://x/i.png\",\"cache_control\":{\"type\":\"ephemeral\"}}",
             "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/i.png\"},\"cache_control\":{\"type\":\"ephemeral\"}}"),
            ("{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,JVBE\"}}",
             "{\"type\":\"document\",\"title\":\"a.pdf\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"JVBE\"}}"),
            ("{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain;base64,R3LDvMOfZQ\"}}",
             "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"Grüße\"}}"),
            ("{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain,a%20b\"}}", "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"a b\"}}"),
            ("{\"type\":\"file\",\"file\":{\"file_data\":\"https://x/a.pdf\"}}", "{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://x/a.pdf\"}}"),
            ("{\"type\":\"file\",\"file\":{\"file_id\":\"file_1\"}}", "{\"type\":\"document\",\"source\":{\"type\":\"file\",\"file_id\":\"file_1\"}}"),
            ("{\"type\":\"container_upload\",\"file_id\":\"f\"}", "{\"type\":\"container_upload\",\"file_id\":\"f\"}"),
        ]
        for one in cases { expect(write(spoken("{\"role\":\"user\",\"content\":[\(one.part)]}")), "messages", "[{\"role\":\"user\",\"content\":[\(one.wanted)]}]", one.part) }
    }

    private func text(_ text: String) -> String { "{\"type\":\"text\",\"text\":\"\(text)\"}" }

    @Test func conversations() {
        let call = "{\"role\":\"assistant\",\"content\":\"on it\",\"tool_calls\":[{\"id\":\"call|1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}},"
            + "{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": [1]}\"},\"extra_content\":{\"anthropic\":{\"caller\":{\"type\":\"direct\"}}}}]}"
        let results = "{\"role\":\"tool\",\"tool_call_id\":\"call|1\",\"content\":\"no\",\"is_error\":true},"
            + "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/i.png\"}}]},{\"role\":\"user\",\"content\":\"go on\"}"
        let written = write(spoken(call + "," + results))
        let id = "call_1_" + String(fnv1a(bytes("call|1")), radix: 16)
        expect(written, "messages", """
            [{"role":"assistant","content":[\(text("on it")),{"type":"tool_use","id":"\(id)","name":"f","input":{}},
                {"type":"tool_use","id":"c2","name":"f","input":{"a":[1]},"caller":{"type":"direct"}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"\(id)","is_error":true,"content":"no"},
                {"type":"tool_result","tool_use_id":"c2","content":[{"type":"image","source":{"type":"url","url":"https://x/i.png"}}]},\(text("go on"))]}]
            """, "tools")
        let middle = "{\"role\":\"system\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"b\"},{\"role\":\"developer\",\"content\":\"c\"},{\"role\":\"user\",\"content\":\"\"},"
            + "{\"role\":\"assistant\",\"content\":\" x\\n\"}"
        expect(write(spoken(middle)), "system", "[\(text("a")),\(text("c"))]", "system, joined")
        expect(write(spoken(middle)), "messages", "[{\"role\":\"user\",\"content\":[\(text("b"))]},{\"role\":\"assistant\",\"content\":[\(text(" x"))]}]", "the last is trimmed")
        let inPlace = "[{\"role\":\"user\",\"content\":[\(text("b"))]},{\"role\":\"system\",\"content\":[\(text("c"))]},{\"role\":\"assistant\",\"content\":[\(text(" x"))]}]"
        expect(write(spoken(middle), model: "claude-opus-4-8"), "messages", inPlace, "system, in its place")
        expect(write(spoken("{\"role\":\"system\",\"content\":\"a\"}")), "messages", "[{\"role\":\"user\",\"content\":[\(text("a"))]}]", "nobody else speaks")
        expect(write(spoken("{\"role\":\"user\",\"content\":\"a\"}"), prefill: "b \n"), "messages",
               "[{\"role\":\"user\",\"content\":[\(text("a"))]},{\"role\":\"assistant\",\"content\":[\(text("b"))]}]", "goes on")
    }

    /// What Anthropic said goes back to where it was; what others said stays out.
    @Test func returns() {
        let details = "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"format\":\"anthropic-claude-v1\",\"index\":0},"
            + "{\"type\":\"reasoning.encrypted\",\"data\":\"d\",\"format\":\"anthropic-claude-v1\",\"index\":4,\"at\":3},{\"type\":\"reasoning.encrypted\",\"data\":\"x\",\"format\":\"openai-responses-v1\"}]"
        let blocks = "\"provider_blocks\":[{\"format\":\"anthropic-claude-v1\",\"index\":2,\"at\":3,\"block\":{\"type\":\"server_tool_use\",\"id\":\"q\"}},"
            + "{\"format\":\"anthropic-claude-v1\",\"index\":5,\"at\":3,\"length\":2,\"block\":{\"type\":\"text\",\"citations\":[{\"type\":\"c\"}]}},"
            + "{\"format\":\"anthropic-claude-v1\",\"index\":7,\"at\":6,\"length\":99,\"block\":{\"type\":\"text\",\"citations\":[{\"type\":\"c\"}]}},"
            + "{\"format\":\"google-gemini-v1\",\"index\":0,\"at\":0,\"block\":{}}]"
        let written = write(spoken("{\"role\":\"assistant\",\"content\":\"a\\ud83d\\ude00\u{1F600}\\n!?\",\(details),\(blocks)},{\"role\":\"user\",\"content\":\"?\"}"))
        expect(written, "messages", """
            [{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},\(text("a\u{1F600}\u{1F600}")),{"type":"server_tool_use","id":"q"},
                {"type":"redacted_thinking","data":"d"},{"type":"text","text":"\\n!","citations":[{"type":"c"}]},\(text("?"))]},
             {"role":"user","content":[\(text("?"))]}]
            """, "by characters")
        #expect(written.warned == ["messages[0].reasoning_details", "messages[0].provider_blocks"])
        let parts = "{\"role\":\"assistant\",\"content\":[\(text("a")),\(text("b"))],\"provider_blocks\":[{\"format\":\"anthropic-claude-v1\",\"index\":1,\"at\":1,\"block\":{\"type\":\"x\"}}]}"
        expect(write(spoken(parts)), "messages", "[{\"role\":\"assistant\",\"content\":[\(text("a")),{\"type\":\"x\"},\(text("b"))]}]", "by parts")
        let loop = "{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"r\"}"
        let without = write("{\"messages\":[\(loop)],\"reasoning_effort\":\"high\"}")
        #expect(without.member("thinking") == nil && without.warned == ["reasoning_effort"], "\(without.body)")
    }

    @Test func placesToCache() {
        let mark = "\"cache_control\":{\"type\":\"ephemeral\"}"
        let user = (0..<5).map { "{\"type\":\"text\",\"text\":\"\($0)\",\(mark)}" }.joined(separator: ",")
        let request = "{\"messages\":[{\"role\":\"system\",\"content\":\"s\",\(mark)},{\"role\":\"user\",\"content\":[\(user)]}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"},\(mark)}]}"
        let written = write(request)
        #expect(written.warned == ["cache_control"])
        #expect(written.body.components(separatedBy: "cache_control").count == 5)
        let kept = ["\"name\":\"f\"", "\"text\":\"2\"", "\"text\":\"3\"", "\"text\":\"4\""]
        for text in kept { #expect(written.body.range(of: text + "[^{]*\"cache_control\"", options: .regularExpression) != nil || text.contains("f"), "\(text): \(written.body)") }
        let automatic = write(request.dropLast() + ",\(mark)}")
        #expect(automatic.body.components(separatedBy: "cache_control").count == 5)
        let four = write(spoken("{\"role\":\"user\",\"content\":[\((0..<4).map { "{\"type\":\"text\",\"text\":\"\($0)\",\(mark)}" }.joined(separator: ","))]}"))
        #expect(four.warned.isEmpty && four.body.components(separatedBy: "cache_control").count == 5)
    }

    @Test func passesThrough() {
        let cases: [(caller: String, isStream: Bool, wanted: String)] = [
            ("{ \"model\" : \"x\",\n \"messages\":[1, 2 ] , \"gatelet\":{\"tag\":\"t\"}, \"stream\" :false}", true, "{ \"model\" : \"claude\",\n \"messages\":[1, 2 ], \"stream\" :true}"),
            ("{\"gatelet\":{}, \"messages\":[1],\"model\":\"x\"} ", false, "{ \"messages\":[1],\"model\":\"claude\"} "),
            (" {\"messages\":[{\"x\":1.50}],\"gatelet\":{}}", true, " {\"messages\":[{\"x\":1.50}],\"model\":\"claude\",\"stream\":true}"),
            ("{\"models\":[\"y\"], \"messages\":[1],\"p\\u0072ovider\":{\"order\":[\"z\"]},\"route\" : null,\"top_k\":4 , \"model\":\"x\"}", false,
             "{ \"messages\":[1],\"top_k\":4 , \"model\":\"claude\"}"),
            ("{\"gatelet\":{},\"gatelet\":1,\"messages\":[1]}", false, "{\"messages\":[1],\"model\":\"claude\"}"),
        ]
        for one in cases {
            let buffer = ByteBuffer()
            defer { buffer.keepAlive() }
            let request = OutgoingRequest(RequestView(), bytes(one.caller), one.isStream ? .chatStream : .chat, for: Provider(ProviderParts()), model: "claude")
            try? spliceRequest(bytes(one.caller), request, into: buffer)
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == one.wanted)
        }
    }

    /// A router that speaks as Anthropic does is told where to route.
    @Test func routersKeepWordsOfRouting() throws {
        var router = ProviderParts()
        router.requests.nativeRouting = true
        let buffer = ByteBuffer(), caller = bytes("{\"model\":\"x\",\"models\":[\"y\"],\"provider\":{},\"gatelet\":{}}")
        defer { buffer.keepAlive() }
        try spliceRequest(caller, OutgoingRequest(RequestView(), caller, .chat, for: Provider(router), model: "m"), into: buffer)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "{\"model\":\"m\",\"models\":[\"y\"],\"provider\":{}}")
    }
}
