internal import Bytes

/// The amounts of the last 61 seconds of the clock, the present one included. Any 60 seconds that end now lie within them,
/// so what stays below a limit here never exceeds it in any minute; what was used is free again between 60 and 61 seconds
/// later.
struct MinuteWindow: Sendable {
    static let cells: Int64 = 61

    private var amounts: [Int128] = Array(repeating: 0, count: Int(cells))
    private var newest: Int64
    private(set) var total: Int128 = 0

    init(at cell: Int64) { newest = max(cell, 0) }

    /// The second that a time lies in.
    static func cell(of now: Int64) -> Int64 { max(now, 0) / Micros.second }

    /// Forgets what is too old. Time that runs backwards counts as now.
    mutating func advance(to cell: Int64) {
        guard cell > newest else { return }
        if cell &- newest >= MinuteWindow.cells {
            for slot in amounts.indices { amounts[slot] = 0 }
            total = 0
        } else {
            for passed in (newest &+ 1)...cell {
                total &-= amounts[slot(passed)]
                amounts[slot(passed)] = 0
            }
        }
        newest = cell
    }

    /// `cell` may lie in the past; what is forgotten stays so.
    mutating func add(_ amount: Int128, at cell: Int64) {
        let cell = min(cell, newest)
        guard cell >= 0, cell > newest &- MinuteWindow.cells else { return }
        amounts[slot(cell)] &+= amount
        total &+= amount
    }

    /// When the total will have shrunk by `excess`, should nothing be added.
    func time(until excess: Int128) -> Int64 {
        var left = excess, cell = max(newest &- MinuteWindow.cells &+ 1, 0)
        while cell < newest {
            left &-= amounts[slot(cell)]
            if left <= 0 { break }
            cell &+= 1
        }
        return (cell &+ MinuteWindow.cells) &* Micros.second
    }

    /// When nothing of it counts any more, should nothing be added; nil: nothing does.
    var timeEmpty: Int64? {
        if total == 0 { return nil }
        var cell = newest
        while cell > max(newest &- MinuteWindow.cells &+ 1, 0), amounts[slot(cell)] == 0 { cell &-= 1 }
        return (cell &+ MinuteWindow.cells) &* Micros.second
    }

    private func slot(_ cell: Int64) -> Int { Int(cell % MinuteWindow.cells) }
}
