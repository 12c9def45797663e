@testable import Gateway
@testable import Model
import Testing

private func bytes(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    try Array(text.utf8).withUnsafeBytes { try body($0) }
}

private let chat = #"{"model":"dev/echo","messages":[{"role":"user","content":"one two three"}]}"#

@Suite struct QueueTests {
    private func client(_ config: String = #"{"environment":false,"dev_mode":true,"providers":{"dev":{"token_delay":0}}}"#) throws -> Client {
        try config.withCString { text in
            try Client(try loadConfiguration(text, environment: { _ in nil }, readFile: { _ throws(Failure) in throw Failure(.config, "no file") }))
        }
    }

    private func queue(events: Int = 1024) throws -> EventQueue {
        var options = EventQueue.Options()
        options.events = events
        options.callerDrives = true
        return try EventQueue(options)
    }

    /// Everything until the END of one request.
    private func drain(_ queue: EventQueue, most: Int = 0) throws -> [EventRecord] {
        var all: [EventRecord] = []
        while all.last?.kind != .end {
            guard let batch = try queue.next(most, timeoutMs: 5000) else { break }
            all += batch.arena.records[batch.first..<(batch.first + batch.count)]
        }
        return all
    }

    @Test func aStreamIsChunksAndOneEnd() throws {
        let client = try client(), queue = try queue()
        try bytes(chat) { try client.submit($0, .chatStream, tag: 7, to: queue) }
        let records = try drain(queue)
        #expect(records.filter { $0.kind == .end }.count == 1)
        #expect(records.last?.kind == .end && records.last?.status == 0)
        #expect(records.allSatisfy { $0.tag == 7 })
        #expect(records.count > 10)
    }

    @Test func aSmallBoundAndSmallBatchesLoseNothing() throws {
        let client = try client(), wide = try queue(), narrow = try queue(events: 2)
        try bytes(chat) { try client.submit($0, .chatStream, tag: 1, to: wide) }
        try bytes(chat) { try client.submit($0, .chatStream, tag: 1, to: narrow) }
        let one = try drain(wide), two = try drain(narrow, most: 1)
        #expect(one.count == two.count)
        #expect(two.map(\.kind) == one.map(\.kind))
    }

    @Test func cancelEndsWithItsStatus() throws {
        let client = try client(#"{"environment":false,"dev_mode":true,"providers":{"dev":{"token_delay":5}}}"#), queue = try queue()
        try bytes(chat) { try client.submit($0, .chatStream, tag: 3, to: queue) }
        _ = try queue.next(1, timeoutMs: 20)
        queue.cancel(4)
        queue.cancel(3)
        #expect(try drain(queue).last?.status == Status.cancelled.rawValue)
    }

    @Test func aFreedClientClosesItsRequests() throws {
        let client = try client(#"{"environment":false,"dev_mode":true,"providers":{"dev":{"token_delay":5}}}"#), queue = try queue()
        try bytes(chat) { try client.submit($0, .chatStream, tag: 3, to: queue) }
        _ = try queue.next(1, timeoutMs: 20)
        client.close()
        #expect(try drain(queue).last?.status == Status.closed.rawValue)
        #expect(throws: Failure.self) { try bytes(chat) { try client.submit($0, .chat, tag: 4, to: queue) } }
    }

    @Test func aModelListIsAnAnswerAndAnEnd() throws {
        let client = try client(), queue = try queue()
        try client.submit(nil, .listModels, tag: 9, to: queue)
        #expect(try drain(queue).map(\.kind) == [.answer, .end])
    }

    /// As when the client is freed between the two: its END is not lost, and comes once.
    @Test func aListThatIsCancelledBeforeItsQueueKnowsItHasOneEnd() throws {
        let client = try client(), queue = try queue()
        let list = try ListCall.make(client.services, client.models, client.setup, nil, reader: queue)
        list.cancel()
        try queue.opened(list, 9)
        list.begin()
        let records = try drain(queue)
        #expect(records.map(\.kind) == [.end] && records.first?.status == Status.cancelled.rawValue && records.first?.tag == 9)
        #expect(try queue.next(0, timeoutMs: 0) == nil)
    }

    @Test func aFreedQueueRefuses() throws {
        let client = try client(), queue = try queue()
        queue.free()
        #expect(throws: Failure.self) { try bytes(chat) { try client.submit($0, .chat, tag: 4, to: queue) } }
        #expect(throws: Failure.self) { _ = try queue.next(0, timeoutMs: 0) }
    }
}

@Suite struct QueueOptionTests {
    private func read(_ text: String) throws -> EventQueue.Options {
        try Array(text.utf8).withUnsafeBytes { try readQueueOptions($0) }
    }

    @Test func membersAreRead() throws {
        let options = try read(#"{"events": 5, "bytes": 99, "driver": "caller"}"#)
        #expect(options.events == 5 && options.bytes == 99 && options.callerDrives)
        #expect(try read("{}").events == 1024)
    }

    @Test(arguments: [("[]", Status.json), ("{", .json), (#"{"events":0}"#, .config), (#"{"events":-1}"#, .config), (#"{"bytes":1.5}"#, .config),
                      (#"{"driver":"x"}"#, .config), (#"{"more":1}"#, .config), (#"{"events":99999999999}"#, .config)])
    func badOnesAreNamed(_ text: String, _ status: Status) {
        do {
            _ = try read(text)
            Issue.record("accepted \(text)")
        } catch {
            #expect((error as? Failure)?.status == status)
        }
    }
}
