@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

/// What a provider of OpenAI's dialect gets, beside the model and the first message; paths of warnings; the failure.
private func sent(_ members: String, translated: Bool = true, router: Bool = false) -> (NSDictionary?, [String], Status?) {
    let source = bytes("{\"model\":\"m\",\(members)}"), buffer = ByteBuffer(), parts = ProviderParts()
    defer { buffer.keepAlive() }
    do throws(Failure) {
        var provider = parts
        provider.requests.nativeRouting = router
        let view = try readRequest(source, operation: .chat, caps: Caps())
        view.isTranslated = translated
        let outgoing = OutgoingRequest(view, source, .chat, for: Provider(provider), model: "m")
        try OpenAIDialect().write(outgoing, into: buffer)
        return (parsed(String(decoding: buffer.bytes, as: UTF8.self)), outgoing.warnings.list.map(\.path), nil)
    } catch { return (nil, [], error.status) }
}

@Suite struct PlainRequestTests {
    private static let user = #""messages":[{"role":"user","content":"u"}]"#

    @Test(arguments: [
        // Marks for caches, and what dialects tell each other
        (#""messages":[{"role":"system","content":"s","cache_control":{}},{"role":"user","content":[{"type":"text","text":"a","cache_control":{}},{"type":"container_upload","file_id":"f"}]},{"role":"assistant","content":null,"reasoning_details":[{}],"provider_blocks":[{}],"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"},"cache_control":{},"extra_content":{"anthropic":{}}}]},{"role":"tool","tool_call_id":"t","content":"x","is_error":true}]"#,
         #""messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t","content":"x"}]"#,
         ["messages[1].content[1]"]),
        // Media of results stand behind them
        (#""messages":[{"role":"tool","tool_call_id":"t","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]},{"role":"tool","tool_call_id":"v","content":"x"}]"#,
         #""messages":[{"role":"tool","tool_call_id":"t","content":[{"type":"text","text":"a"}]},{"role":"tool","tool_call_id":"v","content":"x"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]"#, []),
        (#""messages":[{"role":"tool","tool_call_id":"t","content":[{"type":"image_url","image_url":{"url":"u"}}]},{"role":"tool","tool_call_id":"v","content":[{"type":"image_url","image_url":{"url":"w"}}]},{"role":"assistant","content":"x"}]"#,
         #""messages":[{"role":"tool","tool_call_id":"t","content":[]},{"role":"tool","tool_call_id":"v","content":[]},{"role":"user","content":[{"type":"text","text":"Result of t:"},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"Result of v:"},{"type":"image_url","image_url":{"url":"w"}}]},{"role":"assistant","content":"x"}]"#, []),
        // Files of text are text
        (#""messages":[{"role":"user","content":[{"type":"file","file":{"filename":"n","file_data":"data:text/plain;base64,R3LDvAo="},"citations":{}},{"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD"},"context":"c"}]}]"#,
         #""messages":[{"role":"user","content":[{"type":"text","text":"Grü\n"},{"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD"}}]}]"#, []),
        // Documents of texts are texts
        (#""messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a\n"},{"type":"text","text":"b","cache_control":{}}]}},{"type":"document","source":{"type":"content","content":"c"}},{"type":"text","text":"d"}]}]"#,
         #""messages":[{"role":"user","content":[{"type":"text","text":"a\n"},{"type":"text","text":"b"},{"type":"text","text":"c"},{"type":"text","text":"d"}]}]"#, []),
        // Parameters
        (user + #","cache_control":{},"container":"c","reasoning":{"effort":"xhigh"},"tools":[{"type":"function","function":{"name":"f"},"cache_control":{},"defer_loading":true}],"user":"u""#,
         user + #","reasoning_effort":"high","tools":[{"type":"function","function":{"name":"f"}}],"user":"u""#, ["container"]),
        (user + #","reasoning":{"max_tokens":1024},"user":"0123456789012345678901234567890123456789012345678901234567890123x""#, user, ["reasoning", "user"]),
        (user + #","reasoning":{"enabled":false,"effort":"low"}"#, user, ["reasoning"]),
    ])
    func itIsOpenAIs(_ given: String, _ wanted: String, _ warned: [String]) throws {
        let expected = try #require(parsed("{\"model\":\"m\",\(wanted)}"))
        let (body, warnings, status) = sent(given)
        #expect(body == expected, "\(String(describing: status))")
        #expect(warnings == warned)
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
