@testable import Bytes
@testable import Dialects
@testable import JSON
import Testing

/// A scan that remembers the opening must see exactly what one sees that does not.
@Suite struct ChunkOpeningTests {
    private struct Seen: Equatable {
        var content = "", reasoning = "", usage = "", error = "", end = -1, choices: UInt16 = 0, flags = [false], fault: JSONFault?
    }

    private func scan(_ text: String, _ opening: ChunkOpening?) -> Seen {
        Array(text.utf8).withUnsafeBytes { bytes in
            do {
                let (view, end) = try scanChunk(bytes, form: .chat, depthLimit: 8, opening: opening)
                func text(_ range: ByteRange) -> String { String(decoding: bytes[range], as: UTF8.self) }
                return Seen(content: text(view.content), reasoning: text(view.reasoning), usage: text(view.usage), error: text(view.error),
                            end: end, choices: view.choiceBits,
                            flags: [view.hasChoices, view.choicesEmpty, view.hasContent, view.finished, view.hasLoneSurrogate, view.isAllText,
                                    view.hasNotes, view.hasOtherContent, view.isOdd, view.needsLook, view.tellsUsage, view.content.isNone])
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
        head + #"[{"index":0,"delta":{"content":" are"},"finish_reason":null}],"usage":null}"#,
        head + #"[{"index":0,"delta":{"content":" \ud83d\ude00 \"ä"},"finish_reason":null}],"usage":null}"#,
        head + #"[{"index":0,"delta":{"content":"half \ud83d"},"finish_reason":null}],"usage":null}"#,
        head + #"[{"index":0,"delta":{"content":""},"finish_reason":null}],"usage":null}"#,
        head + #"[{"index":0,"delta":{"content":"two"},"finish_reason":null}],"usage":null} {"b":2}"#,
        head + #"[{"index":0,"delta":{"content":null,"reasoning_content":"Hm"},"finish_reason":null}]}"#,
        head + #"[{"index":0,"delta":{"content":null,"reasoning_content":", hm"},"finish_reason":null}]}"#,
        head + #"[{"index":0,"delta":{"content":"a","reasoning":"b"}}]}"#, head + #"[{"index":0,"delta":{"content":"c","reasoning":"d"}}]}"#,
        head + #"[{"index":1,"delta":{"content":"other"}}]}"#, head + #"[{"index":1,"delta":{"content":"one"}}]}"#,
        head + #"[{"index":0,"delta":{"content":"a","content":"b"}}]}"#, head + #"[{"index":0,"delta":{"content":"a","content":"c"}}]}"#,
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

    @Test func theSameAnswerWithAndWithoutIt() {
        func chunk(_ text: String, _ more: String = "") -> String { Self.head + #"[{"index":0,"delta":{"content":"\#(text)"\#(more)}}]}"# }
        let streams: [[String]] = [
            [chunk("a"), chunk("b"), chunk("c"), chunk(#"\ud83d"#), chunk(#"\ude00"#), chunk("d"), chunk("e"), chunk("f"), chunk("g")],
            // A member that is joined goes on with each chunk.
            Array(repeating: chunk("a", #","thinking":"t""#), count: 6) + [chunk("b", #","thinking":"t""#), chunk("c", #","thinking":"t""#)],
            // The last one stands, also when a chunk in between said another.
            [chunk("a"), chunk("b"), chunk("c"), #"{"id":"y","choices":[]}"#, chunk("d"), chunk("e"), chunk("f")],
            [chunk("a", #","role":"assistant""#), chunk("b", #","role":"assistant""#), chunk("c", #","role":"assistant""#), chunk("d", #","role":"assistant""#)],
            [chunk("a", #","content":"b""#), chunk("a", #","content":"c""#), chunk("a", #","content":"d""#), chunk("a", #","content":"e""#)],
            (0..<6).map { Self.head + #"[{"index":0,"delta":{"reasoning_content":"r\#($0)"}}]}"# } + [chunk("x"), chunk("y"), chunk("z")],
            (0..<8).map { Self.head + #"[{"index":\#($0 % 2),"delta":{"content":"c\#($0)"}}]}"# },
        ]
        for stream in streams {
            let plain = ChunkAssembler(form: .chat, limit: 4096), quick = ChunkAssembler(form: .chat, limit: 4096), opening = ChunkOpening()
            for text in stream {
                Array(text.utf8).withUnsafeBytes { bytes in
                    guard let (view, _) = try? scanChunk(bytes, form: .chat, depthLimit: 8, opening: opening) else { return }
                    #expect(plain.add(bytes) && quick.add(bytes, view))
                }
            }
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            #expect(quick.answer(appending: none)?.copy() == plain.answer(appending: none)?.copy(), "\(stream)")
        }
    }

    /// What repeats is read once, and what repeats nothing is soon no longer compared.
    @Test func nearlyAllRepeat() {
        func repeats(_ text: String, _ opening: ChunkOpening) -> Bool {
            Array(text.utf8).withUnsafeBytes { (try? scanChunk($0, form: .chat, depthLimit: 8, opening: opening))?.view.repeats ?? false }
        }
        let opening = ChunkOpening(), padded = ChunkOpening()
        let found = (0..<10).map { repeats(Self.head + #"[{"index":0,"delta":{"content":"word \#($0)"}}]}"#, opening) }
        #expect(found == [false] + Array(repeating: true, count: 9))
        func chunk(_ pad: Int) -> String { Self.head + #"[{"index":0,"delta":{"content":"w"}}],"obfuscation":"\#(pad)"}"# }
        for pad in 0..<16 { #expect(!repeats(chunk(pad), padded)) }
        #expect(!repeats(chunk(16), padded) && !repeats(chunk(16), padded))
    }
}
