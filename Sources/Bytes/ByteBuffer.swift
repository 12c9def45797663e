internal import CShims

/// Growable bytes in malloc memory: checked allocation, a cap, and a C string at the end without a copy.
/// Not thread-safe.
package final class ByteBuffer {
    package private(set) var base: UnsafeMutablePointer<UInt8>?
    package private(set) var count = 0
    package private(set) var capacity = 0
    /// There was no memory for something that the cap allowed.
    package private(set) var lacksMemory = false
    /// Appending past this many bytes fails.
    package let limit: Int

    package init(limit: Int = .max) { self.limit = limit }

    /// Takes malloc memory over, with a NUL behind the bytes.
    package init(taking memory: UnsafeMutableRawPointer, _ count: Int) {
        limit = .max
        base = memory.assumingMemoryBound(to: UInt8.self)
        self.count = count
        capacity = count &+ 1
    }

    deinit { free(base) }

    /// They live until the next change, and no longer than the buffer: a local one ends with its last use, not with its
    /// scope, so `defer { buffer.keepAlive() }` goes with every local buffer whose bytes are handed on.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    package func copy() -> [UInt8] {
        defer { keepAlive() }
        return Array(bytes)
    }

    @inline(__always)
    package func keepAlive() { withExtendedLifetime(self) {} }

    /// Makes room for `extra` more bytes and a final NUL. False when the cap or the memory does not allow it.
    @inline(__always)
    package func reserve(_ extra: Int) -> Bool {
        if extra >= 0, extra < capacity &- count { return true } // within the cap: see `grow`
        return grow(extra)
    }

    /// The capacity is never more than the cap and a NUL.
    @inline(never) // rare, and `reserve` is inlined everywhere
    private func grow(_ extra: Int) -> Bool {
        let (wanted, over) = count.addingReportingOverflow(extra)
        if over || extra < 0 || wanted > limit || wanted > Int.max / 4 { return false }
        if wanted < capacity { return true }
        let room = max(wanted, min(limit, max(63, min(capacity &* 2, capacity &+ (64 << 20)))))
        let grown = room &+ 1
        guard let moved = realloc(base, grown) else {
            lacksMemory = true
            return false
        }
        base = moved.assumingMemoryBound(to: UInt8.self)
        capacity = grown
        return true
    }

    package func append(_ more: UnsafeRawBufferPointer) -> Bool {
        guard let from = more.baseAddress, more.count > 0 else { return true }
        guard reserve(more.count), let base else { return false }
        memcpy(base + count, from, more.count)
        count &+= more.count
        return true
    }

    package func append(_ byte: UInt8) -> Bool {
        guard reserve(1), let base else { return false }
        base[count] = byte
        count &+= 1
        return true
    }

    package func append(_ text: StaticString) -> Bool {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Disfavoured, so that literals are taken as they stand.
    @_disfavoredOverload
    package func append(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Drops the last `n` bytes, or all there are.
    package func removeLast(_ n: Int) { count = max(0, count &- max(0, n)) }

    package func removeAll(keepingCapacity: Bool = true) {
        count = 0
        if !keepingCapacity {
            free(base)
            base = nil
            capacity = 0
        }
    }

    /// Hands the bytes over as a NUL-terminated string for `free`; the buffer is empty afterwards. nil: out of memory.
    package func takeCString() -> UnsafeMutablePointer<CChar>? {
        guard reserve(0), let taken = base else { return nil }
        taken[count] = 0
        base = nil
        count = 0
        capacity = 0
        return UnsafeMutableRawPointer(taken).assumingMemoryBound(to: CChar.self)
    }

    /// The bytes with a NUL behind them (not counted); the pointer lives until the next change. nil: out of memory.
    package func terminated() -> UnsafePointer<CChar>? {
        guard reserve(0), let base else { return nil }
        base[count] = 0
        return UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
    }
}
