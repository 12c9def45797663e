@testable import Bytes
@testable import Dialects
@testable import Model
import Testing

@Suite struct RequestNeedsTests {
    private func needs(_ json: String, _ operation: Model.Operation = .chat) throws -> RequestNeeds {
        try withBytes(json) { (bytes: UnsafeRawBufferPointer) throws(Failure) in
            requestNeeds(try readRequest(bytes, operation: operation, caps: Caps()), bytes)
        }
    }

    private func content(_ content: String) throws -> RequestNeeds { try needs("{\"messages\":[{\"role\":\"user\",\"content\":\(content)}]}") }

    @Test func plainText() throws {
        let found = try content("\"\(String(repeating: "word ", count: 80))\"")
        #expect(found.promptTokens == 100 && found.modalities == .text && !found.tools && !found.structuredOutput && found.parameters.isEmpty && found.maxOutput == nil)
        #expect(try needs(#"{"messages":[{"role":"system","content":"abcd"},{"role":"user","content":[{"type":"text","text":"abcdefgh"}]}]}"#).promptTokens == 3)
    }

    /// Escapes are what they stand for.
    @Test func escapes() throws {
        #expect(try content(#""\u4e2d\u6587\n\n""#).promptTokens == 2)
        #expect(try content("\"中文\\n\\n\"").promptTokens == 2)
        #expect(try content(#""\\\"\/a""#).promptTokens == 1)
    }

    @Test(arguments: [("image_url", Modalities.image), ("input_audio", .audio), ("file", .file), ("video_url", .video), ("text", .text), ("other", .text)])
    func modalities(_ type: String, _ expected: Modalities) throws {
        let data = String(repeating: "A", count: 4000)
        let found = try content("[{\"type\":\"\(type)\",\"\(type)\":{\"url\":\"data:image/png;base64,\(data)\"}},{\"type\":\"text\",\"text\":\"abcd\"}]")
        #expect(found.modalities == expected.union(.text) && found.promptTokens == 1)
    }

    @Test func dataURLsAreNoText() throws {
        #expect(try content("\"data:image/png;base64,\(String(repeating: "A", count: 4000))\"").promptTokens == 0)
    }

    @Test func parameters() throws {
        let found = try needs("""
            {"model":"m","messages":[1],"temperature":1,"top_p":null,"tools":[{}],"max_tokens":5,"max_completion_tokens":7,"reasoning_effort":"low","s\\u0065ed":1,
             "user":"u","stream":true,"gatelet":{},"provider":{},"response_format":{"type":"json_schema"},"own":1}
            """)
        #expect(found.parameters == ["temperature", "tools", "max_tokens", "reasoning", "seed", "response_format"])
        #expect(found.tools && found.structuredOutput && found.maxOutput == 7)
        let plain = try needs(#"{"messages":[1],"tools":[],"response_format":{"type":"json_object"},"max_tokens":5}"#)
        #expect(!plain.tools && !plain.structuredOutput && plain.maxOutput == 5)
    }

    @Test(arguments: [(#""abcdefgh""#, 2), (#"["abcd","abcdefghijkl"]"#, 3), ("[1,2,3]", 3), ("[[1,2],[1,2,3,4]]", 4), ("[]", 0), ("{}", 0)])
    func inputs(_ input: String, _ tokens: Int) throws {
        #expect(try needs("{\"input\":\(input)}", .embeddings).promptTokens == tokens)
        #expect(try needs("{\"prompt\":\(input)}", .completion).promptTokens == tokens)
    }

    /// What is paid for is more than what has to fit.
    @Test func allTokens() throws {
        let tools = #"[{"type":"function","function":{"name":"f","description":"12345678901234567890"}}]"#
        let found = try needs(#"{"messages":[{"role":"user","content":"abcdefgh"}],"n":3,"max_tokens":10,"tools":\#(tools)}"#)
        #expect(found.promptTokens == 2 && found.allTokens == (8 + tools.utf8.count) / 4 && found.choices == 3 && found.most(10) == 30)
        let several = try needs(#"{"prompt":["abcd","abcdefgh"],"n":2,"best_of":4,"max_tokens":10}"#, .completion)
        #expect(several.promptTokens == 2 && several.allTokens == 3 && several.choices == 8 && several.maxOutput == 10)
        #expect(try needs(#"{"input":["abcd","abcdefgh"]}"#, .embeddings).allTokens == 3)
        for odd in ["0", "-5", "\"x\"", "null"] { #expect(try needs(#"{"messages":[1],"n":\#(odd)}"#).choices == 1, "\(odd)") }
        let most = try needs(#"{"messages":[1],"n":9223372036854775807,"max_tokens":9223372036854775807}"#)
        #expect(most.choices == 1 << 48 && most.most(.max) == 1 << 48)
        for limit in ["0", "-1"] { #expect(try needs(#"{"messages":[1],"max_tokens":\#(limit)}"#).maxOutput == nil) }
    }

    @Test(arguments: ["[1]", "[null]", "[{}]", #"[{"content":null}]"#, #"[{"content":{}}]"#, #"[{"content":[1,null,{"type":1},{"type":"text"},{"type":"text","text":5}]}]"#])
    func oddMessagesNeedNothing(_ messages: String) throws {
        let found = try needs("{\"messages\":\(messages),\"tools\":5,\"response_format\":7,\"max_tokens\":\"x\"}")
        #expect(found.promptTokens == 0 && !found.tools && !found.structuredOutput && found.maxOutput == nil)
    }

    /// The bound on cost holds whichever of two words a provider obeys, and however a number is written.
    @Test(arguments: [
        (#""max_tokens":5,"max_completion_tokens":700"#, 700), (#""max_tokens":700,"max_completion_tokens":5"#, 700), (#""max_tokens":"700""#, 700),
        (#""max_tokens":0,"max_completion_tokens":7"#, 7), (#""max_tokens":-1"#, nil), (#""max_tokens":6.5"#, 7), (#""max_tokens":"many""#, nil),
        (#""max_tokens":7e2"#, 700),
    ] as [(String, Int?)]) func theLargerLimitCounts(_ members: String, _ expected: Int?) throws {
        #expect(try needs("{\"messages\":[1],\(members)}").maxOutput == expected)
    }

    @Test(arguments: [(#""n":"5""#, 5), (#""n":5.0"#, 5), (#""n":" 5""#, 5), (#""best_of":"7","n":2"#, 7), (#""n":"x""#, 1), (#""n":-3"#, 1), (#""n":1.5"#, 2), (#""n":1e300"#, 1 << 48)])
    func choicesAsTheyAreWritten(_ member: String, _ expected: Int) throws {
        #expect(try needs("{\"messages\":[1],\(member)}").choices == expected)
        #expect(try needs("{\"messages\":[1],\(member)}").most(1 << 40) >= min(1 << 48, expected << 40))
    }

    /// Each is sent to the model, or billed like what it says.
    @Test(arguments: ["tools", "functions", "response_format", "prediction", "suffix"]) func whatBecomesTokens(_ member: String) throws {
        let schema = "{\"a\":\"\(String(repeating: "x", count: 4000))\"}", value = member == "tools" || member == "functions" ? "[\(schema)]" : schema
        #expect(try needs("{\"messages\":[1],\"\(member)\":\(value)}").allTokens >= 1000)
        #expect(withBytes("{\"messages\":[1],\"\(member)\":\(value)}") { tokensOfPrompt($0) } >= 1000)
    }

    @Test(arguments: ["tool_calls", "function_call", "reasoning_content", "reasoning", "name", "refusal"]) func membersOfMessages(_ member: String) throws {
        let text = String(repeating: "x", count: 4000)
        let found = try needs("{\"messages\":[{\"role\":\"assistant\",\"content\":\"abcd\",\"\(member)\":[\"\(text)\"]}]}")
        #expect(found.allTokens >= 1000 && found.promptTokens == 1)
    }
}

@Suite struct RequestPrefill {
    private func continued(_ messages: String, _ text: String, rest: String = "", _ operation: Model.Operation = .chatStream) throws(Failure) -> String {
        try withBytes("{\"model\":\"a\",\"messages\":\(messages)\(rest)}") { (bytes: UnsafeRawBufferPointer) throws(Failure) in
            let view = try readRequest(bytes, operation: operation, caps: Caps())
            let buffer = ByteBuffer()
            try withBytes(text) { (prefill: UnsafeRawBufferPointer) throws(Failure) in
                try write(view, bytes, operation, to: provider(), prefill: prefill, into: buffer)
            }
            return written(buffer)
        }
    }

    @Test func becomesTheLastMessage() throws {
        #expect(try continued(#"[ {"role":"user","content":"x"} ]"#, "He said \"no\"\n", rest: #","seed":1"#)
            == #"{"model":"m","messages":[ {"role":"user","content":"x"},{"role":"assistant","content":"He said \"no\"\n"}],"seed":1,"stream":true}"#)
        #expect(try continued("[1]", "é") == #"{"model":"m","messages":[1,{"role":"assistant","content":"é"}],"stream":true}"#)
    }

    @Test func goesBehindTheCallersOwnBeginning() throws {
        #expect(try continued(#"[1,{"role":"assistant","content":"One, \"","name":"x"}]"#, "two\\")
            == #"{"model":"m","messages":[1,{"role":"assistant","content":"One, \"two\\","name":"x"}],"stream":true}"#)
        #expect(try continued(#"[{"content":"a\ud800","role":"assistant"}]"#, "b")
            == #"{"model":"m","messages":[{"content":"a\ufffdb","role":"assistant"}],"stream":true}"#)
    }

    @Test(arguments: [#"[{"role":"assistant","content":null}]"#, #"[{"role":"assistant"}]"#, #"[{"role":"assistant","content":[{"type":"text","text":"x"}]}]"#])
    func isRefusedWhereThereIsNoText(_ messages: String) {
        #expect(failure { () throws(Failure) in try continued(messages, "x") }?.status == .unsupported)
    }
}

private func written(_ buffer: ByteBuffer) -> String { text(buffer) }
