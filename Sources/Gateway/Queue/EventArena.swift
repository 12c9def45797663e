package import Bytes
internal import Model

/// What one event is, its bytes being ranges of an arena.
package struct EventRecord {
    package enum Kind: Int32 { case chunk = 1, end, answer, response }
    package var kind: Kind
    package var status: Int32 = 0
    package var tag: UInt64
    package var json: ByteRange
    package var text = ByteRange.none
    package var reasoning = ByteRange.none
    package var name = ByteRange.none
    /// Whose share of the bound a chunk takes. The record of its END, which comes after it, keeps the sink alive; it is
    /// touched under the queue's lock.
    var sink: Unmanaged<QueueSink>?
}

/// Bytes and records that grow together and are then handed to the caller as one batch, or as several: from then on they are only
/// read, by as many threads as have a slice of them.
package final class EventArena {
    package let bytes = ByteBuffer()
    package private(set) var records: [EventRecord] = []
    /// Behind records of END: the sink of the call that has ended; of ANSWER: the model list that the taker has to parse. In the order
    /// of the records, and under the queue's lock.
    private var owners: [(record: Int, object: AnyObject)] = []
    private var ownersTaken = 0

    func append(_ record: EventRecord, owner: AnyObject? = nil) {
        if let owner { owners.append((records.count, owner)) }
        records.append(record)
    }

    /// The list that a record stands for.
    func list(_ record: Int) -> QueuedList? {
        guard ownersTaken < owners.count, owners[ownersTaken].record == record else { return nil }
        return owners[ownersTaken].object as? QueuedList
    }

    /// Steps over the owners of the records before `end`. They are the taker's to let go of, without the queue's lock.
    func takeOwners(before end: Int, into taken: inout [AnyObject]) {
        while ownersTaken < owners.count, owners[ownersTaken].record < end {
            taken.append(owners[ownersTaken].object)
            ownersTaken += 1
        }
        if ownersTaken == owners.count {
            owners.removeAll(keepingCapacity: true)
            ownersTaken = 0
        }
    }

    /// Copies text in with a NUL behind it. nil: out of memory.
    func put(_ source: UnsafeRawBufferPointer) -> ByteRange? {
        let start = bytes.count
        guard bytes.append(source), bytes.append(0 as UInt8) else { return nil }
        return ByteRange(start, start &+ source.count)
    }

    func add(_ kind: EventRecord.Kind, _ status: Status, _ tag: UInt64, _ bytes: UnsafeRawBufferPointer, owner: AnyObject? = nil) {
        // Without memory for its text an event still comes: an END is never lost.
        append(EventRecord(kind: kind, status: status.rawValue, tag: tag, json: put(bytes) ?? .none), owner: owner)
    }

    /// An answer that was written as all of the bytes.
    func addAnswer(_ tag: UInt64) {
        let json = ByteRange(0, bytes.count)
        records.append(EventRecord(kind: .answer, tag: tag, json: bytes.append(0 as UInt8) ? json : .none))
    }

    func clear() {
        bytes.removeAll()
        records.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        ownersTaken = 0
    }
}

/// Arenas between two batches: a steady stream allocates nothing. Has a lock of its own, since batches are freed anywhere.
package final class ArenaPool {
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
