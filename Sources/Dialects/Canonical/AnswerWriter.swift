internal import Bytes
internal import JSON
internal import Model

/// Writes the answer of a blocking call: its parts are written as the chunks of a stream would have them, and put together. So a
/// dialect says once what its answers mean. Not thread-safe.
final class AnswerWriter {
    let chunks = ChunkWriter()
    private let assembler: ChunkAssembler
    /// A choice was written.
    private(set) var hasChoices = false

    /// `limit`: bytes of the answer.
    init(limit: Int) { assembler = ChunkAssembler(form: .chat, limit: limit) }

    /// For the functions of `chunks`.
    func take(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer) -> Bool {
        if !view.choicesEmpty { hasChoices = true }
        return assembler.add(chunk, view)
    }

    /// The answer instead of what is in `body`.
    func replace(_ body: ByteBuffer) throws(Failure) {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        guard !chunks.failed, let answer = assembler.answer(appending: none) else {
            throw assembler.isEmpty && !chunks.failed ? Failure(.empty, "the answer has no choices") : noRoom("the answer", body, cap: "caps.body")
        }
        defer { answer.keepAlive() }
        body.removeAll()
        guard body.append(answer.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
    }
}
