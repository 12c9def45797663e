@testable import Bytes
@testable import Dialects
import JSON
import Model
import Testing
import TestSupport

/// CPU seconds that a dialect takes to write a message with so many blocks of its own, as one user of a service may send it.
private func seconds(_ dialect: any Dialect, _ format: StaticString, _ places: [Int]) throws -> Double {
    let blocks = places.map { #"{"format": "\#(format)", "index": \#($0), "block": {"type": "x"}}"# }.joined(separator: ",")
    let request = bytes(#"{"model": "m", "messages": [{"role": "assistant", "content": "a", "provider_blocks": [\#(blocks)]}, {"role": "user", "content": "b"}]}"#)
    let view = try readRequest(request, operation: .chat, caps: Caps()), buffer = ByteBuffer(), start = threadTime()
    try dialect.write(OutgoingRequest(view, request, .chat, for: Provider(ProviderParts()), model: "m"), into: buffer)
    return threadTime() - start
}

/// Four times as many take about four times as long; sixteen times would be each compared with all.
@Test(arguments: [false, true])
func manyBlocksTakeTheirShareOfTime(reversed: Bool) throws {
    let dialects: [(any Dialect, StaticString)] = [(GeminiDialect(), BlockFormat.gemini), (ResponsesDialect(), BlockFormat.responses), (AnthropicDialect(), BlockFormat.anthropic)]
    for (dialect, format) in dialects {
        func time(_ count: Int) throws -> Double { try seconds(dialect, format, reversed ? (0..<count).reversed() : Array(0..<count)) }
        let few = try time(5_000), many = try time(20_000)
        #expect(many < few * 10, "\(dialect.name): \(few) and \(many)")
    }
}
