internal import Bytes

/// Numbers by texts, whose bytes must outlive it: ids of calls, names. Each question takes the same time, however many there are.
final class TextIndex {
    private struct Entry {
        let text: UnsafeRawBufferPointer
        let hash: UInt64
        var number: Int
    }

    private var entries: [Entry] = []
    /// Places among the entries, or -1: twice as many at least, a power of two.
    private var slots: [Int] = []
    /// Nobody outside knows it, and so nobody can choose texts that all get the same slot.
    private var seed: UInt64 { UInt64(UInt(bitPattern: ObjectIdentifier(self))) }

    subscript(text: UnsafeRawBufferPointer) -> Int? {
        get {
            if entries.isEmpty { return nil }
            let found = slots[slot(of: text, hash(text))]
            return found < 0 ? nil : entries[found].number
        }
        set {
            guard let newValue else { return }
            if (entries.count &+ 1) &* 2 > slots.count { grow() }
            let hash = hash(text), slot = slot(of: text, hash), found = slots[slot]
            if found >= 0 { return entries[found].number = newValue }
            slots[slot] = entries.count
            entries.append(Entry(text: text, hash: hash, number: newValue))
        }
    }

    private func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        let hash = fnv1a(text, from: seed)
        return hash ^ hash >> 29
    }

    /// Where it is, or would be.
    private func slot(of text: UnsafeRawBufferPointer, _ hash: UInt64) -> Int {
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0, entries[slots[slot]].hash != hash || !sameBytes(entries[slots[slot]].text, text) { slot = (slot &+ 1) & mask }
        return slot
    }

    private func grow() {
        slots = Array(repeating: -1, count: max(16, slots.count &* 2))
        for (number, entry) in entries.enumerated() { slots[slot(of: entry.text, entry.hash)] = number }
    }
}
