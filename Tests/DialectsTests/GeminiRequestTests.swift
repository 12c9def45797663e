@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
import Model
import Testing

/// What is written of a request, and the paths of its warnings; or what it is refused with.
private func write(_ request: String, model: String = "gemini-2.5-flash", _ operation: Model.Operation = .chat) -> (body: NSDictionary?, warned: [String], failure: Failure?) {
    let bytes = bytes(request), buffer = ByteBuffer()
    do throws(Failure) {
        let view = try readRequest(bytes, operation: operation, caps: Caps())
        let outgoing = OutgoingRequest(view, bytes, operation, for: Provider(ProviderParts()), model: model)
        try GeminiDialect().write(outgoing, into: buffer)
        return (parsed(String(decoding: buffer.copy(), as: UTF8.self)), outgoing.warnings.list.map(\.path), nil)
    } catch { return (nil, [], error) }
}

private func warnings(_ request: String) -> [RequestWarning] {
    let bytes = bytes(request)
    guard let view = try? readRequest(bytes, operation: .chat, caps: Caps()) else { return [] }
    let outgoing = OutgoingRequest(view, bytes, .chat, for: Provider(ProviderParts()), model: "gemini-2.5-flash")
    try? GeminiDialect().write(outgoing, into: ByteBuffer())
    return outgoing.warnings.list
}

private func messages(_ list: String) -> String { #"{"messages": [\#(list)]}"# }
private func contents(_ list: String, model: String = "gemini-2.5-flash") -> NSArray? { write(messages(list), model: model).body?["contents"] as? NSArray }
private func list(_ json: String) -> NSArray? { (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? NSArray }

@Test(arguments: [
    (#"{"role": "user", "content": "a"}, {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "b"}]}"#,
     #"[{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]"#),
    // Where nobody else speaks, the system's words are the user's; what says nothing is none
    (#"{"role": "system", "content": "s"}, {"role": "developer", "content": [{"type": "text", "text": "t"}]}"#, #"[{"role": "user", "parts": [{"text": "s"}, {"text": "t"}]}]"#),
    (#"{"role": "system", "content": "s"}, {"role": "user", "content": []}"#, #"[{"role": "user", "parts": [{"text": ""}]}]"#),
    (#"{"role": "system", "content": ""}"#, #"[{"role": "user", "parts": [{"text": ""}]}]"#),
    (#"{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}, {"role": "user", "content": "b"}"#, #"[{"role": "user", "parts": [{"text": "a"}]}, {"role": "user", "parts": [{"text": "b"}]}]"#),
    (#"{"role": "system", "content": "s"}, {"role": "user", "content": "a"}, {"role": "system", "content": "later"}, {"role": "assistant", "content": "b"}"#,
     #"[{"role": "user", "parts": [{"text": "a"}, {"text": "later"}]}, {"role": "model", "parts": [{"text": "b"}]}]"#),
    (#"{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}, {"type": "image_url", "image_url": {"url": "https://x.example/a.jpg?b"}}, {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}}, {"type": "file", "file": {"file_data": "data:application/pdf;base64,QQ=="}}, {"type": "file", "file": {"file_data": "data:text/plain,a%20b"}}, {"type": "video_url", "video_url": {"url": "https://www.youtube.com/watch?v=1"}}]}"#,
     #"[{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "QQ=="}}, {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x.example/a.jpg?b"}}, {"inlineData": {"mimeType": "audio/mp3", "data": "QQ=="}}, {"inlineData": {"mimeType": "application/pdf", "data": "QQ=="}}, {"text": "a b"}, {"fileData": {"fileUri": "https://www.youtube.com/watch?v=1"}}]}]"#),
    (#"{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1.0}"}, "extra_content": {"google": {"thought_signature": "s"}}}, {"id": "2", "type": "function", "function": {"name": "g", "arguments": ""}}]}, {"role": "tool", "tool_call_id": "2", "content": "no"}, {"role": "tool", "tool_call_id": "1", "content": "{\"r\": 2}"}, {"role": "tool", "tool_call_id": "1", "content": "bad", "is_error": true}"#,
     #"[{"role": "model", "parts": [{"functionCall": {"id": "1", "name": "f", "args": {"a": 1.0}}, "thoughtSignature": "s"}, {"functionCall": {"id": "2", "name": "g", "args": {}}}]}, {"role": "user", "parts": [{"functionResponse": {"id": "2", "name": "g", "response": {"output": "no"}}}, {"functionResponse": {"id": "1", "name": "f", "response": {"r": 2}}}, {"functionResponse": {"id": "1", "name": "f", "response": {"error": "bad"}}}]}]"#),
    (#"{"role": "assistant", "content": "aé\u00e9\ud83d\ude00b", "reasoning_details": [{"type": "reasoning.encrypted", "data": "s", "format": "google-gemini-v1", "index": 2, "at": 3, "length": 1}], "provider_blocks": [{"format": "google-gemini-v1", "index": 1, "at": 2, "block": {"executable_code": {"code": "c"}}}], "tool_calls": [{"id": "1", "function": {"name": "f"}}]}"#,
     #"[{"role": "model", "parts": [{"text": "aé"}, {"executableCode": {"code": "c"}}, {"text": "é"}, {"text": "😀", "thoughtSignature": "s"}, {"text": "b"}, {"functionCall": {"id": "1", "name": "f", "args": {}}}]}]"#),
])
func messagesBecomeContents(given: String, wanted: String) {
    #expect(contents(given) == list(wanted), "\(write(messages(given)))")
}

/// What a stream has told goes back as it came, in its order.
@Test func aTurnGoesBackAsItCame() throws {
    let parts = #"{"text": "hm", "thought": true}, {"text": "a", "new": 1}, {"executableCode": {"code": "1"}, "thoughtSignature": "s1"}, {"codeExecutionResult": {"output": "2"}}, {"text": "b"}, {"text": "", "thoughtSignature": "s2"}, {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "s3", "new": 1}, {"toolCall": {"id": "t"}}"#
    let answer = AnswerWriter(limit: 1 << 20), body = ByteBuffer()
    let reader = GeminiStreamReader(answer.chunks, to: bytes(""), depth: 64, longestEvent: 1 << 20, model: "m", mayCite: false)
    _ = reader.read(bytes(#"{"candidates": [{"content": {"parts": [\#(parts)]}, "finishReason": "STOP"}], "responseId": "r", "modelVersion": "g"}"#), name: bytes(""), answer.take)
    try answer.replace(body)
    let choices = parsed(String(decoding: body.copy(), as: UTF8.self))?["choices"] as? [NSDictionary]
    let message = try #require(choices?.first?["message"] as? NSDictionary)
    let text = String(decoding: try JSONSerialization.data(withJSONObject: message), as: UTF8.self)
    let wanted = parts.replacingOccurrences(of: #", "new": 1"#, with: "").replacingOccurrences(of: #"{"text": "hm", "thought": true}, "#, with: "").replacingOccurrences(of: #"{"name": "f""#, with: #"{"id": "call_r_0", "name": "f""#)
    #expect(contents(text) == list(#"[{"role": "model", "parts": [\#(wanted)]}]"#), "\(text)")
}

/// Calls of other models have no signature, and Gemini 3 wants one.
@Test func callsOfOthersCarryTheWordForIt() {
    let call = #"{"role": "assistant", "content": null, "reasoning_details": [{"type": "reasoning.text", "text": "x", "signature": "s", "format": "anthropic-claude-v1"}], "tool_calls": [{"id": "1", "function": {"name": "f"}}, {"id": "2", "function": {"name": "g"}}]}"#
    let parts = (contents(call, model: "gemini-3-pro-preview")?.firstObject as? NSDictionary)?["parts"] as? [NSDictionary]
    #expect(parts?.map { $0["thoughtSignature"] as? String } == ["skip_thought_signature_validator", nil])
    #expect((contents(call)?.firstObject as? NSDictionary)?["parts"] as? [NSDictionary] != parts)
    #expect(write(messages(call)).warned == ["messages[0].reasoning_details"])
    let result = #", {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "{}"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}]}"#
    func last(_ model: String) -> NSArray? { (contents(call + result, model: model)?.lastObject as? NSDictionary)?["parts"] as? NSArray }
    #expect(last("gemini-3-flash") == list(#"[{"functionResponse": {"id": "1", "name": "f", "response": {}, "parts": [{"inlineData": {"mimeType": "image/png", "data": "QQ=="}}]}}]"#))
    #expect(last("gemini-2.5-pro") == list(#"[{"functionResponse": {"id": "1", "name": "f", "response": {}}}, {"inlineData": {"mimeType": "image/png", "data": "QQ=="}}]"#))
}

/// The members beside the contents.
@Test(arguments: [
    ("gemini-2.5-flash", #""max_tokens": 5, "temperature": 0, "top_p": 1.0, "top_k": 3, "seed": 7, "stop": "x", "n": 2, "presence_penalty": 0.5"#,
     #"{"generationConfig": {"maxOutputTokens": 5, "temperature": 0, "topP": 1.0, "topK": 3, "seed": 7, "stopSequences": ["x"], "candidateCount": 2, "presencePenalty": 0.5}}"#),
    ("gemini-2.5-flash", #""reasoning_effort": "none""#, #"{"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}"#),
    ("gemini-2.5-pro", #""reasoning": {"max_tokens": 99999}"#, #"{"generationConfig": {"thinkingConfig": {"thinkingBudget": 32768, "includeThoughts": true}}}"#),
    ("gemini-2.5-flash-lite", #""reasoning": {"effort": "medium", "exclude": true}"#, #"{"generationConfig": {"thinkingConfig": {"thinkingBudget": 8192}}}"#),
    ("gemini-3-pro-preview", #""reasoning_effort": "medium""#, #"{"generationConfig": {"thinkingConfig": {"thinkingLevel": "high", "includeThoughts": true}}}"#),
    ("gemini-3-flash-preview", #""reasoning_effort": "minimal""#, #"{"generationConfig": {"thinkingConfig": {"thinkingLevel": "minimal", "includeThoughts": true}}}"#),
    ("gemini-3-flash-preview", #""reasoning": {"enabled": true}"#, #"{"generationConfig": {"thinkingConfig": {"includeThoughts": true}}}"#),
    ("gemini-3-flash-preview", #""reasoning": {"max_tokens": 1024}"#, #"{"generationConfig": {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": true}}}"#),
    ("gemini-3-flash-preview", #""reasoning": {"max_tokens": 8000}"#, #"{"generationConfig": {"thinkingConfig": {"thinkingLevel": "medium", "includeThoughts": true}}}"#),
    ("gemini-3-pro-preview", #""reasoning": {"max_tokens": 8000}"#, #"{"generationConfig": {"thinkingConfig": {"thinkingLevel": "high", "includeThoughts": true}}}"#),
    ("gemini-3-flash-preview", #""reasoning": {"max_tokens": 8000, "effort": "low"}"#, #"{"generationConfig": {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": true}}}"#),
    ("gemini-2.5-flash", #""generation_config": {"topK": 1, "top_k": 2, "top_p": 0.5, "topP": 0.6}"#, #"{"generationConfig": {"topK": 1, "topP": 0.5}}"#),
    ("g", #""stop": ["1", "2", "3", "4", "5"]"#, #"{"generationConfig": {"stopSequences": ["1", "2", "3", "4", "5"]}}"#),
    ("gemini-2.0-flash", #""reasoning_effort": "high""#, "{}"),
    ("gemini-2.5-flash", #""reasoning_effort": "low", "generation_config": {"thinking_config": {"thinking_budget": 3}, "responseSchema": {"properties": {"a_b": {"type": "STRING"}}}}"#,
     #"{"generationConfig": {"thinkingConfig": {"thinkingBudget": 3}, "responseSchema": {"properties": {"a_b": {"type": "STRING"}}}}}"#),
    ("gemini-2.5-flash", #""extra_body": {"google": {"thinking_config": {"include_thoughts": true}}}"#, #"{"generationConfig": {"thinkingConfig": {"includeThoughts": true}}}"#),
    ("g", #""response_format": {"type": "json_object"}"#, #"{"generationConfig": {"responseMimeType": "application/json"}}"#),
    ("g", #""response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"type": "object", "properties": {"a": {"const": "x"}}, "additionalProperties": false}}}"#,
     #"{"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object", "properties": {"a": {"enum": ["x"]}}, "additionalProperties": false}}}"#),
    ("g", #""modalities": ["text", "image"], "audio": {"voice": "Kore", "format": "wav"}"#,
     #"{"generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}}}"#),
    ("g", #""safety_settings": [{"category": "C", "threshold": "T"}], "cachedContent": "cachedContents/1", "labels": {"a_b": "c"}, "service_tier": "flex""#,
     #"{"safetySettings": [{"category": "C", "threshold": "T"}], "cachedContent": "cachedContents/1", "labels": {"a_b": "c"}, "serviceTier": "flex"}"#),
    ("g", #""tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}}, {"google_search": {}}, {"type": "function", "function": {"name": "g", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}}, {"type": "code_execution"}], "tool_choice": {"type": "function", "function": {"name": "f"}}"#,
     #"{"tools": [{"functionDeclarations": [{"name": "f", "description": "d"}, {"name": "g", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}]}, {"googleSearch": {}}, {"codeExecution": {}}], "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}}"#),
    ("g", #""tool_choice": "none", "toolConfig": {"include_server_side_tool_invocations": true}, "web_search_options": {}"#,
     #"{"tools": [{"googleSearch": {}}], "toolConfig": {"includeServerSideToolInvocations": true, "functionCallingConfig": {"mode": "NONE"}}}"#),
    ("g", #""tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}}"#,
     #"{"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}}}"#),
])
func membersHaveTheirPlace(model: String, members: String, wanted: String) throws {
    let (body, _, failure) = write(#"{"messages": [{"role": "user", "content": "a"}], \#(members)}"#, model: model)
    let rest = try #require(body?.mutableCopy() as? NSMutableDictionary, "\(failure.map { "\($0)" } ?? "")")
    rest.removeObject(forKey: "contents")
    #expect(rest == parsed(wanted), "\(rest)")
}

@Test func whatCannotBeSaidIsDroppedOrRefused() {
    let warned = write(#"{"messages": [{"role": "user", "content": "a"}], "logit_bias": {}, "user": "u", "parallel_tool_calls": false, "thinking": {}, "stream_options": {}, "stop": null}"#).warned
    #expect(warned == ["logit_bias", "user", "parallel_tool_calls", "thinking"])
    func status(_ members: String, _ message: String = #"{"role": "user", "content": "a"}"#) -> Status? { write(#"{"messages": [\#(message)]\#(members)}"#).failure?.status }
    #expect(status(#", "tools": [{"type": "web_search_20250305", "name": "web_search"}]"#) == .unsupported)
    #expect(status(#", "tools": [{"type": "custom", "custom": {"name": "c"}}]"#) == .unsupported)
    #expect(status(#", "functions": []"#) == .unsupported)
    #expect(status(#", "response_format": {"type": "grammar"}"#) == .unsupported)
    #expect(status("", #"{"role": "user", "content": [{"type": "odd"}]}"#) == .unsupported)
    #expect(status("", #"{"role": "tool", "tool_call_id": "x", "content": "a"}"#) == .json)
    #expect(status(#", "stop": ["1", "2", "3", "4", "5", "6"]"#) == .unsupported)
    let schema = write(#"{"messages": [{"role": "user", "content": "a"}], "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": true}}}"#).failure
    #expect(schema?.status == .unsupported && schema?.message.contains("response_format.json_schema.schema") == true, "\(String(describing: schema))")
    #expect(write(#"{"messages": [{"role": "user", "content": "a"}], "generationConfig": {"topK": 1, "top_k": 2}}"#).warned == ["generationConfig.top_k"])
    let twice = write(#"{"messages": [{"role": "user", "content": "a"}], "safety_settings": [1], "safetySettings": [2], "cachedContent": "c", "cached_content": "d"}"#)
    #expect(twice.body?["safetySettings"] as? NSArray == [1] && twice.body?["cachedContent"] as? String == "c" && twice.warned == ["safetySettings", "cached_content"])
    #expect(status("", #"{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "[1]"}}]}"#) == .json)
}

/// A schema that needs itself cannot be said; one that may hold itself can.
@Test(arguments: [
    (##"{"$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}, "required": ["next"]}}, "$ref": "#/$defs/N"}"##, false),
    (##"{"$defs": {"N": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]}}, "required": ["next"]}}, "$ref": "#/$defs/N"}"##, false),
    (##"{"$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}}, "$ref": "#/$defs/N"}"##, true),
    (##"{"$defs": {"N": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/N"}, "b": {"$ref": "#/$defs/N"}}, "required": ["a", "b"]}"##, true),
    (##"{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}"##, false),
    (##"{"properties": {"a": {"$ref": "#/$defs/Gone"}}}"##, false),
    (##"{"properties": {"a": {"$ref": "https://x.example/schema"}}}"##, false),
])
func recursiveSchemas(schema: String, canBeSaid: Bool) {
    for members in [#""response_format": {"type": "json_schema", "json_schema": {"schema": \#(schema)}}"#,
                    #""tools": [{"type": "function", "function": {"name": "f", "parameters": \#(schema)}}]"#] {
        let failure = write(#"{"messages": [{"role": "user", "content": "a"}], \#(members)}"#).failure
        #expect((failure == nil) == canBeSaid && failure.map { $0.status == .unsupported } ?? true, "\(schema)")
    }
}

/// Words that hold a value to something, and that Google's documents do not name, are sent and told of; names of properties are none.
@Test(arguments: [
    (#"{"type": "object", "properties": {"a": {"not": {"type": "null"}}, "b": {"allOf": [{"type": "string", "pattern": "^a"}]}}, "patternProperties": {"^x": {}}, "if": {"required": ["a"]}}"#,
     ["not", "allOf", "patternProperties", "if"]),
    (#"{"type": "array", "prefixItems": [{"minLength": 1}], "items": {"anyOf": [{"type": "string", "pattern": "a"}]}}"#, ["minLength", "pattern"]),
    (##"{"$defs": {"N": {"uniqueItems": true}}, "properties": {"if": {"$ref": "#/$defs/N"}}}"##, ["uniqueItems"]),
    (#"{"$schema": "x", "type": "object", "properties": {"not": {"type": "string", "default": {"not": 1}, "enum": ["pattern"]}, "pattern": {"const": "x"}}, "required": ["not"], "additionalProperties": false}"#, []),
])
func wordsOfSchemasThatNobodyNames(schema: String, words: [String]) {
    for (members, path) in [(#""response_format": {"type": "json_schema", "json_schema": {"schema": \#(schema)}}"#, "response_format.json_schema.schema"),
                            (#""tools": [{"type": "function", "function": {"name": "f", "parameters": \#(schema)}}]"#, "tools[0].function.parameters")] {
        let warnings = warnings(#"{"messages": [{"role": "user", "content": "a"}], \#(members)}"#)
        #expect(warnings.map(\.path) == (words.isEmpty ? [] : [path]) && warnings.allSatisfy { $0.code == .unsure })
        for word in words { #expect(warnings.first?.message.contains("`\(word)`") == true, "\(word): \(warnings)") }
        if let told = warnings.first?.message { #expect(told.split(separator: "`").count == 2 * words.count + 1, "\(told)") }
    }
}

/// Models that somebody tuned have a collection of their own.
@Test func namesOfModels() {
    for (model, name) in [("m", "models/m"), ("models/m", "models/m"), ("tunedModels/m", "tunedModels/m")] {
        #expect(write(#"{"input": "a"}"#, model: model, .embeddings).body == parsed(#"{"requests": [{"model": "\#(name)", "content": {"parts": [{"text": "a"}]}}]}"#))
        let counted = write(#"{"messages": [{"role": "user", "content": "a"}]}"#, model: model, .countTokens).body
        #expect((counted?["generateContentRequest"] as? NSDictionary)?["model"] as? String == name)
    }
}

@Test func vectorsAreAskedForAndRead() throws {
    let (body, _, _) = write(#"{"input": ["a", "b\n"], "dimensions": 3, "encoding_format": "float"}"#, model: "m", .embeddings)
    #expect(body == parsed(#"{"requests": [{"model": "models/m", "content": {"parts": [{"text": "a"}]}, "outputDimensionality": 3}, {"model": "models/m", "content": {"parts": [{"text": "b\n"}]}, "outputDimensionality": 3}]}"#))
    #expect(write(#"{"input": [[1, 2]]}"#, .embeddings).failure?.status == .unsupported)
    let once = #"{"requests": [{"model": "models/m", "content": {"parts": [{"text": "a"}]}, "taskType": "T"}]}"#
    for members in [#""task_type": "T""#, #""taskType": "T""#, #""task_type": "U", "taskType": "T", "encoding_format": "base64""#] {
        let buffer = ByteBuffer(), source = bytes(#"{"input": "a", \#(members)}"#)
        let outgoing = OutgoingRequest(try readRequest(source, operation: .embeddings, caps: Caps()), source, .embeddings, for: Provider(ProviderParts()), model: "m")
        try GeminiDialect().write(outgoing, into: buffer)
        #expect(String(decoding: buffer.copy(), as: UTF8.self) == once.filter { $0 != " " } && outgoing.warnings.list.isEmpty, "\(members)")
    }
}

/// References are JSON pointers.
@Test func escapedReferences() {
    let schema = ##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/a~1b~0"}}, "$defs": {"a/b~": {"type": "string"}}}"##
    let result = write(#"{"messages": [{"role": "user", "content": "a"}], "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": \#(schema)}}}"#)
    #expect(result.failure == nil && (result.body?["generationConfig"] as? NSDictionary)?["responseJsonSchema"] as? NSDictionary == parsed(schema))
}
