package import Bytes
package import Model

/// Writes the events of another surface for the chunks of one stream. Not thread-safe.
package protocol StreamRenderer: AnyObject {
    /// One event, by its name; false: nobody wants more.
    typealias Emit = (_ name: StaticString, _ data: UnsafeRawBufferPointer) -> Bool

    /// The events for one chunk. False: `emit` wanted no more, or there was no memory.
    func render(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer, _ emit: Emit) -> Bool
    /// Those at the end of a stream that finished.
    func finish(_ emit: Emit) -> Bool
    /// Those at the end of one that was broken off behind its first events; none where nothing was rendered.
    func fail(_ failure: RedactedFailure, _ emit: Emit) -> Bool
    /// The answer that the events told, with Gatelet's report in it. nil: nothing was rendered, it does not keep that, or no memory.
    func answer(_ report: UnsafeRawBufferPointer) -> ByteBuffer?
}

extension StreamRenderer {
    package func fail(_ failure: RedactedFailure, _ emit: Emit) -> Bool { true }
    package func answer(_ report: UnsafeRawBufferPointer) -> ByteBuffer? { nil }
}
