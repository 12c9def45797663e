@testable import Bytes
@testable import Dialects
@testable import JSON
import Testing

@Suite struct ChunkScanTests {
    @Test func findsTheDelta() {
        let text = "{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"h\\u00e9\\n\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}"
        #expect(see(text) == SeenChunk(content: "hé\n", hasChoices: true, hasContent: true, end: text.utf8.count))
        #expect(see(" { } \n") == SeenChunk(end: 6))
    }

    @Test(arguments: [("\"content\":\"\"", false), ("\"content\":null", false), ("\"content\":\"x\"", true), ("\"role\":\"assistant\"", false), ("\"tool_calls\":[]", false),
                      ("\"tool_calls\":[ ]", false), ("\"tool_calls\":null", false), ("\"tool_calls\":[{\"index\":0}]", true), ("\"function_call\":{}", false),
                      ("\"function_call\":{\"name\":\"f\"}", true), ("\"refusal\":\"no\"", true), ("\"refusal\":\"\"", false), ("\"audio\":{\"data\":\"x\"}", true), ("\"audio\":null", false),
                      ("\"images\":[{}]", true), ("\"reasoning\":\"x\"", true), ("\"reasoning_content\":\"x\"", true), ("\"reasoning_details\":[]", false),
                      ("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"x\"}]", true), ("\"reasoning\":null", false), ("\"unknown\":\"x\"", false),
                      ("\"content\":[]", false), ("\"content\":[{\"type\":\"text\",\"text\":\"\"}]", false), ("\"content\":[{\"type\":\"text\",\"text\":\"x\"}]", true)])
    func commits(_ members: String, _ expected: Bool) { #expect(see(delta(members))?.hasContent == expected, "\(members)") }

    @Test func reasoningIsOneOfTwo() {
        #expect(see(delta("\"reasoning_content\":\"a\""))?.reasoning == "a")
        #expect(see(delta("\"reasoning\":\"b\""))?.reasoning == "b")
        #expect(see(delta("\"reasoning\":\"b\",\"reasoning_content\":\"a\""))?.reasoning == "a")
        #expect(see(delta("\"reasoning_content\":\"a\",\"reasoning\":\"b\""))?.reasoning == "a")
        #expect(see(delta("\"reasoning_content\":\"\",\"reasoning\":\"b\""))?.reasoning == "b")
        #expect(see(delta("\"reasoning\":\"b\",\"reasoning_content\":\"\""))?.reasoning == "b")
        #expect(see(delta("\"reasoning_content\":null,\"reasoning\":\"b\""))?.reasoning == "b")
        #expect(see(delta("\"reasoning\":{\"x\":1}"))?.reasoning == nil)
    }

    @Test func choicesByIndex() {
        let two = "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"one\"}},{\"delta\":{\"content\":\"zero\"},\"index\":0}]}"
        #expect(see(two)?.content == "zero")
        #expect(see("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"one\"},\"finish_reason\":\"stop\"}]}") == SeenChunk(hasChoices: true, hasContent: true, finished: true, end: 74))
        #expect(see("{\"choices\":[{\"delta\":{\"content\":\"a\"}},{\"delta\":{\"content\":\"b\"}}]}")?.content == "a")
        #expect(see("{\"choices\":[{\"index\":10,\"delta\":{\"content\":\"a\"}}]}")?.content == nil)
    }

    @Test func finishReasons() {
        for (json, expected) in [("\"stop\"", true), ("null", false), ("\"\"", false)] {
            #expect(see("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\(json)}]}")?.finished == expected)
        }
    }

    @Test func emptyChoices() throws {
        let usage = try #require(see("{\"choices\":[],\"usage\":{\"total_tokens\":3}}"))
        #expect(usage.hasChoices && usage.choicesEmpty && usage.usage == "{\"total_tokens\":3}")
        #expect(see("{\"choices\":null}")?.choicesEmpty == true)
        #expect(see("{\"choices\":[ ]}")?.choicesEmpty == true)
        #expect(see("{\"choices\":[{}]}")?.choicesEmpty == false)
        #expect(see("{\"x\":1}")?.hasChoices == false)
        #expect(see("{\"choices\":[null,1,[]],\"usage\":null}")?.hasChoices == true)
    }

    @Test func usageAndErrors() {
        #expect(see("{\"x_groq\":{\"id\":\"a\",\"usage\":{\"x\":1}}}")?.usage == "{\"x\":1}")
        #expect(see("{\"x_groq\":{\"usage\":{\"x\":1}},\"usage\":{\"y\":2}}")?.usage == "{\"y\":2}")
        #expect(see("{\"x_groq\":{\"usage\":null}}")?.usage == nil)
        #expect(see("{\"x_groq\":[]}")?.usage == nil)
        #expect(see("{\"error\":{\"message\":\"m\"}}")?.error == "{\"message\":\"m\"}")
        #expect(see("{\"error\":\"m\"}")?.error == "\"m\"")
        #expect(see("{\"error\":null}")?.error == nil)
    }

    @Test func completions() {
        let text = "{\"choices\":[{\"text\":\"hi\",\"index\":0,\"finish_reason\":null}]}"
        #expect(see(text, .completion)?.content == "hi" && see(text, .completion)?.hasContent == true)
        #expect(see(text, .chat)?.content == nil && see(text, .chat)?.hasContent == false)
        #expect(see(delta("\"content\":\"x\""), .completion)?.hasContent == false)
    }

    @Test func namesWithEscapes() {
        #expect(see("{\"ch\\u006fices\":[{\"d\\u0065lta\":{\"c\\u006Fntent\":\"x\"}}]}")?.content == "x")
        #expect(see("{\"\\u0075sage\":{}}")?.usage == "{}")
    }

    @Test func parts() throws {
        let mistral = delta("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\\u006d\"}]},{\"type\":\"text\",\"text\":\"so\"},{\"type\":\"reference\",\"reference_ids\":[1]}]")
        let seen = try #require(see(mistral))
        #expect(seen.content == "so" && seen.reasoning == "hmm" && seen.hasContent)
        #expect(see(delta("\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\"}]"))?.reasoning == "t")
        #expect(see(delta("\"content\":[\"a\",{\"text\":\"b\"},3,null]"))?.content == "ab")
    }

    @Test func gluedValues() throws {
        let first = "{\"a\":1} ", text = first + "{\"b\":2}"
        #expect(see(text)?.end == first.utf8.count)
        #expect(see("[1]x")?.end == 3)
        #expect(see("12 ")?.end == 3)
        #expect(see("[{\"error\":{\"code\":400}}]")?.error == nil)
    }

    @Test func refuses() {
        for bad in ["", "{", "{\"choices\":[}", "{\"choices\":[{\"delta\":{\"content\":\"x}}]}", "data", "{\"a\":1,}", "[DONE]"] { #expect(see(bad) == nil, "\(bad)") }
        func kind(_ bytes: [UInt8], _ depth: Int = 512) -> JSONFault? {
            withChunk(bytes) { bytes in
                do throws(JSONFault) {
                    _ = try scanChunk(bytes, form: .chat, depthLimit: depth)
                    return nil
                } catch { return error }
            }
        }
        #expect(kind(Array(delta("\"content\":\"x\"").utf8), 3)?.kind == .depth)
        #expect(kind(Array("{\"a\":\"".utf8) + [0xFF, 0x22, 0x7D]) == JSONFault(.utf8, 6))
        #expect(see(delta("\"content\":\"\\ud83d\""))?.lone == true)
        #expect(see(delta("\"content\":\"\\ud83d\""))?.content == "", "the next chunk may have the other half")
        #expect(see(delta("\"content\":\"\\ud83d \""))?.content == "\u{FFFD} ")
    }

    /// Every prefix, and many small changes: never more than a fault, and what is found lies inside the bytes.
    @Test func mutations() {
        let source = Array(("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\u00e9😀\",\"reasoning\":\"r\",\"tool_calls\":[{\"id\":\"1\"}]},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"n\":1},\"x_groq\":{\"usage\":{}},\"error\":{\"message\":\"m\"}}").utf8)
        for length in 0..<source.count { #expect(see(Array(source[..<length])) == nil, "\(length)") }
        var state: UInt64 = 7
        func dice(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(below))
        }
        for _ in 0..<4000 {
            var changed = source
            for _ in 0...dice(3) {
                let at = dice(changed.count)
                if dice(2) == 0 { changed[at] = UInt8(dice(256)) } else { changed.remove(at: at) }
            }
            let valid = withChunk(changed) { bytes in
                var cursor = JSONCursor(bytes)
                return (try? cursor.value()) != nil
            }
            #expect((see(changed) != nil) == valid)
            let assembler = ChunkAssembler(form: .chat, limit: 1 << 20)
            _ = withChunk(changed) { assembler.add($0) }
            if !assembler.isEmpty { #expect(answer(assembler) != nil) }
        }
    }
}

/// The text of choice 0 over several chunks.
private func texts(_ chunks: [String]) -> [String] {
    var deltas = DeltaText()
    return chunks.map { json in
        withChunk(Array(json.utf8)) { bytes in
            guard let (view, _) = try? scanChunk(bytes, form: .chat, depthLimit: 512) else { return "no JSON" }
            let content = ByteBuffer(), reasoning = ByteBuffer()
            let ok = deltas.append(view, bytes, text: content, reasoning: reasoning)
            #expect(ok)
            return String(decoding: content.bytes, as: UTF8.self) + "|" + String(decoding: reasoning.bytes, as: UTF8.self)
        }
    }
}

@Suite struct TextOverBorders {
    @Test(arguments: [
        ([#""content":"x\ud83d""#, #""content":"\ude00y""#], ["x|", "😀y|"]),
        ([#""content":"\uD83D""#, #""content":"""#, #""role":"assistant""#, #""content":"\uDE00""#], ["|", "|", "|", "😀|"]),
        ([#""content":"x\ud83d""#, #""content":"y""#], ["x|", "\u{FFFD}y|"]),
        ([#""content":"x\ud83d""#, #""content":"\ud83d""#, #""content":"\ude00""#], ["x|", "\u{FFFD}|", "😀|"]),
        ([#""content":"\ude00y""#], ["\u{FFFD}y|"]),
        ([#""content":"a\\ud83d""#, #""content":"b""#], ["a\\ud83d|", "b|"]),
        ([#""content":"a\\\ud83d""#, #""content":"\ude00""#], ["a\\|", "😀|"]),
        ([#""content":"a","reasoning":"\ud83d""#, #""content":"b""#, #""reasoning_content":"\ude00""#], ["a|", "b|", "|😀"]),
        ([#""content":[{"type":"text","text":"\ud83d"}]"#, #""content":[{"type":"text","text":"\ude00"},{"type":"thinking","thinking":"t"}]"#], ["|", "😀|t"]),
        ([#""reasoning_details":[{"type":"reasoning.text","text":"a"},{"type":"reasoning.encrypted","data":"d"},{"summary":"b"}]"#], ["|ab"]),
        ([#""reasoning":"r","reasoning_details":[{"text":"a"}]"#, #""reasoning":"","reasoning_details":[{"text":"a"}]"#], ["|r", "|a"]),
    ]) func joined(_ deltas: [String], _ wanted: [String]) { #expect(texts(deltas.map { delta($0) }) == wanted) }

    @Test(arguments: [
        (#""\ud83d""#, #""\ud83d""#), (#""\ude00y""#, #""\ude00y""#), (#""x\ud83d y""#, #""x\ufffd y""#), (#""x\ude00""#, #""x\ufffd""#),
        (#""a\"\ude00""#, #""a\"\ufffd""#), (#"["\ude00","\ud83d"]"#, #"["\ude00","\ud83d"]"#), (#""\ud83d\"""#, #""\ufffd\"""#),
    ]) func halvesAtTheEdgeStay(_ json: String, _ wanted: String) {
        let out = ByteBuffer()
        #expect(withChunk(Array(json.utf8)) { repairJSON($0, into: out, keepingEdges: true) })
        #expect(String(decoding: out.bytes, as: UTF8.self) == wanted)
    }

    @Test(arguments: [(delta(#""content":"a""#), false, UInt16(1)), (delta(#""role":"assistant""#), true, 1), (#"{"choices":[]}"#, true, 0), (#"{"usage":{}}"#, true, 0),
                      (#"{"choices":[{"index":3,"delta":{}},{"index":9,"delta":{}}]}"#, true, 520), (#"{"choices":[{"index":3,"delta":{"content":"a"}},{"index":9,"delta":{}}]}"#, false, 520), (#"{"choices":[{"index":10,"delta":{"content":"a"}}]}"#, true, 0),
                      (#"{"choices":[{"index":0,"error":{"a":1}}]}"#, true, 1), (#"{"choices":[{"index":0,"delta":{}}],"base_resp":{}}"#, true, 1),
                      (#"{"choices":[{"index":0,"finish_reason":"stop"}]}"#, true, 1), (#"{"choices":[{"delta":{"content":"a"},"index":-1}]}"#, true, 0)])
    func whatHasToBeLookedAt(_ json: String, _ needsLook: Bool, _ choices: UInt16) {
        withChunk(Array(json.utf8)) { bytes in
            guard let (view, _) = try? scanChunk(bytes, form: .chat, depthLimit: 512) else { return #expect(Bool(false)) }
            #expect(view.needsLook == needsLook && view.choiceBits == choices)
        }
    }

    @Test(arguments: [#""annotations":[{}]"#, #""reasoning_details":[{}]"#, #""function_call":{"name":"f"}"#, #""image":"x""#, #""thinking":"x""#, #""thought":"x""#, #""analysis":"x""#, #""cot":"x""#, #""inner_thought":"x""#, #""chain_of_thought":"x""#, #""content":[{"type":"image_url","image_url":{"url":"x"}}]"#])
    func everyKindOfContent(_ members: String) { #expect(see(delta(members))?.hasContent == true) }

    @Test(arguments: [#""annotations":[]"#, #""reasoning_details":[]"#, #""content":[{"type":"text","text":""}]"#, #""content":[]"#, #""role":"assistant""#, #""x_new":"a""#])
    func noContent(_ members: String) { #expect(see(delta(members))?.hasContent == false) }
}
