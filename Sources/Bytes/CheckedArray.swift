internal import CShims

/// Plain elements in malloc memory, for arrays whose length somebody else chooses: an Array that finds no memory ends the process,
/// this one says so. Not thread-safe while it changes. Indexes are its owners' own: from `indices`, or the hash of something within a table
/// whose length they chose; no number from outside is one.
package final class CheckedArray<Element: BitwiseCopyable> {
    private var base: UnsafeMutablePointer<Element>?
    package private(set) var count = 0
    private var capacity = 0

    package init() {}

    deinit { free(base) }

    package var isEmpty: Bool { count == 0 }
    package var indices: Range<Int> { 0..<count }

    package subscript(_ index: Int) -> Element {
        get {
            guard let base, index >= 0, index < count else { preconditionFailure("index out of range") }
            return base[index]
        }
        set {
            guard let base, index >= 0, index < count else { preconditionFailure("index out of range") }
            base[index] = newValue
        }
    }

    /// False: out of memory.
    package func append(_ element: Element) -> Bool {
        guard count < capacity || grow(count &+ 1), let base else { return false }
        (base + count).initialize(to: element)
        count &+= 1
        return true
    }

    /// Appends so many of the same. False: out of memory.
    package func append(repeating element: Element, count more: Int) -> Bool {
        let (wanted, over) = count.addingReportingOverflow(max(0, more))
        guard !over, wanted <= capacity || grow(wanted) else { return false }
        guard let base else { return wanted == 0 }
        (base + count).initialize(repeating: element, count: wanted &- count)
        count = wanted
        return true
    }

    /// Makes room for so many more, so that none of the next ones moves what is there. False: out of memory.
    package func reserve(_ more: Int) -> Bool {
        let (wanted, over) = count.addingReportingOverflow(max(0, more))
        return !over && (wanted <= capacity || grow(wanted))
    }

    package func swapAt(_ a: Int, _ b: Int) {
        let kept = self[a]
        self[a] = self[b]
        self[b] = kept
    }

    private func grow(_ least: Int) -> Bool {
        let room = max(least, capacity &* 2, 16)
        let (bytes, over) = room.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !over, bytes < Int.max / 4, let moved = realloc(base, bytes) else { return false }
        base = moved.bindMemory(to: Element.self, capacity: room)
        capacity = room
        return true
    }
}
