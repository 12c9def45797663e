@testable import Gateway
@testable import Model
import Testing

/// Remembers the call it was given to, without keeping it.
private final class WeakSink: EventSink {
    weak var call: Call?
    var ends = 0
    var wantsEnd: Bool { true }
    func isFull(_: Call) -> Bool { false }
    func chunk(_: Call, json _: UnsafeRawBufferPointer, text _: UnsafeRawBufferPointer, reasoning _: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func ended(_ call: Call, outcome _: Outcome) {
        self.call = call
        ends += 1
    }
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
        let sink = WeakSink()
        try Array(#"{"model":"slow/m","messages":[{"role":"user","content":"one"}]}"#.utf8).withUnsafeBytes {
            try client.run($0, .chatStream, sink: sink, assemble: false)
        }
        #expect(sink.ends == 1)
        #expect(sink.call == nil)
    }
}
