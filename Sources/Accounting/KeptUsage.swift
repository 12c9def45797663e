package import Bytes
package import Dialects
internal import JSON

/// What a stream reports of usage and cost. The last one wins, but an all-zero one never replaces a real one
/// (mozilla-ai/any-llm 848).
package final class KeptUsage {
    /// The usage that counts, as it was reported.
    package private(set) var last: ByteBuffer?
    package private(set) var reading: UsageReading?

    package init() {}

    /// Takes what a chunk tells, in whichever place. False: nothing.
    @discardableResult
    package func keep(_ chunk: UnsafeRawBufferPointer) -> Bool {
        let document = JSONView(trusted: chunk), found = usageInDocument(document)
        if found.usage.isNone, found.cost.isNone { return false }
        if reading == nil { reading = UsageReading() }
        if !found.usage.isNone { keep(usage: chunk[found.usage]) }
        if !found.cost.isNone { reading?.take(cost: JSONView(valid: chunk, found.cost)) }
        return true
    }

    private func keep(usage bytes: UnsafeRawBufferPointer) {
        if reading?.add(bytes) != true { return }
        let into = last ?? ByteBuffer()
        into.removeAll()
        last = into.append(bytes) ? into : nil
    }
}
