internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Resilience
internal import Transport

/// Why an attempt cannot start, for the machine and for the caller.
struct Refusal: Error {
    var block: Block
    var failure: Failure?
    /// A limit of this key alone.
    var isOfKey = false
}

/// A place in the line before a limit.
struct LimitPlace {
    fileprivate var id: UInt64
}

/// What an attempt has reserved of the limits.
struct LimitReservation {
    fileprivate var ticket: LimitTicket
    fileprivate(set) var wish: LimitWish
    var amount: LimitAmount { wish.amount }
}

/// What an attempt wants of the limits.
struct LimitWish {
    var policy: LimitsPolicy
    var map: LimitMap
    var amount: LimitAmount
    /// Why what it may cost is not known.
    var gap: CostGap?
    var tag: String?
    var provider: Provider
    /// Its index in the configuration, and that of the key among its keys.
    var providerIndex: Int
    var key: Int
    /// Others may hold what it waits for: somebody has to ask again, since nobody says when they let go of it.
    var isShared = false

    /// When who waits for others asks again: never at the same time as all.
    func nextLook(_ now: Int64) -> Int64 { now &+ 50_000 &+ now % 50_000 }
}

/// Who waits for a limit: it is nudged when it may try again.
struct LimitWaiter {
    var job: any EngineJob
    var engine: Engine
}

/// The limits of one client, and who waits for them.
final class LimitDesk {
    private let lock = Lock()
    private let book = LimitBook()
    private var line = WaitingList<LimitWaiter>()
    /// How long who is refused is told to wait where that depends on requests that run: nobody knows when they end.
    private static let unknownWait = 1000

    func load(_ configuration: Configuration) -> LimitMap {
        lock.with { book.load(configuration, now: gl_now_us(), unixSeconds: gl_unix_seconds()) }
    }

    /// All limits that hold for an attempt, at once. Who has to wait gets, or keeps, a place in the line.
    func reserve(_ wish: LimitWish, for waiter: LimitWaiter, _ place: inout LimitPlace?, now: Int64) throws(Refusal) -> LimitReservation {
        let unix = gl_unix_seconds()
        var woken: [LimitWaiter] = []
        defer { LimitDesk.wake(woken) }
        return try lock.with { () throws(Refusal) in
            guard let scopes = book.scopes(wish.map, tag: wish.tag, provider: wish.providerIndex, key: wish.key, now: now, unixSeconds: unix) else {
                var full = refusal(LimitBook.tagsFull, wish, .hopeless(.rateLimit))
                full.failure?.retryAfterMs = LimitDesk.unknownWait
                throw full
            }
            if let gap = wish.gap, !wish.policy.allowsUnknownPrice, book.limitsMoney(scopes) {
                throw Refusal(block: .tooExpensive, failure: Failure(.refused, gap.complaint("a limit in USD")))
            }
            if let ahead = place.map({ line.blocker(of: scopes, before: $0.id) }) ?? line.blocker(of: scopes, tag: wish.tag) {
                let obstacle = book.obstacle(to: wish.amount, in: scopes, now: now, unixSeconds: unix)
                var failure = Failure(.rateLimit, "others wait longer for a limit that holds for this request")
                failure.retryAfterMs = LimitDesk.retryAfter(obstacle, now)
                try wait(waiter, at: ahead, wish, failure, &place, &woken)
                throw Refusal(block: .limited(until: nil), failure: failure)
            }
            let answer = book.reserve(wish.amount, in: scopes, now: now, unixSeconds: unix)
            func refused(_ breach: LimitBreach, _ block: Block) throws(Refusal) -> Refusal {
                var refused = refusal(breach, wish, block)
                refused.failure?.retryAfterMs = LimitDesk.retryAfter(answer, now)
                if let failure = refused.failure { try wait(waiter, at: breach.scope, wish, failure, &place, &woken) }
                return refused
            }
            switch answer {
            case .ok(let ticket):
                if !wish.isShared { leave(&place, served: true, &woken) } // else it is kept until all agree
                return LimitReservation(ticket: ticket, wish: wish)
            case .never(let breach): throw refusal(breach, wish, .hopeless(.refused))
            case .until(let time, let breach): throw try refused(breach, .limited(until: time))
            case .reserved(let time, let breach): throw try refused(breach, wish.isShared ? .limited(until: min(time, wish.nextLook(now))) : .reserved(until: time))
            case .busy(let breach): throw try refused(breach, .limited(until: wish.isShared ? wish.nextLook(now) : nil))
            }
        }
    }

    /// nil: nothing was sent, as if it had not been reserved. What is to be told of: shares of rules that are used for the first time.
    func settle(_ reservation: LimitReservation, used: LimitAmount?) -> [LimitWarning] {
        let scopes = reservation.ticket.scopes
        let (woken, warnings) = lock.with {
            var ticket: LimitTicket? = reservation.ticket
            if let used { book.settle(&ticket, used: used) } else { book.release(&ticket) }
            return (line.heads(of: scopes).map { $0.owner }, book.warnings(of: scopes, now: gl_now_us(), unixSeconds: gl_unix_seconds()))
        }
        LimitDesk.wake(woken)
        return warnings
    }

    /// How the rules of a tag stand, but not those above it, which others use too.
    func standings(_ map: LimitMap, ofTag tag: String) -> [LimitStanding] {
        lock.with { book.standings(map, ofTag: tag, now: gl_now_us(), unixSeconds: gl_unix_seconds()) }
    }

    func standings(_ map: LimitMap) -> [ScopeStanding] {
        lock.with { book.standings(map, now: gl_now_us(), unixSeconds: gl_unix_seconds()) }
    }

    /// What all processes use, for reports.
    func learn(_ uses: [SharedUse], _ reservation: LimitReservation) {
        let now = gl_now_us(), unix = gl_unix_seconds(), scopes = reservation.ticket.scopes
        lock.with {
            for use in uses { book.learn(scopes.scope(use.kind, use.depth), use.rule, total: use.total, now: now, unixSeconds: unix) }
        }
    }

    /// What was reserved here goes back, since others have used up what all share. Who wants it still waits there.
    func giveBack(_ reservation: LimitReservation, _ breach: SharedBreach, for waiter: LimitWaiter, _ place: inout LimitPlace?, now: Int64) -> Refusal {
        let wish = reservation.wish
        var woken: [LimitWaiter] = []
        defer { LimitDesk.wake(woken) }
        return lock.with {
            var ticket: LimitTicket? = reservation.ticket
            book.release(&ticket)
            let scope = reservation.ticket.scopes.scope(breach.kind, breach.depth), at = LimitBreach(scope: scope, kind: breach.kind, rule: breach.rule)
            if breach.way == .never { return refusal(at, wish, .hopeless(.refused)) }
            let end = now &+ breach.wait
            var refused = refusal(at, wish, .limited(until: breach.way == .until ? end : wish.nextLook(now)))
            refused.failure?.retryAfterMs = breach.way == .until ? Int(breach.wait &+ 999) / 1000 : LimitDesk.unknownWait
            guard let failure = refused.failure else { return refused }
            do throws(Refusal) { try wait(waiter, at: scope, wish, failure, &place, &woken) } catch { return error }
            return refused
        }
    }

    /// Who had this place waits no more. `served`: it may start.
    func leave(_ place: inout LimitPlace?, served: Bool = false) {
        var woken: [LimitWaiter] = []
        lock.with { leave(&place, served: served, &woken) }
        LimitDesk.wake(woken)
    }

    private func leave(_ place: inout LimitPlace?, served: Bool, _ woken: inout [LimitWaiter]) {
        guard let left = place else { return }
        place = nil
        if let next = line.remove(left.id, served: served) { woken.append(next.owner) }
    }

    /// `failure`: why, and when to come back.
    private func wait(_ waiter: LimitWaiter, at scope: ScopeRef, _ wish: LimitWish, _ failure: Failure, _ place: inout LimitPlace?,
                      _ woken: inout [LimitWaiter]) throws(Refusal) {
        guard wish.policy.wait else { return }
        if let place {
            if let next = line.move(place.id, to: scope) { woken.append(next.owner) }
            return
        }
        guard let id = line.enqueue(waiter, at: scope, tag: wish.tag, most: wish.policy.queue) else {
            var full = Failure(.rateLimit, "too many requests wait for a limit (limits.queue)")
            full.retryAfterMs = failure.retryAfterMs
            throw Refusal(block: .hopeless(.rateLimit), failure: full)
        }
        place = LimitPlace(id: id)
    }

    private func refusal(_ breach: LimitBreach, _ wish: LimitWish, _ block: Block) -> Refusal {
        let keys = wish.provider.access.keys
        let whose = switch breach.kind {
        case .provider: concat(" ", wish.provider.id)
        case .key: concat(" ", wish.key >= 0 && wish.key < keys.count ? keys[wish.key].name : "", " of ", wish.provider.id)
        default: ""
        }
        let text = concat("the limit ", breach.rule.name, " of the ", String(breach.kind.name), concat(whose, " is reached"))
        return Refusal(block: block, failure: Failure(.rateLimit, text), isOfKey: breach.kind == .key)
    }

    /// Rounded up: who comes back then is not too early.
    private static func retryAfter(_ answer: LimitAnswer?, _ now: Int64) -> Int {
        if case .until(let time, _)? = answer { Int(max(0, time &- now) &+ 999) / 1000 } else { unknownWait }
    }

    private static func wake(_ waiters: [LimitWaiter]) {
        for waiter in waiters { waiter.engine.nudge(waiter.job) }
    }
}
