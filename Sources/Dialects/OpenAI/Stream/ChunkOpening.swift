internal import Bytes
internal import CShims

/// How the chunks of one stream begin: id, model, time and so on, up to the value of `choices`, are the same in each. What
/// was validated once and is equal byte for byte is valid again and holds nothing new, so it is compared and passed.
package final class ChunkOpening {
    private static let least = 16, most = 4096

    private let bytes = ByteBuffer(limit: ChunkOpening.most)
    let last = ChunkFrame()

    package init() {}

    var count: Int { bytes.count }

    @inline(__always)
    func begins(_ chunk: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 0, chunk.count > bytes.count, let one = bytes.base, let other = chunk.baseAddress else { return false }
        return memcmp(one, other, bytes.count) == 0
    }

    /// Remembers the first `count` bytes: a whole object's beginning, read up to the colon after "choices", in which
    /// nothing but that name matters to a stream.
    func keep(_ chunk: UnsafeRawBufferPointer, _ count: Int) {
        bytes.removeAll()
        if count >= ChunkOpening.least { _ = bytes.append(chunk[ByteRange(0, count)]) }
    }
}
