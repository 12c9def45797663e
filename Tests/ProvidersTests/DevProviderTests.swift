@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
@testable import ModelLists
import Testing

private func script(_ json: String, _ operation: Model.Operation = .chat, delay: Double = 0.01) -> AnswerScript {
    withBytes(json) { devScript($0, operation, delay: delay) }
}

private func whole(_ script: AnswerScript) -> String { String(decoding: script.steps.flatMap { $0.bytes }, as: UTF8.self) }

private func answer(_ json: String, _ operation: Model.Operation = .chat) throws -> [String: Any] {
    let script = script(json, operation)
    #expect(script.httpStatus == 200 && script.contentType == "application/json" && script.steps.count == 1)
    return try parsed(whole(script))
}

/// The chunks of a stream; checks its framing.
private func chunks(_ json: String, _ operation: Model.Operation = .chatStream) throws -> [[String: Any]] {
    let script = script(json, operation)
    #expect(script.httpStatus == 200 && script.contentType == "text/event-stream")
    var lines = whole(script).components(separatedBy: "\n\n")
    #expect(lines.popLast() == "" && lines.popLast() == "data: [DONE]")
    return try lines.map { try parsed(String($0.dropFirst(6))) }
}

private func choices(_ answer: [String: Any]) -> [[String: Any]] { answer["choices"] as? [[String: Any]] ?? [] }
private func message(_ answer: [String: Any]) -> [String: Any] { choices(answer).first?["message"] as? [String: Any] ?? [:] }
private func delta(_ chunk: [String: Any]) -> [String: Any] { choices(chunk).first?["delta"] as? [String: Any] ?? [:] }

private let hi = #"{"model":"echo","messages":[{"role":"system","content":"be kind"},{"role":"user","content":"the sky is blue"}]}"#
private let tools = #""tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":3},"unit":{"enum":["C","F"]},"tags":{"type":"array","items":{"type":"boolean"}}},"required":["city"]}}}]"#

@Suite struct DevelopmentProvider {
    @Test func chatIsDeterministicAndSpeaksOfTheQuestion() throws {
        let found = try answer(hi)
        #expect(found["object"] as? String == "chat.completion" && found["model"] as? String == "echo")
        let content = try #require(message(found)["content"] as? String)
        #expect(content.contains("the sky is blue"))
        let usage = try #require(found["usage"] as? [String: Int])
        #expect((15...25).contains(usage["completion_tokens"] ?? 0))
        #expect(usage["total_tokens"] == (usage["prompt_tokens"] ?? 0) + (usage["completion_tokens"] ?? 0))
        #expect(choices(found).first?["finish_reason"] as? String == "stop")
        #expect(script(hi) == script(hi))
        #expect(try answer(hi.replacingOccurrences(of: "blue", with: "red"))["id"] as? String != found["id"] as? String)
    }

    @Test func streamSaysTheSameTokenByToken() throws {
        let found = try chunks(hi)
        #expect(found.map { delta($0)["content"] as? String ?? "" }.joined() == message(try answer(hi))["content"] as? String)
        #expect(delta(found[0])["role"] as? String == "assistant")
        #expect(found.filter { !(delta($0)["content"] as? String ?? "").isEmpty }.count >= 15)
        #expect(choices(found[found.count - 1]).first?["finish_reason"] as? String == "stop")
        #expect(found.allSatisfy { $0["usage"] == nil && $0["object"] as? String == "chat.completion.chunk" })
        #expect(Set(found.map { $0["id"] as? String }).count == 1)
    }

    @Test func tokensWaitAndTheWholeAnswerWaitsAsLong() {
        let stream = script(hi, .chatStream, delay: 0.5), whole = script(hi, .chat, delay: 0.5)
        #expect(stream.steps[0].delay == 0 && stream.steps[1].delay == 0.5 && stream.steps[stream.steps.count - 1].delay == 0)
        #expect(abs(stream.steps.reduce(0) { $0 + $1.delay } - whole.steps[0].delay) < 1e-9)
    }

    @Test func usageIsStreamedWhenAskedFor() throws {
        let found = try chunks(String(hi.dropLast()) + #","stream_options":{"include_usage":true}}"#)
        let last = try #require(found.last)
        #expect(choices(last).isEmpty)
        #expect((last["usage"] as? [String: Int])?["completion_tokens"] == (try answer(hi)["usage"] as? [String: Int])?["completion_tokens"])
    }

    @Test func choicesAreBounded() throws {
        let three = try answer(String(hi.dropLast()) + #","n":3}"#)
        #expect(choices(three).map { $0["index"] as? Int } == [0, 1, 2])
        #expect(Set(choices(three).compactMap { ($0["message"] as? [String: Any])?["content"] as? String }).count == 3)
        #expect(choices(try answer(String(hi.dropLast()) + #","n":1000000}"#)).count == 4)
        let streamed = try chunks(String(hi.dropLast()) + #","n":2}"#)
        #expect(Set(streamed.flatMap { choices($0) }.compactMap { $0["index"] as? Int }) == [0, 1])
    }

    @Test(arguments: ["max_tokens", "max_completion_tokens"])
    func tokensAreCut(_ name: String) throws {
        let found = try answer(String(hi.dropLast()) + #","\#(name)":3}"#)
        #expect(message(found)["content"] as? String == "You said: the")
        #expect(choices(found).first?["finish_reason"] as? String == "length")
        #expect(script(String(hi.dropLast()) + #","\#(name)":0}"#).httpStatus == 400)
    }

    @Test func toolsAreCalledWhenRequired() throws {
        let required = try answer(String(hi.dropLast()) + ",\(tools)" + #","tool_choice":"required"}"#)
        let calls = try #require(message(required)["tool_calls"] as? [[String: Any]])
        #expect((calls[0]["function"] as? [String: String])?["name"] == "a")
        #expect(choices(required).first?["finish_reason"] as? String == "tool_calls")
        let named = String(hi.dropLast()) + ",\(tools)" + #","tool_choice":{"type":"function","function":{"name":"weather"}}}"#
        let call = try #require((message(try answer(named))["tool_calls"] as? [[String: Any]])?.first?["function"] as? [String: String])
        let arguments = try parsed(call["arguments"] ?? "")
        #expect(arguments["city"] as? String == "the sky is blue" && arguments["days"] as? Int == 3 && arguments["unit"] as? String == "C")
        #expect(arguments["tags"] as? [Bool] == [true])
        let pieces = try chunks(named).flatMap { delta($0)["tool_calls"] as? [[String: Any]] ?? [] }.compactMap { $0["function"] as? [String: String] }
        #expect(pieces.compactMap { $0["name"] } == ["weather"])
        #expect(pieces.compactMap { $0["arguments"] }.joined() == call["arguments"])
        #expect(message(try answer(String(hi.dropLast()) + ",\(tools)}"))["content"] is String)
    }

    @Test func jsonModeAnswersJSON() throws {
        let object = message(try answer(String(hi.dropLast()) + #","response_format":{"type":"json_object"}}"#))
        #expect(try parsed(object["content"] as? String ?? "")["answer"] is String)
        let schema = #","response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"n":{"type":"number"}}}}}}"#
        let fitted = message(try answer(String(hi.dropLast()) + schema))
        #expect(try parsed(fitted["content"] as? String ?? "")["n"] as? Int == 1)
    }

    @Test func contentPartsAreRead() throws {
        let parts = #"{"messages":[{"role":"user","content":[{"type":"text","text":"one"},{"type":"image_url"},{"type":"text","text":"two"}]}]}"#
        #expect((message(try answer(parts))["content"] as? String)?.contains("one two") == true)
    }

    @Test func textCompletions() throws {
        let found = try answer(#"{"model":"echo","prompt":["first","second"],"n":2}"#, .completion)
        #expect(found["object"] as? String == "text_completion" && choices(found).count == 4)
        #expect((choices(found)[2]["text"] as? String)?.contains("second") == true)
        let streamed = try chunks(#"{"prompt":"first"}"#, .completionStream)
        let single = try answer(#"{"prompt":"first"}"#, .completion)
        #expect(streamed.map { choices($0).first?["text"] as? String ?? "" }.joined() == choices(single).first?["text"] as? String)
    }

    @Test func embeddingsAreUnitVectors() throws {
        func vectors(_ json: String) throws -> [[Double]] {
            (try answer(json, .embeddings)["data"] as? [[String: Any]] ?? []).map { $0["embedding"] as? [Double] ?? [] }
        }
        let found = try vectors(#"{"model":"embed","input":["red cat","red dog","blue sea"],"dimensions":64}"#)
        #expect(found.map(\.count) == [64, 64, 64])
        for vector in found { #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4) }
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(dot(found[0], found[1]) > dot(found[0], found[2]))
        #expect(try vectors(#"{"input":"red cat"}"#).first?.count == 8)
        #expect(try vectors(#"{"input":[1,2,3]}"#).count == 1 && vectors(#"{"input":[[1],[2]]}"#).count == 2)
        #expect(try answer(#"{"input":["a b","c"]}"#, .embeddings)["usage"] as? [String: Int] == ["prompt_tokens": 3, "total_tokens": 3])
        for wrong in [#"{"input":[]}"#, #"{"input":7}"#, #"{"input":[{}]}"#, #"{}"#, #"{"input":"x","dimensions":0}"#, #"{"input":"x","dimensions":99999}"#] {
            #expect(script(wrong, .embeddings).httpStatus == 400, "\(wrong)")
        }
    }

    @Test func base64HoldsTheSameNumbers() throws {
        let data = try answer(#"{"input":"red cat","dimensions":5,"encoding_format":"base64"}"#, .embeddings)["data"] as? [[String: Any]]
        let bytes = try #require((data?.first?["embedding"] as? String).flatMap { Data(base64Encoded: $0) })
        let plain = try answer(#"{"input":"red cat","dimensions":5}"#, .embeddings)["data"] as? [[String: Any]]
        let numbers = try #require(plain?.first?["embedding"] as? [Double])
        let floats = bytes.withUnsafeBytes { raw in (0..<5).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) } }
        #expect(bytes.count == 20 && floats == numbers.map { Float($0) })
    }

    @Test func modelsHavePrices() throws {
        let out = ByteBuffer(), body = script("", .listModels).steps[0].bytes
        let count = try withBytes(body) { bytes in try readModelList(bytes, provider: provider { $0.list.form = "dev" }, into: out) }
        #expect(count.models == 3 && count.skipped == 0)
        let entries = try #require(try JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]])
        #expect(entries.allSatisfy { ($0["pricing"] as? [String: Any])?["prompt"] is String && $0["context_length"] is Int })
    }

    @Test(arguments: ["", "{", "[]", "{}", #"{"messages":[]}"#])
    func whatCannotBeReadIsRefused(_ json: String) throws {
        let script = script(json)
        #expect(script.httpStatus == 400)
        #expect((try parsed(whole(script))["error"] as? [String: Any])?["type"] as? String == "invalid_request_error")
    }
}
