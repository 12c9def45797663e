internal import Bytes
internal import JSON
internal import Model

/// The chunks of another reader, with the reasoning that texts begin with in a member of its own.
final class TaggedStreamReader: StreamReader {
    private let inner: any StreamReader
    private let depth: Int
    private var splitting: TaggedReasoning
    private let written = ByteBuffer()
    /// The chunk before has another form than its reader knows.
    private var wasRewritten = false
    /// Choices of which nothing is changed any more.
    private var over: UInt16 = 0

    init(_ inner: any StreamReader, _ tag: String, depth: Int) {
        self.inner = inner
        self.depth = depth
        splitting = TaggedReasoning(tag, part: "delta")
    }

    func read(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        let sign = inner.read(data, name: name) { view, chunk in
            if view.choiceBits & ~over == 0 {
                var view = view
                if wasRewritten { (view.repeats, wasRewritten) = (false, false) }
                return take(view, chunk)
            }
            wasRewritten = true
            return rewritten(JSONView(trusted: chunk), isLast: false, take) ?? take(view, chunk)
        }
        guard case .end = sign else { return sign }
        return endOpen(take) ? sign : .stopped
    }

    func isWhole(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool { inner.isWhole(data, name: name) }

    /// nil: it could not be.
    private func rewritten(_ chunk: JSONView, isLast: Bool, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> Bool? {
        written.removeAll()
        defer { written.keepAlive() }
        guard splitting.write(chunk, isLast: isLast, into: written), let found = try? scanChunk(written.bytes, form: .chat, depthLimit: depth) else { return nil }
        for index in splitting.splitters.indices where splitting.splitters[index].isOver { over |= 1 << UInt16(index) }
        return take(found.view, written.bytes)
    }

    /// What is held where a stream ends without a finish reason.
    private func endOpen(_ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> Bool {
        let chunk = ByteBuffer()
        defer { chunk.keepAlive() }
        for index in splitting.splitters.indices where splitting.splitters[index].holdsAny {
            chunk.removeAll()
            guard chunk.append("{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":"), chunk.append(String(decimal: index)),
                  chunk.append(",\"delta\":{},\"finish_reason\":null}]}") else { return true }
            if rewritten(JSONView(trusted: chunk.bytes), isLast: true, take) == false { return false }
        }
        return true
    }
}
