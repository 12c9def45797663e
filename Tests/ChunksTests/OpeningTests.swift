@testable import Bytes
@testable import Dialects
@testable import JSON
import Testing

/// A scan that remembers the opening must see exactly what one sees that does not.
@Suite struct ChunkOpeningTests {
    private struct Seen: Equatable {
        var content = "", usage = "", error = "", end = -1, flags = [false], fault: JSONFault?
    }

    private func scan(_ text: String, _ opening: ChunkOpening?) -> Seen {
        Array(text.utf8).withUnsafeBytes { bytes in
            do {
                let (view, end) = try scanChunk(bytes, form: .chat, depthLimit: 8, opening: opening)
                func text(_ range: ByteRange) -> String { String(decoding: bytes[range], as: UTF8.self) }
                return Seen(content: text(view.content), usage: text(view.usage), error: text(view.error), end: end,
                            flags: [view.hasChoices, view.choicesEmpty, view.hasContent, view.finished, view.hasLoneSurrogate])
            } catch {
                return Seen(fault: error as? JSONFault)
            }
        }
    }

    private static let head = #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":"#

    private static let stream: [String] = [
        head + #"[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
        head + #"[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}],"usage":null}"#,
        head + #"[{"index":0,"delta":{"content":" you"},"finish_reason":"stop"}],"usage":{"total_tokens":3}}"#,
        head + "[]}", head + "null}", head + "[", head, head + #"[],"error":{"code":1}}"#,
        #"{"id":"other","choices":[{"index":0,"delta":{"content":"x"}}]}"#,
        #"{"id":"other","choices":[{"index":0,"delta":{"content":"y"}}]} {"a":1}"#,
        #"{"error":{"a":1},"id":"long enough to be kept","choices":[]}"#,
        #"{"error":{"a":1},"id":"long enough to be kept","choices":[]}"#,
        #"{"id":"\ud800 lone","more":"xxxxxxxx","choices":[{"delta":{"content":"z"}}]}"#,
        #"{"id":"\ud800 lone","more":"xxxxxxxx","choices":[{"delta":{"content":"z"}}]}"#,
        head + #"[{"index":0,"delta":{"content":[[[[[[[1]]]]]]]}}]}"#,
        head + #"[],"choices":[{"delta":{"content":"twice"}}]}"#, "", "{", "[1]", #"{"choices":[]}"#,
    ]

    @Test func theSameWithAndWithoutIt() {
        let opening = ChunkOpening()
        for round in 0..<3 {
            for text in Self.stream { #expect(scan(text, opening) == scan(text, nil), "round \(round): \(text)") }
        }
        var seed: UInt64 = 42
        func random(_ n: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % n
        }
        for _ in 0..<5000 {
            var bytes = Array(Self.stream[random(Self.stream.count)].utf8)
            if !bytes.isEmpty, random(2) == 0 { bytes[random(bytes.count)] = UInt8(random(128)) }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(scan(text, opening) == scan(text, nil), "\(text)")
        }
    }

    @Test func whatMattersIsNeverSkipped() {
        let opening = ChunkOpening()
        _ = scan(Self.stream[10], opening)
        #expect(opening.count == 0)
        _ = scan(Self.stream[0], opening)
        #expect(opening.count == Self.head.utf8.count)
    }
}
