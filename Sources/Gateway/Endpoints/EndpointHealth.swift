internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Planning
internal import Resilience
internal import Transport

/// The right to make one attempt, and what has to hear of its end.
struct HealthTicket {
    fileprivate var model: ModelHealth
    fileprivate var modelTicket: Breaker.Ticket
    fileprivate var providerTicket: Breaker.Ticket
}

/// What `availability` tells of a model: what came of attempts, not counting those that were cancelled or that failed by what was asked for.
struct SeenAttempts {
    var attempts = 0
    var successes = 0
    /// Unix seconds; 0 for never.
    var lastSuccess: Int64 = 0
    var lastFailure: Int64 = 0
    var failure = Status.ok
    /// Microseconds, a moving average with a weight of a fifth for the newest; -1 for none.
    var latency: Int64 = -1

    fileprivate mutating func add(_ report: AttemptReport, at seconds: Int64) {
        if report.status == .cancelled || report.status == .closed || report.status.isOfRequest || report.mayBeOfRequest { return }
        attempts &+= 1
        if report.status == .ok { (successes, lastSuccess) = (successes &+ 1, seconds) } else { (failure, lastFailure) = (report.status, seconds) }
        if let sample = report.latency { latency = latency < 0 ? sample : latency &+ (sample &- latency) / 5 }
    }
}

/// What one attempt did to breakers.
enum BreakerFlip { case none, opened, closed }

struct BreakerFlips {
    var model = BreakerFlip.none
    var provider = BreakerFlip.none
}

extension Breaker {
    fileprivate func flip(since flips: UInt32) -> BreakerFlip { self.flips == flips ? .none : isTripped ? .opened : .closed }
}

private final class ModelHealth {
    let id: String
    let hash: UInt64
    var health: Health
    var lastUse: Int64 = 0
    var seen = SeenAttempts()
    init(_ id: String, _ hash: UInt64, _ policy: BreakerPolicy) {
        self.id = id
        self.hash = hash
        health = Health(policy)
    }

    /// It answered once, or is on its way to be left alone.
    var isKnown: Bool { seen.successes > 0 || health.breaker.failures > 0 }
}

/// What has been seen of one provider: a breaker and latencies for each model, a breaker for the way there, the limits it
/// told of. Lives on when the configuration is loaded anew.
final class EndpointHealth {
    /// Models beyond this many push out the one that was not used for longest, first of those of which nothing was learnt. One
    /// whose breaker is not closed stays: whoever makes up names cannot have a model asked again that is down.
    private static let mostModels = 512

    private let lock = Lock()
    private var models: [ModelHealth] = []
    private var provider: Health
    private var policy: BreakerPolicy
    private var faultSteps = 0

    init(_ policy: BreakerPolicy) {
        self.policy = policy
        provider = Health(policy)
    }

    /// A new configuration: what was seen stays.
    func adopt(_ policy: BreakerPolicy) {
        lock.with {
            self.policy = policy
            provider.adopt(policy)
            for model in models { model.health.adopt(policy) }
        }
    }

    // MARK: attempts

    /// nil: a breaker is open.
    func admit(_ model: String, probe: Bool, _ now: Int64) -> HealthTicket? {
        lock.with {
            let entry = entry(model, now)
            guard let modelTicket = entry.health.begin(now: now, probe: probe) else { return nil }
            guard let providerTicket = provider.begin(now: now, probe: probe) else {
                entry.health.abandon(modelTicket)
                return nil
            }
            return HealthTicket(model: entry, modelTicket: modelTicket, providerTicket: providerTicket)
        }
    }

    /// The attempt was not made after all.
    func release(_ ticket: HealthTicket, _ now: Int64) {
        lock.with {
            ticket.model.health.abandon(ticket.modelTicket)
            provider.abandon(ticket.providerTicket)
        }
    }

    /// `mayBeOfRequest`: the failure teaches nothing about the provider.
    @discardableResult
    func record(_ ticket: HealthTicket, _ status: Status, _ transfer: Transfer, tokens: Int?, isAnswer: Bool = true, mayBeOfRequest: Bool = false, _ now: Int64) -> BreakerFlips {
        var report = AttemptReport(status)
        report.mayBeOfRequest = mayBeOfRequest
        let t = transfer.timings
        report.contentSeen = t.firstByte >= 0
        report.streamed = t.firstContent >= 0
        if status == .ok, isAnswer { report.latency = report.streamed ? t.firstContent : t.total }
        report.outputTokens = tokens ?? 0
        report.duration = max(0, t.total &- max(t.firstContent, t.firstByte, 0))
        let seconds = gl_unix_seconds()
        let limits = transfer.status > 0 ? RateHeaders.read(transfer.responseHeaders.bytes, unixSeconds: seconds) : nil
        return lock.with {
            let before = (ticket.model.health.breaker.flips, provider.breaker.flips)
            ticket.model.health.end(ticket.modelTicket, report, now: now)
            ticket.model.seen.add(report, at: seconds)
            var way = report // the provider as a whole is down when nobody gets there, not when one model fails
            if status != .ok, !EndpointHealth.isTheWay(status) { way.status = .cancelled }
            provider.end(ticket.providerTicket, way, now: now)
            if let limits { provider.rate.note(limits, now: now) }
            return BreakerFlips(model: ticket.model.health.breaker.flip(since: before.0), provider: provider.breaker.flip(since: before.1))
        }
    }

    private static func isTheWay(_ status: Status) -> Bool {
        switch status {
        case .resolve, .connect, .tls, .timeoutConnect: true
        default: false
        }
    }

    // MARK: looking

    /// For the planner.
    func glance(_ model: String, _ now: Int64) -> CandidateHealth {
        lock.with {
            var seen = CandidateHealth()
            seen.remaining = provider.rate.remaining(now: now)
            seen.inFlight = provider.inFlight
            seen.open = !provider.breaker.admits(now: now)
            guard let entry = find(model, fnv1a(model)) else { return seen }
            seen.open = seen.open || !entry.health.breaker.admits(now: now)
            seen.latency = entry.health.latency.estimate(now: now)
            seen.throughput = entry.health.throughput.estimate
            return seen
        }
    }

    func usualFirstContent(_ model: String) -> Int64? { lock.with { find(model, fnv1a(model))?.health.firstContent.p95 } }

    /// Of the models that were asked.
    func seen() -> [SeenModel] {
        lock.with {
            var found: [SeenModel] = []
            for model in models where model.seen.attempts > 0 { found.append(SeenModel(id: model.id, hash: model.hash, what: model.seen)) }
            return found
        }
    }

    /// The number of the next attempt for the scripted faults of a development provider.
    func nextFaultStep() -> Int {
        lock.with {
            faultSteps += 1
            return faultSteps - 1
        }
    }

    // MARK: models

    private func find(_ model: String, _ hash: UInt64) -> ModelHealth? {
        for entry in models where entry.hash == hash && same(entry.id, model) { return entry }
        return nil
    }

    private func entry(_ model: String, _ now: Int64) -> ModelHealth {
        let hash = fnv1a(model)
        if let known = find(model, hash) {
            known.lastUse = now
            return known
        }
        let made = ModelHealth(model, hash, policy)
        made.lastUse = now
        if models.count < EndpointHealth.mostModels {
            models.append(made)
        } else if let index = leastWanted(now) {
            models[index] = made
        }
        return made // without a place: nothing of it is remembered
    }

    private func leastWanted(_ now: Int64) -> Int? {
        var found: Int?
        for (index, model) in models.enumerated() where model.health.breaker.state(now: now) == .closed {
            guard let best = found.map({ models[$0] }) else {
                found = index
                continue
            }
            if model.isKnown == best.isKnown ? model.lastUse < best.lastUse : best.isKnown { found = index }
        }
        return found
    }

    /// What `gatelet_providers` shows.
    func report(into out: ByteBuffer) -> Bool {
        let now = gl_now_us()
        return lock.with {
            var ok = out.append("{\"breaker\":\"") && out.append(provider.breaker.state(now: now).name)
                && out.append("\",\"in_flight\":") && Report.number(Int64(provider.inFlight), out)
                && out.append(",\"latency_ms\":") && latency(provider, now, out)
                && out.append(",\"requests_remaining\":")
                && (provider.rate.requests(now: now).map { Report.number(Int64($0), out) } ?? out.append("null"))
                && out.append(",\"models\":[")
            for (index, model) in models.enumerated() {
                ok = ok && (index == 0 || out.append(",")) && one(model, now, out)
            }
            return ok && out.append("]}")
        }
    }

    private func one(_ model: ModelHealth, _ now: Int64, _ out: ByteBuffer) -> Bool {
        let breaker = model.health.breaker
        return out.append("{\"model\":") && Report.text(model.id, out) && out.append(",\"breaker\":\"") && out.append(breaker.state(now: now).name)
            && out.append("\",\"open_ms\":") && (breaker.openUntil(now: now).map { Report.milliseconds($0 &- now, out) } ?? out.append("null"))
            && out.append(",\"failures\":") && Report.number(Int64(breaker.failures), out)
            && out.append(",\"latency_ms\":") && latency(model.health, now, out) && out.append("}")
    }

    private func latency(_ health: Health, _ now: Int64, _ out: ByteBuffer) -> Bool {
        health.latency.estimate(now: now).map { Report.milliseconds($0, out) } ?? out.append("null")
    }
}
