@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

/// A Messages request in the canonical form; what is wrong with it, if anything is.
private func read(_ json: String) -> (NSDictionary?, String?) {
    do {
        let buffer = try readMessages(bytes(json), caps: Caps()).body
        defer { buffer.keepAlive() }
        return (parsed(String(decoding: buffer.bytes, as: UTF8.self)), nil)
    } catch { return (nil, RedactedFailure(error, .none).message) }
}

/// The canonical messages of a list of Messages'.
private func messages(_ list: String, _ more: String = "") -> NSArray? { read("{\"model\":\"m\",\"max_tokens\":9,\"messages\":\(list)\(more)}").0?["messages"] as? NSArray }

private func list(_ json: String) -> NSArray? { (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? NSArray }

@Suite struct MessagesRequestTests {
    @Test(arguments: [
        // Texts
        (#"[{"role":"user","content":"Gr\u00fc\n"}]"#, #"[{"role":"user","content":"Grü\n"}]"#),
        (#"[{"role":"user","content":[{"type":"text","text":"a"}]}]"#, #"[{"role":"user","content":"a"}]"#),
        (#"[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]"#,
         #"[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]"#),
        (#"[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":null}]}]"#,
         #"[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]"#),
        (#"[{"role":"user","content":[]}]"#, #"[{"role":"user","content":""}]"#),
        (#"[{"role":"system","content":[{"type":"text","text":"a"}]}]"#, #"[{"role":"system","content":"a"}]"#),
        // Media
        (#"[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},{"type":"image","source":{"type":"url","url":"https:\/\/a/b"},"cache_control":{"type":"ephemeral"}}]}]"#,
         #"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},{"type":"image_url","image_url":{"url":"https://a/b"},"cache_control":{"type":"ephemeral"}}]}]"#),
        (#"[{"role":"user","content":[{"type":"document","title":"t","context":"c","citations":{"enabled":true},"source":{"type":"base64","media_type":"application/pdf","data":"QUJD"}}]}]"#,
         #"[{"role":"user","content":[{"type":"file","file":{"filename":"t","file_data":"data:application/pdf;base64,QUJD"},"context":"c","citations":{"enabled":true}}]}]"#),
        (#"[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"Gr\u00fc\n"}},{"type":"document","source":{"type":"url","url":"https://a"}},{"type":"document","source":{"type":"file","file_id":"f1"}}]}]"#,
         #"[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,R3LDvAo="}},{"type":"file","file":{"file_data":"https://a"}},{"type":"file","file":{"file_id":"f1"}}]}]"#),
        (#"[{"role":"user","content":[{"type":"search_result","title":"T","source":"S","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}]}]"#,
         #"[{"role":"user","content":[{"type":"text","text":"T\nS\n\none\ntwo"}]}]"#),
        // What only Anthropic has goes as it is
        (#"[{"role":"user","content":[{"type":"container_upload","file_id":"f"},{"type":"image","source":{"type":"file","file_id":"f"}},{"type":"document","source":{"type":"content","content":"x"}}]}]"#,
         #"[{"role":"user","content":[{"type":"container_upload","file_id":"f"},{"type":"image","source":{"type":"file","file_id":"f"}},{"type":"document","source":{"type":"content","content":"x"}}]}]"#),
        // Results of tools come first, whatever is around them
        (#"[{"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"t1","content":"8","is_error":true},{"type":"tool_result","tool_use_id":"t2"},{"type":"tool_result","tool_use_id":"t3","is_error":false,"cache_control":{"type":"ephemeral"},"content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"url","url":"u"}},{"type":"tool_reference","tool_name":"n"}]}]}]"#,
         #"[{"role":"tool","tool_call_id":"t1","content":"8","is_error":true},{"role":"tool","tool_call_id":"t2","content":""},{"role":"tool","tool_call_id":"t3","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}},{"type":"tool_reference","tool_name":"n"}],"cache_control":{"type":"ephemeral"}},{"role":"user","content":"x"}]"#),
        // The assistant
        (#"[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"tool_use","id":"t1","name":"f","input":{"x": [1.0, "ü\n"]},"caller":{"type":"direct"}},{"type":"tool_use","id":"t2","name":"g","input":{},"cache_control":{"type":"ephemeral"},"caller":{"type":"code","tool_id":"s"}}]}]"#,
         #"[{"role":"assistant","content":"ab","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"x\": [1.0, \"ü\\n\"]}"}},{"id":"t2","type":"function","function":{"name":"g","arguments":"{}"},"cache_control":{"type":"ephemeral"},"extra_content":{"anthropic":{"caller":{"type":"code","tool_id":"s"}}}}]}]"#),
        (#"[{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f"}]}]"#,
         #"[{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]}]"#),
        (#"[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s\/1"},{"type":"text","text":"\ud83d\ude00ü"},{"type":"server_tool_use","id":"i","name":"web_search","input":{}},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"abc","citations":[{"type":"char_location"}]},{"type":"new_block"}]}]"#,
         #"[{"role":"assistant","content":"😀üabc","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"s/1","format":"anthropic-claude-v1","index":0,"at":0},{"type":"reasoning.encrypted","data":"d","format":"anthropic-claude-v1","index":3,"at":2}],"provider_blocks":[{"format":"anthropic-claude-v1","index":2,"at":2,"block":{"type":"server_tool_use","id":"i","name":"web_search","input":{}}},{"format":"anthropic-claude-v1","index":4,"at":2,"length":3,"block":{"type":"text","citations":[{"type":"char_location"}]}},{"format":"anthropic-claude-v1","index":5,"at":5,"block":{"type":"new_block"}}]}]"#),
        // Reasoning of others comes back as it was given out
        (#"[{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"gatelet::text::"},{"type":"thinking","thinking":"b","signature":"gatelet:openai-responses-v1:summary:rs_1:"},{"type":"redacted_thinking","data":"gatelet:openai-responses-v1:encrypted:rs_1:d=="},{"type":"redacted_thinking","data":"gatelet::call::{\"google\":{\"thought_signature\":\"s\"}}"},{"type":"tool_use","id":"t","name":"f","input":{}}]}]"#,
         #"[{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}],"reasoning_details":[{"type":"reasoning.text","text":"a","index":0,"at":0},{"type":"reasoning.summary","summary":"b","id":"rs_1","format":"openai-responses-v1","index":1,"at":0},{"type":"reasoning.encrypted","data":"d==","id":"rs_1","format":"openai-responses-v1","index":2,"at":0}]}]"#),
        // A picture of OpenAI's becomes its item again
        (#"[{"role":"assistant","content":[{"type":"text","text":"hi"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"},"gatelet":"gatelet:openai-responses-v1:block:2:{\"id\":\"ig\",\"type\":\"image_generation_call\"}"}]}]"#,
         #"[{"role":"assistant","content":"hi","provider_blocks":[{"format":"openai-responses-v1","index":2,"at":2,"block":{"id":"ig","type":"image_generation_call","result":"QUJD"}}],"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"},"index":1,"at":2}]}]"#),
        (#"[{"role":"assistant","content":[{"type":"text","text":"hi"},{"type":"redacted_thinking","data":"gatelet:google-gemini-v1:block:7:{\"executableCode\":{\"code\":\"a:\\\"\\n\\\"\"}}"},{"type":"redacted_thinking","data":"gatelet:x:block:y:broken"},{"type":"text","text":"end"}]}]"#,
         #"[{"role":"assistant","content":"hiend","provider_blocks":[{"format":"google-gemini-v1","index":7,"at":2,"block":{"executableCode":{"code":"a:\"\n\""}}}]}]"#),
        (#"[{"role":"assistant","content":"Prefix"}]"#, #"[{"role":"assistant","content":"Prefix"}]"#),
    ])
    func messagesAreOpenAIs(_ given: String, _ wanted: String) throws {
        let expected = try #require(list(wanted))
        #expect(messages(given) == expected, "\(read("{\"messages\":\(given)}"))")
    }

    @Test(arguments: [
        (#""s""#, #"[{"role":"system","content":"s"}]"#), (#""""#, "[]"), ("[]", "[]"), ("null", "[]"),
        (#"[{"type":"text","text":"a"}]"#, #"[{"role":"system","content":"a"}]"#),
        (#"[{"type":"text","text":"x-anthropic-billing-header: cc_version=2; cch=1"},{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]"#,
         #"[{"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}]"#),
        (#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, #"[{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]"#),
    ])
    func systemComesFirst(_ given: String, _ wanted: String) throws {
        let user: NSDictionary = ["role": "user", "content": "u"]
        let system = try #require(list(wanted) as? [Any])
        #expect(messages(#"[{"role":"user","content":"u"}]"#, ",\"system\":\(given)") == (system + [user]) as NSArray)
    }

    /// Members of the request beside the messages.
    @Test(arguments: [
        (#""temperature":0,"top_p":0.9,"top_k":4,"stream":true,"cache_control":{"type":"ephemeral"},"container":"c","models":["x"],"provider":{"only":["a"]},"gatelet":{"tag":"t"}"#,
         #""temperature":0,"top_p":0.9,"top_k":4,"stream":true,"cache_control":{"type":"ephemeral"},"container":"c","models":["x"],"provider":{"only":["a"]},"gatelet":{"tag":"t"}"#),
        (#""stop_sequences":["a","\n"],"metadata":{"user_id":"u"},"service_tier":"standard_only","top_k":null"#, #""stop":["a","\n"],"user":"u","service_tier":"default""#),
        (#""metadata":{"user_id":null,"x":1},"service_tier":"auto""#, #""metadata":{"user_id":null,"x":1},"service_tier":"auto""#),
        (#""thinking":{"type":"enabled","budget_tokens":1024}"#, #""reasoning":{"max_tokens":1024}"#),
        (#""thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"xhigh","task_budget":{"total":2}}"#,
         #""reasoning":{"enabled":true,"exclude":false,"effort":"xhigh"},"output_config":{"task_budget":{"total":2}}"#),
        (#""thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"}"#, #""reasoning":{"max_tokens":2000,"exclude":true}"#),
        (#""thinking":{"type":"disabled"}"#, #""reasoning":{"enabled":false}"#),
        (#""output_config":{"effort":"low"}"#, #""reasoning":{"effort":"low"}"#),
        (#""output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}"#,
         #""response_format":{"type":"json_schema","json_schema":{"name":"response","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}"#),
        (#""output_format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}}}}"#,
         #""response_format":{"type":"json_schema","json_schema":{"name":"response","strict":false,"schema":{"type":"object","properties":{"a":{"type":"string"}}}}}"#),
        (#""tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,"cache_control":{"type":"ephemeral"},"defer_loading":true},{"type":"custom","name":"g"},{"type":"web_search_20250305","name":"web_search","max_uses":2}],"tool_choice":{"type":"any","disable_parallel_tool_use":true}"#,
         #""tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true},"cache_control":{"type":"ephemeral"},"defer_loading":true},{"type":"function","function":{"name":"g"}},{"type":"web_search_20250305","name":"web_search","max_uses":2}],"tool_choice":"required","parallel_tool_calls":false"#),
        (#""tools":[{"name":"f"}],"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":false}"#,
         #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}}"#),
        (#""tools":[{"name":"f"}],"tool_choice":{"type":"none"}"#, #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none""#),
        (#""tools":[],"tool_choice":{"type":"auto"}"#, ""),
    ])
    func parametersAreOpenAIs(_ given: String, _ wanted: String) throws {
        let rest = #""messages":[{"role":"user","content":"u"}]"#
        let expected = try #require(parsed("{\"model\":\"m\",\"max_tokens\":9,\(rest)\(wanted.isEmpty ? "" : ",")\(wanted)}"))
        #expect(read("{\"model\":\"m\",\"max_tokens\":9,\(rest),\(given)}").0 == expected)
    }

    @Test(arguments: [
        (#"{"model":"m"}"#, "messages: must be a list"), (#"{"messages":[]}"#, "messages: must be a list"), (#"{"messages":{}}"#, "messages: must be a list"),
        (#"{"messages":[1]}"#, "messages.0: must be an object"), (#"{"messages":[{"content":"x"}]}"#, "messages.0.role: is missing"),
        (#"{"messages":[{"role":"tool","content":"x"}]}"#, "messages.0.role: must be user"),
        (#"{"messages":[{"role":"user"}]}"#, "messages.0.content: must be"), (#"{"messages":[{"role":"user","content":4}]}"#, "messages.0.content: must be"),
        (#"{"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text"}]}]}"#, "messages.1.content.1.text: is missing"),
        (#"{"messages":[{"role":"user","content":[{"text":"a"}]}]}"#, "messages.0.content.0.type: is missing"),
        (#"{"messages":[{"role":"user","content":["a"]}]}"#, "messages.0.content.0: must be an object"),
        (#"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"x"}}]}]}"#, "messages.0.content.0.source.media_type: is missing"),
        (#"{"messages":[{"role":"user","content":[{"type":"image"}]}]}"#, "messages.0.content.0.source: must be an object"),
        (#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"ftp"}}]}]}"#, "messages.0.content.0.source.type: must be base64"),
        (#"{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":1}]}]}]}"#, "messages.0.content.0.content.0.text: must be a string"),
        (#"{"messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}]}"#, "messages.0.content.0.tool_use_id: is missing"),
        (#"{"messages":[{"role":"user","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}]}"#, "messages.0.content.0.type: tool_use belongs"),
        (#"{"messages":[{"role":"assistant","content":[{"type":"tool_result","tool_use_id":"t"}]}]}"#, "messages.0.content.0.type: tool_result belongs"),
        (#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":"x"}]}]}"#, "messages.0.content.0.input: must be an object"),
        (#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","name":"f","input":{}}]}]}"#, "messages.0.content.0.id: is missing"),
        (#"{"messages":[{"role":"assistant","content":[{"type":"thinking","signature":"x"}]}]}"#, "messages.0.content.0.thinking: is missing"),
        (#"{"messages":[{"role":"user","content":"x"}],"system":4}"#, "system: must be"), (#"{"messages":[{"role":"user","content":"x"}],"system":[{"type":"image"}]}"#, "system.0.type: must be text"),
        (#"{"messages":[{"role":"user","content":"x"}],"tools":{}}"#, "tools: must be a list"), (#"{"messages":[{"role":"user","content":"x"}],"tools":[{}]}"#, "tools.0.name: must be"),
        (#"{"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":"x"}]}"#, "tools.0.input_schema: must be"),
        (#"{"messages":[{"role":"user","content":"x"}],"tool_choice":"auto"}"#, "tool_choice.type: must be"), (#"{"messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"tool"}}"#, "tool_choice.name: must be"),
        (#"{"messages":[{"role":"user","content":"x"}],"thinking":{"type":"enabled"}}"#, "thinking.budget_tokens: must be"), (#"{"messages":[{"role":"user","content":"x"}],"thinking":true}"#, "thinking.type: must be"),
        (#"{"messages":[{"role":"user","content":"x"}],"output_format":{"type":"x"}}"#, "output_format.type: must be"), (#"{"messages":[{"role":"user","content":"x"}],"output_config":{"format":{"type":"json_schema"}}}"#, "output_config.format.schema: must be"),
        (#"{"messages":[{"role":"user","content":"x"}],"model":"a","model":"b"}"#, "`model` occurs twice"), ("[]", "not an object"), ("{", "not JSON"), (#"{"a":"\u0000"}"#, "NUL"),
    ])
    func mistakesAreNamed(_ given: String, _ wanted: String) {
        let (made, message) = read(given)
        #expect(made == nil)
        #expect(message?.contains(wanted) ?? false, "\(message ?? "nil")")
    }

    @Test func aRequestOverTheCapIsRefused() throws {
        var caps = Caps()
        caps.request = 10
        #expect(throws: Failure.self) { try readMessages(bytes(#"{"messages":[{"role":"user","content":"x"}]}"#), caps: caps) }
        caps = Caps()
        caps.depth = 3
        #expect(throws: Failure.self) { try readMessages(bytes(#"{"messages":[{"role":"user","content":"x"}],"a":[[[[]]]]}"#), caps: caps) }
    }
}
