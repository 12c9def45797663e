@testable import Bytes
import Foundation
import Testing

/// The bytes of a test input for the length of a call, at the very end of an allocation of their size.
func withBytes<R>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(copy))
}

func withBytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { try withBytes(Array(text.utf8), body) }

func text(_ buffer: ByteBuffer) -> String { String(decoding: buffer.bytes, as: UTF8.self) }

/// A small generator with a fixed start, so that a failure can be seen again.
struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 2_654_435_761 &+ 88_172_645_463_325_252 }

    mutating func next(_ below: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return below <= 0 ? 0 : Int(state % UInt64(below))
    }
}
