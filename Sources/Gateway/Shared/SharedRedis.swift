internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Transport

/// The Redis of one configuration: the link to it, and how it is doing. What happens to it is logged when it changes.
final class SharedRedis: RedisLinkDelegate {
    private enum State { case connecting, connected, unavailable }

    let options: RedisOptions
    private let log: Log
    private let engine: Engine
    private var link: RedisLink?
    /// On the link's thread.
    var whenUp: (() -> Void)?
    private let lock = Lock()
    private var state = State.connecting
    private var since = gl_unix_seconds()
    private var fault: RedisFault?
    private var failures = 0
    private var policy: String?
    /// When what is counted began, on Redis's clock; 0: not known.
    private var beginning: Int64 = 0
    private var losses = 0
    /// Attempts that began without being counted in Redis.
    private var uncounted = 0

    init(_ options: RedisOptions, _ hiredis: HiRedis, _ profile: HTTPProfile, scripts: [String], on engine: Engine, _ log: Log) {
        self.options = options
        self.log = log
        self.engine = engine
        link = RedisLink(options, scripts: scripts, hiredis, profile, on: engine, self)
    }

    func start() {
        if let link { engine.submit(link) }
    }

    /// It is of no more use: who still asks is told so.
    func stop() {
        if let link { engine.cancel(link) }
    }

    /// nil: it is under way.
    func ask(_ command: RedisCommand) -> RedisFault? {
        guard let link else { return nil }
        return link.ask(command)
    }

    // MARK: how it is doing

    func linkIsUp(policy: String?) {
        heard(nil)
        whenUp?()
        let isNews = lock.with {
            defer { self.policy = policy }
            return self.policy.map { !same($0, policy ?? "") } ?? true
        }
        guard isNews, let policy, !policy.equals("noeviction") else { return }
        log.tell(LogLevel.warning, UnredactedText(concat(name, ": its maxmemory-policy is ", policy, ", so what limits have counted can be lost; noeviction keeps it")))
    }

    func linkHasEnded() { whenUp = nil }

    func linkIsDown(_ fault: RedisFault) { heard(fault) }

    /// What came of the last command, or of the connection.
    func heard(_ fault: RedisFault?) {
        let now: State = fault == nil ? .connected : .unavailable
        let before = lock.with {
            let before = state
            self.fault = fault
            if now != before { (state, since) = (now, gl_unix_seconds()) }
            if now != before, now == .unavailable { failures &+= 1 }
            return before
        }
        if let fault, before != .unavailable {
            let what: String = options.onFailure == .open ? "limits hold within this process alone" : "requests under limits are refused"
            log.tell(LogLevel.warning, UnredactedText(name) + ": " + fault.text + UnredactedText(concat("; until it can be used ", what, " (on_redis_failure)")))
        } else if fault == nil, before == .unavailable {
            log.tell(LogLevel.info, UnredactedText(concat(name, ": can be used again")))
        }
    }

    /// Counts that had begun earlier are gone, or a reservation is: somebody flushed, evicted or failed over.
    func noteBeginning(_ time: Int64, lost: Bool = false) {
        let isLoss = lock.with {
            let isNew = time != 0 && beginning != 0 && time != beginning
            if time != 0 { beginning = time }
            if isNew || lost { losses &+= 1 }
            return isNew || lost
        }
        if isLoss { log.tell(LogLevel.warning, UnredactedText(concat(name, ": what limits had counted there was lost, so they begin anew"))) }
    }

    /// Whether an attempt may start without it.
    func goesOnAlone() -> Bool {
        if options.onFailure == .closed { return false }
        lock.with { uncounted &+= 1 }
        return true
    }

    func failure(_ fault: RedisFault) -> Failure {
        var failure = Failure(.unavailable, UnredactedText("limits are shared through Redis, which cannot be asked (on_redis_failure: closed): ") + fault.text)
        failure.retryAfterMs = 1000
        return failure
    }

    var nonsense: RedisFault { RedisFault("Redis answered something that no script of ours does") }

    /// The address without its secrets.
    var name: String {
        let address = options.address
        if let path = address.socketPath { return concat("unix://", path, "?db=", String(decimal: address.database)) }
        return concat(address.isSecure ? "rediss://" : "redis://", address.authority, "/", String(decimal: address.database))
    }

    /// For `gatelet_providers`.
    func report(into out: ByteBuffer, _ redaction: Redaction) -> Bool {
        let (state, since, fault, failures, policy, losses, uncounted) = lock.with { (self.state, self.since, self.fault, self.failures, self.policy, self.losses, self.uncounted) }
        let word: StaticString = switch state {
        case .connecting: "connecting"
        case .connected: "connected"
        case .unavailable: "unavailable"
        }
        return out.append("{\"url\":") && Report.text(redaction.line(name), out) && out.append(",\"prefix\":") && Report.text(options.prefix, out)
            && out.append(",\"lease\":") && Report.number(Int64(options.lease), out) && out.append(",\"on_redis_failure\":") && Report.text(options.onFailure.rawValue, out)
            && out.append(",\"state\":\"") && out.append(word) && out.append("\",\"since\":") && Report.number(since, out)
            && out.append(",\"error\":") && (fault.map { Report.text(redaction.line($0.text), out) } ?? out.append("null"))
            && out.append(",\"failures\":") && Report.number(Int64(failures), out)
            && out.append(",\"losses\":") && Report.number(Int64(losses), out) && out.append(",\"uncounted\":") && Report.number(Int64(uncounted), out)
            && out.append(",\"maxmemory_policy\":") && (policy.map { Report.text($0, out) } ?? out.append("null")) && out.append("}")
    }
}

/// The Redis that a client uses now, if its configuration names one.
final class RedisSlot {
    private let lock = Lock()
    private var now: SharedLimits?
    /// Most clients have none, and pay one atomic load.
    private let isUsed = AtomicWord()

    var limits: SharedLimits? { isUsed.isSet ? lock.with { now } : nil }

    /// Follows a configuration. One that has not changed goes on.
    func adopt(_ setup: Setup, _ engines: EnginePool, _ log: Log) throws(Failure) {
        let wanted = setup.configuration.sharedRedis, old = limits
        if let wanted, let old, wanted == old.redis.options { return }
        var made: SharedLimits?
        if let wanted {
            let engine = try engines.shared()
            made = SharedLimits(SharedRedis(wanted, try HiRedis(), setup.profile, scripts: LimitScript.sources, on: engine, log), on: engine)
        }
        lock.with { now = made }
        isUsed.value = made == nil ? 0 : 1
        old?.retire()
        made?.redis.start()
    }

    func stop() { limits?.redis.stop() }
}
