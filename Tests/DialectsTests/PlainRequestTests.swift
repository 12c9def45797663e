@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

/// What a provider of OpenAI's dialect gets, beside the model and the first message; paths of warnings; the failure.
private func sent(_ members: String, translated: Bool = true, router: Bool = false, back: String? = nil, model: String = "m", _ dialect: any Dialect = OpenAIDialect()) -> (NSDictionary?, [String], Status?) {
    let source = bytes("{\"model\":\"m\",\(members)}"), buffer = ByteBuffer(), parts = ProviderParts()
    defer { buffer.keepAlive() }
    do throws(Failure) {
        var provider = parts
        provider.requests.nativeRouting = router
        provider.requests.reasoningBack = back
        let view = try readRequest(source, operation: .chat, caps: Caps())
        view.isTranslated = translated
        let outgoing = OutgoingRequest(view, source, .chat, for: Provider(provider), model: model)
        try dialect.write(outgoing, into: buffer)
        return (parsed(String(decoding: buffer.bytes, as: UTF8.self)), outgoing.warnings.list.map(\.path), nil)
    } catch { return (nil, [], error.status) }
}

@Suite struct PlainRequestTests {
    private static let user = #""messages":[{"role":"user","content":"u"}]"#

    @Test(arguments: [
        // Marks for caches, and what dialects tell each other
        (#""messages":[{"role":"system","content":"s","cache_control":{}},{"role":"user","content":[{"type":"text","text":"a","cache_control":{}},{"type":"container_upload","file_id":"f"}]},{"role":"assistant","content":null,"reasoning_details":[{}],"provider_blocks":[{}],"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"},"cache_control":{},"extra_content":{"anthropic":{}}}]},{"role":"tool","tool_call_id":"t","content":"x","is_error":true}]"#,
         #""messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t","content":"x"}]"#,
         ["cache_control", "messages[1].content[1]", "messages[2].provider_blocks", "messages[2].tool_calls[0].extra_content", "messages[2].reasoning_details", "messages[3].is_error"]),
        // A provider's tools have no place, and neither have pictures of the assistant
        (#""messages":[{"role":"assistant","content":"a","reasoning":"t","provider_blocks":[],"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}]"#,
         #""messages":[{"role":"assistant","content":"a"}]"#, ["messages[0].images", "messages[0].reasoning"]),
        // Media of results stand behind them
        (#""messages":[{"role":"tool","tool_call_id":"t","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]},{"role":"tool","tool_call_id":"v","content":"x"}]"#,
         #""messages":[{"role":"tool","tool_call_id":"t","content":[{"type":"text","text":"a"}]},{"role":"tool","tool_call_id":"v","content":"x"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]"#, []),
        (#""messages":[{"role":"tool","tool_call_id":"t","content":[{"type":"image_url","image_url":{"url":"u"}}]},{"role":"tool","tool_call_id":"v","content":[{"type":"image_url","image_url":{"url":"w"}}]},{"role":"assistant","content":"x"}]"#,
         #""messages":[{"role":"tool","tool_call_id":"t","content":[]},{"role":"tool","tool_call_id":"v","content":[]},{"role":"user","content":[{"type":"text","text":"Result of t:"},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"Result of v:"},{"type":"image_url","image_url":{"url":"w"}}]},{"role":"assistant","content":"x"}]"#, []),
        // Files of text are text
        (#""messages":[{"role":"user","content":[{"type":"file","file":{"filename":"n","file_data":"data:text/plain;base64,R3LDvAo="},"citations":{}},{"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD"},"context":"c"}]}]"#,
         #""messages":[{"role":"user","content":[{"type":"text","text":"Grü\n"},{"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD"}}]}]"#, ["messages[0].content[0].citations", "messages[0].content[1].context"]),
        // Documents of texts are texts
        (#""messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a\n"},{"type":"text","text":"b","cache_control":{}}]}},{"type":"document","source":{"type":"content","content":"c"}},{"type":"text","text":"d"}]}]"#,
         #""messages":[{"role":"user","content":[{"type":"text","text":"a\n"},{"type":"text","text":"b"},{"type":"text","text":"c"},{"type":"text","text":"d"}]}]"#, []),
        // Parameters
        (user + #","cache_control":{},"container":"c","reasoning":{"effort":"xhigh"},"tools":[{"type":"function","function":{"name":"f"},"cache_control":{},"defer_loading":true}],"user":"u""#,
         user + #","reasoning_effort":"high","tools":[{"type":"function","function":{"name":"f"}}],"user":"u""#, ["cache_control", "container", "tools[0].defer_loading"]),
        (user + #","reasoning":{"max_tokens":1024},"user":"0123456789012345678901234567890123456789012345678901234567890123x""#, user, ["reasoning", "user"]),
        (user + #","reasoning":{"enabled":false,"effort":"low"}"#, user, ["reasoning"]),
    ])
    func itIsOpenAIs(_ given: String, _ wanted: String, _ warned: [String]) throws {
        let expected = try #require(parsed("{\"model\":\"m\",\(wanted)}"))
        let (body, warnings, status) = sent(given)
        #expect(body == expected, "\(String(describing: status))")
        #expect(warnings == warned)
    }

    /// Whoever speaks as OpenAI does gets requests of other surfaces so.
    @Test func itIsSoForEachThatSpeaksAsOpenAI() {
        let given = #""messages":[{"role":"user","content":"u","cache_control":{"type":"ephemeral"}}]"#
        for dialect in [OpenAIDialect(), CohereDialect(), OllamaDialect(), DevDialect()] as [any Dialect] {
            let (body, warned, _) = sent(given, dialect)
            #expect(body == parsed("{\"model\":\"m\",\(PlainRequestTests.user)}") && warned == ["cache_control"], "\(dialect.name)")
        }
    }

    private static let signed = #"{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1","index":0}"#
    private static let gemini = #"{"type":"reasoning.encrypted","data":"d","format":"google-gemini-v1"}"#
    private static let own = #"{"type":"reasoning.text","text":"t","format":"MiniMax-response-v1"}"#

    /// What other dialects said in a chat: the members of an assistant's message, those that are left, and what is told of.
    @Test(arguments: [
        (#""provider_blocks":[{"format":"anthropic-claude-v1","index":0,"at":0,"block":{"type":"x"}}],"reasoning_details":[\#(signed),\#(gemini)],"refusal":null"#, #""refusal":null"#, ["provider_blocks", "reasoning_details"]),
        (#""reasoning_details":[\#(own),\#(signed),{"type":"reasoning.text","text":"u"}],"reasoning":"t""#, #""reasoning_details":[\#(own),{"type":"reasoning.text","text":"u"}],"reasoning":"t""#, ["reasoning_details"]),
        (#""provider_blocks":[],"name":"n""#, #""name":"n""#, []),
        (#""images":[{"type":"image_url","image_url":{"url":"u"}},{"type":"image_url","image_url":{"url":"v"},"index":1,"at":2}]"#, #""images":[{"type":"image_url","image_url":{"url":"u"}}]"#, ["images"]),
        (#""tool_calls":[{"id":"a","extra_content":{"anthropic":{"caller":{}}},"function":{"name":"f"}},{"id":"b","extra_content":{"google":{"thought_signature":"s"}}}]"#,
         #""tool_calls":[{"id":"a","function":{"name":"f"}},{"id":"b"}]"#, ["tool_calls[0].extra_content", "tool_calls[1].extra_content"]),
    ])
    func chatsHaveNoWordsOfOtherDialects(_ given: String, _ wanted: String, _ warned: [String]) {
        func members(_ more: String) -> String { #""messages":[{"role":"user","content":"u","cache_control":{}},{"role":"assistant","content":"a",\#(more)}],"seed":1"# }
        for dialect in [OpenAIDialect(), CohereDialect(), OllamaDialect(), DevDialect()] as [any Dialect] {
            let (body, warnings, status) = sent(members(given), translated: false, dialect)
            #expect(body == parsed("{\"model\":\"m\",\(members(wanted))}"), "\(String(describing: body)) \(String(describing: status))")
            #expect(warnings == warned.map { "messages[1]." + $0 })
        }
        let router = sent(members(given), translated: false, router: true)
        #expect(router.0 == parsed("{\"model\":\"m\",\(members(given))}") && router.1.isEmpty)
    }

    /// Gemini's signatures go back through whoever leads to Gemini, and nowhere else.
    @Test(arguments: [("gemini-3-pro", true), ("google/Gemini-2.5-flash", true), ("gpt-5", false)])
    func signaturesOfCallsGoToGoogle(_ model: String, _ goes: Bool) {
        let given = #""messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"b","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}]"#
        for translated in [true, false] {
            let (body, warned, _) = sent(given, translated: translated, model: model)
            let calls = (body?["messages"] as? [NSDictionary])?.first?["tool_calls"] as? [NSDictionary]
            #expect((calls?.first?["extra_content"] != nil) == goes && warned == (goes ? [] : ["messages[0].tool_calls[0].extra_content"]))
        }
    }

    /// A row may say that a provider takes details back, whoever signed them.
    @Test func detailsGoToWhoTakesThem() {
        let given = #""messages":[{"role":"assistant","content":"a","reasoning":"t","reasoning_details":[\#(PlainRequestTests.signed)],"provider_blocks":[{}]}]"#
        let wanted = #""messages":[{"role":"assistant","content":"a","reasoning":"t","reasoning_details":[\#(PlainRequestTests.signed)]}]"#
        for translated in [true, false] {
            let (body, warned, _) = sent(given, translated: translated, back: "reasoning_details")
            #expect(body == parsed("{\"model\":\"m\",\(wanted)}") && warned == ["messages[0].provider_blocks"])
        }
    }

    /// Bytes go as they are, blanks too, where no other dialect has said anything.
    @Test(arguments: [#""images" : [ "QUJD" ]"#, #""reasoning_details": [ {"type": "reasoning.text", "text": "t"} ]"#, #""tool_calls": [ {"id": "a", "extra_content": {"mine": {}}} ]"#, #""reasoning_details" : null"#])
    func otherChatsGoAsTheyAre(_ member: String) throws {
        let source = bytes(#"{"model":"m", "messages":  [ {"role" : "assistant", \#(member)} ], "seed" : 1}"#), buffer = ByteBuffer()
        defer { buffer.keepAlive() }
        let view = try readRequest(source, operation: .chat, caps: Caps())
        try OpenAIDialect().write(OutgoingRequest(view, source, .chat, for: Provider(ProviderParts()), model: "m"), into: buffer)
        #expect(String(decoding: buffer.bytes, as: UTF8.self).contains(#""messages":  [ {"role" : "assistant", \#(member)} ], "seed" : 1"#))
    }

    @Test func onlyOtherSurfacesAreMadePlain() {
        let members = PlainRequestTests.user + #","cache_control":{},"reasoning":{"max_tokens":3}"#
        #expect(sent(members, translated: false).0 == parsed("{\"model\":\"m\",\(members)}"))
        #expect(sent(members, router: true).0 == parsed("{\"model\":\"m\",\(members)}"))
    }

    @Test(arguments: [
        #"{"type":"image","source":{"type":"file","file_id":"f"}}"#,
        #"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"url","url":"u"}}]}}"#,
        #"{"type":"document","source":{"type":"content","content":[]}}"#, #"{"type":"document"}"#,
    ])
    func whatTheModelIsAskedAboutIsNotLeftOut(_ part: String) {
        for role in [#""role":"user""#, #""role":"tool","tool_call_id":"t""#] {
            #expect(sent(#""messages":[{\#(role),"content":[{"type":"text","text":"what is it?"},\#(part)]}]"#).2 == .unsupported)
        }
    }

    @Test func aToolOfAnthropicsIsRefused() { #expect(sent(PlainRequestTests.user + #","tools":[{"type":"web_search_20250305","name":"web_search"}]"#).2 == .unsupported) }
}
