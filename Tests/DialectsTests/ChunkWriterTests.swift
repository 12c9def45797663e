@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
import Testing

/// A text's bytes, for as long as the process lives: tests hand them on.
func bytes(_ text: String) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    copy.copyBytes(from: text.utf8)
    return UnsafeRawBufferPointer(copy)
}

func parsed(_ json: String) -> NSDictionary? { (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? NSDictionary }

/// A little of everything that a stream may have.
private func writeAll(_ chunks: ChunkWriter, _ take: ChunkWriter.Take) {
    chunks.begin(id: bytes("a\\u0041"), model: bytes("m"), created: 7)
    _ = chunks.reasoning(bytes("hm "), take)
    _ = chunks.reasoning(bytes("hm"), take)
    _ = chunks.entry(of: .reasoningDetails, take) {
        $0.member("type", "reasoning.text")
        $0.member("text", "why\n")
        $0.member("format", "f-v1")
    }
    _ = chunks.reasoning(bytes("so"), detail: 0, take)
    _ = chunks.piece(of: "reasoning_details", take) {
        $0.member("type", "reasoning.text")
        $0.member("signature", "sig")
        $0.member("index", 0)
    }
    for text in ["Grü\\n", "\\ud83d\\ude00", "\u{1F600}", "", "c", "d"] { _ = chunks.content(bytes(text), take) }
    _ = chunks.block(bytes("{\"x\":[1]}"), place: 2, "f-v1", take)
    _ = chunks.call(0, id: bytes("c1"), name: bytes("f"), take)
    for piece in ["", "{\\\"a\\\"", ":1}"] { _ = chunks.arguments(bytes(piece), of: 0, take) }
    _ = chunks.call(1, id: bytes("c2"), name: bytes("g"), arguments: bytes("{\"b\": \"\\n\"}"), take) {
        $0.member("extra_content", raw: "{\"google\":{\"thought_signature\":\"s\"}}")
    }
    _ = chunks.content(bytes("other"), choice: 1, take)
    _ = chunks.finish("tool_calls", native: bytes("\"STOP\""), take) { $0.member("a", 1) }
    _ = chunks.finish("stop", choice: 1, take)
    _ = chunks.usage(take) { $0.member("prompt_tokens", 3) }
}

@Test func chunksAreWhatTheirViewsSay() throws {
    let chunks = ChunkWriter()
    var count = 0
    writeAll(chunks) { view, bytes in
        count += 1
        let text = String(decoding: bytes, as: UTF8.self)
        guard let (scanned, end) = try? scanChunk(bytes, form: .chat, depthLimit: 64) else {
            Issue.record("not JSON: \(text)")
            return true
        }
        #expect(end == bytes.count)
        #expect(view.content == scanned.content && view.reasoning == scanned.reasoning && view.usage == scanned.usage, "\(text)")
        #expect(view.choiceBits == scanned.choiceBits && view.hasContent == scanned.hasContent && view.finished == scanned.finished, "\(text)")
        #expect(view.needsLook == scanned.needsLook && view.isAllText == scanned.isAllText && view.hasNotes == scanned.hasNotes, "\(text)")
        #expect(text.hasPrefix("{\"id\":\"a\\u0041\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":["))
        return true
    }
    #expect(count == 19 && !chunks.failed)
    #expect(chunks.length(of: 0) == 8 && chunks.length(of: 1) == 5 && chunks.length(of: 99) == 0)
}

@Test func theAnswerIsWhatTheChunksComeTo() throws {
    let answer = AnswerWriter(limit: 1 << 20), body = ByteBuffer()
    writeAll(answer.chunks, answer.take)
    try answer.replace(body)
    let expected = """
        {"object":"chat.completion","id":"aA","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Grü\\n😀😀cd",
        "reasoning":"hm hmso","provider_blocks":[{"format":"f-v1","place":2,"at":8,"block":{"x":[1]},"index":0}],
        "reasoning_details":[{"type":"reasoning.text","text":"why\\nso","format":"f-v1","index":0,"signature":"sig"}],
        "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}},
        {"id":"c2","type":"function","function":{"name":"g","arguments":"{\\"b\\": \\"\\\\n\\"}"},"extra_content":{"google":{"thought_signature":"s"}}}]},
        "native_finish_reason":"STOP","provider_fields":{"a":1},"finish_reason":"tool_calls"},
        {"index":1,"message":{"role":"assistant","content":"other"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3}}
        """
    #expect(parsed(String(decoding: body.copy(), as: UTF8.self)) == parsed(expected), "\(String(decoding: body.copy(), as: UTF8.self))")
}

/// A half of a pair is told, so that what follows knows that the text is not to be decoded as it is.
@Test func halvesOfPairsAreTold() {
    let chunks = ChunkWriter()
    var seen: [Bool] = []
    let take: ChunkWriter.Take = { view, _ in
        seen.append(view.hasLoneSurrogate && !view.repeats)
        return true
    }
    chunks.begin(id: bytes("a"), model: bytes("m"))
    _ = chunks.content(bytes("x"), take)
    chunks.hasLoneSurrogate = true
    _ = chunks.content(bytes("\\ud83d"), take)
    _ = chunks.content(bytes("\\ude00"), take)
    chunks.hasLoneSurrogate = false
    _ = chunks.content(bytes("y"), take)
    #expect(seen == [false, true, true, false])
}
