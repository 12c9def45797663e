/// Something that is due at a time: a transfer by its clocks, or a timer.
package class Scheduled {
    /// On the clock of `gl_now_us`.
    final var deadline: Int64
    /// Where it stands in its heap; -1: in none.
    final var heapIndex = -1

    init(at deadline: Int64) { self.deadline = deadline }
}

/// What waits on one engine, by deadline. Activity does not touch it: a transfer whose deadline moved back is put in
/// its new place when the old time comes, so a chunk costs nothing here, however many streams are idle.
struct DeadlineHeap {
    private var items: [Scheduled] = []

    var first: Scheduled? { items.first }

    /// Adds an item, or moves it to its `deadline`.
    mutating func update(_ item: Scheduled) {
        if item.heapIndex < 0 {
            item.heapIndex = items.count
            items.append(item)
        }
        down(up(item.heapIndex))
    }

    mutating func remove(_ item: Scheduled) {
        let hole = item.heapIndex
        guard hole >= 0, hole < items.count, let last = items.popLast() else { return }
        item.heapIndex = -1
        if last === item { return }
        items[hole] = last
        last.heapIndex = hole
        down(up(hole))
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        items.swapAt(a, b)
        items[a].heapIndex = a
        items[b].heapIndex = b
    }

    private mutating func up(_ start: Int) -> Int {
        var at = start
        while at > 0, items[at].deadline < items[(at - 1) / 2].deadline {
            swap(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
        return at
    }

    private mutating func down(_ start: Int) {
        var at = start
        while true {
            var least = at
            for child in (2 * at + 1)...(2 * at + 2) where child < items.count && items[child].deadline < items[least].deadline {
                least = child
            }
            if least == at { return }
            swap(at, least)
            at = least
        }
    }
}
