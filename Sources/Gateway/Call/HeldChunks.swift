internal import Bytes
internal import Dialects

/// Chunks of a stream that has not shown any content yet: until it does, a failure may still be made good elsewhere
/// without the caller noticing (docs/routing.md).
struct HeldChunks {
    static let mostChunks = 64, mostBytes = 256 << 10

    private var bytes: ByteBuffer?
    private var chunks: [(view: ChunkView, range: ByteRange)] = []

    var isEmpty: Bool { chunks.isEmpty }

    /// False: the bounds are reached, so the stream has to be committed as it is.
    mutating func add(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer) -> Bool {
        let into = bytes ?? ByteBuffer(limit: HeldChunks.mostBytes)
        bytes = into
        guard chunks.count < HeldChunks.mostChunks, into.append(chunk) else { return false }
        chunks.append((view, ByteRange(into.count - chunk.count, into.count)))
        return true
    }

    /// Hands the chunks out, oldest first, until one is refused.
    mutating func drain(_ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) {
        guard let bytes else { return }
        defer { bytes.keepAlive() }
        let all = chunks
        chunks = []
        self.bytes = nil
        for (view, range) in all where !take(view, bytes.bytes[range]) { return }
    }
}
