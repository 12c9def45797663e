@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

private func rendered(_ answer: String) -> NSDictionary? {
    let buffer = ByteBuffer()
    defer { buffer.keepAlive() }
    guard buffer.append(answer), renderMessage(buffer) else { return nil }
    return parsed(String(decoding: buffer.bytes, as: UTF8.self))
}

/// The message for an answer of one choice.
private func message(_ members: String, choice: String = #""finish_reason":"stop""#, usage: String = "null") -> NSDictionary? {
    rendered("{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\(members)},\(choice)}],\"usage\":\(usage),\"gatelet\":{\"x\":1}}")
}

@Suite struct MessagesAnswerTests {
    @Test func anAnswerIsAMessage() {
        let wanted = #"{"id":"c1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Grü \"\n"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0},"gatelet":{"x":1}}"#
        #expect(message(#""content":"Gr\u00fc \"\n""#) == parsed(wanted))
        // Choice 0, wherever it is.
        let two = rendered(#"{"choices":[{"index":1,"message":{"content":"b"}},{"index":0,"message":{"content":"a"},"finish_reason":"length"}]}"#)
        #expect((two?["content"] as? NSArray)?.firstObject as? NSDictionary == parsed(#"{"type":"text","text":"a"}"#))
        #expect(two?["stop_reason"] as? String == "max_tokens")
    }

    @Test(arguments: [
        (#""content":"""#, "[]"), (#""content":null"#, "[]"),
        (#""content":null,"refusal":"no""#, #"[{"type":"text","text":"no"}]"#),
        (#""content":"a","reasoning":"hm""#, #"[{"type":"thinking","thinking":"hm","signature":"gatelet::text::"},{"type":"text","text":"a"}]"#),
        (#""content":"a","reasoning_content":"hm""#, #"[{"type":"thinking","thinking":"hm","signature":"gatelet::text::"},{"type":"text","text":"a"}]"#),
        (#""content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]"#,
         #"[{"type":"thinking","thinking":"hm","signature":"gatelet::text::"},{"type":"text","text":"a"}]"#),
        (#""content":"a","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"s","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"d","format":"anthropic-claude-v1","index":1}]"#,
         #"[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"a"}]"#),
        (#""content":"a","reasoning":"hm","reasoning_details":[{"type":"reasoning.summary","summary":"hm","id":"rs_1","format":"openai-responses-v1"},{"type":"reasoning.encrypted","data":"d","id":"rs_1","format":"openai-responses-v1"}]"#,
         #"[{"type":"thinking","thinking":"hm","signature":"gatelet:openai-responses-v1:summary:rs_1:"},{"type":"redacted_thinking","data":"gatelet:openai-responses-v1:encrypted:rs_1:d"},{"type":"text","text":"a"}]"#),
        (#""content":"a","reasoning":"hm","reasoning_details":[{"type":"reasoning.encrypted","data":"d","format":"google-gemini-v1"}]"#,
         #"[{"type":"thinking","thinking":"hm","signature":"gatelet::text::"},{"type":"redacted_thinking","data":"gatelet:google-gemini-v1:encrypted::d"},{"type":"text","text":"a"}]"#),
        // Calls
        (#""content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"x\": \"ü\\n\"}"}},{"id":"t2","type":"function","function":{"name":"g","arguments":""}}]"#,
         #"[{"type":"tool_use","id":"t1","name":"f","input":{"x":"ü\n"}},{"type":"tool_use","id":"t2","name":"g","input":{}}]"#),
        (#""tool_calls":[{"type":"function","function":{"name":"f","arguments":"{\"x\""}},{"id":"t","type":"custom","custom":{"name":"c","input":"ls"}}]"#,
         #"[{"type":"tool_use","id":"toolu_c1_0","name":"f","input":{"arguments":"{\"x\""}},{"type":"tool_use","id":"t","name":"c","input":{"input":"ls"}}]"#),
        (#""tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s\""}}},{"id":"u","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"anthropic":{"caller":{"type":"code"}}}}]"#,
         #"[{"type":"redacted_thinking","data":"gatelet::call::{\"google\":{\"thought_signature\":\"s\\\"\"}}"},{"type":"tool_use","id":"t","name":"f","input":{}},{"type":"tool_use","id":"u","name":"f","input":{},"caller":{"type":"code"}}]"#),
        // What only Anthropic has, in its place
        (#""content":"\ud83d\ude00übcd","reasoning_details":[{"type":"reasoning.text","text":"x","signature":"s","format":"anthropic-claude-v1","index":4,"at":2}],"provider_blocks":[{"format":"anthropic-claude-v1","index":1,"at":2,"block":{"type":"server_tool_use","id":"i"}},{"format":"other","index":0,"at":0,"length":1,"block":{}},{"format":"anthropic-claude-v1","index":2,"at":2,"length":2,"block":{"type":"text","citations":[{"type":"char_location"}]}}]"#,
         #"[{"type":"text","text":"😀ü"},{"type":"server_tool_use","id":"i"},{"type":"text","text":"bc","citations":[{"type":"char_location"}]},{"type":"thinking","thinking":"x","signature":"s"},{"type":"text","text":"d"}]"#),
        // What others want back
        (#""content":"hiend","provider_blocks":[{"format":"google-gemini-v1","index":1,"at":2,"block":{"executableCode":{"code":"a:\"\n\""}}},{"format":"google-gemini-v1","index":2,"at":2,"block":{"codeExecutionResult":{}}}]"#,
         #"[{"type":"text","text":"hi"},{"type":"redacted_thinking","data":"gatelet:google-gemini-v1:block:1:{\"executableCode\":{\"code\":\"a:\\\"\\n\\\"\"}}"},{"type":"redacted_thinking","data":"gatelet:google-gemini-v1:block:2:{\"codeExecutionResult\":{}}"},{"type":"text","text":"end"}]"#),
        (#""content":"ab","annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","content":"c","start_index":0,"end_index":1}}]"#,
         #"[{"type":"text","text":"ab","citations":[{"type":"web_search_result_location","url":"u","title":"t","cited_text":"c","encrypted_index":""}]}]"#),
        // An image in its place, with what its provider wants back, does not take the citations of the text around it
        (#""content":"aé","annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t"}}],"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"},"index":1,"at":1,"extra_content":{"google":{"thought_signature":"s"}}}]"#,
         #"[{"type":"text","text":"a","citations":[{"type":"web_search_result_location","url":"u","title":"t","cited_text":"","encrypted_index":""}]},{"type":"redacted_thinking","data":"gatelet::image::{\"google\":{\"thought_signature\":\"s\"}}"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},{"type":"text","text":"é"}]"#),
        (#""content":"ab","annotations":[{"type":"file","file":{}}]"#, #"[{"type":"text","text":"ab"}]"#),
        (#""content":"a","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},{"type":"image_url","image_url":{"url":"https://x"}}]"#,
         #"[{"type":"text","text":"a"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},{"type":"image","source":{"type":"url","url":"https://x"}}]"#),
    ])
    func contentIsBlocks(_ members: String, _ wanted: String) throws {
        let expected = try #require((try? JSONSerialization.jsonObject(with: Data(wanted.utf8))) as? NSArray)
        #expect(message(members)?["content"] as? NSArray == expected)
    }

    @Test(arguments: [
        (#""content":"a""#, #""finish_reason":"stop""#, "end_turn", nil), (#""content":"a""#, #""finish_reason":null"#, "end_turn", nil), (#""content":"a""#, #""finish_reason":"odd""#, "end_turn", nil),
        (#""content":"a""#, #""finish_reason":"length""#, "max_tokens", nil), (#""content":"a""#, #""finish_reason":"content_filter""#, "refusal", nil), (#""refusal":"a""#, #""finish_reason":"stop""#, "refusal", nil),
        (#""tool_calls":[{"id":"t"}]"#, #""finish_reason":"tool_calls""#, "tool_use", nil), (#""tool_calls":[{"id":"t"}]"#, #""finish_reason":"stop""#, "tool_use", nil), (#""tool_calls":[{"id":"t"}]"#, #""finish_reason":"length""#, "max_tokens", nil),
        (#""content":"a""#, #""finish_reason":"stop","native_finish_reason":"pause_turn""#, "pause_turn", nil), (#""content":"a""#, #""finish_reason":"stop","native_finish_reason":"STOP""#, "end_turn", nil),
        (#""content":"a""#, #""finish_reason":"stop","native_finish_reason":"stop_sequence","provider_fields":{"stop_sequence":"x"}"#, "stop_sequence", "x"),
        (#""content":"a""#, #""finish_reason":"stop","stop_reason":"\nx""#, "stop_sequence", "\nx"), (#""content":"a""#, #""finish_reason":"stop","stop_reason":128009"#, "end_turn", nil),
        (#""content":"a""#, #""finish_reason":"stop","matched_stop":"x""#, "stop_sequence", "x"), (#""content":"a""#, #""finish_reason":"length","stop_reason":"x""#, "max_tokens", nil),
    ] as [(String, String, String, String?)])
    func theEndIsAnthropics(_ members: String, _ choice: String, _ reason: String, _ sequence: String?) {
        let made = message(members, choice: choice)
        #expect(made?["stop_reason"] as? String == reason)
        #expect(made?["stop_sequence"] as? String == sequence)
        #expect(made?["stop_sequence"] != nil)
    }

    @Test(arguments: [
        (#"{"prompt_tokens":100,"completion_tokens":7,"total_tokens":107,"prompt_tokens_details":{"cached_tokens":30,"cache_write_tokens":20},"completion_tokens_details":{"reasoning_tokens":3}}"#,
         #"{"input_tokens":50,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":0},"output_tokens":7,"output_tokens_details":{"thinking_tokens":3}}"#),
        (#"{"prompt_tokens":5,"completion_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2},"server_tool_use":{"web_search_requests":2}}"#,
         #"{"input_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2},"output_tokens":7,"server_tool_use":{"web_search_requests":2,"web_fetch_requests":0}}"#),
    ])
    func usageIsAnthropics(_ usage: String, _ wanted: String) throws {
        let expected = try #require(parsed(wanted))
        #expect(message(#""content":"a""#, usage: usage)?["usage"] as? NSDictionary == expected)
    }

    @Test func itKeepsToTheCap() {
        let buffer = ByteBuffer(limit: 80)
        #expect(buffer.append(#"{"choices":[{"index":0,"message":{"content":"aaaaaaaaaaaaaaaa"}}]}"#))
        #expect(!renderMessage(buffer))
    }

    @Test(arguments: [(Status.json, "invalid_request_error"), (.auth, "authentication_error"), (.funds, "billing_error"), (.permission, "permission_error"),
                      (.modelUnresolved, "not_found_error"), (.tooLarge, "request_too_large"), (.rateLimit, "rate_limit_error"), (.internal, "api_error"),
                      (.timeoutIdle, "timeout_error"), (.overloaded, "overloaded_error")])
    func errorsAreAnthropics(_ status: Status, _ type: String) throws {
        let out = ByteBuffer()
        defer { out.keepAlive() }
        #expect(messagesError(RedactedFailure(Failure(status, "what \"it\" is"), .none), into: out))
        #expect(parsed(String(decoding: out.bytes, as: UTF8.self)) == parsed("{\"type\":\"error\",\"error\":{\"type\":\"\(type)\",\"message\":\"what \\\"it\\\" is\"}}"))
    }
}
