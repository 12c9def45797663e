internal import Bytes

/// Requests that a limit holds up, in each scope those of the tags in turn, and of one tag first come first served. A request waits at
/// the scope that refused it; whoever comes later and needs that scope waits behind it, while requests that do not need it pass.
/// Not thread-safe.
///
/// How its owner uses it, all under one lock:
/// 1. `blocker(of:tag:)` the scopes of a request: if there is one, `enqueue` at it without trying. Otherwise `reserve`, and
///    `enqueue` at the breach's scope when the answer is `.until` or `.busy`.
/// 2. When a ticket has ended, let the `heads(of:)` its scopes try again; when an `.until` has passed, the one it was told.
/// 3. A waiter tries only if nobody whose turn is before is in its way: `blocker(of:before:)`. If it is refused, `move` it to
///    the breach's scope; if it gets through or gives up, `remove` it. Whoever these two return tries next.
package struct WaitingList<Owner> {
    package struct Waiter {
        package let id: UInt64
        package let owner: Owner
        package fileprivate(set) var at: ScopeRef
        fileprivate let tag: String?
        fileprivate let turn: UInt64

        fileprivate func isOf(_ other: String?) -> Bool {
            guard let tag, let other else { return tag == nil && other == nil }
            return same(tag, other)
        }
    }

    /// By turn, those of one turn in the order in which they came.
    private(set) var waiters: [Waiter] = []
    private var lastID: UInt64 = 0
    /// The latest turn that somebody had. In each turn every tag that waits has one request; who comes is of the next.
    private var turn: UInt64 = 0

    package init() {}

    /// `most`: of one tag. nil: so many of it wait.
    package mutating func enqueue(_ owner: Owner, at scope: ScopeRef, tag: String? = nil, most: Int) -> UInt64? {
        if waiters.count >= most, waiters.count(where: { $0.isOf(tag) }) >= most { return nil }
        let turn = nextTurn(of: tag)
        lastID &+= 1
        waiters.insert(Waiter(id: lastID, owner: owner, at: scope, tag: tag, turn: turn), at: place(of: turn))
        return lastID
    }

    /// The first of these scopes at which somebody waits whose turn is before that of who comes now with this tag.
    package func blocker(of scopes: LimitScopes, tag: String? = nil) -> ScopeRef? {
        waiters.isEmpty ? nil : waiters[..<place(of: nextTurn(of: tag))].first { scopes.contains($0.at) }?.at
    }

    /// The same for one who waits.
    package func blocker(of scopes: LimitScopes, before id: UInt64) -> ScopeRef? {
        guard let index = index(id) else { return nil }
        return waiters[..<index].first { scopes.contains($0.at) }?.at
    }

    /// The first in line at each of these scopes, in the order of their turns.
    package func heads(of scopes: LimitScopes) -> [Waiter] {
        if waiters.isEmpty { return [] }
        var heads: [Waiter] = []
        for waiter in waiters where scopes.contains(waiter.at) && !heads.contains(where: { $0.at == waiter.at }) { heads.append(waiter) }
        return heads
    }

    /// It now waits at another scope, in the order that its turn gives it. The new head of the scope it leaves, if it was the head.
    package mutating func move(_ id: UInt64, to scope: ScopeRef) -> Waiter? {
        guard let index = index(id), waiters[index].at != scope else { return nil }
        let left = waiters[index].at, wasHead = isHead(index)
        waiters[index].at = scope
        return wasHead ? head(of: left) : nil
    }

    /// It waits no more. The new head of the scope it leaves, if it was the head. `served`: it got through, so its turn has been.
    @discardableResult
    package mutating func remove(_ id: UInt64, served: Bool = false) -> Waiter? {
        guard let index = index(id) else { return nil }
        let left = waiters[index].at, wasHead = isHead(index)
        let gone = waiters.remove(at: index)
        if served { turn = max(turn, gone.turn) }
        return wasHead ? head(of: left) : nil
    }

    private func nextTurn(of tag: String?) -> UInt64 { max(turn, waiters.last { $0.isOf(tag) }?.turn ?? 0) &+ 1 }

    /// Behind all that have this turn.
    private func place(of turn: UInt64) -> Int { waiters.firstIndex { $0.turn > turn } ?? waiters.count }

    private func isHead(_ index: Int) -> Bool { !waiters[..<index].contains { $0.at == waiters[index].at } }

    private func head(of scope: ScopeRef) -> Waiter? { scope.isNone ? nil : waiters.first { $0.at == scope } }

    private func index(_ id: UInt64) -> Int? { waiters.firstIndex { $0.id == id } }
}
