@testable import Bytes
import Foundation
@testable import Gateway
@testable import Model
@testable import Resilience
import Testing
import TestSupport
@testable import Transport

/// Every recorded chat, read whole and then one byte at a time: the same events, the same end, the same answer. (What the
/// whole reading gives is compared with an independent reader over a socket, in Tests/Replay.)
@Suite struct RecordedByteTests {
    private final class Listener: EventSink {
        var events: [String] = []
        var outcome: Outcome?
        var wantsEnd: Bool { true }
        func isFull() -> Bool { false }
        func response(_: UnsafeRawBufferPointer) -> SinkVerdict { .go }
        func chunk(json: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, reasoning: UnsafeRawBufferPointer,
                   name _: UnsafeRawBufferPointer) -> SinkVerdict {
            events += [json, text, reasoning].map { String(decoding: $0, as: UTF8.self) }
            return .go
        }
        func ended(_ outcome: Outcome) { self.outcome = outcome }
    }

    private struct Seen: Equatable {
        var events: [String], status: Int32, message: String?, usage: String, answer: String?
    }

    private struct Exchange {
        var id: String, status: Int, headers: String, body: [UInt8], streaming: Bool
    }

    private func client() throws -> Client {
        let config = #"{"environment":false,"providers":{"rec":{"base_url":"http://127.0.0.1:9/v1","key":"none"}},"default_provider":"rec","retry":{"attempts":0},"breaker":{"enabled":false}}"#
        return try config.withCString { text in
            try Client(try loadConfiguration(text, environment: { _ in nil }, readFile: { _ throws(Failure) in throw Failure(.config, "") }))
        }
    }

    /// Lets a call read a response in pieces of `step` bytes, without an engine.
    private func read(_ exchange: Exchange, _ client: Client, step: Int) throws -> Seen {
        let body = Array(#"{"model":"rec/m","messages":[{"role":"user","content":"x"}]}"#.utf8)
        let operation: Model.Operation = exchange.streaming ? .chatStream : .chat
        let listener = Listener()
        return try body.withUnsafeBytes { text in
            let call = try Call.accept(client.services, client.models, client.setup, text, operation, sink: listener, assemble: exchange.streaming)
            _ = call.machine.start(0)
            _ = call.machine.admitted(0)
            let target = try call.prepare(0, .any, false, 0), attempt = call.makeAttempt(target), transfer = attempt.transfer
            transfer.status = exchange.status
            transfer.headersDone = true
            #expect(transfer.responseHeaders.append(exchange.headers))
            var stopped = false
            exchange.body.withUnsafeBytes { bytes in
                var at = 0
                while at < bytes.count, !stopped {
                    let end = min(at + step, bytes.count)
                    if case .abort = attempt.transfer(transfer, body: bytes[ByteRange(at, end)]) { stopped = true }
                    at = end
                }
            }
            attempt.transferEnded(transfer, fault: stopped ? .cancelled : .none, detail: "")
            return try seen(listener)
        }
    }

    private func seen(_ listener: Listener) throws -> Seen {
        let outcome = try #require(listener.outcome)
        func sorted(_ json: Any) -> String? {
            (try? JSONSerialization.data(withJSONObject: json, options: [.sortedKeys, .fragmentsAllowed])).map { String(decoding: $0, as: UTF8.self) }
        }
        func withoutOurs(_ buffer: ByteBuffer?) -> String? {
            guard let buffer, let json = try? JSONSerialization.jsonObject(with: Data(buffer.copy())) as? [String: Any] else { return nil }
            return sorted(json.filter { $0.key != "gatelet" })
        }
        let end = try #require(JSONSerialization.jsonObject(with: Data(outcome.document?.copy() ?? [])) as? [String: Any])
        return Seen(events: listener.events, status: outcome.status.rawValue, message: outcome.failure.map { RedactedFailure($0, .none).message },
                    usage: sorted(end["usage"] ?? NSNull()) ?? "", answer: withoutOurs(outcome.answer))
    }

    private func exchange(_ record: [String: Any]) -> Exchange? {
        guard let request = record["request"] as? [String: Any], let response = record["response"] as? [String: Any],
              let url = request["url"] as? String, url.prefix(while: { $0 != "?" }).hasSuffix("/chat/completions"),
              response["body_format"] as? String == "raw" else { return nil }
        let type = (response["headers"] as? [String: Any])?["content-type"] as? String ?? "application/json"
        return Exchange(id: record["id"] as? String ?? "?", status: response["status"] as? Int ?? 0,
                        headers: "HTTP/1.1 200\r\ncontent-type: \(type)\r\n\r\n", body: Recorded.body(response),
                        streaming: record["streaming"] as? Bool ?? false)
    }

    @Test func oneByteAtATimeGivesTheSame() throws {
        let all = Recorded.exchanges().compactMap(exchange), client = try client()
        var different: [String] = []
        for exchange in all {
            let whole = try read(exchange, client, step: max(1, exchange.body.count)), bytes = try read(exchange, client, step: 1)
            if whole != bytes { different.append(exchange.id) }
        }
        print("recorded chats read byte by byte: \(all.count), different: \(different.count)")
        #expect(different.isEmpty, "\(different.prefix(10))")
        #expect(all.count >= Recorded.least(95, 3700))
    }

    /// The behaviours, made by hand.
    @Test(arguments: [
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\\ude42é\"}}]}\r\n\r\n: keep-alive\r\n\r\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: {\"error\":{\"message\":\"no\",\"code\":502}}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"cut\"}}]}\n\n", "{\"error\":{\"message\":\"not a stream\"}}", "", "data: not json\n\n",
    ])
    func smallOnesToo(_ body: String) throws {
        let exchange = Exchange(id: "own", status: 200, headers: "HTTP/1.1 200\r\n\r\n", body: Array(body.utf8), streaming: true)
        let client = try client()
        #expect(try read(exchange, client, step: 1) == read(exchange, client, step: max(1, exchange.body.count)))
    }
}
