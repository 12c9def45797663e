internal import Bytes

/// Chunks of a stream that has not shown any content yet: until it does, a failure may still be made good elsewhere
/// without the caller noticing (docs/routing.md).
struct HeldChunks {
    static let mostChunks = 64, mostBytes = 256 << 10

    private var bytes: ByteBuffer?
    private var ranges: [ByteRange] = []

    var isEmpty: Bool { ranges.isEmpty }

    /// False: the bounds are reached, so the stream has to be committed as it is.
    mutating func add(_ chunk: UnsafeRawBufferPointer) -> Bool {
        let into = bytes ?? ByteBuffer(limit: HeldChunks.mostBytes)
        bytes = into
        guard ranges.count < HeldChunks.mostChunks, into.append(chunk) else { return false }
        ranges.append(ByteRange(into.count - chunk.count, into.count))
        return true
    }

    /// Hands the chunks out, oldest first, until one is refused.
    mutating func drain(_ take: (UnsafeRawBufferPointer) -> Bool) {
        guard let bytes else { return }
        defer { bytes.keepAlive() }
        let all = ranges
        ranges = []
        self.bytes = nil
        for range in all where !take(bytes.bytes[range]) { return }
    }
}
