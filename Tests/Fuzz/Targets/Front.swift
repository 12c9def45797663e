@testable import Accounting
import Bytes
import Catalog
@testable import Dialects
@testable import Gateway
import HTTPText
import JSON
import Model
@testable import ModelLists
import Planning
import Resilience
@testable import Settings

/// What a caller hands over: requests (the letters r, s, c, e), configurations (g), queries and options (l, t, h, q, m).
@c(fuzz_front) public func fuzzFront(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    withInput(data, count) { bytes in
        let (choice, rest) = chosen(bytes)
        switch choice {
        case UInt8(ascii: "g"): configuration(rest)
        case UInt8(ascii: "l"): _ = try? ListQuery.read(rest, depth: 512)
        case UInt8(ascii: "t"): statistics(rest)
        case UInt8(ascii: "h"):
            var hook = Hook { _ in 0 }
            try? readHookOptions(rest, into: &hook)
        case UInt8(ascii: "q"): _ = try? readQueueOptions(rest)
        case UInt8(ascii: "m"): try? ModelTestOptions().read(rest, 512)
        case UInt8(ascii: "s"): request(rest, .chatStream)
        case UInt8(ascii: "c"): request(rest, .completion)
        case UInt8(ascii: "e"): request(rest, .embeddings)
        default: request(rest, .chat)
        }
    }
}

private func configuration(_ bytes: UnsafeRawBufferPointer) {
    let copy = ByteBuffer()
    defer { copy.keepAlive() }
    guard copy.append(bytes), let text = copy.terminated() else { return }
    _ = try? loadConfiguration(text, environment: { _ in nil }, readFile: { _ throws(Failure) in throw Failure(.config, "no file") })
}

private func request(_ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation) {
    guard let view = try? readRequest(bytes, operation: operation, caps: Caps()) else { return }
    hold(isJSON(bytes), "a request that is accepted is JSON")
    if !view.gatelet.isNone {
        for allowed in [RequestExtensions.none, .routing, .all] { _ = try? readOptions(bytes[view.gatelet], allowed: allowed) }
    }
    _ = try? readRoutingPreferences(view, bytes)
    hold(requestNeeds(view, bytes).allTokens >= 0, "estimates are no less than nothing")
    for provider in [plainProvider, routingProvider] {
        let out = ByteBuffer()
        defer { out.keepAlive() }
        let outgoing = OutgoingRequest(view, bytes, operation, for: provider, model: "m\"\\")
        guard (try? Dialects.spoken(by: provider).write(outgoing, into: out)) != nil else { continue }
        hold(isJSON(out.bytes), "what is sent is JSON")
        hold(JSONView(document: out.bytes)?["model"]?.string == "m\"\\", "what is sent names the model")
        hold(Dialects.spoken(by: provider).promptTokens(of: out.bytes) >= 0, "estimates are no less than nothing")
    }
    answered(bytes, operation)
}

/// The fuzzer calls on one thread.
private nonisolated(unsafe) let client: Client? = {
    let text = #"{"environment":false,"dev_mode":true,"retry":{"backoff_base":0,"backoff_max":0},"providers":{"dev":{"token_delay":0}}}"#
    return text.withCString { text in
        guard let configuration = try? loadConfiguration(text, environment: { _ in nil }, readFile: { _ throws(Failure) in throw Failure(.config, "") }) else { return nil }
        return try? Client(configuration)
    }
}()

/// The whole way, to the development provider and back: exactly one END.
private func answered(_ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation) {
    var options = EventQueue.Options()
    options.callerDrives = true
    guard let client, let queue = try? EventQueue(options) else { return }
    defer { queue.free() }
    guard (try? client.submit(bytes, operation, tag: 1, to: queue)) != nil else { return }
    var ends = 0
    for _ in 0..<10_000 where ends == 0 {
        guard let batch = try? queue.next(0, timeoutMs: 1000) else { break }
        for record in batch.arena.records[batch.first..<(batch.first + batch.count)] {
            if record.kind == .end { ends += 1 }
            if !record.json.isNone { hold(isJSON(batch.arena.bytes.bytes[record.json]), "every event is JSON") }
        }
    }
    hold(ends == 1, "an accepted request has one END")
}

private func statistics(_ bytes: UnsafeRawBufferPointer) {
    guard let client, let out = try? client.stats(bytes) else { return }
    hold(isJSON(out.bytes), "statistics are JSON")
    out.keepAlive()
}
