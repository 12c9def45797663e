internal import Bytes
package import Model

package enum BreakerState: Sendable, Equatable {
    case closed, open, halfOpen

    package var name: StaticString {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half_open"
        }
    }
}

/// Leaves a failing candidate alone for a time. Each opening and each closing begins a new generation, and a result counts
/// only in the generation in which its attempt was let through: a late one cannot flip what has happened since.
package struct Breaker: Sendable {
    /// The right to make one attempt; ends with `record` or `release`.
    package struct Ticket: Sendable, Equatable {
        fileprivate let generation: UInt32
        /// 0: an ordinary attempt.
        fileprivate let probe: UInt32
        package var isProbe: Bool { probe != 0 }
    }

    package private(set) var policy: BreakerPolicy
    /// Failures in a row.
    package private(set) var failures = 0
    /// Open or half open: which of them is a matter of time.
    private var tripped = false
    private var reopens: Int64 = 0
    private var generation: UInt32 = 0
    private var recent = RecentCalls()
    private var successes = 0, relapses = 0
    /// The probe that holds the only place, 0 for none; since when; and the number of the last one.
    private var probe: UInt32 = 0
    private var probeStart: Int64 = 0
    private var lastProbe: UInt32 = 0

    package init(_ policy: BreakerPolicy) { self.policy = policy }

    /// After a reload; what has happened stays, but for the window when that has another length.
    package mutating func adopt(_ policy: BreakerPolicy) {
        if policy.window != self.policy.window { recent = RecentCalls() }
        self.policy = policy
    }

    package func state(now: Int64) -> BreakerState {
        guard policy.enabled, tripped else { return .closed }
        return now < reopens ? .open : .halfOpen
    }

    /// Another one after each opening and each closing.
    package var flips: UInt32 { generation }
    /// Open, or half open.
    package var isTripped: Bool { tripped }

    /// Until when it is open; nil when it is not.
    package func openUntil(now: Int64) -> Int64? { state(now: now) == .open ? reopens : nil }

    /// Whether `admit` would let an ordinary attempt through.
    package func admits(now: Int64) -> Bool {
        switch state(now: now) {
        case .closed: true
        case .open: false
        case .halfOpen: probePlaceIsFree(now)
        }
    }

    /// `probe`: nothing else is left to try, so one attempt at a time goes through although it is open.
    package mutating func admit(now: Int64, probe wish: Bool) -> Ticket? {
        let state = state(now: now)
        if state == .closed { return Ticket(generation: generation, probe: 0) }
        guard wish || state == .halfOpen, probePlaceIsFree(now) else { return nil }
        lastProbe = lastProbe == .max ? 1 : lastProbe &+ 1
        probe = lastProbe
        probeStart = now
        return Ticket(generation: generation, probe: probe)
    }

    package mutating func record(_ ticket: Ticket, ok: Bool, now: Int64) {
        release(ticket)
        guard policy.enabled, ticket.generation == generation else { return }
        failures = ok ? 0 : failures &+ 1
        if tripped { probed(ok, now) } else { called(ok, now) }
    }

    /// The attempt ended without saying anything about the provider.
    package mutating func release(_ ticket: Ticket) {
        if ticket.isProbe, ticket.generation == generation, ticket.probe == probe { probe = 0 }
    }

    /// A probe that hangs longer than the breaker is open keeps its say, but no longer its place.
    private func probePlaceIsFree(_ now: Int64) -> Bool { probe == 0 || now &- probeStart >= Micros.of(seconds: policy.openFor) }

    private mutating func called(_ ok: Bool, _ now: Int64) {
        recent.add(failed: !ok, now: now, window: Micros.of(seconds: policy.window))
        if ok { return }
        let inARow = failures >= max(policy.failures, 1)
        let many = recent.calls >= policy.minimum && Double(recent.failures) > policy.rate * Double(recent.calls)
        if inARow || many { flip(open: true, now) }
    }

    private mutating func probed(_ ok: Bool, _ now: Int64) {
        if ok {
            successes &+= 1
            if successes >= max(policy.successes, 1) { flip(open: false, now) }
        } else if now >= reopens {      // a probe before its time that fails is no news
            relapses &+= 1
            if relapses >= max(policy.relapses, 1) { flip(open: true, now) }
        }
    }

    private mutating func flip(open: Bool, _ now: Int64) {
        tripped = open
        generation &+= 1
        reopens = open ? now &+ Micros.of(seconds: policy.openFor) : 0
        successes = 0
        relapses = 0
        probe = 0
        recent = RecentCalls()
    }
}

/// Calls and failures of the last window in eight cells: what it counts is between seven and eight eighths of the window
/// old at most, never older than the window.
struct RecentCalls: Sendable {
    private struct Cell {
        var calls: UInt32 = 0
        var failures: UInt32 = 0
    }
    private var cells = InlineArray<8, Cell>(repeating: Cell())
    private var newest: Int64 = .min

    private(set) var calls = 0
    private(set) var failures = 0

    mutating func add(failed: Bool, now: Int64, window: Int64) {
        advance(to: max(now, 0) / max(window / 8, 1))
        let slot = Int(newest & 7)
        cells[slot].calls &+= 1
        calls &+= 1
        if failed {
            cells[slot].failures &+= 1
            failures &+= 1
        }
    }

    /// Time that runs backwards (calls are timed before they get here) counts as now.
    private mutating func advance(to cell: Int64) {
        guard cell > newest else { return }
        let from = newest < 0 ? cell &- 8 : max(newest, cell &- 8)
        var step = from
        while step < cell {
            step &+= 1
            let slot = Int(step & 7)
            calls &-= Int(cells[slot].calls)
            failures &-= Int(cells[slot].failures)
            cells[slot] = Cell()
        }
        newest = cell
    }
}
