/// Requests that a limit holds up, first come first served in each scope. A request waits at the scope that refused it;
/// whoever comes later and needs that scope waits behind it, while requests that do not need it pass. Not thread-safe.
///
/// How its owner uses it, all under one lock:
/// 1. `blocker(of:)` the scopes of a request: if there is one, `enqueue` at it without trying. Otherwise `reserve`, and
///    `enqueue` at the breach's scope when the answer is `.until` or `.busy`.
/// 2. When a ticket has ended, let the `heads(of:)` its scopes try again; when an `.until` has passed, the one it was told.
/// 3. A waiter tries only if nothing that waits longer is in its way: `blocker(of:before:)`. If it is refused, `move` it to
///    the breach's scope; if it gets through or gives up, `remove` it. Whoever these two return tries next.
package struct WaitingList<Owner> {
    package struct Waiter {
        package let id: UInt64
        package let owner: Owner
        package fileprivate(set) var at: ScopeRef
    }

    /// In the order in which they came.
    private var waiters: [Waiter] = []
    private var lastID: UInt64 = 0
    package let capacity: Int

    package init(capacity: Int) { self.capacity = max(capacity, 0) }

    package var count: Int { waiters.count }

    /// nil: full.
    package mutating func enqueue(_ owner: Owner, at scope: ScopeRef) -> UInt64? {
        if waiters.count >= capacity { return nil }
        lastID &+= 1
        waiters.append(Waiter(id: lastID, owner: owner, at: scope))
        return lastID
    }

    /// The first of these scopes at which somebody waits who came before `id`.
    package func blocker(of scopes: LimitScopes, before id: UInt64 = .max) -> ScopeRef? {
        for waiter in waiters {
            if waiter.id >= id { return nil }
            if scopes.contains(waiter.at) { return waiter.at }
        }
        return nil
    }

    /// The first in line at each of these scopes, in the order in which they came.
    package func heads(of scopes: LimitScopes) -> [Waiter] {
        if waiters.isEmpty { return [] }
        var heads: [Waiter] = []
        for waiter in waiters where scopes.contains(waiter.at) && !heads.contains(where: { $0.at == waiter.at }) { heads.append(waiter) }
        return heads
    }

    /// It now waits at another scope, in the order that its age gives it. The new head of the scope it leaves, if it was the head.
    package mutating func move(_ id: UInt64, to scope: ScopeRef) -> Waiter? {
        guard let index = index(id), waiters[index].at != scope else { return nil }
        let left = waiters[index].at, wasHead = isHead(index)
        waiters[index].at = scope
        return wasHead ? head(of: left) : nil
    }

    /// It waits no more. The new head of the scope it leaves, if it was the head.
    @discardableResult
    package mutating func remove(_ id: UInt64) -> Waiter? {
        guard let index = index(id) else { return nil }
        let left = waiters[index].at, wasHead = isHead(index)
        waiters.remove(at: index)
        return wasHead ? head(of: left) : nil
    }

    private func isHead(_ index: Int) -> Bool { !waiters[..<index].contains { $0.at == waiters[index].at } }

    private func head(of scope: ScopeRef) -> Waiter? { scope.isNone ? nil : waiters.first { $0.at == scope } }

    private func index(_ id: UInt64) -> Int? { waiters.firstIndex { $0.id == id } }
}
