@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
import Testing
import TestSupport

private func buffer(_ bytes: [UInt8]) -> ByteBuffer {
    let buffer = ByteBuffer()
    _ = bytes.withUnsafeBytes { buffer.append($0) }
    return buffer
}

/// The answer with `"gatelet":{"a":1}` appended.
private func finished(_ bytes: [UInt8], _ operation: Model.Operation = .chat, request: String = "{}") throws(Failure) -> String {
    let body = buffer(bytes)
    let view = try withBytes(request) { request throws(Failure) in
        try readAnswer(body, operation: operation, provider: provider(), model: "m", depth: 512, request: request)
    }
    let ok = withBytes(#"{"a":1}"#) { document in appendGatelet(document, to: body, view: view) }
    #expect(ok)
    return text(body)
}

private func finished(_ json: String, _ operation: Model.Operation = .chat) throws(Failure) -> String {
    try finished(Array(json.utf8), operation)
}

/// A choice with content.
private let one = #"{"message":{"content":"x"}}"#

private func refusal(_ json: String, _ operation: Model.Operation = .chat) -> Failure? {
    failure { () throws(Failure) in try finished(json, operation) }
}

@Suite struct AnswerBodies {
    @Test(arguments: [
        (#"{"choices":[1]}"#, #"{"choices":[1],"gatelet":{"a":1}}"#),
        ("\n\n {\"choices\" : [ 1 ] , \"x\":1.0e5 } \n", "\n\n {\"choices\" : [ 1 ] , \"x\":1.0e5 ,\"gatelet\":{\"a\":1}}"),
        (#"{"gatelet":5,"choices":[1],"gatelet":{"b":[]}}"#, #"{"choices":[1],"gatelet":{"a":1}}"#),
        (#"{"choices":[1],"error":null}"#, #"{"choices":[1],"error":null,"gatelet":{"a":1}}"#),
        (#"{"choices":[1],"error":{}}"#, #"{"choices":[1],"error":{},"gatelet":{"a":1}}"#),
        (#"{"choices":[1],"error":""}"#, #"{"choices":[1],"error":"","gatelet":{"a":1}}"#),
        (#"{"choices":[1],"error":{"code":0,"message":""},"code":0,"message":"ok","success":true}"#,
         #"{"choices":[1],"error":{"code":0,"message":""},"code":0,"message":"ok","success":true,"gatelet":{"a":1}}"#),
    ].map { ($0.0.replacing("1]", with: one + "]").replacing("1 ]", with: one + " ]"), $0.1.replacing("1]", with: one + "]").replacing("1 ]", with: one + " ]")) })
    func oneMemberIsAppended(_ given: String, _ wanted: String) throws { #expect(try finished(given) == wanted) }

    @Test func findsUsageAndModel() throws {
        let body = buffer(Array(#"{"id":"x","model":"a/b","choices":[{"text":"x"}],"usage":{"total_tokens":3}}"#.utf8))
        let view = try readAnswer(body, operation: .chat, provider: provider(), model: "m", depth: 512)
        #expect(String(decoding: body.bytes[view.usage], as: UTF8.self) == #"{"total_tokens":3}"#)
        #expect(String(decoding: body.bytes[view.model], as: UTF8.self) == #""a/b""#)
        #expect(String(decoding: body.bytes[view.id], as: UTF8.self) == #""x""#)
        #expect(!view.repaired)
    }

    @Test func rangesHoldAfterAnUpstreamGateletWasDropped() throws {
        let body = buffer(Array(#"{"gatelet":{"spoofed":true},"choices":[{"text":"x"}],"usage":{"n":3}}"#.utf8))
        let view = try readAnswer(body, operation: .chat, provider: provider(), model: "m", depth: 512)
        #expect(String(decoding: body.bytes[view.usage], as: UTF8.self) == #"{"n":3}"#)
        #expect(!text(body).contains("spoofed"))
    }

    @Test func badTextIsRepairedAndNotRefused() throws {
        let bytes = Array(#"{"choices":[{"text":"a"#.utf8) + [0xFF] + Array(#"b"},{"text":"\ud800c"}]}"#.utf8)
        let answer = try parsed(try finished(bytes))
        #expect((answer["choices"] as? [[String: String]])?.map { $0["text"] } == ["a\u{FFFD}b", "\u{FFFD}c"])
        #expect(answer["gatelet"] != nil)
        let body = buffer(bytes)
        #expect(try readAnswer(body, operation: .chat, provider: provider(), model: "m", depth: 512).repaired)
    }

    @Test(arguments: ["<html><title>502 Bad Gateway</title></html>", "hello", #"{"choices":[1]"#, #"{"choices":[1]}}"#, "[1]", "7"])
    func notJSONIsABadResponse(_ body: String) {
        let found = refusal(body)
        #expect(found?.status == .badResponse)
        #expect(found?.provider == "acme" && found?.model == "m" && found?.httpStatus == 200)
        #expect(body.isEmpty || body.hasPrefix(found.flatMap { RedactedFailure($0, .none).providerMessage } ?? "none"))
    }

    @Test func theExcerptIsShort() {
        let found = refusal("<" + String(repeating: "é", count: 10_000))
        #expect((101...200).contains(found.flatMap { RedactedFailure($0, .none).providerMessage?.utf8.count } ?? 0))
        #expect(found?.message.contains("HTML") == true)
    }

    @Test(arguments: [
        (#"{"choices":null}"#, Model.Operation.completion), (#"{}"#, .chat), (#"{"data":[1]}"#, .chat),
        (#"{"choices":[1]}"#, .embeddings), (#"{"choices":{}}"#, .chat),
    ])
    func noListIsNoAnswer(_ json: String, _ operation: Model.Operation) {
        #expect(refusal(json, operation)?.status == .badResponse)
    }

    @Test(arguments: [(#"{"choices":[]}"#, Model.Operation.chat), (#"{"choices":[1,null]}"#, .chat), ("", .chat)])
    func nothingInItIsEmpty(_ json: String, _ operation: Model.Operation) {
        #expect(refusal(json, operation)?.status == .empty)
        #expect(refusal(json, operation)?.retryable == true)
    }

    @Test func embeddingsNeedData() throws {
        #expect(try finished(#"{"data":[{"embedding":[1]}]}"#, .embeddings).hasSuffix(#""gatelet":{"a":1}}"#))
    }

    @Test(arguments: [
        (#"{"error":{"code":502,"message":"Provider returned error"}}"#, Status.unavailable),
        (#"{"error":{"code":429,"message":"slow down"},"choices":[1]}"#, .rateLimit),
        (#"{"error":{"message":"filtered","code":"content_filter"}}"#, .contentPolicy),
        (#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#, .auth),
        (#"{"detail":"Model overloaded","code":"overloaded"}"#, .overloaded),
        (#"[{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}]"#, .overloaded),
    ])
    func errorsInsideSuccess(_ json: String, _ status: Status) {
        let found = refusal(json)
        #expect(found?.status == status)
        #expect(found?.httpStatus == 200)
        #expect(found?.providerMessage != nil)
    }

    @Test func depthBombsAreDefined() {
        let bomb = #"{"choices":"# + String(repeating: "[", count: 600) + String(repeating: "]", count: 600) + "}"
        #expect(refusal(bomb)?.status == .badResponse)
    }

    @Test func capsHold() {
        let body = ByteBuffer(limit: 30)
        _ = body.append(#"{"choices":[{"text":"x"}]}"#)
        let done = try? readAnswer(body, operation: .chat, provider: provider(), model: "m", depth: 512)
        #expect(done.map { view in withBytes(#"{"a":1}"#) { appendGatelet($0, to: body, view: view) } } == false)
    }

    /// Recordings of OpenRouter without a finish reason, content or tokens.
    private var nothing: [String] { ["20457718", "c38105be", "e107c2b5", "15aad80b"] }

    /// Every recorded success keeps its meaning and gains one member.
    @Test func recordedAnswers() throws {
        var count = 0
        for record in recordings({ $0.status == 200 && !$0.streaming && $0.api == "chat" && $0.url.hasSuffix("/chat/completions") }) {
            guard let given = try? parsed(String(decoding: record.body, as: UTF8.self)), let choices = given["choices"] as? [Any],
                  !choices.isEmpty, given["error"] == nil else { continue }
            if nothing.contains(where: { record.id.hasPrefix($0) }) {
                #expect(failure { () throws(Failure) in try finished(record.body, request: record.requestBody ?? "{}") }?.status == .empty, "\(record.id)")
                continue
            }
            var answer = try parsed(try finished(record.body, request: record.requestBody ?? "{}"))
            #expect(answer.removeValue(forKey: "gatelet") != nil)
            #expect(NSDictionary(dictionary: answer) == NSDictionary(dictionary: given), "\(record.id)")
            count += 1
        }
        #expect(count > Recorded.least(35, 1000))
    }
}
