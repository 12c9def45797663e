/// The transfers of one engine by deadline. Activity does not touch it: a transfer whose deadline moved back is put in
/// its new place when the old time comes, so a chunk costs nothing here, however many streams are idle.
struct TimerHeap {
    private var items: [Transfer] = []

    var first: Transfer? { items.first }
    var isEmpty: Bool { items.isEmpty }

    /// Adds a transfer, or moves it to its `deadline`.
    mutating func update(_ transfer: Transfer) {
        if transfer.heapIndex < 0 {
            transfer.heapIndex = items.count
            items.append(transfer)
        }
        down(up(transfer.heapIndex))
    }

    mutating func remove(_ transfer: Transfer) {
        let hole = transfer.heapIndex
        guard hole >= 0, hole < items.count, let last = items.popLast() else { return }
        transfer.heapIndex = -1
        if last === transfer { return }
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
