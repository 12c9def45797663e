internal import Bytes
internal import Dialects

/// Chunks of a stream that has not shown any content yet: until it does, a failure may still be made good elsewhere
/// without the caller noticing (docs/routing.md).
struct HeldChunks {
    static let mostChunks = 64, mostBytes = 256 << 10

    private enum Piece {
        case chunk(ChunkView, ByteRange)
        /// What passes to the caller as it came.
        case event(ByteRange, name: ByteRange)
    }

    private var bytes: ByteBuffer?
    private var pieces: [Piece] = []

    var isEmpty: Bool { pieces.isEmpty }
    var hasEvents: Bool { pieces.contains { if case .event = $0 { true } else { false } } }

    /// False: the bounds are reached, so the stream has to be committed as it is.
    mutating func add(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer) -> Bool {
        guard let range = put(chunk) else { return false }
        pieces.append(.chunk(view, range))
        return true
    }

    mutating func add(event data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool {
        guard let range = put(data), let name = put(name) else { return false }
        pieces.append(.event(range, name: name))
        return true
    }

    private mutating func put(_ more: UnsafeRawBufferPointer) -> ByteRange? {
        let into = bytes ?? ByteBuffer(limit: HeldChunks.mostBytes)
        bytes = into
        guard pieces.count < HeldChunks.mostChunks, into.append(more) else { return nil }
        return ByteRange(into.count - more.count, into.count)
    }

    /// Hands them out, oldest first, until one is refused.
    mutating func drain(chunk: (ChunkView, UnsafeRawBufferPointer) -> Bool, event: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool) {
        guard let bytes else { return }
        defer { bytes.keepAlive() }
        let all = pieces
        pieces = []
        self.bytes = nil
        for piece in all {
            let goesOn = switch piece {
            case .chunk(let view, let range): chunk(view, bytes.bytes[range])
            case .event(let range, let name): event(bytes.bytes[range], bytes.bytes[name])
            }
            if !goesOn { return }
        }
    }
}
