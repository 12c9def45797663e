internal import Providers
internal import Wire

/// What a stream told of usage and cost. The last one wins, but an all-zero one never replaces a real one
/// (mozilla-ai/any-llm 848).
final class KeptUsage {
    private var first: ByteBuffer?
    private(set) var last: ByteBuffer?
    private var cost: ByteBuffer?
    private var isReal = false

    func keep(_ bytes: UnsafeRawBufferPointer) {
        var real = false
        for byte in bytes where byte >= 0x31 && byte <= 0x39 { real = true; break }
        if isReal && !real { return }
        isReal = real
        // Two buffers in turn: what the first one told counts where the last one leaves it out.
        if first == nil, let last {
            first = last
            self.last = nil
        }
        last = KeptUsage.fill(last, bytes)
    }

    func keep(cost bytes: UnsafeRawBufferPointer) { cost = KeptUsage.fill(cost, bytes) }

    private static func fill(_ buffer: ByteBuffer?, _ bytes: UnsafeRawBufferPointer) -> ByteBuffer? {
        let into = buffer ?? ByteBuffer()
        into.removeAll()
        return into.append(bytes) ? into : nil
    }

    /// nil: nothing was told.
    var reading: UsageReading? {
        if last == nil && cost == nil { return nil }
        var reading = UsageReading()
        if let last {
            reading = Providers.readUsage(first: first?.bytes, last: last.bytes)
            last.keepAlive()
            first?.keepAlive()
        }
        if let cost {
            reading.take(cost: JSONView(valid: cost.bytes, ByteRange(0, cost.count)))
            cost.keepAlive()
        }
        return reading
    }
}
