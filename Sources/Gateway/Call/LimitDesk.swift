internal import Bytes
internal import CShims
internal import Model
internal import Planning
internal import Resilience
internal import Settings
internal import Transport

/// A place in the line before a limit.
struct LimitPlace {
    fileprivate var id: UInt64
}

/// What an attempt has reserved of the limits.
struct LimitReservation {
    fileprivate var ticket: LimitTicket
    fileprivate var amount: LimitAmount
}

/// The limits of one client, and who waits for them.
final class LimitDesk: @unchecked Sendable {
    private struct Owner {
        var call: Call
        var engine: Engine
    }

    private let lock = Lock()
    private let book = LimitBook()
    private var line = WaitingList<Owner>(capacity: .max)

    func load(_ configuration: Configuration) -> LimitMap {
        lock.with { book.load(configuration, now: gl_now_us(), unixSeconds: gl_unix_seconds()) }
    }

    /// All limits that hold for an attempt, at once. A call that has to wait gets, or keeps, a place in the line.
    /// `gap`: what it may cost is not known.
    func reserve(_ call: Call, _ engine: Engine, _ amount: LimitAmount, _ gap: CostGap?, provider: Int, key: Int, now: Int64) throws(Refusal) -> LimitReservation {
        let setup = call.setup, policy = setup.configuration.limits, unix = gl_unix_seconds()
        var woken: [Owner] = []
        defer { LimitDesk.wake(woken) }
        return try lock.with { () throws(Refusal) in
            guard let scopes = book.scopes(setup.limits, tag: call.request.options.tag, provider: provider, key: key, now: now, unixSeconds: unix) else {
                throw refusal(LimitBook.tagsFull, setup, .hopeless(.rateLimit), provider, key)
            }
            if let gap, !policy.allowsUnknownPrice, book.limitsMoney(scopes) {
                throw Refusal(block: .tooExpensive, failure: Failure(.refused, call.unknownCost(gap, "usd_per_minute or usd_per_day")))
            }
            if let ahead = line.blocker(of: scopes, before: call.place?.id ?? .max) {
                try wait(call, engine, at: ahead, policy, &woken)
                throw Refusal(block: .limited(until: nil), failure: Failure(.rateLimit, "others wait longer for a limit that holds for this request"))
            }
            switch book.reserve(amount, in: scopes, now: now, unixSeconds: unix) {
            case .ok(let ticket):
                leave(call, &woken)
                return LimitReservation(ticket: ticket, amount: amount)
            case .never(let breach): throw refusal(breach, setup, .hopeless(.refused), provider, key)
            case .until(let time, let breach):
                try wait(call, engine, at: breach.scope, policy, &woken)
                var refused = refusal(breach, setup, .limited(until: time), provider, key)
                refused.failure?.retryAfterMs = Int(max(0, time &- now) / 1000)
                throw refused
            case .reserved(let time, let breach):
                try wait(call, engine, at: breach.scope, policy, &woken)
                throw refusal(breach, setup, .reserved(until: time), provider, key)
            case .busy(let breach):
                try wait(call, engine, at: breach.scope, policy, &woken)
                throw refusal(breach, setup, .limited(until: nil), provider, key)
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

    /// The call waits no more.
    func leave(_ call: Call) {
        var woken: [Owner] = []
        lock.with { leave(call, &woken) }
        LimitDesk.wake(woken)
    }

    private func leave(_ call: Call, _ woken: inout [Owner]) {
        guard let place = call.place else { return }
        call.place = nil
        if let next = line.remove(place.id) { woken.append(next.owner) }
    }

    private func wait(_ call: Call, _ engine: Engine, at scope: ScopeRef, _ policy: LimitsPolicy, _ woken: inout [Owner]) throws(Refusal) {
        guard policy.wait else { return }
        if let place = call.place {
            if let next = line.move(place.id, to: scope) { woken.append(next.owner) }
            return
        }
        guard line.count < policy.queue, let id = line.enqueue(Owner(call: call, engine: engine), at: scope) else {
            throw Refusal(block: .hopeless(.rateLimit), failure: Failure(.rateLimit, "too many requests wait for a limit (limits.queue)"))
        }
        call.place = LimitPlace(id: id)
    }

    private func refusal(_ breach: LimitBreach, _ setup: Setup, _ block: Block, _ provider: Int, _ key: Int) -> Refusal {
        let owner = setup.provider(provider)
        let whose = switch breach.kind {
        case .provider: concat(" ", owner?.id ?? "")
        case .key: concat(" ", owner.flatMap { key >= 0 && key < $0.keys.count ? $0.keys[key].name : nil } ?? "", " of ", owner?.id ?? "")
        default: ""
        }
        let text = concat("the limit ", String(breach.rule.name), " of the ", String(breach.kind.name), concat(whose, " is reached"))
        return Refusal(block: block, failure: Failure(.rateLimit, text), isOfKey: breach.kind == .key)
    }

    private static func wake(_ owners: [Owner]) {
        for owner in owners { owner.engine.nudge(owner.call) }
    }
}

extension Call {
    /// Reserves what one attempt may use at most, as far as the request says it.
    func reserve(_ endpoint: Endpoint, _ key: Int, _ candidate: Candidate, _ now: Int64) throws(Refusal) -> LimitReservation? {
        guard let engine else { return nil }
        let needs = request.needs()
        let output = needs.maxOutput ?? request.defaultMaxTokens(endpoint.provider) ?? 0
        var amount = LimitAmount(tokens: needs.allTokens &+ needs.most(output), usd: 0), gap: CostGap?
        do throws(CostGap) { amount.usd = try request.costBound(candidate, prefill: prefill).cost } catch { gap = error }
        do throws(Refusal) {
            return try client.limits.reserve(self, engine, amount, gap, provider: candidate.provider, key: key, now: now)
        } catch {
            var refusal = error
            refusal.failure?.provider = endpoint.provider.id
            refusal.failure?.model = candidate.model
            throw refusal
        }
    }

    /// What the attempt used: its own words where there are any, nothing where nothing was sent, else what was reserved.
    func settleLimits(_ reservation: LimitReservation, _ account: Account) {
        if account.isUnbilled, !account.wasSent { return client.limits.settle(reservation, used: nil) }
        var used = account.isUnbilled ? LimitAmount(tokens: 0, usd: 0) : reservation.amount
        if !account.isEstimate, !account.isUnbilled {
            if let total = account.usage?.total { used.tokens = total }
            if let cost = account.total { used.usd = max(cost, account.most ?? 0) }
        } else if !account.isUnbilled { // nothing was told: what was reserved, or what came if that is more
            used.tokens = max(used.tokens, account.usage?.total ?? 0)
            used.usd = max(used.usd, account.most ?? account.total ?? 0)
        }
        client.limits.settle(reservation, used: used)
    }

    func releasePlace() {
        if place != nil { client.limits.leave(self) }
    }
}
