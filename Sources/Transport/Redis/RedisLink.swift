internal import Bytes
internal import CShims
package import Model

/// Hears how a link is doing, on its thread.
package protocol RedisLinkDelegate: AnyObject {
    /// It has just been connected. `policy`: what Redis does when its memory is full, where it says so.
    func linkIsUp(policy: String?)
    /// It cannot be asked. It is tried again by itself.
    func linkIsDown(_ fault: RedisFault)
    /// The last call.
    func linkHasEnded()
}

/// Commands to one Redis, over one connection at a time, one behind the other. `ask` may be called from any thread; all else happens on
/// its engine. A connection that broke is made anew at once, and after a backoff where that does not help: meanwhile who asks is told.
package final class RedisLink: EngineJob, EngineTimerDelegate {
    private enum Phase { case idle, connecting, greeting, ready, resting }

    private let options: RedisOptions
    private let scripts: [String]
    private let hiredis: HiRedis
    private let profile: HTTPProfile
    private let engine: Engine
    private var delegate: (any RedisLinkDelegate)?
    private let timeout: Int64
    private static let mostCommands = 10_000
    private static let connectTime = 5.0, shortestRest: Int64 = 50_000, longestRest: Int64 = 5_000_000

    // Under the lock.
    private let lock = Lock()
    private var inbox: [RedisCommand] = []
    private var isNudged = false
    private var outstanding = 0
    /// Why nobody need ask now.
    private var refusal: RedisFault?

    // Of the thread of the engine.
    private var phase = Phase.idle
    private var socket: RedisSocket?
    private var reader: RedisReader?
    private let out = ByteBuffer()
    private var gone = 0
    private var waiting = RedisLine()
    private var sent = RedisLine()
    private var greeting: [RedisGreeting] = []
    private var policy: String?
    private var digests: [RedisWord?] = []
    private var timer: EngineTimer?
    /// Of connecting, greeting or resting.
    private var phaseEnd: Int64 = .max
    private var readySince: Int64 = .min
    private var failures = 0
    /// The node of a cluster that has our keys.
    private var movedTo: String?

    package init(_ options: RedisOptions, scripts: [String], _ hiredis: HiRedis, _ profile: HTTPProfile, on engine: Engine, _ delegate: any RedisLinkDelegate) {
        self.options = options
        self.scripts = scripts
        self.hiredis = hiredis
        self.profile = profile
        self.engine = engine
        self.delegate = delegate
        timeout = Micros.of(seconds: options.timeout)
    }

    // MARK: from any thread

    /// nil: it is under way, and its asker will hear.
    package func ask(_ command: RedisCommand) -> RedisFault? {
        command.deadline = gl_now_us() &+ timeout
        var wakes = false
        let fault = lock.with { () -> RedisFault? in
            if let refusal { return refusal }
            if outstanding >= RedisLink.mostCommands { return RedisFault("too many commands wait for Redis") }
            outstanding &+= 1
            inbox.append(command)
            wakes = !isNudged
            isNudged = true
            return nil
        }
        if wakes { engine.nudge(self) }
        return fault
    }

    // MARK: on the engine

    package func begin(on _: Engine) {
        if phase == .idle { connect() }
    }

    package func nudge() {
        takeInbox()
        if phase == .ready { flush() }
        arm()
    }

    package func cancel() {
        let fault = RedisFault("the client was freed")
        takeInbox()
        if phase == .ready { flush() } // what is given back is told, and nobody waits for the answer
        lock.with { refusal = fault }
        disconnect()
        phase = .idle
        failAll(fault)
        if let timer { engine.stop(timer) }
        delegate?.linkHasEnded()
        (timer, delegate) = (nil, nil)
    }

    package func timerEnded(_ ended: EngineTimer, cancelled: Bool) {
        if ended === timer { timer = nil }
        if cancelled { return cancel() }
        let now = gl_now_us()
        if let first = sent.first, first.deadline <= now { fail(late, wasLate: true) }
        while let first = waiting.first, first.deadline <= now { finish(waiting.pop(), .failed(late)) }
        switch phase {
        case .connecting: if now >= phaseEnd { fail(late) } else { advance() }
        case .greeting: if now >= phaseEnd { fail(late) }
        case .resting: if now >= phaseEnd { connect() }
        case .idle, .ready: break
        }
        arm()
    }

    private var late: RedisFault { RedisFault(concat("Redis did not answer within ", String(decimal: Int(timeout / 1000)), " ms")) }

    /// Has the clock ring when the next thing is due. One that rings too early costs less than one made for each command.
    private func arm() {
        var next = min(sent.first?.deadline ?? .max, waiting.first?.deadline ?? .max)
        if phase != .ready, phase != .idle { next = min(next, phaseEnd, socket?.curlDeadline ?? .max) }
        if next == .max { return }
        if let timer {
            if timer.deadline <= next { return }
            engine.stop(timer)
        }
        let made = EngineTimer(at: next, self)
        timer = made
        engine.start(made)
    }

    private func takeInbox() {
        let taken = lock.with {
            isNudged = false
            defer { inbox.removeAll(keepingCapacity: true) }
            return inbox
        }
        for command in taken { waiting.append(command) }
    }

    private func finish(_ command: RedisCommand?, _ outcome: RedisOutcome) {
        guard let command else { return }
        lock.with { outstanding &-= 1 }
        command.end(outcome)
    }

    private func failAll(_ fault: RedisFault) {
        takeInbox()
        for command in sent.removeAll() + waiting.removeAll() { finish(command, .failed(fault)) }
    }
}

// MARK: - The connection

extension RedisLink {
    private func connect() {
        var address = options.address
        if let movedTo { address.authority = movedTo }
        phase = .connecting
        phaseEnd = gl_now_us() &+ Micros.of(seconds: max(options.timeout, RedisLink.connectTime))
        guard let reader = RedisReader(hiredis), let made = RedisSocket(address, profile, seconds: max(options.timeout, RedisLink.connectTime), changed: { [self] in socketChanged() }) else {
            return rest(RedisFault("there is no memory, or no descriptor, for a connection to Redis"))
        }
        (self.reader, socket) = (reader, made)
        engine.watch(made)
        advance()
        arm()
    }

    private func advance() {
        switch socket?.connect() {
        case .open: greet()
        case .failed(let text): fail(RedisFault(text))
        case .connecting, nil: break
        }
    }

    private func socketChanged() {
        if phase == .connecting { advance() } else { receive() }
        if phase == .ready || phase == .greeting { flush() }
        arm()
    }

    private func greet() {
        phase = .greeting
        phaseEnd = gl_now_us() &+ timeout
        (policy, digests) = (nil, scripts.map { _ in nil })
        greeting = RedisGreeting.all(options.address, scripts)
        for step in greeting where !hiredis.format(step.words(options.address, scripts), into: out) { return fail(RedisFault("there is no memory for a command")) }
        flush()
    }

    /// Sends what waits.
    private func flush() {
        guard let socket else { return }
        while phase == .ready, let command = waiting.pop() {
            if hiredis.format(words(of: command), into: out) { sent.append(command) } else { finish(command, .failed(RedisFault("there is no memory for a command"))) }
        }
        if gone == out.count { return }
        let count = socket.send(UnsafeRawBufferPointer(rebasing: out.bytes[gone...]))
        if count < 0 { return fail(RedisFault("the connection to Redis broke")) }
        gone = gone &+ count
        if gone == out.count {
            out.removeAll()
            gone = 0
        }
    }

    private func words(of command: RedisCommand) -> [RedisWord] {
        if !command.sendsSource, let digest = digests[command.script] { return [RedisWord("EVALSHA"), digest] + command.words }
        command.sendsSource = true
        return [RedisWord("EVAL"), RedisWord(scripts[command.script])] + command.words
    }

    private func receive() {
        guard let socket, let reader else { return }
        var fault: RedisFault?, isOurs = true
        let isAlive = socket.receive { bytes in
            isOurs = reader.feed(bytes) { reply in
                fault = take(reply)
                return fault == nil && self.socket === socket
            }
            return isOurs && fault == nil && self.socket === socket
        }
        if self.socket !== socket { return }
        if !isOurs { fault = stranger }
        if let fault { fail(fault) } else if !isAlive { fail(RedisFault("Redis closed the connection")) }
    }

    /// The connection is of no more use.
    private func fail(_ fault: RedisFault, wasLate: Bool = false) {
        let wasReady = phase == .ready, now = gl_now_us()
        disconnect()
        for command in sent.removeAll().reversed() {
            command.losses &+= 1
            if wasLate || command.losses > 1 { finish(command, .failed(fault)) } else { waiting.putBack(command) }
        }
        if wasReady, !wasLate, now &- readySince > Micros.second { connect() } else { rest(fault) }
    }

    private func disconnect() {
        if let socket { engine.unwatch(socket) }
        (socket, reader) = (nil, nil)
        out.removeAll()
        gone = 0
    }

    private func rest(_ fault: RedisFault) {
        movedTo = nil
        phase = .resting
        let now = gl_now_us(), most = min(RedisLink.longestRest, RedisLink.shortestRest << Int64(min(failures, 10)))
        failures = min(failures &+ 1, 100)
        phaseEnd = now &+ most / 2 &+ now % max(most / 2, 1)
        lock.with { refusal = fault }
        delegate?.linkIsDown(fault)
        failAll(fault)
        arm()
    }

    private func becameReady() {
        phase = .ready
        readySince = gl_now_us()
        failures = 0
        lock.with { refusal = nil }
        delegate?.linkIsUp(policy: policy)
        takeInbox()
    }
}

// MARK: - Replies

extension RedisLink {
    /// Not nil: the connection has to end.
    private func take(_ reply: RedisReply) -> RedisFault? {
        if phase == .greeting { return takeGreeting(reply) }
        guard let command = sent.pop() else { return RedisFault("Redis said something that nobody had asked for") }
        guard let error = reply.error else {
            finish(command, .reply(reply))
            return nil
        }
        if error.starts(with: "NOSCRIPT".utf8), !command.sendsSource {
            command.sendsSource = true
            waiting.putBack(command)
            return nil
        }
        if error.starts(with: "MOVED ".utf8), !command.wasMoved, let node = movedNode(error) { return follow(command, node) }
        let fault = RedisFault(concat("Redis says: ", words(error)))
        finish(command, .failed(fault))
        return error.starts(with: "READONLY".utf8) ? fault : nil // another one is the master by now
    }

    /// Another node of the cluster has the keys; all of them have one hash tag, so it has them all.
    private func follow(_ command: RedisCommand, _ node: String) -> RedisFault? {
        command.wasMoved = true
        movedTo = node
        let others = sent.removeAll()
        disconnect()
        for other in others.reversed() { waiting.putBack(other) }
        waiting.putBack(command)
        connect()
        return nil
    }

    /// `MOVED 3999 127.0.0.1:6381`; without a host it is the one that was asked.
    private func movedNode(_ error: UnsafeRawBufferPointer) -> String? {
        guard let blank = error.lastIndex(of: UInt8(ascii: " ")), let colon = error.lastIndex(of: UInt8(ascii: ":")), colon > blank else { return nil }
        let host = Array(error[(blank + 1)..<colon]), port = Array(error[(colon + 1)...])
        guard !port.isEmpty, port.count <= 5, port.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
              host.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") }) else { return nil }
        if !host.isEmpty { return host.contains(UInt8(ascii: ":")) ? concat("[", String(utf8: host), "]:", String(utf8: port)) : concat(String(utf8: host), ":", String(utf8: port)) }
        let asked = options.address.authority.octets
        guard let end = asked.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        return concat(String(utf8: asked[...end]), String(utf8: port))
    }

    private var stranger: RedisFault { RedisFault("what answers does not speak Redis's protocol") }

    private func takeGreeting(_ reply: RedisReply) -> RedisFault? {
        if greeting.isEmpty { return RedisFault("Redis said something that nobody had asked for") }
        let step = greeting.removeFirst()
        switch step {
        case .auth, .select, .ping:
            if let error = reply.error, step != .ping || !error.starts(with: "NOPERM".utf8) { return RedisFault(concat("Redis says: ", words(error))) }
            if reply.error == nil, reply.text == nil { return stranger } // who hears himself, for one
        case .name: break
        case .policy: policy = reply[1]?.text.map { words($0) }
        case .load(let script): digests[script] = reply.text.map { RedisWord(words($0)) }
        }
        if greeting.isEmpty { becameReady() }
        return nil
    }

    /// At most 200 bytes, without control characters.
    private func words(_ bytes: UnsafeRawBufferPointer) -> String { String(utf8: bytes.prefix(200).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }) }
}

/// What is said first on a connection.
enum RedisGreeting: Equatable {
    case auth, select, ping, name, policy, load(Int)

    static func all(_ address: RedisAddress, _ scripts: [String]) -> [RedisGreeting] {
        var steps: [RedisGreeting] = []
        if address.password != nil { steps.append(.auth) }
        if address.database != 0 { steps.append(.select) }
        steps += [.ping, .name, .policy]
        for script in scripts.indices { steps.append(.load(script)) }
        return steps
    }

    func words(_ address: RedisAddress, _ scripts: [String]) -> [RedisWord] {
        switch self {
        case .auth: [RedisWord("AUTH")] + (address.user.map { [RedisWord($0)] } ?? []) + [RedisWord(address.password ?? "")]
        case .select: [RedisWord("SELECT"), RedisWord(String(decimal: address.database))]
        case .ping: [RedisWord("PING")]
        case .name: [RedisWord("CLIENT"), RedisWord("SETNAME"), RedisWord("gatelet")]
        case .policy: [RedisWord("CONFIG"), RedisWord("GET"), RedisWord("maxmemory-policy")]
        case .load(let script): [RedisWord("SCRIPT"), RedisWord("LOAD"), RedisWord(scripts[script])]
        }
    }
}
