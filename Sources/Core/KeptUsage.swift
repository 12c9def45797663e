internal import Providers
internal import Wire

/// What a stream told of usage and cost. The last one wins, but an all-zero one never replaces a real one
/// (mozilla-ai/any-llm 848).
final class KeptUsage {
    /// The usage that counts, as it was told.
    private(set) var last: ByteBuffer?
    private(set) var reading: UsageReading?

    func keep(_ bytes: UnsafeRawBufferPointer) {
        if reading == nil { reading = UsageReading() }
        if reading?.add(bytes) != true { return }
        let into = last ?? ByteBuffer()
        into.removeAll()
        last = into.append(bytes) ? into : nil
    }

    func keep(cost bytes: UnsafeRawBufferPointer) {
        if reading == nil { reading = UsageReading() }
        reading?.take(cost: JSONView(valid: bytes, ByteRange(0, bytes.count)))
    }
}
