internal import Bytes
internal import CGatelet
internal import Gateway

private let nothing: StaticString = ""

/// An event with its document; the strings are empty, never NULL.
func makeEvent(_ kind: Int32, _ json: UnsafeRawBufferPointer) -> gatelet_event {
    gatelet_event(struct_size: UInt32(MemoryLayout<gatelet_event>.stride), kind: kind, status: 0, reserved: 0, tag: 0,
                  json: json.baseAddress?.assumingMemoryBound(to: CChar.self) ?? staticText(nothing), json_len: json.count,
                  text: staticText(nothing), text_len: 0, reasoning: staticText(nothing), reasoning_len: 0, name: staticText(nothing), name_len: 0)
}

/// What a gatelet_batch handle stands for: C events that point into an arena.
final class BatchBox {
    private let arena: EventArena
    private let pool: ArenaPool?
    let events: UnsafeMutablePointer<gatelet_event>
    let count: Int

    init(_ batch: EventBatch) {
        arena = batch.arena
        pool = batch.pool
        count = batch.count
        events = .allocate(capacity: max(1, batch.count))
        let base = batch.arena.bytes.bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? staticText(nothing)
        for i in 0..<batch.count {
            let record = batch.arena.records[batch.first + i]
            var event = gatelet_event()
            event.struct_size = UInt32(MemoryLayout<gatelet_event>.stride)
            event.kind = record.kind.rawValue
            event.status = record.status
            event.tag = record.tag
            BatchBox.point(record.json, base, &event.json, &event.json_len)
            BatchBox.point(record.text, base, &event.text, &event.text_len)
            BatchBox.point(record.reasoning, base, &event.reasoning, &event.reasoning_len)
            BatchBox.point(record.name, base, &event.name, &event.name_len)
            (events + i).initialize(to: event)
        }
    }

    /// nil: there is none. A number of C's beyond Int.max arrives as a negative one.
    func event(_ index: Int) -> UnsafePointer<gatelet_event>? {
        index >= 0 && index < count ? UnsafePointer(events + index) : nil
    }

    deinit {
        events.deallocate()
        pool?.give(arena)
    }

    private static func point(_ range: ByteRange, _ base: UnsafePointer<CChar>,
                              _ text: inout UnsafePointer<CChar>?, _ length: inout Int) {
        text = range.isNone ? staticText(nothing) : base + range.start
        length = range.isNone ? 0 : range.count
    }
}
