package import Wire
package final class ChunkAssembler { package init(form: ChunkForm, limit: Int) {}
 package func add(_ chunk: UnsafeRawBufferPointer) -> Bool { true }
 package var isEmpty: Bool { true }
 package func answer(appending extra: UnsafeRawBufferPointer) -> ByteBuffer? { nil } }
