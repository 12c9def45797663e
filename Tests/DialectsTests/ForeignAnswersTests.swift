@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

// Answers that a surface made of what one provider said, sent back and on to others.

private func text(_ buffer: ByteBuffer) -> String { String(decoding: buffer.bytes, as: UTF8.self) }
private func json(_ value: Any) throws -> String { String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self) }

/// A chat's answer of Gemini's with these parts.
private func answer(_ parts: String, beside: String = "") throws -> ByteBuffer {
    let answer = AnswerWriter(limit: 1 << 20), body = ByteBuffer()
    let reader = GeminiStreamReader(answer.chunks, to: bytes(""), depth: 64, longestEvent: 1 << 20, model: "m", mayCite: false)
    _ = reader.read(bytes(#"{"candidates": [{"content": {"parts": [\#(parts)]}, "finishReason": "STOP"\#(beside)}], "responseId": "r", "modelVersion": "g"}"#), name: bytes(""), answer.take)
    try answer.replace(body)
    return body
}

/// What a provider gets of a request of a surface.
private struct Sent {
    let body: NSDictionary?
    let mayPass: Bool
    let warned: [String]
}

private func send(_ request: TranslatedRequest, to dialect: any Dialect, caller: String? = nil) throws -> Sent {
    let out = ByteBuffer(), view = try readRequest(request.body.bytes, operation: .chat, caps: Caps())
    view.isTranslated = true
    var outgoing = OutgoingRequest(view, request.body.bytes, .chat, for: Provider(ProviderParts()), model: "gemini-2.5-flash-image")
    outgoing.passthrough = caller.map { bytes($0) }
    try dialect.write(outgoing, into: out)
    return Sent(body: parsed(text(out)), mayPass: request.mayPass, warned: outgoing.warnings.list.map(\.path) + request.dropped.map(\.path))
}

private let image = #"{"inlineData": {"mimeType": "image/webp", "data": "QUJD"}, "thoughtSignature": "sig"}"#
private let parts = [#"{"text": "sée 😀"}, \#(image), {"text": "it"}"#, #"{"text": "hm", "thought": true}, \#(image)"#, #"{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "QUI="}}, \#(image), {"functionCall": {"id": "c", "name": "f", "args": {}}}"#]
private let grounding = #", "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://u", "title": "t"}}]}"#

/// The conversation with an answer of the surface Messages in it.
private func messages(_ content: Any) throws -> String {
    #"{"max_tokens": 9, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": \#(try json(content))}, {"role": "user", "content": "y"}]}"#
}

private func responses(_ output: [Any]) throws -> String {
    #"{"input": [{"role": "user", "content": "x"}, \#(try output.map { try json($0) }.joined(separator: ", ")), {"role": "user", "content": "y"}]}"#
}

private func message(_ parts: String, beside: String = "") throws -> [NSDictionary] {
    let body = try answer(parts, beside: beside)
    #expect(renderMessage(body))
    return try #require(parsed(text(body))?["content"] as? [NSDictionary])
}

private func output(_ parts: String) throws -> [NSDictionary] {
    let body = try answer(parts)
    #expect(renderResponse(body, for: nil))
    return try #require(parsed(text(body))?["output"] as? [NSDictionary])
}

@Suite struct ForeignAnswersTests {
    /// On both surfaces, in its place and with its signature.
    @Test(arguments: parts)
    func whatGeminiHasDrawnComesBackToIt(_ parts: String) throws {
        let wanted = parts.replacingOccurrences(of: #"{"text": "hm", "thought": true}, "#, with: "")
        let expected = try #require(parsed(#"{"role": "model", "parts": [\#(wanted)]}"#))
        for request in [try readMessages(bytes(messages(message(parts))), caps: Caps()), try translateResponses(bytes(responses(output(parts))), caps: Caps())] {
            let sent = try send(request, to: GeminiDialect())
            #expect((sent.body?["contents"] as? [NSDictionary])?[1] == expected, "\(String(describing: sent.body))")
            #expect(!sent.warned.contains { $0.contains("images") || $0.contains("input[") })
        }
    }

    /// Citations without an index of Anthropic's and images are left out, and said to be.
    @Test func anthropicGetsNothingOfWhatWasMadeForIt() throws {
        let content = try message(#"{"text": "hi"}, \#(image)"#, beside: grounding), caller = try messages(content)
        #expect(((content.first?["citations"] as? [NSDictionary])?.first?["encrypted_index"]) as? String == "")
        let sent = try send(try readMessages(bytes(caller), caps: Caps()), to: AnthropicDialect())
        #expect(!sent.mayPass)
        #expect((sent.body?["messages"] as? [NSDictionary])?[1] == parsed(#"{"role": "assistant", "content": [{"type": "text", "text": "hi"}]}"#))
        #expect(sent.warned.sorted() == ["messages.1.content.0.citations", "messages[1].images"])
    }

    /// Citations of Anthropic's own stay beside those that were made.
    @Test func citationsOfAnthropicsOwnStay() throws {
        let own = #"{"type":"web_search_result_location","url":"u","title":null,"cited_text":"","encrypted_index":"E"}"#, made = #"{"type":"web_search_result_location","url":"v","title":"t","cited_text":"","encrypted_index":""}"#
        for (citations, passes, wanted) in [("\(own)", true, own), ("\(made),\(own)", false, own), (made, false, nil), (#"{"type":"char_location","document_index":0}"#, true, #"{"type":"char_location","document_index":0}"#)] as [(String, Bool, String?)] {
            let request = try readMessages(bytes(#"{"max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"text","text":"hi","citations":[\#(citations)]}]},{"role":"user","content":"y"}]}"#), caps: Caps())
            let sent = try send(request, to: AnthropicDialect())
            #expect(sent.mayPass == passes && request.dropped.isEmpty == passes)
            let beside = wanted.map { #","citations":[\#($0)]"# } ?? ""
            #expect((sent.body?["messages"] as? [NSDictionary])?[0] == parsed(#"{"role":"assistant","content":[{"type":"text","text":"hi"\#(beside)}]}"#))
        }
    }

    /// What Anthropic would refuse in an answer of another provider's is written anew.
    @Test(arguments: [
        (#"{"type":"text","text":"hi"}"#, true), (#"{"type":"text","text":" "}"#, true), (#"{"type":"tool_use","id":"toolu_1-A","name":"f","input":{}}"#, true),
        (#"{"type":"tool_use","id":"functions.f:0","name":"f","input":{}}"#, false), (#"{"type":"thinking","thinking":"t","signature":"EqQ"}"#, true), (#"{"type":"thinking","thinking":"t","signature":"gatelet::text::"}"#, false),
        (#"{"type":"redacted_thinking","data":"gatelet::image::{}"}"#, false), (#"{"type":"redacted_thinking","data":"Eq"}"#, true), (#"{"type":"image","source":{"type":"url","url":"u"}}"#, false),
        (#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#, true),
    ])
    func onlyWhatAnthropicCouldHaveSaidPasses(_ block: String, _ passes: Bool) throws {
        let request = try readMessages(bytes(#"{"messages":[{"role":"user","content":[{"type":"text","text":" "}]},{"role":"assistant","content":[\#(block)]}]}"#), caps: Caps())
        #expect(request.mayPass == passes)
    }

    @Test func resultsOfForeignCallsAreWrittenAnew() throws {
        let request = try readMessages(bytes(#"{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions.f:0","content":"r"}]}]}"#), caps: Caps())
        #expect(!request.mayPass)
    }

    /// An image that Gatelet made an item is not sent to a provider of the Responses API, which knows no such item.
    @Test func responsesGetsNoImagesOfOthers() throws {
        let output = try output(#"{"text": "a"}, \#(image)"#), caller = try responses(output + [["type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "QQ=="]])
        #expect(output.map { $0["type"] as? String } == ["message", "reasoning", "image_generation_call"] && output.last?["output_format"] as? String == "webp")
        let sent = try send(try translateResponses(bytes(caller), caps: Caps()), to: ResponsesDialect(), caller: caller)
        #expect((sent.body?["input"] as? [NSDictionary])?.map { $0["id"] as? String ?? $0["role"] as? String } == ["user", output[0]["id"] as? String, "ig_1", "user"])
        #expect(sent.warned.contains("input[2]") && sent.warned.contains("input[3]"))
    }

    /// What a provider of another dialect said is left out of a chat, and so is what there is no word for. Each is told of.
    @Test(arguments: [
        (#"{"role":"assistant","content":"a","reasoning":"t"}"#, ["anthropic": ["messages[1].reasoning"], "openai-responses": ["messages[1].reasoning"]]),
        (#"{"role":"assistant","content":"a","reasoning_content":"t","reasoning_details":[]}"#, ["anthropic": ["messages[1].reasoning_content"], "gemini": ["messages[1].reasoning_content"], "openai-responses": ["messages[1].reasoning_content"]]),
        (#"{"role":"assistant","tool_calls":[{"id":"c","extra_content":{"google":{"thought_signature":"s"}},"function":{"name":"f"}}]}"#,
         ["anthropic": ["messages[1].tool_calls[0].extra_content"], "openai-responses": ["messages[1].tool_calls[0].extra_content"]]),
        (#"{"role":"assistant","tool_calls":[{"id":"c","extra_content":{"anthropic":{"caller":{}}},"function":{"name":"f"}}]}"#,
         ["gemini": ["messages[1].tool_calls[0].extra_content"], "openai-responses": ["messages[1].tool_calls[0].extra_content"]]),
        (#"{"role":"assistant","content":"a","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}"#, ["anthropic": ["messages[1].images"], "openai-responses": ["messages[1].images"]]),
        (#"{"role":"tool","tool_call_id":"x","content":"bad","is_error":true}"#, ["openai-responses": ["messages[1].is_error"]]),
        (#"{"role":"tool","tool_call_id":"x","content":"bad","is_error":false}"#, [:]),
        (#"{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD"},"citations":{"enabled":true},"context":"c"}]}"#,
         ["openai-responses": ["messages[1].content[0].citations", "messages[1].content[0].context"]]),
        (#"{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD"},"citations":{"enabled":false}}]}"#, [:]),
    ] as [(String, [String: [String]])])
    func whatIsLeftOutIsToldOf(_ message: String, _ wanted: [String: [String]]) throws {
        for dialect in [AnthropicDialect(), GeminiDialect(), ResponsesDialect()] as [any Dialect] {
            let request = bytes(#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"x","function":{"name":"g"}}]},\#(message)]}"#), out = ByteBuffer()
            let outgoing = OutgoingRequest(try readRequest(request, operation: .chat, caps: Caps()), request, .chat, for: Provider(ProviderParts()), model: "m")
            try dialect.write(outgoing, into: out)
            #expect(outgoing.warnings.list.map(\.path) == wanted[String(dialect.name)] ?? [], "\(dialect.name)")
        }
    }

    /// Thoughts of Gemini's own, which nobody signs, come back to it by Messages without a warning; those that may be another's are told of.
    @Test func thoughtsThatMessagesHadComeBack() throws {
        let call = #"{"type":"tool_use","id":"c","name":"f","input":{}}"#, thought = #"{"type":"thinking","thinking":"sum","signature":"gatelet::text::"}"#
        func back(_ before: String, to dialect: any Dialect) throws -> (body: NSDictionary?, warned: [String]) {
            let caller = bytes(#"{"max_tokens":9,"messages":[{"role":"user","content":"u"},{"role":"assistant","content":[\#(before),\#(call)]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}]}"#)
            let made = try readMessages(caller, caps: Caps()), out = ByteBuffer()
            defer { made.body.keepAlive() }
            let outgoing = OutgoingRequest(try readRequest(made.body.bytes, operation: .chat, caps: Caps()), made.body.bytes, .chat, for: Provider(ProviderParts()), model: "m")
            try dialect.write(outgoing, into: out)
            return (parsed(text(out)), outgoing.warnings.list.map(\.path))
        }
        let signed = #"{"type":"redacted_thinking","data":"gatelet::call::{\"google\":{\"thought_signature\":\"s\"}}"}"#
        #expect(try back("\(thought),\(signed)", to: GeminiDialect()).warned.isEmpty)
        #expect(try back(thought, to: GeminiDialect()).warned == ["messages[1].reasoning_details"])
    }

    /// A picture that came behind calls stays there.
    @Test func imagesBehindCallsStayThere() throws {
        let call = #"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#, image = #"{"type":"image_generation_call","id":"ig_gatelet_1","status":"completed","result":"QUJD","output_format":"png"}"#
        for (items, kinds) in [([call, image], ["functionCall", "inlineData"]), ([image, call], ["inlineData", "functionCall"])] {
            let made = try translateResponses(bytes(#"{"input":[{"role":"user","content":"u"},{"role":"assistant","content":"a"},\#(items[0]),\#(items[1]),{"type":"function_call_output","call_id":"c","output":"r"}]}"#), caps: Caps()), out = ByteBuffer()
            try GeminiDialect().write(OutgoingRequest(try readRequest(made.body.bytes, operation: .chat, caps: Caps()), made.body.bytes, .chat, for: Provider(ProviderParts()), model: "m"), into: out)
            let turn = (parsed(text(out))?["contents"] as? [NSDictionary])?[1]["parts"] as? [NSDictionary]
            #expect(turn?.map { part in ["text", "functionCall", "inlineData"].first { part[$0] != nil } ?? "" } == ["text"] + kinds)
            made.body.keepAlive()
        }
    }

    /// OpenAI takes ids of 64 characters at most.
    @Test func idsOfItemsAreShort() throws {
        let answer = ByteBuffer(), id = String(repeating: "x", count: 200)
        #expect(answer.append(#"{"id":"\#(id)","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]},"finish_reason":"stop"}]}"#))
        #expect(renderResponse(answer, for: nil))
        let output = try #require(parsed(text(answer))?["output"] as? [NSDictionary])
        #expect(output.count == 2 && output.allSatisfy { ($0["id"] as? String)?.utf8.count ?? 99 <= 64 })
    }
}
