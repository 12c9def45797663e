@testable import Bytes
@testable import Dialects
import Foundation
@testable import HTTPText
@testable import JSON
@testable import Model
import Testing

private let opening = "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],"
    + "\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":4,\"cache_creation\":{\"ephemeral_1h_input_tokens\":2},\"cache_creation_input_tokens\":2,\"output_tokens\":1}}}"
private let closing = ["{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"container\":{\"id\":\"c\"}},\"usage\":{\"output_tokens\":7}}", "{\"type\":\"message_stop\"}"]

private func start(_ index: Int, _ block: String) -> String { "{\"type\":\"content_block_start\",\"index\":\(index),\"content_block\":\(block)}" }
private func delta(_ index: Int, _ delta: String) -> String { "{\"type\":\"content_block_delta\",\"index\":\(index),\"delta\":\(delta)}" }
private func stop(_ index: Int) -> String { "{\"type\":\"content_block_stop\",\"index\":\(index)}" }
private func text(_ text: String) -> String { "{\"type\":\"text_delta\",\"text\":\"\(text)\"}" }

private struct Read {
    var chunks: [NSDictionary] = []
    var sign = ""
    /// What a client of OpenAI's puts together.
    var answer: NSDictionary?

    var choice: NSDictionary? { (answer?["choices"] as? [NSDictionary])?.first }
    var message: NSDictionary? { choice?["message"] as? NSDictionary }
    var content: String? { message?["content"] as? String }
}

private func read(_ events: [String], caps: Caps = Caps()) -> Read {
    var found = Read()
    let reader = AnthropicDialect().stream(.chatStream, to: bytes("{}"), model: "m", caps: caps), assembler = ChunkAssembler(form: .chat, limit: 1 << 20)
    for event in events {
        let sign = reader.read(bytes(event), name: bytes("")) { view, chunk in
            #expect(JSONView(document: chunk) != nil)
            if let document = parsed(String(decoding: chunk, as: UTF8.self)) { found.chunks.append(document) } // not half a character's
            return assembler.add(chunk, view)
        }
        switch sign {
        case .read: continue
        case .stopped: found.sign = "stopped"
        case .end: found.sign = "end"
        case .error(let document): found.sign = "error " + String(decoding: document, as: UTF8.self)
        case .notJSON: found.sign = "not JSON"
        case .tooDeep: found.sign = "too deep"
        case .tooLarge: found.sign = "too large"
        case .noMemory: found.sign = "no memory"
        }
        break
    }
    if let answer = assembler.answer(appending: UnsafeRawBufferPointer(start: nil, count: 0)) {
        found.answer = parsed(String(decoding: answer.bytes, as: UTF8.self))
        answer.keepAlive()
    }
    return found
}

private func answer(_ message: String) -> (NSDictionary?, Failure?) {
    let body = ByteBuffer()
    defer { body.keepAlive() }
    _ = body.append(bytes(message))
    do throws(Failure) {
        _ = try AnthropicDialect().answer(body, to: bytes("{}"), operation: .chat, provider: Provider(ProviderParts()), model: "claude", depth: 64)
        return (parsed(String(decoding: body.bytes, as: UTF8.self)), nil)
    } catch { return (nil, error) }
}

@Suite struct AnthropicAnswerTests {
    /// However its members are ordered, spaced and escaped, a delta means the same.
    @Test func spellingsOfDeltas() {
        let spellings = [
            [delta(0, text("a\\n")), delta(0, text("ü")), delta(0, text("\\ud83d")), delta(0, text("\\ude00b"))],
            [delta(0, text("a\\n")) + "    ", "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"ü\"}      }", delta(0, text("\u{1F600}b"))],
            ["{\"delta\":{\"text\":\"a\\n\",\"type\":\"text_delta\"},\"index\":0,\"type\":\"content_block_delta\"}", delta(0, text("ü\u{1F600}")), delta(0, text("")),
             "{ \"type\" : \"content_block_delta\", \"index\" : 0, \"delta\" : { \"type\" : \"text_delta\", \"te\\u0078t\" : \"b\" } }"],
        ]
        for spelling in spellings {
            let found = read([opening, start(0, "{\"type\":\"text\",\"text\":\"\"}")] + spelling + [stop(0)] + closing)
            #expect(found.sign == "end" && found.content == "a\nü\u{1F600}b", "\(found)")
            #expect(found.choice?["finish_reason"] as? String == "stop" && found.choice?["native_finish_reason"] as? String == "end_turn")
            #expect((found.choice?["provider_fields"] as? NSDictionary)?["container"] != nil)
        }
    }

    @Test func nothingIsLost() {
        let server = "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}"
        let found = read([
            opening, "{\"type\":\"ping\"}", start(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"), delta(0, "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}"),
            delta(0, "{\"type\":\"thinking_delta\",\"thinking\":\"!\"}"), delta(0, "{\"type\":\"signature_delta\",\"signature\":\"sig\"}"), stop(0),
            start(1, "{\"type\":\"redacted_thinking\",\"data\":\"enc\"}"), stop(1),
            start(2, "{\"type\":\"text\",\"text\":\"\",\"citations\":[]}"), delta(2, "{\"type\":\"citations_delta\",\"citation\":{\"type\":\"web\",\"url\":\"https:\\/\\/x\",\"title\":\"T\"}}"),
            delta(2, text("ab")), delta(2, "{\"type\":\"glow_delta\",\"glow\":1}"), stop(2),
            start(3, server), delta(3, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"q\\\":\"}"), delta(3, "{\"type\":\"input_json_delta\",\"partial_json\":\"1.50}\"}"), stop(3),
            start(4, "{\"type\":\"new_block\",\"content\":null}"), delta(4, "{\"type\":\"new_delta\",\"content\":\"x\"}"), delta(4, "{\"type\":\"new_delta\",\"content\":\"y\"}"), stop(4),
            start(5, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{},\"caller\":{\"type\":\"direct\"}}"), delta(5, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}"), stop(5),
            "{\"type\":\"news\",\"x\":[]}",
        ] + closing.map { $0.replacingOccurrences(of: "end_turn", with: "tool_use") })
        #expect(found.sign == "end" && found.content == "ab" && found.choice?["finish_reason"] as? String == "tool_calls", "\(found)")
        #expect(found.message?["reasoning"] as? String == "hm!")
        #expect(found.message?["reasoning_details"] as? NSArray == [
            ["type": "reasoning.text", "text": "hm!", "format": "anthropic-claude-v1", "place": 0, "index": 0, "signature": "sig"],
            ["type": "reasoning.encrypted", "data": "enc", "format": "anthropic-claude-v1", "place": 1, "index": 1],
        ])
        #expect(found.message?["annotations"] as? NSArray == [["type": "url_citation", "url_citation": ["url": "https://x", "title": "T", "start_index": 0, "end_index": 2], "index": 0]])
        #expect(found.message?["provider_blocks"] as? NSArray == [
            ["format": "anthropic-claude-v1", "place": 2, "index": 0, "at": 0, "length": 2, "block": ["type": "text", "citations": [["type": "web", "url": "https://x", "title": "T"]]]],
            ["format": "anthropic-claude-v1", "place": 3, "index": 1, "at": 2, "block": ["type": "server_tool_use", "id": "s", "name": "web_search", "input": ["q": 1.5]]],
            ["format": "anthropic-claude-v1", "place": 4, "index": 2, "at": 2, "block": ["type": "new_block", "content": "xy"]],
        ], "\(String(describing: found.message?["provider_blocks"]))")
        #expect(found.message?["tool_calls"] as? NSArray == [
            ["id": "t", "type": "function", "function": ["name": "f", "arguments": "{}"], "extra_content": ["anthropic": ["caller": ["type": "direct"]]]],
        ])
        #expect(found.chunks.filter { $0["provider_event"] != nil }.count == 2)
    }

    @Test func ends() {
        let begun = [opening, start(0, "{\"type\":\"text\",\"text\":\"\"}"), delta(0, text("a"))]
        #expect(read(begun).choice?["finish_reason"] is NSNull)
        // A reason without the end behind it may be that of a stream which was cut.
        #expect(read(begun + [stop(0), closing[0]]).choice?["finish_reason"] is NSNull)
        #expect(read(begun + ["{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}"]).sign.hasPrefix("error {\"type\":\"error\""))
        #expect(read(["{\"error\":{\"type\":\"overloaded_error\"}}"]).sign.hasPrefix("error"))
        #expect(read(begun + ["{\"type\":"]).sign == "not JSON")
        #expect(read(begun + [String(repeating: "[", count: 2000)]).sign == "too deep")
        #expect(read([delta(0, text("x")), stop(9), start(0, "{}"), stop(0), "[]", "1", "{\"type\":1}", "{\"type\":\"content_block_delta\",\"index\":-7,\"delta\":{}}"]).sign == "")
        var small = Caps()
        small.event = 64
        let long = start(0, "{\"type\":\"x\",\"y\":\"\(String(repeating: "y", count: 200))\"}")
        #expect(read([opening, long, stop(0)], caps: small).sign == "too large")
        let words = [("end_turn", "stop"), ("max_tokens", "length"), ("model_context_window_exceeded", "length"), ("stop_sequence", "stop"), ("refusal", "content_filter"),
                     ("pause_turn", "stop"), ("compaction", "stop"), ("tired", "stop"), ("tool_use", "stop")]
        for (word, wanted) in words {
            let found = read(begun + [stop(0)] + closing.map { $0.replacingOccurrences(of: "end_turn", with: word) })
            #expect(found.choice?["finish_reason"] as? String == wanted && found.choice?["native_finish_reason"] as? String == word, "\(word)")
        }
    }

    /// The last usage replaces the first, and what only the first tells stays.
    @Test func usageOfStreams() {
        let found = read([opening, start(0, "{\"type\":\"text\",\"text\":\"a\"}"), stop(0)] + closing)
        #expect(found.answer?["usage"] as? NSDictionary == [
            "prompt_tokens": 15, "completion_tokens": 7, "total_tokens": 22, "prompt_tokens_details": ["cached_tokens": 4, "cache_write_tokens": 2],
            "cache_creation": ["ephemeral_1h_input_tokens": 2],
        ])
        #expect(found.answer?["usage_so_far"] == nil)
        #expect((found.chunks.first { $0["usage_so_far"] != nil }?["usage_so_far"] as? NSDictionary)?["prompt_tokens"] as? Int == 15)
    }

    /// What is billed is the same, whether the provider's own words are read or those of the answer.
    @Test func bills() {
        let usages = [
            "{\"input_tokens\":9,\"output_tokens\":5}",
            "{\"input_tokens\":9,\"output_tokens\":50,\"cache_read_input_tokens\":100,\"cache_creation_input_tokens\":30,\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20},"
                + "\"output_tokens_details\":{\"thinking_tokens\":40},\"server_tool_use\":{\"web_search_requests\":3},\"service_tier\":\"priority\"}",
            "{\"input_tokens\":0,\"output_tokens\":0,\"cache_read_input_tokens\":100}",
            "{\"input_tokens\":9,\"output_tokens\":5,\"iterations\":[{\"type\":\"compaction\",\"input_tokens\":1000,\"output_tokens\":70},{\"type\":\"message\",\"input_tokens\":9,\"output_tokens\":5},"
                + "{\"type\":\"advisor_message\",\"input_tokens\":7,\"output_tokens\":7}]}",
        ]
        for usage in usages {
            let (document, _) = answer("{\"type\":\"message\",\"id\":\"m\",\"model\":\"c\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"stop_reason\":\"end_turn\",\"usage\":\(usage)}")
            let told = (document?["usage"] as? NSDictionary).flatMap { try? JSONSerialization.data(withJSONObject: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
            var own = UsageReading(), ours = UsageReading()
            own.take(bytes(usage))
            ours.take(bytes(told))
            for kind in UsageKind.allCases { #expect(own.usage?[kind] ?? 0 == ours.usage?[kind] ?? 0, "\(kind): \(told)") }
            #expect(own.usage?.total == ours.usage?.total && own.usage?.flags == ours.usage?.flags, "\(told)")
        }
    }

    @Test func answers() {
        func message(_ content: String, _ reason: String = "end_turn") -> String {
            "{\"type\":\"message\",\"id\":\"m\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[\(content)],\"stop_reason\":\"\(reason)\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}"
        }
        let (called, _) = answer(message("{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\": [1.0, \"ü\\n\"]}}", "tool_use"))
        let choice = (called?["choices"] as? [NSDictionary])?.first, inner = choice?["message"] as? NSDictionary
        #expect(inner?["content"] as? String == "ab" && choice?["finish_reason"] as? String == "tool_calls" && called?["object"] as? String == "chat.completion")
        let function = (inner?["tool_calls"] as? [NSDictionary])?.first?["function"] as? NSDictionary
        #expect(function?["arguments"] as? String == "{\"a\": [1.0, \"ü\\n\"]}")
        // The tool that stands for a form is no call.
        let (formed, _) = answer(message("{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"gatelet_answer\",\"input\":{\"a\":1}}", "tool_use"))
        let only = (formed?["choices"] as? [NSDictionary])?.first
        #expect((only?["message"] as? NSDictionary)?["content"] as? String == "{\"a\":1}" && only?["finish_reason"] as? String == "stop", "\(String(describing: formed))")
        let (refused, _) = answer(message("", "refusal"))
        #expect((refused?["choices"] as? [NSDictionary])?.first?["finish_reason"] as? String == "content_filter")
        let (_, failure) = answer("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"req_1\"}")
        #expect(failure?.status == .overloaded && failure?.requestID != nil)
        for nonsense in ["[]", "{}", "{\"type\":\"message\"}", "{\"content\":[1,null,{}]}", "null", "{\"content\":[]}"] { _ = answer(nonsense) }
    }

    /// A block that is kept whole, and citations, which end a text, over the cap of an event.
    @Test func blocksOverTheCap() {
        var caps = Caps()
        caps.event = 1_024
        let input = delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\"\(String(repeating: "1", count: 100))\"}")
        let citation = delta(0, "{\"type\":\"citations_delta\",\"citation\":{\"type\":\"char_location\",\"cited_text\":\"\(String(repeating: "a", count: 100))\"}}")
        for (block, piece) in [("{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}", input), ("{\"type\":\"text\",\"text\":\"\"}", citation)] {
            let few = [opening, start(0, block), piece, piece, stop(0)], many = [opening, start(0, block)] + Array(repeating: piece, count: 10) + [stop(0)]
            #expect(read(few + closing, caps: caps).sign == "end" && read(many + closing, caps: caps).sign == "too large")
        }
    }

    /// A form by tool, in a stream.
    @Test func formsOfStreams() {
        let found = read([opening, start(0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"gatelet_answer\",\"input\":{}}"), delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\"\"}"),
                          delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\":1}\"}"), stop(0)] + closing.map { $0.replacingOccurrences(of: "end_turn", with: "tool_use") })
        #expect(found.content == "{\"a\":1}" && found.message?["tool_calls"] == nil && found.choice?["finish_reason"] as? String == "stop")
    }
}
