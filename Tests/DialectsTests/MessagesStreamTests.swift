@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

/// What a stream of chunks becomes: the events, and the message that a client puts together from them.
private struct Told {
    var events: [(name: String, data: NSDictionary)] = []
    var blocks: [NSMutableDictionary] = []
    var open: Int?
    var problems: [String] = []
    var stop: NSDictionary?
    var usage: NSDictionary?
    var isOver = false

    /// By the rules of the API: one block is open at a time, and they follow each other.
    mutating func take(_ name: String, _ json: String) {
        guard let data = parsed(json) else { return problems.append("not JSON: \(json)") }
        if data["type"] as? String != name { problems.append("\(name) is \(data["type"] ?? "nothing")") }
        if isOver { problems.append("\(name) behind the end") }
        if name == "gatelet.provider_event" { return } // clients leave it out, wherever it comes
        if events.isEmpty != (name == "message_start") { problems.append("\(name) at \(events.count)") }
        events.append((name, data))
        switch name {
        case "content_block_start":
            if open != nil || data["index"] as? Int != blocks.count { problems.append("block \(data["index"] ?? "") begins in \(String(describing: open))") }
            open = blocks.count
            blocks.append(NSMutableDictionary(dictionary: data["content_block"] as? [String: Any] ?? [:]))
        case "content_block_delta": delta(data)
        case "content_block_stop":
            if data["index"] as? Int != open { problems.append("block \(data["index"] ?? "") ends in \(String(describing: open))") }
            open = nil
        case "message_delta":
            stop = data["delta"] as? NSDictionary
            usage = data["usage"] as? NSDictionary
            if open != nil { problems.append("it ends in block \(String(describing: open))") }
        case "message_stop": isOver = true
        case "message_start": break
        default: problems.append("event \(name)")
        }
    }

    private mutating func delta(_ data: NSDictionary) {
        guard let index = data["index"] as? Int, index == open, let delta = data["delta"] as? NSDictionary else { return problems.append("a delta outside: \(data)") }
        let names = ["text_delta": ("text", "text"), "thinking_delta": ("thinking", "thinking"), "signature_delta": ("signature", "signature"), "input_json_delta": ("partial_json", "json")]
        if let (from, to) = names[delta["type"] as? String ?? ""] {
            blocks[index][to] = (blocks[index][to] as? String ?? "") + (delta[from] as? String ?? "")
        } else if delta["type"] as? String == "citations_delta" {
            blocks[index]["citations"] = (blocks[index]["citations"] as? [Any] ?? []) + [delta["citation"] ?? 0]
        } else { problems.append("delta \(delta)") }
    }

    /// The blocks, the input of calls as the text that it is.
    var content: String { sorted(blocks) }
}

private func sorted(_ value: Any) -> String {
    guard let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes]) else { return "nil" }
    return String(decoding: data, as: UTF8.self)
}

private func told(_ chunks: [String], ends: Bool = true, most: Int = .max) -> Told {
    var told = Told(), left = most
    let stream = MessagesStream(), opening = ChunkOpening()
    let emit: StreamRenderer.Emit = { name, data in
        told.take(String(name), String(decoding: data, as: UTF8.self))
        left -= 1
        return left > 0
    }
    for chunk in chunks {
        guard let (view, _) = try? scanChunk(bytes(chunk), form: .chat, depthLimit: 512, opening: opening) else {
            told.problems.append("no chunk: \(chunk)")
            continue
        }
        if !stream.render(view, bytes(chunk), emit) { return told }
    }
    if ends { _ = stream.finish(emit) }
    return told
}

private func delta(_ members: String, _ more: String = #""finish_reason":null"#) -> String { "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\(members)},\(more)}]}" }
private func text(_ text: String) -> String { delta("\"content\":\"\(text)\"") }
private func call(_ index: Int, _ arguments: String, _ head: String? = nil) -> String {
    delta("\"tool_calls\":[{\"index\":\(index),\(head.map { "\"id\":\"\($0)\",\"type\":\"function\"," } ?? "")\"function\":{\(head.map { "\"name\":\"f\($0)\"," } ?? "")\"arguments\":\"\(arguments)\"}}]")
}

@Suite struct MessagesStreamTests {
    @Test func textIsAnthropics() {
        let told = told([delta(#""role":"assistant","content":"""#), text("Gr\\u00fc"), text("ß \\\"x\\\"\\n"), text("ß"), delta("", #""finish_reason":"stop""#),
                         #"{"id":"c1","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":3}}}"#])
        #expect(told.problems == [])
        #expect(told.events.map(\.name) == ["message_start", "content_block_start"] + [String](repeating: "content_block_delta", count: 3) + ["content_block_stop", "message_delta", "message_stop"])
        #expect(told.events[0].data["message"] as? NSDictionary == parsed(#"{"id":"c1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}"#))
        #expect(told.content == #"[{"text":"Grüß \"x\"\nß","type":"text"}]"#)
        #expect(told.stop == parsed(#"{"stop_reason":"end_turn","stop_sequence":null}"#))
        #expect(told.usage == parsed(#"{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":3,"output_tokens":4}"#))
    }

    @Test(arguments: [
        // Thinking, then text; signatures; reasoning of others
        ([delta(#""reasoning":"a""#), delta(#""reasoning":"b""#), text("x")], #"[{"signature":"gatelet::text::","thinking":"ab","type":"thinking"},{"text":"x","type":"text"}]"#),
        ([delta(#""reasoning_content":"a","content":null"#), delta(#""content":"x","reasoning_content":null"#)], #"[{"signature":"gatelet::text::","thinking":"a","type":"thinking"},{"text":"x","type":"text"}]"#),
        ([delta(#""reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","format":"anthropic-claude-v1","index":0}]"#),
          delta(#""reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b","format":"anthropic-claude-v1","index":0}]"#),
          delta(#""content":"","reasoning_details":[{"type":"reasoning.text","signature":"s","format":"anthropic-claude-v1","index":0}]"#),
          delta(#""reasoning_details":[{"type":"reasoning.encrypted","data":"d","format":"anthropic-claude-v1","index":1}]"#), text("x")],
         #"[{"signature":"s","thinking":"ab","type":"thinking"},{"data":"d","type":"redacted_thinking"},{"text":"x","type":"text"}]"#),
        ([delta(#""reasoning_details":[{"type":"reasoning.summary","summary":"a","format":"openai-responses-v1","id":"r","index":0}]"#),
          delta(#""reasoning_details":[{"type":"reasoning.summary","summary":"b","format":"openai-responses-v1","id":"r","index":1}]"#),
          delta(#""reasoning_details":[{"type":"reasoning.encrypted","data":"d","format":"openai-responses-v1","id":"r"}]"#)],
         #"[{"signature":"gatelet:openai-responses-v1:summary:r:","thinking":"a","type":"thinking"},{"signature":"gatelet:openai-responses-v1:summary:r:","thinking":"b","type":"thinking"},{"data":"gatelet:openai-responses-v1:encrypted:r:d","type":"redacted_thinking"}]"#),
        ([delta(#""reasoning_details":[{"type":"reasoning.text","text":"","signature":"s","format":"anthropic-claude-v1","index":0}]"#)], #"[{"signature":"s","thinking":"","type":"thinking"}]"#),
        ([delta(#""content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}]"#), delta(#""content":[{"type":"text","text":"x"}]"#), text("y")],
         #"[{"signature":"gatelet::text::","thinking":"a","type":"thinking"},{"text":"xy","type":"text"}]"#),
        // Characters in two halves, also where the other never comes
        ([text("a\\ud83d"), text("\\ude00b"), text("c")], #"[{"text":"a😀bc","type":"text"}]"#),
        ([text("a\\\\ud83d"), text("b")], #"[{"text":"a\\ud83db","type":"text"}]"#),
        ([text("a\\ud83d")], "[{\"text\":\"a\u{FFFD}\",\"type\":\"text\"}]"),
        // Calls: one after the other, in between each other, without arguments, without ids
        ([text("x"), call(0, "", "a"), call(0, "{\\\"q\\\""), call(0, ": \\\"}\\\"}"), call(1, "", "b"), call(1, "{}")],
         #"[{"text":"x","type":"text"},{"id":"a","input":{},"json":"{\"q\": \"}\"}","name":"fa","type":"tool_use"},{"id":"b","input":{},"json":"{}","name":"fb","type":"tool_use"}]"#),
        ([call(0, "", "a"), call(1, "", "b"), call(2, "", "c"), call(1, "{\\\"y\\\":"), call(0, "{\\\"x\\\":"), call(1, "2}"), call(0, "[1,{}]}"), call(2, "{}")],
         #"[{"id":"a","input":{},"json":"{\"x\":[1,{}]}","name":"fa","type":"tool_use"},{"id":"b","input":{},"json":"{\"y\":2}","name":"fb","type":"tool_use"},{"id":"c","input":{},"json":"{}","name":"fc","type":"tool_use"}]"#),
        ([call(0, "", "a"), call(1, "{}", "b")], #"[{"id":"a","input":{},"name":"fa","type":"tool_use"},{"id":"b","input":{},"json":"{}","name":"fb","type":"tool_use"}]"#),
        ([call(0, "{}", "a"), call(0, "{\\\"k\\\":1}", "b")], #"[{"id":"a","input":{},"json":"{}","name":"fa","type":"tool_use"},{"id":"b","input":{},"json":"{\"k\":1}","name":"fb","type":"tool_use"}]"#),
        ([delta(#""tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":{"a":"b"}}}]"#)],
         #"[{"id":"toolu_c1_0","input":{},"json":"{}","name":"f","type":"tool_use"},{"id":"toolu_c1_1","input":{},"json":"{\"a\":\"b\"}","name":"g","type":"tool_use"}]"#),
        ([delta(#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]"#)],
         #"[{"data":"gatelet::call::{\"google\":{\"thought_signature\":\"s\"}}","type":"redacted_thinking"},{"id":"a","input":{},"json":"{}","name":"f","type":"tool_use"}]"#),
        // Text while a call is open waits; behind a whole call it does not
        ([call(0, "{\\\"x\\\":", "a"), text("late"), call(0, "1}"), text("r")], #"[{"id":"a","input":{},"json":"{\"x\":1}","name":"fa","type":"tool_use"},{"text":"later","type":"text"}]"#),
        ([call(0, "{\\\"x\\\":", "a"), call(1, "{", "b"), text("first "), call(1, "}"), call(0, "1}"), text("second")],
         #"[{"id":"a","input":{},"json":"{\"x\":1}","name":"fa","type":"tool_use"},{"id":"b","input":{},"json":"{}","name":"fb","type":"tool_use"},{"text":"first second","type":"text"}]"#),
        ([call(0, "{", "a"), delta(#""tool_calls":[{"index":1,"id":"b","function":{"arguments":""}}]"#), text("first "), call(0, "}"), text("second"), delta(#""tool_calls":[{"index":1,"function":{"name":"f","arguments":"{}"}}]"#)],
         #"[{"id":"a","input":{},"json":"{}","name":"fa","type":"tool_use"},{"text":"first second","type":"text"},{"id":"b","input":{},"json":"{}","name":"f","type":"tool_use"}]"#),
        ([call(0, "{}", "a"), text("x"), call(1, "{}", "b")], #"[{"id":"a","input":{},"json":"{}","name":"fa","type":"tool_use"},{"text":"x","type":"text"},{"id":"b","input":{},"json":"{}","name":"fb","type":"tool_use"}]"#),
        ([call(0, "{\\\"x", "a")], #"[{"id":"a","input":{},"json":"{\"x","name":"fa","type":"tool_use"}]"#),
        // What only Anthropic has, refusals, annotations, images
        ([text("a"), delta(#""provider_blocks":[{"format":"google-gemini-v1","index":1,"at":1,"block":{"executableCode":{"code":"c"}}}]"#), text("b")],
         #"[{"text":"a","type":"text"},{"data":"gatelet:google-gemini-v1:block:1:{\"executableCode\":{\"code\":\"c\"}}","type":"redacted_thinking"},{"text":"b","type":"text"}]"#),
        ([text("a"), delta(#""provider_blocks":[{"format":"anthropic-claude-v1","index":1,"at":1,"block":{"type":"server_tool_use","id":"i","input":{}}},{"format":"x","index":2,"at":0,"length":1,"block":{}}]"#), text("b"),
          delta(#""provider_blocks":[{"format":"anthropic-claude-v1","index":2,"at":1,"length":1,"block":{"type":"text","citations":[{"type":"char_location"}]}}]"#), text("c")],
         #"[{"text":"a","type":"text"},{"id":"i","input":{},"type":"server_tool_use"},{"citations":[{"type":"char_location"}],"text":"b","type":"text"},{"text":"c","type":"text"}]"#),
        ([text("a"), delta(#""annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t"}}]"#)],
         #"[{"citations":[{"cited_text":"","encrypted_index":"","title":"t","type":"web_search_result_location","url":"u"}],"text":"a","type":"text"}]"#),
        ([delta(#""images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]"#)], #"[{"source":{"data":"QUJD","media_type":"image/png","type":"base64"},"type":"image"}]"#),
        ([text("a"), delta(#""images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"},"index":1,"at":1,"extra_content":{"google":{"thought_signature":"s"}}}]"#), text("b")],
         #"[{"text":"a","type":"text"},{"data":"gatelet::image::{\"google\":{\"thought_signature\":\"s\"}}","type":"redacted_thinking"},{"source":{"data":"QUJD","media_type":"image/png","type":"base64"},"type":"image"},{"text":"b","type":"text"}]"#),
        ([delta(#""refusal":"n""#), delta(#""refusal":"o""#)], #"[{"text":"no","type":"text"}]"#),
        // Other choices and unknown events say nothing
        ([#"{"choices":[{"index":1,"delta":{"content":"z"}}]}"#, #"{"choices":[],"provider_event":{"type":"x"}}"#, text("a")], #"[{"text":"a","type":"text"}]"#),
    ])
    func blocksAreAnthropics(_ chunks: [String], _ wanted: String) {
        let told = told(chunks)
        #expect(told.problems == [])
        #expect(told.content == wanted)
        #expect(told.isOver)
    }

    @Test(arguments: [(#""finish_reason":"length""#, "max_tokens"), (#""finish_reason":"stop","native_finish_reason":"pause_turn""#, "pause_turn"), (#""finish_reason":"content_filter""#, "refusal")])
    func theEndIsAnthropics(_ more: String, _ reason: String) { #expect(told([text("a"), delta("", more)]).stop?["stop_reason"] as? String == reason) }

    @Test func aCallEndsWithToolUse() {
        #expect(told([call(0, "{}", "a"), delta("", #""finish_reason":"stop""#)]).stop?["stop_reason"] as? String == "tool_use")
        #expect(told([call(0, "{}", "a")]).stop?["stop_reason"] as? String == "tool_use")
        #expect(told([call(0, "{", "a"), delta("", #""finish_reason":"length""#)]).stop?["stop_reason"] as? String == "max_tokens")
    }

    /// Calls that come one after the other are told as they come, not at the end.
    @Test func callsDoNotWaitForTheEnd() {
        let told = told([call(0, "{}", "a"), call(1, "{\\\"x\\\":", "b"), call(1, "1")], ends: false)
        #expect(told.blocks.count == 2)
        #expect(told.blocks.last?["json"] as? String == "{\"x\":1")
    }

    @Test func nobodyIsAskedAgainWhoWantsNoMore() {
        let all = told([text("a"), call(0, "{}", "a"), call(1, "{}", "b")]).events.count
        for most in 1..<all { #expect(told([text("a"), call(0, "{}", "a"), call(1, "{}", "b")], most: most).events.count == most) }
    }

    /// Azure's first chunk has neither id nor model.
    @Test func theMessageBeginsWithItsName() {
        let told = told([#"{"id":"","model":"","choices":[],"prompt_filter_results":[]}"#, text("a")])
        #expect((told.events.first?.data["message"] as? NSDictionary)?["model"] as? String == "m")
        #expect((told.events.first?.data["message"] as? NSDictionary)?["id"] as? String == "c1")
    }

    /// What broke off says so, and does not look whole.
    @Test func aStreamThatFailedSaysSo() {
        var names: [String] = []
        let stream = MessagesStream(), emit: StreamRenderer.Emit = { name, data in
            names.append(String(name))
            return true
        }
        let failure = RedactedFailure(Failure(.overloaded, "busy"), .none)
        #expect(stream.fail(failure, emit) && names == [])
        let chunk = bytes(text("a"))
        if let (view, _) = try? scanChunk(chunk, form: .chat, depthLimit: 512) { _ = stream.render(view, chunk, emit) }
        #expect(stream.fail(failure, emit))
        #expect(names == ["message_start", "content_block_start", "content_block_delta", "error"])
    }

    @Test func anEmptyStreamHasAMessage() {
        let told = told([])
        #expect(told.problems == [])
        #expect(told.events.map(\.name) == ["message_start", "message_delta", "message_stop"])
    }
}
