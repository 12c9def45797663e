@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

private func text(_ buffer: ByteBuffer) -> String { String(decoding: buffer.bytes, as: UTF8.self) }

private func failure<R>(_ body: () throws(Failure) -> R) -> Failure? {
    do throws(Failure) {
        _ = try body()
        return nil
    } catch { return error }
}

// MARK: The surface

/// A request of the surface, and its messages or a member in the chat's form.
@Test(arguments: [
    (#"{"input":"a\n"}"#, #"{"messages":[{"role":"user","content":"a\n"}]}"#),
    (#"{"instructions":"s","input":[{"role":"developer","content":[{"type":"input_text","text":"d"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]}]}"#,
     #"{"messages":[{"role":"system","content":"s"},{"role":"system","content":"d"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}"#),
    // What the assistant did between two others is one message; a thought that no call follows stays out.
    (#"{"input":[{"type":"reasoning","id":"r","summary":[],"encrypted_content":"gatelet1.[{\"type\":\"gatelet.text\",\"member\":\"reasoning\"}]","content":[{"type":"reasoning_text","text":"t"}]},{"role":"assistant","content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"r"}]},{"role":"user","content":"u"}]}"#,
     #"{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"refusal","refusal":"r"}]},{"role":"user","content":"u"}]}"#),
    (#"{"input":[{"role":"assistant","content":"a"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"custom_tool_call","call_id":"d","name":"g","input":"x"},{"type":"function_call_output","call_id":"c","output":"o"},{"type":"custom_tool_call_output","call_id":"d","output":[{"type":"input_text","text":"p"}]}]}"#,
     #"{"messages":[{"role":"assistant","content":"a","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"d","type":"custom","custom":{"name":"g","input":"x"}}]},{"role":"tool","tool_call_id":"c","content":"o"},{"role":"tool","tool_call_id":"d","content":"p"}]}"#),
    (#"{"input":[{"role":"user","content":[{"type":"input_image","image_url":"u","detail":"low"},{"type":"input_file","filename":"n","file_data":"d"},{"type":"input_file","file_url":"w"}]}]}"#,
     #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u","detail":"low"}},{"type":"file","file":{"file_data":"d","filename":"n"}},{"type":"file","file":{"file_data":"w"}}]}]}"#),
    (#"{"input":"x","tools":[{"type":"custom","name":"g","format":{"type":"grammar","syntax":"lark","definition":"s"}}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}}"#,
     #"{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","custom":{"name":"g","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"s"}}}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}}"#),
    (#"{"input":"x","text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{},"strict":null}},"reasoning":{"effort":"high","summary":"auto"},"include":["message.output_text.logprobs"],"max_output_tokens":9,"stop":["s"],"stream":true,"metadata":{},"background":false}"#,
     #"{"messages":[{"role":"user","content":"x"}],"verbosity":"low","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"reasoning_effort":"high","logprobs":true,"max_tokens":9,"stop":["s"]}"#),
])
func responsesRequestsBecomeChats(_ given: String, _ wanted: String) throws {
    let made = try translateResponses(bytes(given), caps: Caps())
    #expect(parsed(text(made.body)) == parsed(wanted), "\(text(made.body))")
    #expect(made.nativeOnly == nil)
}

@Test func whatOnlyTheApiItselfDoesIsNamed() throws {
    for (request, path) in [(#"{"input":[{"type":"compaction","encrypted_content":"x"}]}"#, "input[0].type"), (#"{"input":"x","tool_choice":{"type":"web_search"}}"#, "tool_choice"),
                            (#"{"input":[{"role":"user","content":[{"type":"hologram"}]}]}"#, "input[0].content[0].type"),
                            (#"{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}"#, "input[0].content[0].file_id"),
                            (#"{"input":[{"role":"user","content":[{"type":"input_text","text":"t"},{"type":"input_file","file_id":"f","filename":"n"}]}]}"#, "input[0].content[1].file_id")] {
        #expect(try translateResponses(bytes(request), caps: Caps()).nativeOnly == path)
    }
    let dropped = try translateResponses(bytes(#"{"input":[{"type":"web_search_call","id":"w"},{"type":"reasoning","encrypted_content":"gAAA"},{"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"n","arguments":""}],"truncation":"auto"}"#), caps: Caps())
    #expect(dropped.nativeOnly == nil && dropped.dropped.map(\.path).sorted() == ["input[0]", "input[1]", "truncation"])
}

/// Texts, calls and thoughts that come in any order are items that begin and end.
@Test func interleavedCallsAndLateTextsAreItemsOfTheirOwn() throws {
    let renderer = ResponsesRenderer(nil)
    var events: [(name: String, data: NSDictionary)] = []
    let hear: StreamRenderer.Emit = { name, data in
        events.append((String(name), parsed(String(decoding: data, as: UTF8.self)) ?? NSDictionary()))
        return true
    }
    func call(_ index: Int, _ rest: String) -> String { #"{"tool_calls":[{"index":\#(index),\#(rest)}]}"# }
    for delta in [#"{"role":"assistant","content":""}"#, #"{"content":"a"}"#, call(0, #""id":"c","function":{"name":"f","arguments":"{"}"#), call(1, #""id":"d","function":{"name":"g"}"#),
                  call(0, #""function":{"arguments":"}"}"#), #"{"content":"b\""}"#, #"{"refusal":"no"}"#] {
        let chunk = bytes(#"{"id":"chatcmpl-1","created":1,"model":"m","choices":[{"index":0,"delta":\#(delta)}]}"#)
        let view = try #require(try? scanChunk(chunk, form: .chat, depthLimit: 64)).view
        #expect(renderer.render(view, chunk, hear))
    }
    #expect(renderer.finish(hear))
    #expect(events.map { $0.data["sequence_number"] as? Int } == Array(0..<events.count))
    let last = try #require(events.last?.data["response"] as? NSDictionary)
    let output = try #require(last["output"] as? [NSDictionary])
    #expect(output.map { $0["type"] as? String } == ["message", "function_call", "function_call", "message"])
    #expect(output.map { $0["arguments"] as? String } == [nil, "{}", "{}", nil])
    #expect(events.filter { $0.name == "response.output_item.done" }.map { $0.data["item"] as? NSDictionary } == output)
    #expect((output[3]["content"] as? [NSDictionary])?.map { $0["text"] as? String ?? $0["refusal"] as? String } == ["b\"", "no"])
}

/// What comes between the pieces of a call, or in one chunk with them, is an item behind it: the call stays one.
@Test(arguments: [
    ([#""content":"\n""#], "", ["message"]), ([#""reasoning":"t""#], "", ["reasoning"]), ([#""content":"a""#, #""reasoning":"t""#, #""content":"b""#], "", ["message", "reasoning", "message"]),
    ([#""annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t"}}]"#], "", ["message"]), ([], #""content":"a","#, ["message"]), ([#""content":"a""#], #""content":"b","#, ["message"]),
    ([#""images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]"#], #""reasoning":"t","#, ["image_generation_call", "reasoning"]),
    ([#""tool_calls":[{"index":1,"id":"d","function":{"name":"g","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]"#], "", ["reasoning", "function_call"]),
])
func whatComesWithinACallDoesNotSplitIt(_ between: [String], _ beside: String, _ others: [String]) throws {
    let renderer = ResponsesRenderer(nil)
    var last = NSDictionary(), done: [Int: NSDictionary] = [:], arguments = ""
    let hear: StreamRenderer.Emit = { name, data in
        last = parsed(String(decoding: data, as: UTF8.self)) ?? NSDictionary()
        let place = last["output_index"] as? Int ?? -1
        if name.description == "response.output_item.done" {
            #expect(done[place] == nil)
            done[place] = last["item"] as? NSDictionary
        }
        if name.description == "response.function_call_arguments.delta", place == 0 { arguments += last["delta"] as? String ?? "" }
        return true
    }
    let begin = #""tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\""}}]"#, end = #"\#(beside)"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]"#
    for delta in [begin] + between + [end] {
        let chunk = bytes(#"{"id":"chatcmpl-1","created":1,"model":"m","choices":[{"index":0,"delta":{\#(delta)}}]}"#)
        let view = try #require(try? scanChunk(chunk, form: .chat, depthLimit: 64)).view
        #expect(renderer.render(view, chunk, hear))
    }
    #expect(renderer.finish(hear))
    let output = try #require((last["response"] as? NSDictionary)?["output"] as? [NSDictionary])
    #expect(output.map { $0["type"] as? String } == ["function_call"] + others)
    #expect(output[0]["arguments"] as? String == #"{"a":1}"# && output[0]["name"] as? String == "f" && arguments == #"{"a":1}"#)
    #expect(output.indices.map { done[$0] } == output && done.count == output.count)
}

// MARK: The dialect

private func written(_ chat: String, _ warnings: RequestWarnings = RequestWarnings()) throws(Failure) -> String {
    let request = bytes(chat), out = ByteBuffer()
    let view = try readRequest(request, operation: .chat, caps: Caps())
    try ResponsesDialect().write(OutgoingRequest(view, request, .chat, for: Provider(ProviderParts()), model: "m", warnings: warnings), into: out)
    return text(out)
}

@Test(arguments: [
    (#"{"messages":[{"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"user","content":"u"}]}"#,
     #"{"instructions":"s","input":[{"role":"developer","content":"d"},{"role":"user","content":"u"}]}"#),
    (#"{"messages":[{"role":"system","content":"s"}]}"#, #"{"input":[{"role":"system","content":"s"}]}"#),
    // Members of calls that a chat has no word for
    (#"{"messages":[{"role":"assistant","tool_calls":[{"id":"c","extra_content":{"openai":{"namespace":"n","name":"no"}},"function":{"name":"f","arguments":"{}"}}]}]}"#,
     #"{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}","namespace":"n"}]}"#),
    // Items stand where they were in the answer; texts and calls fill the places between.
    (#"{"messages":[{"role":"assistant","content":"t","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}],"provider_blocks":[{"format":"openai-responses-v1","index":1,"at":0,"block":{"type":"web_search_call","id":"w"}}],"reasoning_details":[{"type":"reasoning.summary","summary":"a","id":"rs_1","format":"openai-responses-v1","index":0,"output_index":0},{"type":"reasoning.encrypted","data":"x","id":"rs_1","format":"openai-responses-v1","index":1,"output_index":0},{"type":"reasoning.encrypted","data":"y","id":"rs_2","format":"openai-responses-v1","index":2,"output_index":3},{"type":"reasoning.text","text":"z","signature":"s","format":"anthropic-claude-v1"}]},{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"o"}]}]}"#,
     #"{"input":[{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"}],"encrypted_content":"x"},{"type":"web_search_call","id":"w"},{"role":"assistant","content":"t"},{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"y"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"o"}]}]}"#),
    (#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}},{"type":"file","file":{"file_data":"AA==","filename":"n"}},{"type":"file","file":{"file_data":"https://x/y"}},{"type":"file","file":{"file_id":"i"}}]}]}"#,
     #"{"input":[{"role":"user","content":[{"type":"input_image","image_url":"u","detail":"auto"},{"type":"input_file","file_data":"data:application/pdf;base64,AA==","filename":"n"},{"type":"input_file","file_url":"https://x/y"},{"type":"input_file","file_id":"i"}]}]}"#),
    (#"{"messages":[{"role":"user","content":"u"}],"tools":[{"type":"function","function":{"name":"f"}},{"type":"web_search"}],"tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"verbosity":"low","max_completion_tokens":3,"reasoning_effort":"high","temperature":0,"logprobs":true,"safety_identifier":"i"}"#,
     #"{"input":[{"role":"user","content":"u"}],"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false},{"type":"web_search"}],"tool_choice":{"type":"function","name":"f"},"text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{}}},"max_output_tokens":16,"reasoning":{"effort":"high"},"temperature":0,"include":["reasoning.encrypted_content","message.output_text.logprobs"],"safety_identifier":"i"}"#),
    (#"{"messages":[{"role":"user","content":"u"}],"reasoning":{"enabled":false},"tools":[]}"#, #"{"input":[{"role":"user","content":"u"}],"reasoning":{"effort":"none"}}"#),
])
func chatsBecomeResponsesRequests(_ given: String, _ wanted: String) throws {
    let made = try #require(parsed(try written(given)))
    var expected: [String: Any] = ["model": "m", "store": false, "include": ["reasoning.encrypted_content"]]
    for (name, value) in try #require(parsed(wanted) as? [String: Any]) { expected[name] = value }
    #expect(made == expected as NSDictionary, "\(made)")
}

/// Models that do not think refuse to be asked for encrypted thoughts.
@Test(arguments: [("gpt-4o", false), ("gpt-4.1-mini", false), ("ft:gpt-4o-mini:me", false), ("openai/gpt-4o", false), ("gpt-3.5-turbo", false), ("chatgpt-4o-latest", false), ("gpt-5-chat-latest", false),
                  ("gpt-5", true), ("o3", true), ("o4-mini", true), ("gpt-5.1-codex", true), ("my-deployment", true)])
func encryptedThoughtsAreAskedOfModelsThatThink(model: String, asks: Bool) throws {
    let request = bytes(#"{"messages":[{"role":"user","content":"u"}]}"#), out = ByteBuffer()
    try ResponsesDialect().write(OutgoingRequest(try readRequest(request, operation: .chat, caps: Caps()), request, .chat, for: Provider(ProviderParts()), model: model), into: out)
    #expect(parsed(text(out))?["include"] as? [String] == (asks ? ["reasoning.encrypted_content"] : nil))
}

/// Of a request in the API's own form, thoughts that Gatelet wrote down for another provider are left out.
@Test func otherProvidersThoughtsDoNotPass() throws {
    func passed(_ input: String) throws -> (String, [String]) {
        let caller = bytes(#"{"model" : "x", "input": \#(input), "store":true}"#), chat = bytes(#"{"messages":[{"role":"user","content":"u"}]}"#), out = ByteBuffer()
        var request = OutgoingRequest(try readRequest(chat, operation: .chat, caps: Caps()), chat, .chat, for: Provider(ProviderParts()), model: "m")
        request.passthrough = caller
        try ResponsesDialect().write(request, into: out)
        return (text(out), request.warnings.list.map(\.path))
    }
    let user = #"{"role": "user", "content":"gatelet1."}"#, theirs = #"{"type":"reasoning","encrypted_content":"gAAA", "summary":[]}"#
    let ours = #"{"type":"reasoning","summary":[],"encrypted_content":"gatelet1.[{\"type\":\"reasoning.text\"}]"}"#
    let call = #"{"type":"web_search_call","id":"w"}"#
    let made = try passed("[\(user),\(ours), \(theirs),\(call),\(ours)]")
    #expect(made.0 == #"{"model":"m","input": [\#(user),\#(theirs),\#(call)], "store":true}"#)
    #expect(made.1 == ["input[1]", "input[4]"])
    let whole = try passed("[\(user), \(theirs) ]")
    #expect(whole.0 == #"{"model":"m","input": [\#(user), \#(theirs) ], "store":true}"# && whole.1.isEmpty)
}

@Test func warningsAndRefusalsOfTheDialect() throws {
    let warnings = RequestWarnings()
    _ = try written(#"{"messages":[{"role":"user","content":"u","cache_control":{}}],"stop":"s","seed":1,"presence_penalty":0,"thinking":{},"reasoning":{"max_tokens":9},"max_tokens":2,"store":true}"#, warnings)
    #expect(warnings.list.map(\.path).sorted() == ["max_tokens", "messages[0].cache_control", "reasoning.max_tokens", "seed", "stop", "store", "thinking"])
    for more in [#""n":2"#, #""modalities":["audio"]"#, #""audio":{}"#, #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#, #""tools":[{"type":"web_search_20260209","name":"w"}]"#,
                 #""tools":[{"googleSearch":{}}]"#, #""tools":[{"type":"google_search"}]"#, #""tools":[{"type":"mcp_toolset"}]"#] {
        #expect(failure { () throws(Failure) in try written(#"{"messages":[{"role":"user","content":"u"}],\#(more)}"#) }?.status == .unsupported)
    }
}

/// A tool of the API's own goes as it is; the error of another names it and its type.
@Test func toolsThatOpenAIRunsGoAsTheyAre() throws {
    for tool in [#"{"type":"web_search_preview_2025_03_11"}"#, #"{"type":"mcp","server_label":"l"}"#, #"{"type":"code_interpreter","container":{"type":"auto"}}"#, #"{"type":"custom","name":"c"}"#, #"{"type":"namespace","name":"n"}"#] {
        #expect(try written(#"{"messages":[{"role":"user","content":"u"}],"tools":[\#(tool)]}"#).contains(#""tools":[\#(tool)]"#))
    }
    let refused = failure { () throws(Failure) in try written(#"{"messages":[{"role":"user","content":"u"}],"tools":[{"type":"mcp"},{"type":"web_search_20250305"}]}"#) }
    #expect(refused.map { RedactedFailure($0, .none).message } == "`tools[1]`: the Responses API has no tool of the type `web_search_20250305`")
}

/// What events tell, as an answer, and how they end.
private func heard(_ events: [String]) -> (answer: NSDictionary?, sign: String) {
    let reader = ResponsesStreamReader(Caps()), assembler = ChunkAssembler(form: .chat, limit: 1 << 20)
    var sign = "open"
    for event in events {
        switch reader.read(bytes(event), name: bytes(""), { assembler.add($1, $0) }) {
        case .read: continue
        case .stopped: sign = "stopped"
        case .end: sign = "end"
        case .error(let document): sign = "error \(document.count > 0)"
        case .notJSON: sign = "no JSON"
        case .tooDeep: sign = "deep"
        case .tooLarge: sign = "large"
        case .noMemory: sign = "memory"
        }
        break
    }
    let whole = assembler.answer(appending: bytes(""))
    return (whole.flatMap { parsed(text($0)) }, sign)
}

private func message(_ events: [String]) -> NSDictionary? { ((heard(events).answer?["choices"] as? [NSDictionary])?.first)?["message"] as? NSDictionary }

private let created = #"{"type":"response.created","response":{"id":"resp_1","model":"m","created_at":5}}"#

@Test func eventsThatOthersTellAgainAreReadOnce() {
    let item = #"{"type":"message","id":"i","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":1}]}]}"#
    let done = #"{"type":"response.output_item.done","output_index":0,"item":\#(item)}"#, delta = #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"}"#
    let all = #"{"type":"response.completed","response":{"status":"completed","output":[\#(item)],"usage":{"input_tokens":1,"output_tokens":2}}}"#
    for events in [[created, delta, done, all], [created, done, all], [created, all], [all], [created, #"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"a"}"#, done, all]] {
        #expect(message(events)?["content"] as? String == "a" && (message(events)?["annotations"] as? [Any])?.count == 1 && heard(events).sign == "end", "\(events)")
    }
    let call = #"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#
    for events in [[created, #"{"type":"response.output_item.added","output_index":2,"item":\#(call.replacing("{}", with: ""))}"#, #"{"type":"response.function_call_arguments.delta","output_index":2,"delta":"{}"}"#],
                   [created, #"{"type":"response.output_item.added","output_index":2,"item":\#(call)}"#], [created]] {
        let calls = message(events + [#"{"type":"response.output_item.done","output_index":2,"item":\#(call)}"#])?["tool_calls"] as? [NSDictionary]
        #expect(calls == [["id": "c", "type": "function", "function": ["name": "f", "arguments": "{}"]]], "\(events)")
    }
}

/// Members of calls that nobody has a word for stay, and go back; nulls and what every call has do not.
@Test func namespacesOfCallsStay() throws {
    for (type, text) in [("function_call", "arguments"), ("custom_tool_call", "input")] {
        let item = #"{"type":"\#(type)","id":"fc_1","status":"completed","call_id":"c","name":"f","\#(text)":"{}","namespace":"n","caller":null}"#
        let added = #"{"type":"response.output_item.added","output_index":0,"item":\#(item)}"#, all = #"{"type":"response.completed","response":{"status":"completed","output":[\#(item)]}}"#
        for events in [[created, added, all], [all]] {
            let calls = try #require(message(events)?["tool_calls"] as? [NSDictionary])
            #expect(calls.first?["extra_content"] as? NSDictionary == ["openai": ["namespace": "n"]])
            let chat = String(decoding: try JSONSerialization.data(withJSONObject: ["messages": [["role": "assistant", "tool_calls": calls] as [String: Any]]]), as: UTF8.self), warnings = RequestWarnings()
            let input = parsed(try written(chat, warnings))?["input"] as? [NSDictionary]
            #expect(input?.first == parsed(#"{"type":"\#(type)","call_id":"c","name":"f","\#(text)":"{}","namespace":"n"}"#) && warnings.list.isEmpty)
        }
    }
    let dropped = try translateResponses(bytes(#"{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}","namespace":"n"}]}"#), caps: Caps()).dropped
    #expect(dropped.map(\.path) == ["input[0].namespace"])
}

@Test func endsAndErrors() {
    for (event, sign) in [(#"{"type":"error","code":"x","message":"y"}"#, "error true"), (#"{"type":"response.failed","response":{"error":{"message":"y"}}}"#, "error true"),
                          (#"{"error":{"message":"y"}}"#, "error true"), ("[DONE]", "end"), ("{", "no JSON"), ("", "open"), (#"{"type":"x.new"}"#, "open"),
                          (#"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"content_filter"}}}"#, "end")] {
        #expect(heard([created, event]).sign == sign, "\(event)")
    }
    let reason = heard([created, #"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}"#]).answer
    #expect((reason?["choices"] as? [NSDictionary])?.first?["finish_reason"] as? String == "length")
    let body = ByteBuffer()
    _ = body.append(#"{"status":"failed","error":{"code":"server_error","message":"m"},"output":[]}"#)
    #expect(failure { () throws(Failure) in
        try ResponsesDialect().answer(body, to: bytes("{}"), operation: .chat, provider: Provider(ProviderParts()), model: "m", depth: 64)
    }?.status == .server)
}

/// What is done, or whole at the end, may say more than its deltas: what is missing comes, once. Another text adds nothing.
@Test func whatDeltasDidNotTellComesWithWhatIsDone() {
    func said(_ whole: String, _ type: String, _ delta: String) -> [NSDictionary?] {
        let added = #"{"type":"response.output_item.added","output_index":0,"item":\#(whole.replacing(#""hello""#, with: #""""#))}"#
        let piece = #"{"type":"response.\#(type).delta","output_index":0,"content_index":0,"summary_index":0,"delta":"\#(delta)"}"#
        let done = #"{"type":"response.output_item.done","output_index":0,"item":\#(whole)}"#, all = #"{"type":"response.completed","response":{"status":"completed","output":[\#(whole)]}}"#
        return [[done, all], [all], [done]].map { message([created, added, piece] + $0) }
    }
    for (delta, wanted) in [("hel", "hello"), ("hello", "hello"), ("hal", "hal"), ("hello you", "hello you")] {
        for message in said(#"{"type":"message","content":[{"type":"output_text","text":"hello"}]}"#, "output_text", delta) { #expect(message?["content"] as? String == wanted) }
        for message in said(#"{"type":"message","content":[{"type":"refusal","refusal":"hello"}]}"#, "refusal", delta).enumerated() where message.offset != 1 {
            #expect(message.element?["refusal"] as? String == wanted)
        }
        for message in said(#"{"type":"reasoning","summary":[{"type":"summary_text","text":"hello"}]}"#, "reasoning_summary_text", delta).enumerated() where message.offset != 1 {
            #expect(message.element?["reasoning"] as? String == wanted)
        }
        for message in said(#"{"type":"function_call","call_id":"c","name":"f","arguments":"hello"}"#, "function_call_arguments", delta) {
            #expect(((message?["tool_calls"] as? [NSDictionary])?.first?["function"] as? NSDictionary)?["arguments"] as? String == wanted)
        }
    }
}

/// A stream that failed says why in the same words as an answer that failed.
@Test func aFailedStreamHasTheCodeOfItsError() {
    let response = #"{"id":"resp_1","status":"failed","error":{"code":"invalid_prompt","message":"boom"},"output":[]}"#
    let body = ByteBuffer()
    _ = body.append(response)
    let whole = failure { () throws(Failure) in
        try ResponsesDialect().answer(body, to: bytes("{}"), operation: .chat, provider: Provider(ProviderParts()), model: "m", depth: 64)
    }
    let event = bytes(#"{"type":"response.failed","sequence_number":3,"response":\#(response)}"#)
    guard case .error(let document) = ResponsesStreamReader(Caps()).read(event, name: bytes(""), { _, _ in true }) else {
        Issue.record("no error")
        return
    }
    let streamed = classify(httpStatus: 200, headers: bytes(""), body: document, provider: Provider(ProviderParts()), model: "m")
    #expect(streamed.code == "invalid_prompt" && whole?.code == "invalid_prompt")
    #expect(streamed.type == nil && whole?.type == nil && streamed.status == whole?.status)
}

/// Nothing that comes from outside ends the process.
@Test func brokenDocumentsAreRefused() {
    var seed: UInt64 = 7
    func random(_ below: Int) -> Int {
        seed = seed &* 6364136223846793005 &+ 1442695040888963407
        return Int(seed >> 33) % below
    }
    let documents = [#"{"input":[{"type":"reasoning","encrypted_content":"gatelet1.[{\"type\":\"gatelet.call\",\"id\":\"c\"}]","content":[{"text":"\ud83d"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{"},{"role":"user","content":[{"type":"input_file","file_data":"data:,x"}]}],"tools":[{"type":"function","name":"f"}],"text":{"format":{"type":"json_schema"}}}"#,
                     #"{"messages":[{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"d","output_index":999999999}],"provider_blocks":[{"format":"openai-responses-v1","index":-3,"block":{}}],"tool_calls":[{"id":"c","custom":{"name":"n"}}]},{"role":"user","content":[{"type":"file","file":{"file_data":"data:a;base64,AA"}}]}]}"#,
                     #"{"type":"response.completed","output_index":999999999,"delta":"\ud83d","response":{"id":"x","output":[{"type":"reasoning","summary":[{"text":"a"}]},{"type":"image_generation_call","result":"AA"},{"type":"message","content":[{"type":"refusal"}]},{"type":"custom_tool_call"}],"usage":{"input_tokens":1}}}"#]
    for _ in 0..<3000 {
        var raw = Array(documents[random(documents.count)].utf8)
        for _ in 0..<random(4) { raw[random(raw.count)] = UInt8(random(256)) }
        if random(3) == 0 { raw.removeLast(random(raw.count)) }
        let buffer = ByteBuffer()
        raw.withUnsafeBytes { _ = buffer.append($0) }
        _ = try? translateResponses(buffer.bytes, caps: Caps())
        if let view = try? readRequest(buffer.bytes, operation: .chat, caps: Caps()) {
            _ = try? ResponsesDialect().write(OutgoingRequest(view, buffer.bytes, .chat, for: Provider(ProviderParts()), model: "m"), into: ByteBuffer())
        }
        let renderer = ResponsesRenderer(nil)
        _ = ResponsesStreamReader(Caps()).read(buffer.bytes, name: bytes(""), { view, chunk in renderer.render(view, chunk) { _, _ in true } })
        _ = renderer.finish { _, _ in true }
        let answer = ByteBuffer()
        _ = answer.append(buffer.bytes)
        _ = try? translateResponse(answer, depth: 64)
        buffer.keepAlive()
    }
}
