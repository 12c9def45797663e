internal import Bytes
internal import CShims
internal import Model
internal import Resilience
internal import Transport

/// The limits that all processes of one Redis and prefix share. From any thread; answers come on that of the link. What could not be
/// told to Redis while it was away is told when it is back.
final class SharedLimits: EngineTimerDelegate {
    let redis: SharedRedis
    private let engine: Engine
    private let prefix: String
    private let key: UInt64
    private let lease: Int64
    private let lock = Lock()
    /// Held, and to be kept while they are.
    private var held: [SharedReservation] = []
    /// What is to be told when Redis is back.
    private var untold: [SharedEnding] = []
    private var timer: EngineTimer?
    /// Another one has taken its place: it ends when nothing is held any more.
    private var isRetired = false
    private static let mostUntold = 10_000

    init(_ redis: SharedRedis, on engine: Engine) {
        self.redis = redis
        self.engine = engine
        prefix = concat("{gatelet:", redis.options.prefix, "}:")
        key = fnv1a(redis.options.prefix)
        lease = Micros.of(seconds: redis.options.lease)
        redis.whenUp = { [self] in tellTheRest() }
    }

    /// nil: nothing that holds for this attempt is limited. Its waiter is nudged when there is an answer, unless there is one at once.
    func reserve(_ wish: LimitWish, for waiter: LimitWaiter, id: String) -> SharedReservation? {
        let scopes = SharedScope.all(wish, key: key)
        if scopes.isEmpty { return nil }
        let made = SharedReservation(id, scopes, wish.amount, waiter), usd = SharedAmount(usd: wish.amount.usd)
        var words = [made.id, leaseWord, word(SharedAmount(max(wish.amount.tokens, 1)).whole), word(usd.whole), word(usd.rest)]
        for scope in scopes {
            words.append(word(scope.ceilings.count))
            for ceiling in scope.ceilings { words += [word(ceiling.counter), word(ceiling.most.whole), word(ceiling.most.rest)] }
        }
        let command = RedisCommand(script: LimitScript.reserve.rawValue, keys: keys(of: scopes), words) { [self] outcome in answered(made, outcome) }
        if let fault = redis.ask(command) { (made.answer, made.state) = (.unavailable(fault), .over) } // it never went out
        return made
    }

    func answer(to reservation: SharedReservation) -> SharedAnswer? { lock.with { reservation.answer } }

    /// nil: nothing was sent, as if it had not been reserved.
    func settle(_ reservation: SharedReservation, used: LimitAmount?) {
        let ending = lock.with { () -> SharedEnding? in
            defer { reservation.state = .over }
            if reservation.state == .over { return nil }
            let at = reservation.heldIndex
            if at >= 0, at < held.count, let last = held.popLast() {
                reservation.heldIndex = -1
                if last !== reservation { (held[at], last.heldIndex) = (last, at) }
            }
            // One without an answer may have been granted all the same; one that was refused holds nothing.
            if case .refused = reservation.answer { return nil }
            return reservation.answer == nil ? nil : SharedEnding(reservation, used)
        }
        if let ending { tell(ending) }
    }

    // MARK: answers, on the link's thread

    private func answered(_ reservation: SharedReservation, _ outcome: RedisOutcome) {
        let answer = read(outcome, reservation)
        let wasLeft = lock.with {
            reservation.answer = answer
            if reservation.state == .over { return true }
            if case .granted = answer {
                reservation.state = .held
                reservation.heldIndex = held.count
                held.append(reservation)
            }
            return false
        }
        if wasLeft {
            if case .refused = answer { return }
            return tell(SharedEnding(reservation, nil)) // nobody waits for it any more
        }
        startTimer()
        let waiter = lock.with {
            defer { reservation.waiter = nil }
            return reservation.waiter
        }
        if let waiter { waiter.engine.nudge(waiter.job) }
    }

    private func read(_ outcome: RedisOutcome, _ reservation: SharedReservation) -> SharedAnswer {
        guard case .reply(let reply) = outcome else {
            guard case .failed(let fault) = outcome else { return .granted }
            redis.heard(fault)
            return .unavailable(fault)
        }
        redis.heard(nil)
        redis.noteBeginning(reply[1]?.integer ?? 0)
        let isGranted = reply[0]?.integer == 1, totals = totals(in: reply, behind: isGranted ? 3 &+ reservation.scopes.count : 6, reservation)
        lock.with { reservation.totals = totals }
        if isGranted {
            let now = gl_now_us()
            lock.with {
                reservation.start = reply[2]?.integer ?? 0
                reservation.expiry = (reservation.start &+ lease) / 1000
                reservation.keptAt = now
                reservation.beginnings = reservation.scopes.indices.map { reply[$0 + 3]?.integer ?? 0 }
            }
            return .granted
        }
        let scope = Int(reply[3]?.integer ?? 0) &- 1, counter = reply[4]?.integer ?? 0
        let way: SharedBreach.Way = switch reply[2]?.integer {
        case 4: .never
        case 3: .until
        case 2: .reserved
        default: .busy
        }
        guard scope >= 0, scope < reservation.scopes.count else { return .unavailable(redis.nonsense) }
        let at = reservation.scopes[scope], rule = at.ceilings.first { Int64($0.counter) == counter }?.rule ?? .concurrency
        return .refused(SharedBreach(kind: at.kind, depth: at.depth, rule: rule, way: way, wait: min(max(reply[5]?.integer ?? 0, 0), 1 << 42)))
    }

    private func totals(in reply: RedisReply, behind start: Int, _ reservation: SharedReservation) -> [Int128] {
        let ceilings = reservation.scopes.flatMap { $0.ceilings }
        guard reply.count >= start &+ 2 &* ceilings.count else { return [] }
        return ceilings.indices.map { at in
            let whole = Int128(reply[start &+ 2 &* at]?.integer ?? 0), rest = Int128(reply[start &+ 2 &* at &+ 1]?.integer ?? 0)
            return ceilings[at].rule.isMoney ? whole &* 1_000_000_000_000 &+ rest : whole
        }
    }

    /// What all processes had used of each rule, for as long as anybody asks: what the attempt adds is in it where it was granted.
    func use(_ reservation: SharedReservation) -> [SharedUse] {
        let (totals, isGranted) = lock.with { (reservation.totals, reservation.start > 0) }
        var uses: [SharedUse] = []
        for scope in reservation.scopes {
            for ceiling in scope.ceilings where uses.count < totals.count {
                let own: Int128 = isGranted ? ceiling.rule.amount(of: reservation.amount) : 0
                uses.append(SharedUse(kind: scope.kind, depth: scope.depth, rule: ceiling.rule, total: totals[uses.count] &+ own))
            }
        }
        return uses
    }

    // MARK: what has ended

    private func tell(_ ending: SharedEnding) {
        let command = RedisCommand(script: LimitScript.settle.rawValue, keys: keys(of: ending.scopes), ending.words(leaseWord)) { [self] outcome in
            guard case .reply(let reply) = outcome else { return keepForLater(ending) }
            redis.noteBeginning(reply[1]?.integer ?? 0, lost: reply[0]?.integer == 1 && ending.isCertain)
            endIfRetired()
        }
        if redis.ask(command) != nil { keepForLater(ending) }
    }

    private func keepForLater(_ ending: SharedEnding) {
        lock.with { if untold.count < SharedLimits.mostUntold { untold.append(ending) } }
    }

    private func tellTheRest() {
        let rest = lock.with {
            defer { untold = [] }
            return untold
        }
        for ending in rest { tell(ending) }
    }

    /// Another one takes its place. What is held here is still given back.
    func retire() {
        lock.with { isRetired = true }
        endIfRetired()
    }

    private func endIfRetired() {
        if lock.with({ isRetired && held.isEmpty }) { redis.stop() }
    }

    // MARK: what is kept

    private func startTimer() {
        if timer != nil { return }
        let made = EngineTimer(at: gl_now_us() &+ lease / 3, self)
        timer = made
        engine.start(made)
    }

    func timerEnded(_ ended: EngineTimer, cancelled: Bool) {
        timer = nil
        if cancelled { return }
        let now = gl_now_us()
        let (due, isEmpty) = lock.with { () -> ([SharedReservation], Bool) in
            let due = held.filter { now &- $0.keptAt >= lease / 4 }
            for reservation in due { reservation.keptAt = now }
            return (due, held.isEmpty)
        }
        for reservation in due {
            _ = redis.ask(RedisCommand(script: LimitScript.renew.rawValue, keys: keys(of: reservation.scopes), [reservation.id, leaseWord]) { [self] outcome in
                guard case .reply(let reply) = outcome else { return }
                redis.noteBeginning(reply[1]?.integer ?? 0)
                if reply[0]?.integer == 0, let expiry = reply[2]?.integer { lock.with { reservation.expiry = expiry } }
            })
        }
        if !isEmpty { startTimer() }
    }

    // MARK: words

    private var leaseWord: RedisWord { word(Int(lease / 1000)) }

    private func word(_ number: Int) -> RedisWord { RedisWord(String(decimal: number)) }

    private func keys(of scopes: [SharedScope]) -> [RedisWord] {
        var keys = [RedisWord(concat(prefix, "began"))]
        for scope in scopes { keys += [RedisWord(concat(prefix, "c:", scope.hash)), RedisWord(concat(prefix, "r:", scope.hash))] }
        return keys
    }
}

/// The end of a reservation, as Redis is told it.
struct SharedEnding {
    let scopes: [SharedScope]
    /// Redis had said that it holds it.
    let isCertain: Bool
    private let id: RedisWord
    private let start: Int64
    private let expiry: Int64
    private let beginnings: [Int64]
    private let reserved: LimitAmount
    private let used: LimitAmount?

    init(_ reservation: SharedReservation, _ used: LimitAmount?) {
        (scopes, id, start, expiry) = (reservation.scopes, reservation.id, reservation.start, reservation.expiry)
        (beginnings, reserved, self.used) = (reservation.beginnings, reservation.amount, used)
        isCertain = reservation.start > 0
    }

    func words(_ lease: RedisWord) -> [RedisWord] {
        let before = SharedAmount(usd: reserved.usd), after = SharedAmount(usd: used?.usd ?? 0)
        var words = [id, lease]
        func add(_ numbers: Int...) { for number in numbers { words.append(RedisWord(String(decimal: number))) } }
        add(Int(start), Int(expiry), used == nil ? 1 : 0, SharedAmount(max(reserved.tokens, 1)).whole, before.whole, before.rest,
            SharedAmount(used?.tokens ?? 0).whole, after.whole, after.rest)
        for (at, scope) in scopes.enumerated() {
            add(at < beginnings.count ? Int(beginnings[at]) : 0, scope.ceilings.count)
            for ceiling in scope.ceilings { add(ceiling.counter) }
        }
        return words
    }
}
