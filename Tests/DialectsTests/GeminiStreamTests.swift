@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
import Model
import Testing

/// The chunks of some events, and what the last one was. `document`: that of an error, which lives no longer than the reader.
private func read(_ events: [String], model: String = "m", to request: String = "{}") -> (chunks: [NSDictionary], sign: StreamSign, document: String?) {
    let reader = GeminiStreamReader(ChunkWriter(), to: bytes(request), depth: 64, longestEvent: 1 << 20, model: model, mayCite: true), none = UnsafeRawBufferPointer(start: nil, count: 0)
    var chunks: [NSDictionary] = [], sign = StreamSign.read
    for event in events {
        sign = reader.read(bytes(event), name: none) { _, chunk in
            chunks.append(parsed(String(decoding: chunk, as: UTF8.self)) ?? [:])
            return true
        }
    }
    defer { withExtendedLifetime(reader) {} }
    if case .error(let found) = sign { return (chunks, sign, String(decoding: found, as: UTF8.self)) }
    return (chunks, sign, nil)
}

private func event(_ parts: String, _ more: String = "", beside: String = "") -> String {
    #"{"candidates": [{"content": {"parts": [\#(parts)], "role": "model"}\#(more), "index": 0}]\#(beside), "modelVersion": "g", "responseId": "r"}"#
}

private func choice(_ chunk: NSDictionary) -> NSDictionary { (chunk["choices"] as? [NSDictionary])?.first ?? [:] }
private func delta(_ chunk: NSDictionary) -> NSDictionary { choice(chunk)["delta"] as? NSDictionary ?? [:] }

/// Sources are cited by characters where Google counts bytes, once each; searches are counted as they are billed.
@Test(arguments: [("gemini-2.5-flash", 1), ("gemini-3-pro-preview", 2)])
func sourcesAreAnnotations(model: String, searches: Int) {
    let chunks = #""groundingChunks": [{"web": {"uri": "https://a.test", "title": "A"}}, {"retrievedContext": {"text": "own"}}, {"web": {"uri": "https://b.test"}}]"#
    func support(_ segment: String, _ indices: String) -> String { #"{"segment": {\#(segment)}, "groundingChunkIndices": [\#(indices)]}"# }
    let first = support(#""endIndex": 6, "text": "né é""#, "0"), second = support(#""startIndex": 7, "endIndex": 11, "text": "\ud83d\ude42""#, "2, 1, 0, 9, -1"), beyond = support(#""startIndex": 7, "endIndex": 99"#, "0")
    func grounding(_ supports: String) -> String { #", "groundingMetadata": {\#(chunks), "groundingSupports": [\#(supports)], "webSearchQueries": ["one", "", "two"]}"# }
    let usage = #", "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}"#
    let found = read([event(#"{"text": "n\u00e9 "}"#, #", "groundingMetadata": {}"#), event(#"{"text": "é \ud83d\ude42"}"#, grounding(first)),
                      event(#"{"text": "."}"#, grounding([first, second, beyond].joined(separator: ",")) + #", "finishReason": "STOP""#, beside: usage)], model: model).chunks
    let annotations = found.flatMap { delta($0)["annotations"] as? [NSDictionary] ?? [] }.compactMap { $0["url_citation"] as? NSDictionary }
    #expect(annotations == [["url": "https://a.test", "title": "A", "start_index": 0, "end_index": 4], ["url": "https://b.test", "title": "", "start_index": 5, "end_index": 6],
                            ["url": "https://a.test", "title": "A", "start_index": 5, "end_index": 6]] as [NSDictionary])
    let told = found.compactMap { $0["usage"] as? NSDictionary }.last
    #expect((told?["server_tool_use"] as? NSDictionary)?["web_search_requests"] as? Int == searches)
    #expect(found.contains { (choice($0)["provider_fields"] as? NSDictionary)?["groundingMetadata"] != nil })
    // Without anything that refers to them, pages belong to all of it.
    let listed = read([event(#"{"text": "ab"}"#, #", "groundingMetadata": {\#(chunks)}, "finishReason": "STOP""#)]).chunks.flatMap { delta($0)["annotations"] as? [NSDictionary] ?? [] }
    #expect(listed.compactMap { ($0["url_citation"] as? NSDictionary)?["end_index"] as? Int } == [2, 2])
}

/// One event, as the members of its deltas in their order.
@Test(arguments: [
    (#"{"text": "a\nb"}"#, #"[{"role": "assistant", "content": "a\nb"}]"#),
    (#"{"text": "", "thought": true}, {"text": "hm", "thought": true}, {"text": "so"}"#, #"[{"role": "assistant", "reasoning": "hm"}, {"content": "so"}]"#),
    (#"{"functionCall": {"name": "f", "args": {"x": "1"}}}, {"function_call": {"id": "i", "name": "g"}}"#,
     #"[{"role": "assistant", "tool_calls": [{"index": 0, "id": "call_r_0", "type": "function", "function": {"name": "f", "arguments": "{\"x\": \"1\"}"}}]}, {"tool_calls": [{"index": 1, "id": "i", "type": "function", "function": {"name": "g", "arguments": "{}"}}]}]"#),
    (#"{"functionCall": {"name": "f"}, "thoughtSignature": "s"}"#,
     #"[{"role": "assistant", "tool_calls": [{"index": 0, "id": "call_r_0", "type": "function", "extra_content": {"google": {"thought_signature": "s"}}, "function": {"name": "f", "arguments": "{}"}}]}]"#),
    (#"{"text": "ab"}, {"text": "", "thought_signature": "s"}"#,
     #"[{"role": "assistant", "content": "ab"}, {"reasoning_details": [{"type": "reasoning.encrypted", "data": "s", "format": "google-gemini-v1", "place": 1, "index": 0, "at": 2, "length": 0}]}]"#),
    (#"{"text": "é"}, {"executableCode": {"code": "1"}}, {"strange": 1, "thoughtSignature": "s"}"#,
     #"[{"role": "assistant", "content": "é"}, {"provider_blocks": [{"format": "google-gemini-v1", "place": 1, "index": 0, "at": 1, "block": {"executableCode": {"code": "1"}}}]}, {"provider_blocks": [{"format": "google-gemini-v1", "place": 2, "index": 1, "at": 1, "block": {"strange": 1, "thoughtSignature": "s"}}]}]"#),
    (#"{"inlineData": {"mimeType": "image/png", "data": "QQ=="}}"#,
     #"[{"role": "assistant", "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}, "place": 0, "index": 0, "at": 0}]}]"#),
    (#"{"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "QQ=="}}"#,
     #"[{"role": "assistant", "audio": {"id": "r", "data": "QQ==", "transcript": "", "expires_at": 0, "mime_type": "audio/L16;rate=24000"}}]"#),
    (#"{}, 1, null, {"text": null}"#, #"[]"#),
    (#"{"text": "é", "new": 1}, {"b": {}, "functionCall": {"name": "f"}, "a": [2], "thoughtSignature": "s"}, {"inlineData": {"mimeType": "image/png", "data": "QQ=="}, "new": null, "newer": 3}"#,
     #"[{"role": "assistant", "content": "é"}, {"provider_blocks": [{"format": "google-gemini-v1", "place": 0, "index": 0, "at": 0, "beside": "text", "block": {"new": 1}}]}, {"tool_calls": [{"index": 0, "id": "call_r_0", "type": "function", "extra_content": {"google": {"thought_signature": "s"}}, "function": {"name": "f", "arguments": "{}"}}]}, {"provider_blocks": [{"format": "google-gemini-v1", "place": 1, "index": 1, "at": 1, "beside": "functionCall", "block": {"b": {}, "a": [2]}}]}, {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}, "place": 2, "index": 0, "at": 1}]}, {"provider_blocks": [{"format": "google-gemini-v1", "place": 2, "index": 2, "at": 1, "beside": "inlineData", "block": {"newer": 3}}]}]"#),
    (#"{"text": "", "new": 1}, {"inlineData": {"mimeType": "video/mp4", "data": "QQ=="}, "new": 1}"#,
     #"[{"role": "assistant", "provider_blocks": [{"format": "google-gemini-v1", "place": 0, "index": 0, "at": 0, "block": {"text": "", "new": 1}}]}, {"provider_blocks": [{"format": "google-gemini-v1", "place": 1, "index": 1, "at": 0, "block": {"inlineData": {"mimeType": "video/mp4", "data": "QQ=="}, "new": 1}}]}]"#),
])
func partsBecomeDeltas(parts: String, deltas: String) {
    let (chunks, sign, _) = read([event(parts)])
    guard case .read = sign else { return #expect(Bool(false), "\(sign)") }
    let expected = (try? JSONSerialization.jsonObject(with: Data(deltas.utf8))) as? NSArray
    #expect(chunks.map { delta($0) } as NSArray == expected, "\(chunks)")
}

@Test(arguments: [
    (#""STOP""#, "stop", "STOP"), ("1", "stop", "1"), ("2", "length", "2"), (#""MAX_TOKENS""#, "length", "MAX_TOKENS"), (#""SAFETY""#, "content_filter", "SAFETY"),
    (#""A_WORD_OF_TOMORROW""#, "stop", "A_WORD_OF_TOMORROW"), ("99", "stop", "99"), ("-1", "stop", "-1"), (#""UNEXPECTED_TOOL_CALL""#, "unexpected_tool_call", "UNEXPECTED_TOOL_CALL"),
    (#""MALFORMED_FUNCTION_CALL""#, "malformed_function_call", "MALFORMED_FUNCTION_CALL"),
])
func finishReasonsHaveTheirWord(reason: String, word: String, native: String) {
    let (chunks, _, _) = read([event(#"{"text": "a"}"#), event("", #", "finishReason": \#(reason), "safetyRatings": [1]"#)])
    let last = choice(chunks.last ?? [:])
    #expect(last["finish_reason"] as? String == word && last["native_finish_reason"] as? String == native, "\(last)")
    #expect((last["provider_fields"] as? NSDictionary)?["safetyRatings"] as? [Int] == [1])
}

/// A reason to end that comes with calls says so; what follows it is not lost, and an unspecified one is none.
@Test func callsEndInCalls() {
    let (chunks, _, _) = read([event(#"{"functionCall": {"name": "f"}}"#, #", "finishReason": "STOP""#), event(#"{"functionCall": {"name": "f"}}"#, #", "finishReason": 0"#)])
    #expect(choice(chunks[1])["finish_reason"] as? String == "tool_calls")
    #expect((delta(chunks[2])["tool_calls"] as? [NSDictionary])?.first?["id"] as? String == "call_r_1")
    #expect(chunks.count == 3)
}

/// The word that says nothing ends nothing, and is told.
@Test(arguments: [(#""FINISH_REASON_UNSPECIFIED""#, "FINISH_REASON_UNSPECIFIED"), ("0", "0")])
func anUnspecifiedReasonIsTold(reason: String, native: String) {
    let unspecified = event(#"{"text": "a"}"#, #", "finishReason": \#(reason)"#), chunks = read([unspecified, unspecified, event("", #", "finishReason": "STOP""#)]).chunks
    #expect(chunks.compactMap { choice($0)["native_finish_reason"] as? String } == [native, "STOP"])
    #expect(chunks.compactMap { choice($0)["finish_reason"] as? String } == ["stop"])
}

/// An answer without an id gets another one for each request, and so its calls do.
@Test func callsWithoutIDsDifferInEachTurn() {
    let answer = #"{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}}]}"#
    func id(_ request: String) -> String? { (read([answer], to: request).chunks.first.flatMap { delta($0)["tool_calls"] as? [NSDictionary] })?.first?["id"] as? String }
    let end = String(repeating: " ", count: 1 << 17)
    let ids = ["{}", #"{"contents": [1]}"#, #"{"contents": [2]}"#, "{}" + end, "{ }" + end].map { id($0) ?? "" }
    #expect(Set(ids).count == 5 && ids.allSatisfy { $0.hasPrefix("call_gen-") }, "\(ids)")
}

/// Arguments that come in pieces (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc, 2026-11)
/// are one call, and one object.
@Test(arguments: [
    // As the documents show it.
    ([#"{"name": "f", "willContinue": true}"#, #"{"partialArgs": [{"jsonPath": "$.brightness", "numberValue": 50}], "willContinue": true}"#,
      #"{"partialArgs": [{"jsonPath": "$.color", "stringValue": "wa", "willContinue": true}], "willContinue": true}"#,
      #"{"partialArgs": [{"jsonPath": "$.color", "stringValue": "rm"}], "willContinue": true}"#, "{}"], #"{"brightness":50,"color":"warm"}"#),
    // Snake case, an announced text, its end without a value, null, both truths.
    ([#"{"name": "f", "partial_args": [{"json_path": "$.a", "will_continue": true}], "will_continue": true}"#,
      #"{"partial_args": [{"json_path": "$.a", "string_value": "\"\\\u00e9"}, {"json_path": "$.a"}, {"json_path": "$.b", "null_value": null}, {"json_path": "$.c", "bool_value": false}]}"#],
     #"{"a":"\"\\\u00e9","b":null,"c":false}"#),
    // Lists and objects in each other, names in brackets.
    ([#"{"name": "f", "partialArgs": [{"jsonPath": "$.a[0].x", "numberValue": 1}, {"jsonPath": "$.a[0].y", "boolValue": true}], "willContinue": true}"#,
      #"{"partialArgs": [{"jsonPath": "$.a[1].x", "numberValue": 2}, {"jsonPath": "$['b c'][0][0]", "stringValue": ""}, {"jsonPath": "$[\"b c\"][0][1]", "stringValue": "z"}]}"#],
     #"{"a":[{"x":1,"y":true},{"x":2}],"b c":[["","z"]]}"#),
    ([#"{"name": "f", "willContinue": true}"#, "{}"], "{}"),
    // The end of the answer ends it too.
    ([#"{"name": "f", "partialArgs": [{"jsonPath": "$.a.b", "stringValue": "x", "willContinue": true}], "willContinue": true}"#], #"{"a":{"b":"x"}}"#),
])
func aCallInPiecesIsOne(pieces: [String], arguments: String) {
    let events = pieces.map { event(#"{"functionCall": \#($0)}"#) } + [event(#"{"functionCall": {"name": "g"}}"#), event("", #", "finishReason": "STOP""#)]
    let chunks = read(events).chunks, calls = chunks.flatMap { delta($0)["tool_calls"] as? [NSDictionary] ?? [] }
    func text(_ index: Int) -> String {
        calls.filter { $0["index"] as? Int == index }.compactMap { ($0["function"] as? NSDictionary)?["arguments"] as? String }.joined()
    }
    #expect(text(0) == arguments && text(1) == "{}")
    #expect(calls.compactMap { $0["id"] as? String } == ["call_r_0", "call_r_1"])
    #expect(chunks.compactMap { choice($0)["finish_reason"] as? String } == ["tool_calls"])
}

/// A call that was cut stays cut; its signature is of the call wherever it comes.
@Test func aCutCallStaysCut() {
    let events = [#"{"functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}], "willContinue": true}}"#, #"{"functionCall": {"willContinue": true}, "thoughtSignature": "s"}"#]
    let chunks = read(events.map { event($0) } + [event("", #", "finishReason": "MAX_TOKENS""#)]).chunks
    let calls = chunks.flatMap { delta($0)["tool_calls"] as? [NSDictionary] ?? [] }
    #expect(calls.compactMap { ($0["function"] as? NSDictionary)?["arguments"] as? String }.joined() == #"{"a":"x"#)
    #expect(calls.contains { $0["index"] as? Int == 0 && $0["extra_content"] as? NSDictionary == ["google": ["thought_signature": "s"]] })
    #expect(choice(chunks.last ?? [:])["finish_reason"] as? String == "length")
}

/// Pieces that no object is made of are told as they came, and the call is malformed.
@Test(arguments: ["$.a.b", "$.a", "$", "a", "$.", "$[0]", "$.c[1]", "$.c[x]", "$.c[0", "$['c", "$['c'", "$.c[99999999999]", "$..c", #"$['c\"#])
func piecesThatDoNotFitAreMalformed(path: String) {
    let piece = #"{"functionCall": {"partialArgs": [{"jsonPath": "\#(path.replacingOccurrences(of: #"\"#, with: #"\\"#))", "numberValue": 1}]}}"#
    let events = [#"{"functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a", "numberValue": 1}], "willContinue": true}}"#, piece]
    let chunks = read(events.map { event($0) } + [event("", #", "finishReason": "STOP""#)]).chunks
    #expect(choice(chunks.last ?? [:])["finish_reason"] as? String == "malformed_function_call")
    let blocks = chunks.flatMap { delta($0)["provider_blocks"] as? [NSDictionary] ?? [] }
    #expect(blocks.compactMap { $0["block"] as? NSDictionary } == [parsed(piece) ?? [:]])
}

@Test func usageCountsAsOpenAIDoes() {
    let told = #", "usageMetadata": {"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 3, "thoughtsTokenCount": 5, "toolUsePromptTokenCount": 2, "totalTokenCount": 20, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 7}], "serviceTier": "flex"}"#
    let (chunks, _, _) = read([event(#"{"text": "a"}"#, beside: #", "usageMetadata": {"promptTokenCount": 1}"#), event("", #", "finishReason": "STOP""#, beside: told)])
    let expected = parsed(#"{"prompt_tokens": 12, "completion_tokens": 8, "total_tokens": 20, "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 7}, "completion_tokens_details": {"reasoning_tokens": 5}, "service_tier": "flex", "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 7}]}"#)
    #expect(chunks.last?["usage"] as? NSDictionary == expected, "\(chunks)")
    #expect(chunks.filter { $0["usage"] != nil }.count == 1)
}

/// Vertex has words of its own for tiers; the usual one is none.
@Test(arguments: [("ON_DEMAND", nil), ("ON_DEMAND_PRIORITY", "priority"), ("ON_DEMAND_FLEX", "flex"), ("PROVISIONED_THROUGHPUT", "provisioned_throughput"), ("TRAFFIC_TYPE_UNSPECIFIED", nil)])
func trafficIsATier(word: String, tier: String?) {
    let told = #", "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "trafficType": "\#(word)"}"#
    let usage = read([event(#"{"text": "a"}"#, #", "finishReason": "STOP""#, beside: told)]).chunks.last?["usage"] as? NSDictionary
    #expect(usage?["service_tier"] as? String == tier && usage?["trafficType"] as? String == word)
}

@Test func errorsAreTold() {
    func document(_ events: [String]) -> String? { read(events).document }
    #expect(document([#"[{"error": {"code": 429, "message": "m"}}]"#]) == #"{"error": {"code": 429, "message": "m"}}"#)
    let blocked = document([#"{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 2}}"#])
    #expect(blocked?.contains("prompt_blocked") == true && blocked?.contains("the prompt was blocked: SAFETY") == true && blocked?.contains("\"prompt_tokens\":2") == true)
    #expect(document([event(#"{"text": "a"}"#), #"{"status": "error", "message": "m"}"#]) != nil)
    if case .notJSON = read([#"{"candidates": ["#]).sign {} else { Issue.record("a cut event is no JSON") }
    if case .tooDeep = read([String(repeating: "[", count: 100)]).sign {} else { Issue.record("nested too deep") }
    let (chunks, sign, _) = read([#"{"somethingNew": {"a": 1}}"#])
    if case .read = sign {} else { Issue.record("an unknown event ends nothing") }
    #expect(chunks.first?["provider_event"] as? NSDictionary == ["somethingNew": ["a": 1]])
}

/// Bad text is repaired; half a pair waits for the other in the next event.
@Test func badTextIsRepaired() {
    let (chunks, _, _) = read([event(#"{"text": "a\ud83d"}"#), event(#"{"text": "\ude00"}"#)])
    #expect(chunks.count == 2)
    var broken = Array(event(#"{"text": "aXb"}"#).utf8)
    broken[broken.firstIndex(of: UInt8(ascii: "X")) ?? 0] = 0xFF
    let reader = GeminiStreamReader(ChunkWriter(), to: bytes(""), depth: 64, longestEvent: 1 << 20, model: "m", mayCite: false)
    broken.withUnsafeBytes { data in
        let sign = reader.read(data, name: UnsafeRawBufferPointer(start: nil, count: 0)) { _, chunk in
            #expect(String(decoding: chunk, as: UTF8.self).contains("a\u{FFFD}b"))
            return true
        }
        if case .read = sign {} else { Issue.record("\(sign)") }
    }
}
