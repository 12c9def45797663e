@testable import Bytes
import Foundation
@testable import Gateway
@testable import Model
@testable import Resilience
@testable import Settings
import Testing
@testable import Transport

/// Ways out of a client that a key could take: whatever a provider or the configuration of tomorrow repeats leaves as `***`.
@Suite struct RedactionWaysTests {
    private static let key = "sk-Zk9qT3vLw8Xn2RbYc5"

    private final class Lines { var all: [String] = [] }

    private final class Listener: EventSink {
        var outcome: Outcome?
        var wantsEnd: Bool { true }
        func isFull() -> Bool { false }
        func response(_: UnsafeRawBufferPointer) -> SinkVerdict { .go }
        func chunk(json _: UnsafeRawBufferPointer, text _: UnsafeRawBufferPointer, reasoning _: UnsafeRawBufferPointer,
                   name _: UnsafeRawBufferPointer) -> SinkVerdict { .go }
        func ended(_ outcome: Outcome) { self.outcome = outcome }
    }

    private func configuration(_ json: String) throws(Failure) -> Configuration {
        var text = Array(json.utf8CString)
        return try loadConfiguration(&text, environment: { _ in nil }, readFile: { _ throws(Failure) in throw Failure(.config, "no file") })
    }

    /// A client whose provider names the server that answered in a header, and what it says.
    private func client(log: String = "debug") throws -> (Client, Lines) {
        let client = try Client(configuration(#"""
            {"environment": false, "log": "\#(log)", "allow_headers": ["*"], "retry": {"attempts": 0}, "default_provider": "rec", "providers": {
             "rec": {"base_url": "http://127.0.0.1:9/v1", "api_key": "\#(Self.key)", "served_by": {"header": "x-server", "members": ["by"]}}}}
            """#)), lines = Lines()
        client.setLog { lines.all.append(String(cString: $1)) }
        return (client, lines)
    }

    /// The answer to a chat, as it leaves the client, without an engine.
    private func answer(_ client: Client, header: String = "x-nothing: 1", body: String, model: String = "rec/m", options: String? = nil) throws -> String {
        let request = Array(#"{"model":"\#(model)","messages":[{"role":"user","content":"x"}]}"#.utf8), listener = Listener()
        let call = try options.map { text in try Array(text.utf8).withUnsafeBytes { try readCallOptions($0, .chat) } }
        try request.withUnsafeBytes { text in
            let call = try Call.accept(client.services, client.models, client.setup, text, .chat, options: call, sink: listener, assemble: false)
            _ = call.machine.start(0)
            _ = call.machine.admitted(0)
            let attempt = call.makeAttempt(try call.prepare(0, .any, false, 0)), transfer = attempt.transfer
            transfer.status = 200
            transfer.headersDone = true
            #expect(transfer.responseHeaders.append("HTTP/1.1 200\r\ncontent-type: application/json\r\n\(header)\r\n\r\n"))
            Array(body.utf8).withUnsafeBytes { _ = attempt.transfer(transfer, body: $0) }
            attempt.transferEnded(transfer, fault: .none, detail: "")
        }
        let outcome = try #require(listener.outcome)
        return String(decoding: (outcome.answer ?? outcome.document)?.copy() ?? [], as: UTF8.self)
    }

    private func body(_ members: String) -> String {
        #"{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}\#(members)}"#
    }

    private func cost(_ answer: String) throws -> [String: Any] {
        let root = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        return try #require((root["gatelet"] as? [String: Any])?["cost"] as? [String: Any])
    }

    @Test func theServerBehindARouterIsRedacted() throws {
        let (client, _) = try client()
        #expect(try cost(answer(client, header: "X-Server: fast", body: body("")))["served_by"] as? String == "fast")
        #expect(try cost(answer(client, header: "X-Server: a \(Self.key) b", body: body("")))["served_by"] as? String == "a *** b")
        #expect(try cost(answer(client, body: body(#","by":"\#(Self.key)""#)))["served_by"] as? String == "***")
    }

    @Test func theTierIsRedactedBeforeItIsLowercased() throws {
        let (client, _) = try client()
        func tier(_ word: String) throws -> String? {
            let lines = try cost(answer(client, body: body(#","service_tier":"\#(word)""#)))
            return lines["service_tier"] as? String
        }
        #expect(try tier("Priority") == "priority")
        #expect(try tier(Self.key) == "***")
    }

    @Test func theLogKnowsTheSecretsOfACallToo() throws {
        let (client, lines) = try client()
        let secret = "percall-7Hf1Mg4Pa6Es0Ui"
        let text = try answer(client, body: body(""), model: "rec/\(secret)", options: #"{"headers":{"x-api-token":"\#(secret)"},"tag":"for \#(secret)"}"#)
        #expect(lines.all.contains { $0.contains("rec/***") }, "\(lines.all)")
        #expect(!lines.all.contains { $0.contains(secret) }, "\(lines.all)")
        #expect(try !#require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])["gatelet"].map { "\($0)" }!.contains(secret))
    }

    @Test func aReloadThatFailsTellsTheLogNoKeyOfTomorrow() throws {
        let (client, lines) = try client()
        let tomorrow = "sk-tomorrow-7Hf1Mg4Pa6"
        let failure = try #require(throws: Failure.self) {
            _ = try configuration(#"{"environment": false, "providers": {"openai": {"api_key": "\#(tomorrow)", "\#(tomorrow)": 1}}}"#)
        }
        client.logFailedReload(failure)
        #expect(RedactedFailure(failure, .none).message.contains("***"))
        #expect(lines.all.contains { $0.hasPrefix("reload failed: ") && $0.contains("***") }, "\(lines.all)")
        #expect(!lines.all.contains { $0.contains(tomorrow) }, "\(lines.all)")
    }
}
