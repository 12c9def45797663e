internal import Model
internal import Transport
package import Wire

/// What one event is, its bytes being ranges of an arena.
package struct EventRecord {
    package enum Kind: Int32 { case chunk = 1, end, answer }
    package var kind: Kind
    package var status: Int32 = 0
    package var tag: UInt64
    package var json: ByteRange
    package var text = ByteRange.none
    package var reasoning = ByteRange.none
    /// Whose share of the bound a chunk takes. The record of its END, which comes after it, keeps the call alive.
    var call: Unmanaged<Call>?
    /// A call that has ended, or a model list that the taker of the event has to parse.
    var owner: AnyObject?
}

/// Bytes and records that grow together and are then handed to the caller as one batch.
package final class EventArena {
    package let bytes = ByteBuffer()
    package private(set) var records: [EventRecord] = []

    func append(_ record: EventRecord) { records.append(record) }

    func takeOwner(_ index: Int) -> AnyObject? {
        guard index < records.count, let owner = records[index].owner else { return nil }
        records[index].owner = nil
        return owner
    }

    /// Copies text in with a NUL behind it. nil: out of memory.
    func put(_ source: UnsafeRawBufferPointer) -> ByteRange? {
        let start = bytes.count
        guard bytes.append(source), bytes.append(0 as UInt8) else { return nil }
        return ByteRange(start, start &+ source.count)
    }

    func add(_ kind: EventRecord.Kind, _ status: Status, _ tag: UInt64, _ bytes: UnsafeRawBufferPointer, owner: AnyObject? = nil) {
        // Without memory for its text an event still comes: an END is never lost.
        records.append(EventRecord(kind: kind, status: status.rawValue, tag: tag, json: put(bytes) ?? .none, owner: owner))
    }

    func clear() {
        bytes.removeAll()
        records.removeAll(keepingCapacity: true)
    }
}

/// Arenas between two batches: a steady stream allocates nothing. Has a lock of its own, since batches are freed anywhere.
package final class ArenaPool: @unchecked Sendable {
    private static let most = 4
    private static let largest = 1 << 20

    private let lock = Lock()
    private var idle: [EventArena] = []

    func take() -> EventArena { lock.with { idle.popLast() } ?? EventArena() }

    package func give(_ arena: EventArena) {
        if arena.bytes.count > Self.largest { return }
        arena.clear()
        lock.with { if idle.count < Self.most { idle.append(arena) } }
    }
}

