@testable import Gateway
@testable import Model
import Testing

private final class CountingSink: EventSink {
    var ends = 0
    var wantsEnd: Bool { true }
    func isFull() -> Bool { false }
    func response(_: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func chunk(json _: UnsafeRawBufferPointer, text _: UnsafeRawBufferPointer, reasoning _: UnsafeRawBufferPointer,
               name _: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func ended(_: Outcome) { ends += 1 }
}

@Suite struct CallLifeTests {
    @Test func theLoserOfAHedgeThatHeldChunksKeepsNothingAlive() throws {
        let config = #"""
            {"environment": false, "log": "off", "retry": {"attempts": 0}, "routing": {"hedge": {"delay": 0.02}}, "providers": {
             "slow": {"dialect": "dev", "token_delay": 0, "faults": {"stall_at_chunk": 1}}, "fast": {"dialect": "dev", "token_delay": 0}}}
            """#
        let client = try config.withCString { text in
            try Client(try loadConfiguration(text, environment: { _ in nil }, readFile: { _ throws(Failure) in throw Failure(.config, "no file") }))
        }
        let sink = CountingSink()
        weak var ended: Call?
        try Array(#"{"model":"slow/m","messages":[{"role":"user","content":"one"}]}"#.utf8).withUnsafeBytes {
            let call = try Call.accept(client.services, client.models, client.setup, $0, .chatStream, sink: sink, assemble: false)
            try client.run(call)
            ended = call
            #expect(ended != nil)
        }
        #expect(sink.ends == 1)
        #expect(ended == nil)
    }
}
