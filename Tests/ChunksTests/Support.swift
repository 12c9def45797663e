@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
import Testing

/// The bytes of a test input for the length of a call, in an allocation of just their size.
func withChunk<R>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(copy))
}

/// A chunk's view with its ranges as text.
struct SeenChunk: Equatable {
    var content: String?, reasoning: String?, usage: String?, error: String?
    var hasChoices = false, choicesEmpty = false, hasContent = false, finished = false, lone = false, end = 0
}

func see(_ json: String, _ form: ChunkForm = .chat) -> SeenChunk? { see(Array(json.utf8), form) }

func see(_ bytes: [UInt8], _ form: ChunkForm = .chat) -> SeenChunk? {
    withChunk(bytes) { bytes in
        guard let (view, end) = try? scanChunk(bytes, form: form, depthLimit: 512) else { return nil }
        func text(_ range: ByteRange) -> String? { range.isNone ? nil : String(decoding: bytes[range], as: UTF8.self) }
        let content = ByteBuffer(), reasoning = ByteBuffer()
        var deltas = DeltaText()
        let ok = deltas.append(view, bytes, text: content, reasoning: reasoning)
        #expect(ok)
        func decoded(_ buffer: ByteBuffer, _ range: ByteRange) -> String? {
            range.isNone && buffer.count == 0 ? nil : String(decoding: buffer.bytes, as: UTF8.self)
        }
        return SeenChunk(content: decoded(content, view.content), reasoning: decoded(reasoning, view.reasoning), usage: text(view.usage), error: text(view.error),
                         hasChoices: view.hasChoices, choicesEmpty: view.choicesEmpty, hasContent: view.hasContent, finished: view.finished,
                         lone: view.hasLoneSurrogate, end: end)
    }
}

/// The answer of a stream of chunks, parsed; nil when there is none or it is no JSON.
func assembled(_ chunks: [String], _ form: ChunkForm = .chat) -> [String: Any]? {
    let assembler = ChunkAssembler(form: form, limit: 1 << 24)
    for chunk in chunks { #expect(withChunk(Array(chunk.utf8)) { assembler.add($0) }) }
    return answer(assembler)
}

func answer(_ assembler: ChunkAssembler, _ extra: String = "") -> [String: Any]? {
    guard let out = withChunk(Array(extra.utf8), { assembler.answer(appending: $0) }) else { return nil }
    #expect(isStrictJSON(out.bytes))
    return try? JSONSerialization.jsonObject(with: Data(out.bytes)) as? [String: Any]
}

func isStrictJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var cursor = JSONCursor(bytes, depthLimit: 2048)
    return (try? cursor.value()) != nil && (try? cursor.finish()) != nil && !cursor.sawLoneSurrogate
}

extension Dictionary where Key == String, Value == Any {
    var choices: [[String: Any]] { self["choices"] as? [[String: Any]] ?? [] }
    var message: [String: Any] { choices.first?["message"] as? [String: Any] ?? [:] }
}

/// One delta of choice 0.
func delta(_ members: String) -> String { "{\"choices\":[{\"index\":0,\"delta\":{\(members)},\"finish_reason\":null}]}" }

/// What an expression looks like as JSON with sorted names: for comparing parsed values.
func sorted(_ value: Any?) -> String {
    guard let value, let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes]) else { return "nil" }
    return String(decoding: data, as: UTF8.self)
}
