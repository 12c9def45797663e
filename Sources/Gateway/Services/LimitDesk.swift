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
    fileprivate(set) var amount: LimitAmount
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
    private var line = WaitingList<LimitWaiter>(capacity: .max)

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
                throw refusal(LimitBook.tagsFull, wish, .hopeless(.rateLimit))
            }
            if let gap = wish.gap, !wish.policy.allowsUnknownPrice, book.limitsMoney(scopes) {
                throw Refusal(block: .tooExpensive, failure: Failure(.refused, gap.complaint("usd_per_minute or usd_per_day")))
            }
            if let ahead = line.blocker(of: scopes, before: place?.id ?? .max) {
                try wait(waiter, at: ahead, wish.policy, &place, &woken)
                throw Refusal(block: .limited(until: nil), failure: Failure(.rateLimit, "others wait longer for a limit that holds for this request"))
            }
            switch book.reserve(wish.amount, in: scopes, now: now, unixSeconds: unix) {
            case .ok(let ticket):
                leave(&place, &woken)
                return LimitReservation(ticket: ticket, amount: wish.amount)
            case .never(let breach): throw refusal(breach, wish, .hopeless(.refused))
            case .until(let time, let breach):
                try wait(waiter, at: breach.scope, wish.policy, &place, &woken)
                var refused = refusal(breach, wish, .limited(until: time))
                refused.failure?.retryAfterMs = Int(max(0, time &- now) / 1000)
                throw refused
            case .reserved(let time, let breach):
                try wait(waiter, at: breach.scope, wish.policy, &place, &woken)
                throw refusal(breach, wish, .reserved(until: time))
            case .busy(let breach):
                try wait(waiter, at: breach.scope, wish.policy, &place, &woken)
                throw refusal(breach, wish, .limited(until: nil))
            }
        }
    }

    /// nil: nothing was sent, as if it had not been reserved.
    func settle(_ reservation: LimitReservation, used: LimitAmount?) {
        let woken = lock.with {
            var ticket: LimitTicket? = reservation.ticket
            if let used { book.settle(&ticket, used: used) } else { book.release(&ticket) }
            return line.heads(of: reservation.ticket.scopes).map { $0.owner }
        }
        LimitDesk.wake(woken)
    }

    /// Who had this place waits no more.
    func leave(_ place: inout LimitPlace?) {
        var woken: [LimitWaiter] = []
        lock.with { leave(&place, &woken) }
        LimitDesk.wake(woken)
    }

    private func leave(_ place: inout LimitPlace?, _ woken: inout [LimitWaiter]) {
        guard let left = place else { return }
        place = nil
        if let next = line.remove(left.id) { woken.append(next.owner) }
    }

    private func wait(_ waiter: LimitWaiter, at scope: ScopeRef, _ policy: LimitsPolicy, _ place: inout LimitPlace?,
                      _ woken: inout [LimitWaiter]) throws(Refusal) {
        guard policy.wait else { return }
        if let place {
            if let next = line.move(place.id, to: scope) { woken.append(next.owner) }
            return
        }
        guard line.count < policy.queue, let id = line.enqueue(waiter, at: scope) else {
            throw Refusal(block: .hopeless(.rateLimit), failure: Failure(.rateLimit, "too many requests wait for a limit (limits.queue)"))
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
        let text = concat("the limit ", String(breach.rule.name), " of the ", String(breach.kind.name), concat(whose, " is reached"))
        return Refusal(block: block, failure: Failure(.rateLimit, text), isOfKey: breach.kind == .key)
    }

    private static func wake(_ waiters: [LimitWaiter]) {
        for waiter in waiters { waiter.engine.nudge(waiter.job) }
    }
}
