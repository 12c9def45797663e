@testable import Dialects
import Foundation
import Testing

@Suite struct ChunkAssemblerTests {
    @Test func plainAnswer() throws {
        let head = "\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\",\"system_fingerprint\":\"f\""
        let assembler = ChunkAssembler(form: .chat, limit: 1 << 20)
        #expect(assembler.isEmpty && answer(assembler) == nil)
        for chunk in ["{\(head),\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"xx\"}",
                      "{\(head),\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hé\\\"\"},\"logprobs\":null,\"finish_reason\":null}],\"obfuscation\":\"x\"}",
                      "{\(head),\"choices\":[{\"index\":0,\"delta\":{\"content\":\" \\u00e9\\n\"},\"finish_reason\":null}]}",
                      "{\(head),\"service_tier\":\"default\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
                      "{\(head),\"choices\":[],\"usage\":{\"total_tokens\":12}}"] {
            #expect(withChunk(Array(chunk.utf8)) { assembler.add($0) })
        }
        #expect(sorted(answer(assembler, "{\"request_id\":\"r\"}")) == "{\"choices\":[{\"finish_reason\":\"stop\",\"index\":0,\"logprobs\":null,\"message\":{\"content\":\"Hé\\\" é\\n\",\"refusal\":null,\"role\":\"assistant\"}}],"
            + "\"created\":5,\"gatelet\":{\"request_id\":\"r\"},\"id\":\"c1\",\"model\":\"m\",\"object\":\"chat.completion\",\"service_tier\":\"default\",\"system_fingerprint\":\"f\",\"usage\":{\"total_tokens\":12}}")
        #expect(!assembler.isEmpty && answer(assembler)?["gatelet"] == nil)
    }

    @Test func cutStreamHasNoFinishReason() throws {
        let cut = try #require(assembled([delta("\"content\":\"a\"")]))
        #expect(cut.choices[0]["finish_reason"] is NSNull && cut.message["content"] as? String == "a" && cut["usage"] == nil)
    }

    @Test func severalChoicesInAnyOrder() throws {
        let found = try #require(assembled(["{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}},{\"index\":0,\"delta\":{\"content\":\"a\"}}]}",
                                            "{\"choices\":[{\"delta\":{\"content\":\"B\"},\"index\":1,\"finish_reason\":\"length\"}]}",
                                            "{\"choices\":[{\"delta\":{\"content\":\"A\"}}]}"]))
        #expect(found.choices.map { ($0["message"] as? [String: Any])?["content"] as? String } == ["aA", "bB"])
        #expect(found.choices[1]["finish_reason"] as? String == "length" && found.choices[0]["finish_reason"] is NSNull)
    }

    @Test func textCompletion() throws {
        let found = try #require(assembled(["{\"object\":\"text_completion\",\"choices\":[{\"text\":\"a\",\"index\":0,\"logprobs\":{\"tokens\":[\"a\"],\"top_logprobs\":null},\"finish_reason\":null}]}",
                                            "{\"choices\":[{\"text\":\"b\",\"index\":0,\"logprobs\":{\"tokens\":[\"b\"]},\"finish_reason\":\"stop\"}]}"], .completion))
        #expect(sorted(found) == "{\"choices\":[{\"finish_reason\":\"stop\",\"index\":0,\"logprobs\":{\"tokens\":[\"a\",\"b\"],\"top_logprobs\":null},\"text\":\"ab\"}],\"object\":\"text_completion\"}")
    }

    @Test func usage() throws {
        let zero = "{\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"total_tokens\":0}}", real = "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"note\":\"0\"}}"
        #expect(sorted(assembled([real, zero])?["usage"]) == "{\"note\":\"0\",\"prompt_tokens\":3}")
        #expect(sorted(assembled([zero, real])?["usage"]) == "{\"note\":\"0\",\"prompt_tokens\":3}")
        #expect(sorted(assembled([zero])?["usage"]) == "{\"prompt_tokens\":0,\"total_tokens\":0}")
        #expect(sorted(assembled([real, "{\"choices\":[],\"usage\":{\"prompt_tokens\":5}}"])?["usage"]) == "{\"prompt_tokens\":5}")
        #expect(sorted(assembled([real, "{\"choices\":[],\"usage\":null}"])?["usage"]) == "{\"note\":\"0\",\"prompt_tokens\":3}")
        #expect(sorted(assembled(["{\"choices\":[],\"x_groq\":{\"usage\":{\"a\":1}}}"])?["usage"]) == "{\"a\":1}")
    }

    @Test func unknownMembers() throws {
        let found = try #require(assembled([
            "{\"id\":\"\",\"citations\":[1],\"a\":null,\"choices\":[{\"index\":0,\"delta\":{\"channel\":\"analysis\",\"x_text\":\"ab\",\"annotations\":[{\"u\":1}],\"x_number\":1,\"x_object\":{\"a\":1}},\"native_finish_reason\":null}]}",
            "{\"id\":\"i\",\"citations\":[1,2],\"a\":{\"b\":1},\"choices\":[{\"index\":0,\"delta\":{\"channel\":\"analysis\",\"x_text\":\"cd\",\"annotations\":[{\"u\":2}],\"x_number\":2,\"x_object\":{\"b\":2}},\"native_finish_reason\":\"end\",\"message\":{\"content\":\"no\"}}]}",
            "{\"id\":\"\",\"choices\":[{\"index\":0,\"delta\":{\"annotations\":[],\"x_number\":null}}]}"]))
        #expect(found["id"] as? String == "i" && sorted(found["citations"]) == "[1,2]" && sorted(found["a"]) == "{\"b\":1}")
        #expect(sorted(found.message) == "{\"annotations\":[{\"u\":1},{\"u\":2}],\"channel\":\"analysis\",\"content\":null,\"role\":\"assistant\",\"x_number\":2,\"x_object\":{\"b\":2},\"x_text\":\"abcd\"}")
        #expect(found.choices[0]["native_finish_reason"] as? String == "end")
    }

    @Test func errorsAndOurOwnNameAreLeftOut() {
        #expect(assembled(["{\"error\":{\"message\":\"m\"}}"]) == nil)
        let found = assembled([delta("\"content\":\"x\""), "{\"error\":{\"message\":\"m\"},\"gatelet\":{\"fake\":1},\"choices\":[]}"])
        #expect(found?["error"] == nil && found?["gatelet"] == nil)
    }

    @Test func reasoning() throws {
        let found = try #require(assembled([delta("\"reasoning\":\"a\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"a\",\"format\":\"f\",\"index\":0,\"signature\":null}]"),
                                            delta("\"reasoning\":\"b\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"b\",\"format\":\"f\",\"index\":0,\"signature\":\"s\"}]"),
                                            delta("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"x\",\"index\":0},{\"type\":\"reasoning.encrypted\",\"data\":\"y\",\"index\":0}]"),
                                            delta("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"c\",\"index\":1}]"),
                                            delta("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"d\",\"index\":1},{\"type\":\"reasoning.summary\",\"summary\":\"e\",\"index\":2}]")]))
        #expect(found.message["reasoning"] as? String == "ab")
        #expect(sorted(found.message["reasoning_details"]) == "[{\"format\":\"f\",\"index\":0,\"signature\":\"s\",\"text\":\"ab\",\"type\":\"reasoning.text\"},"
            + "{\"data\":\"x\",\"index\":0,\"type\":\"reasoning.encrypted\"},{\"data\":\"y\",\"index\":0,\"type\":\"reasoning.encrypted\"},"
            + "{\"index\":1,\"summary\":\"cd\",\"type\":\"reasoning.summary\"},{\"index\":2,\"summary\":\"e\",\"type\":\"reasoning.summary\"}]")
        #expect(assembled([delta("\"reasoning_content\":\"a\""), delta("\"reasoning_content\":\"b\"")])?.message["reasoning_content"] as? String == "ab")
    }

    /// What stands before the padding is an escape: nothing of it is taken away.
    @Test(arguments: [(#"YQ=="#, "YWI="), (#"YQ\u0000=="#, #"YQ\u0000==Yg=="#), (#"YQ\/=="#, #"YQ\/==Yg=="#)])
    func paddedPiecesOfASound(first: String, wanted: String) throws {
        let found = try #require(assembled([first, "Yg=="].map { #"{"choices":[{"index":0,"delta":{"audio":{"data":"\#($0)"}}}]}"# }))
        let text = try #require(try JSONSerialization.jsonObject(with: Data("\"\(wanted)\"".utf8), options: .fragmentsAllowed) as? String)
        #expect((found.message["audio"] as? [String: Any])?["data"] as? String == text)
    }

    @Test func audioAndLogprobs() throws {
        let found = try #require(assembled([
            "{\"choices\":[{\"index\":0,\"delta\":{\"audio\":{\"id\":\"a1\",\"transcript\":\"he\"}},\"logprobs\":{\"content\":[{\"token\":\"he\"}],\"refusal\":null}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"audio\":{\"id\":\"a1\",\"transcript\":\"y\",\"data\":\"QUJD\"}},\"logprobs\":{\"content\":[{\"token\":\"y\"}]}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"audio\":{\"data\":\"REVG\",\"expires_at\":9}},\"logprobs\":null}]}"]))
        #expect(sorted(found.message["audio"]) == "{\"data\":\"QUJDREVG\",\"expires_at\":9,\"id\":\"a1\",\"transcript\":\"hey\"}")
        #expect(sorted(found.choices[0]["logprobs"]) == "{\"content\":[{\"token\":\"he\"},{\"token\":\"y\"}],\"refusal\":null}")
    }

    @Test func parts() throws {
        func thinking(_ text: String) -> String { delta("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"\(text)\"}]}]") }
        let found = try #require(assembled([delta("\"content\":\"\""), thinking("a"), thinking("b"), delta("\"content\":[{\"type\":\"text\",\"text\":\"c\"}]"), delta("\"content\":\"d\""),
                                            delta("\"content\":[{\"type\":\"reference\",\"reference_ids\":[1]},{\"type\":\"text\",\"text\":\"e\"}]")]))
        #expect(sorted(found.message["content"]) == "[{\"thinking\":[{\"text\":\"ab\",\"type\":\"text\"}],\"type\":\"thinking\"},{\"text\":\"cd\",\"type\":\"text\"},"
            + "{\"reference_ids\":[1],\"type\":\"reference\"},{\"text\":\"e\",\"type\":\"text\"}]")
    }

    @Test func badTextIsRepaired() throws {
        let assembler = ChunkAssembler(form: .chat, limit: 1 << 16)
        #expect(withChunk(Array("{\"choices\":[{\"delta\":{\"content\":\"a".utf8) + [0xFF] + Array("\"}}]}".utf8)) { assembler.add($0) })
        #expect(withChunk(Array(delta("\"content\":\"\\ud83d\"").utf8)) { assembler.add($0) })
        #expect(withChunk(Array("not json".utf8)) { assembler.add($0) })
        #expect(answer(assembler)?.message["content"] as? String == "a\u{FFFD}\u{FFFD}")
        // The halves of a pair, cut by the upstream, find each other.
        #expect(assembled([delta("\"content\":\"\\ud83d\""), delta("\"content\":\"\\ude00\"")])?.message["content"] as? String == "😀")
    }

    @Test func gluedChunks() { #expect(assembled([delta("\"content\":\"a\"") + delta("\"content\":\"b\"")])?.message["content"] as? String == "ab") }

    @Test func namesWithEscapes() throws {
        let found = try #require(assembled([delta("\"c\\u006fntent\":\"a\",\"x\\u0079\":\"1\""), delta("\"content\":\"b\",\"xy\":\"2\""),
                                            "{\"ch\\u006fices\":[{\"d\\u0065lta\":{\"content\":\"c\"}}],\"\\u0075sage\":{\"a\":1}}"]))
        #expect(found.message["content"] as? String == "abc" && found.message["xy"] as? String == "12" && sorted(found["usage"]) == "{\"a\":1}")
    }

    @Test func limits() {
        let assembler = ChunkAssembler(form: .chat, limit: 5000), chunk = delta("\"content\":\"" + String(repeating: "x", count: 100) + "\"")
        var added = 0
        while added < 1000, withChunk(Array(chunk.utf8), { assembler.add($0) }) { added += 1 }
        #expect(added > 20 && added < 50)
        #expect(answer(assembler) == nil)
        let names = (0..<2000).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
        let many = ChunkAssembler(form: .chat, limit: 1 << 24)
        #expect(withChunk(Array("{\"choices\":[{\"delta\":{\(names)}}],\(names)}".utf8)) { many.add($0) })
        #expect(answer(many) != nil)
    }
}

@Suite struct ChunkAssemblerCallTests {
    private func call(_ members: String) -> String { delta("\"tool_calls\":[\(members)]") }

    /// id:name:arguments of each call.
    private func calls(_ pieces: [String]) -> [String] {
        let list = assembled(pieces.map(call))?.message["tool_calls"] as? [[String: Any]] ?? []
        return list.map {
            let function = $0["function"] as? [String: Any] ?? [:]
            #expect($0["type"] as? String == "function" && $0["index"] == nil)
            return "\($0["id"] as? String ?? "-"):\(function["name"] as? String ?? "-"):\(function["arguments"] as? String ?? "-")"
        }
    }

    @Test func openAI() {
        #expect(calls(["{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}", "{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}",
                       "{\"index\":0,\"function\":{\"arguments\":\":1}\"}}", "{\"index\":1,\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}",
                       "{\"index\":1,\"function\":{\"arguments\":\"{}\"}}"]) == ["c1:f:{\"a\":1}", "c2:g:{}"])
    }

    @Test func interleaved() {
        #expect(calls(["{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"1\"}},{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"2\"}}",
                       "{\"index\":1,\"function\":{\"arguments\":\"2\"}}", "{\"index\":0,\"function\":{\"arguments\":\"1\"}}"]) == ["a:f:11", "b:g:22"])
    }

    @Test func alwaysIndexZero() {
        #expect(calls(["{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}", "{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"]) == ["a:f:{}", "b:f:{}"])
        #expect(calls(["{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}", "{\"index\":0,\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}"]) == ["-:f:{}", "-:g:{}"])
        #expect(calls(["{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}", "{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"]) == ["-:f:{}", "-:f:{}"])
    }

    @Test func noIndex() {
        #expect(calls(["{\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}"]) == ["-:f:{}", "-:g:{}"])
        #expect(calls(["{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}", "{\"function\":{\"arguments\":\"}\"}}", "{\"id\":\"b\",\"function\":{\"name\":\"g\"}}", "{\"id\":\"a\",\"function\":{\"arguments\":\" \"}}"])
            == ["a:f:{} ", "b:g:"])
    }

    @Test func repeatedHeads() {
        #expect(calls(["{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}", "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"}\"}}"]) == ["a:f:{}"])
        #expect(calls(["{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}", "{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"}\"}}"]) == ["-:f:{}"])
        // Tools that take text have no function.
        let custom = assembled(["{\"index\":0,\"id\":\"a\",\"type\":\"custom\",\"custom\":{\"name\":\"n\",\"input\":\"\"}}", "{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}",
                                "{\"index\":0,\"custom\":{\"input\":\"x\\n\"}}", "{\"index\":0,\"type\":\"custom\",\"custom\":{\"name\":\"n\",\"input\":\"y\"}}"].map { delta("\"tool_calls\":[\($0)]") })
        #expect(sorted(custom?.message["tool_calls"]) == "[{\"custom\":{\"input\":\"x\\ny\",\"name\":\"n\"},\"id\":\"a\",\"type\":\"custom\"},"
            + "{\"function\":{\"arguments\":\"{}\",\"name\":\"f\"},\"id\":\"b\",\"type\":\"function\"}]")
        #expect(calls(["{\"index\":0,\"id\":\"a\"}", "{\"index\":0,\"function\":{\"name\":\"f\"}}", "{\"index\":0,\"id\":null,\"function\":{\"name\":null,\"arguments\":\"{}\"}}"]) == ["a:f:{}"])
        #expect(calls(["{\"index\":0,\"function\":{\"name\":\"f\"}}", "{\"index\":0,\"id\":\"a\",\"function\":{\"arguments\":\"{}\"}}"]) == ["a:f:{}"])
    }

    @Test func argumentsThatAreNoString() {
        #expect(calls(["{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":\"é\\n\"}}}"]) == ["a:f:{\"x\":\"é\\n\"}"])
        #expect(calls(["{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":null}}", "1", "null", "{\"index\":0}"]) == ["a:f:"])
    }

    @Test func otherMembersAreKept() throws {
        let found = try #require(assembled([call("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\",\"x\":1},\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}}}")]))
        #expect(sorted(found.message["tool_calls"]) == "[{\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}},\"function\":{\"arguments\":\"{}\",\"name\":\"f\",\"x\":1},\"id\":\"a\",\"type\":\"function\"}]")
        #expect(found.message["content"] is NSNull)
        let old = try #require(assembled([delta("\"function_call\":{\"name\":\"f\",\"arguments\":\"{\"}"), delta("\"function_call\":{\"arguments\":\"}\"}")]))
        #expect(sorted(old.message["function_call"]) == "{\"arguments\":\"{}\",\"name\":\"f\"}")
    }
}
