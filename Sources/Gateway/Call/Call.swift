internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Settings
internal import Transport

/// One request on its way: drives the state machine of its attempts and makes the reports. After `begin` it is
/// touched by the thread that drives its engine only, the fields marked otherwise excepted.
final class Call: EngineJob, EngineTimerDelegate, OpenRequest, MediaWaiter {
    let services: Services
    let models: ModelCatalog
    let setup: Setup
    let operation: Model.Operation
    let request: PlannedRequest
    var sink: (any EventSink)?
    /// Where a stream's chunks go; nil for a request that does not stream.
    let output: StreamOutput?
    /// Of a raw request that streams: the caller wants the whole body too.
    let assembles: Bool
    let trace = RequestTrace()
    private(set) var hasEnded = false

    var machine: AttemptMachine
    private(set) var engine: Engine?
    /// Started and not ended: at most two, and those that were given up while they close.
    private(set) var running: [Attempt] = []
    private var launching: Attempt?
    /// Whose text is delivered.
    private(set) var winner: Attempt?
    /// By the number of the attempt.
    var failures: [Failure?] = []
    /// A backoff, a wait for a limit, or the delay of a hedge.
    private var timer: EngineTimer?
    /// Why a candidate could not be asked, by its number.
    private(set) var refusals: [Failure?] = []
    /// When that was, by its number.
    private var refusedAt: [Int64] = []
    /// In the line before a limit.
    var limitPlace: LimitPlace?
    /// May start as far as this process knows, and waits for what all say.
    var sharing: AttemptTarget?
    var devAttempts = 0
    private let startedAt = gl_now_us()
    private(set) var deadline = Int64.max
    private var triedDev = false
    private var begun = false
    /// The one that the development provider stands in for.
    private(set) var refusedAttempt: Int?
    /// Its chunks were held back and are the caller's when nothing better comes.
    private var held: StreamAttempt?
    /// Whatever an attempt that is stopped says for itself: nothing follows it.
    private(set) var isCancelled = false
    /// What the host's interrupt function said, when it ended this.
    private var interruption: Int32?
    var readSize = 16 << 10

    // Of the open requests of the client, under their lock.
    var openIndex = -1

    init(_ request: PlannedRequest, assemble: Bool) {
        services = request.services
        models = request.models
        setup = request.setup
        operation = request.operation
        self.request = request
        output = operation.isStream && !operation.isRaw ? StreamOutput(request, assemble: assemble) : nil
        assembles = assemble
        deadline = request.deadline(from: startedAt)
        machine = request.machine(deadline: deadline, seed: services.ids.random())
        trace.requestID = services.ids.next()
        trace.repairedRequest = request.view.loneSurrogate
        trace.warnings = request.options.warnings
        trace.redaction = request.redaction
        trace.devMode = setup.configuration.devVariable != nil
    }

    // MARK: EngineJob

    func begin(on engine: Engine) {
        begun = true
        if hasEnded { return }
        self.engine = engine
        perform(machine.start(gl_now_us()))
    }

    func cancel() {
        if hasEnded { return }
        // Both the engine and the thread that submits may get here when the engine ends meanwhile.
        if !begun { return services.forget(self) ? endCancelled() : () }
        isCancelled = true
        for attempt in running where !attempt.abandoned && !hasEnded { engine?.stop(attempt.transfer) }
        if !hasEnded { endCancelled() } // it was waiting, or nothing runs but what was given up
    }

    /// The host's interrupt function wants no more.
    func interrupt(_ value: Int32) {
        if hasEnded { return }
        interruption = value
        cancel()
    }

    func stop(on engine: Engine?) { engine?.cancel(self) }

    func isCalled(_ id: String) -> Bool { request.options.call?.cancelID.map { same($0, id) } ?? false }

    /// A queue has room again, a limit has, or an equal request has ended.
    func nudge() {
        if hasEnded { return }
        for attempt in running { engine?.resumeNow(attempt.transfer) }
        if hasEnded { return }
        if request.endsFollowing(self) { return perform(machine.step) }
        if sharing != nil { hearOthers() } else if limitPlace != nil { perform(machine.slotFreed(gl_now_us())) }
    }

    // MARK: steps

    /// Does what the machine says until it has to wait for something; nil: it waits already.
    func perform(_ first: Step?) {
        guard var step = first else { return }
        stopTimer()
        waitNoMore()
        while !hasEnded {
            switch step {
            case .admit(let candidate, let wish, let probe):
                if let engine, request.fetchMedia(for: candidate, on: engine, until: deadline, for: self) { return }
                if let engine, running.isEmpty, winner == nil, request.followsAnother(candidate, LimitWaiter(job: self, engine: engine)) { return deadline < .max ? startTimer(deadline) : () }
                guard let next = admit(candidate, wish, probe) else { return }
                step = next
            case .wait(let until):
                if !machine.isWaitingForLimit { releasePlace() }
                logWait(until)
                return startTimer(until)
            case .run(let hedgeAt):
                releasePlace() // a hedge does not wait, and must not hold up those who do
                if let hedgeAt { startTimer(hedgeAt) }
                return launch()
            case .fail: return giveUp()
            }
        }
    }

    /// The machine still asks for what it asked for, unless something else came about meanwhile.
    func mediaIsIn(cancelled: Bool) {
        if hasEnded { return }
        if cancelled { endCancelled() } else { perform(machine.step) }
    }

    func startTimer(_ until: Int64) {
        guard let engine else { return }
        let made = EngineTimer(at: until, self)
        timer = made
        engine.start(made)
    }

    func stopTimer() {
        guard let old = timer else { return }
        timer = nil
        engine?.stop(old)
    }

    func timerEnded(_ ended: EngineTimer, cancelled: Bool) {
        guard ended === timer, !hasEnded else { return }
        timer = nil
        _ = request.endsFollowing(self)
        if cancelled { return endCancelled() } // the engine ends
        let now = gl_now_us()
        perform(sharing == nil ? machine.timer(now) : machine.blocked(.hopeless(.timeoutTotal), now))
    }

    /// Asks breaker, keys and limits whether an attempt may start, and makes it.
    private func admit(_ index: Int, _ wish: KeyWish, _ probe: Bool) -> Step? {
        let now = gl_now_us()
        do throws(Refusal) {
            return try share(try prepare(index, wish, probe, now), now)
        } catch {
            return refused(error, index, now)
        }
    }

    func refused(_ refusal: Refusal, _ candidate: Int, _ now: Int64) -> Step {
        if let failure = refusal.failure {
            put(failure, candidate, in: &refusals)
            while refusedAt.count < refusals.count { refusedAt.append(now) }
            refusedAt[candidate] = now
        }
        request.land()
        return machine.blocked(refusal.block, now)
    }

    /// Nothing is in the way of the attempt.
    func start(_ target: AttemptTarget, _ now: Int64) -> Step {
        launching = makeAttempt(target)
        return machine.admitted(now)
    }

    /// The attempt that was admitted begins; what it tells at once comes after the machine has been told of it.
    private func launch() {
        guard let attempt = launching else { return }
        launching = nil
        launch(attempt)
    }

    func launch(_ attempt: Attempt) {
        guard let engine else { return }
        running.append(attempt)
        syncTrace()
        logStart(attempt.index)
        tell(.attempt, attempt.index)
        attempt.start(on: engine)
    }

    // MARK: what attempts tell

    /// Called once for each attempt, when its transfer has ended and what it held is settled.
    func attemptFailed(_ attempt: Attempt, _ failure: Failure) {
        leave(attempt)
        note(attempt, failure.status)
        let full = complete(failure, attempt)
        remember(full, attempt.index)
        if hasEnded || attempt.abandoned { return }
        logFailure(full, attempt.index)
        let stopped = failure.status == .cancelled || failure.status == .closed
        if stopped || isCancelled {
            trace.reportedIndex = attempt.index
            tell(.attemptEnd, attempt.index)
            return stopped ? end(.cancelled, full) : endCancelled()
        }
        var reason = AttemptFailure(full)
        if let raw = request.raw, !raw.method.isIdempotent, attempt.transfer.wasSent, !attempt.isUnsent { reason.isFinal = true } // it may have been done
        let now = gl_now_us()
        let step = winner === attempt && canContinue(attempt) ? machine.interrupted(attempt.index, reason, now)
            : machine.failed(attempt.index, reason, now)
        syncTrace()
        if machine.intent != .none, trace.attempts[attempt.index].next == nil { trace.attempts[attempt.index].next = machine.intent.name }
        tell(.attemptEnd, attempt.index)
        perform(step)
    }

    /// The whole answer of a request that does not stream.
    func attemptSucceeded(_ attempt: BodyAttempt, _ view: AnswerView) {
        leave(attempt)
        note(attempt, .ok)
        if hasEnded || attempt.abandoned { return }
        if attempt.target.candidate >= 0 { _ = machine.committed(attempt.index) }
        abandonOthers(attempt)
        syncTrace()
        trace.reportedIndex = attempt.index
        trace.attempts[attempt.index].delivered = true
        tell(.attemptEnd, attempt.index)
        trace.total = gl_now_us() &- startedAt
        noteLimits()
        if let raw = attempt.raw { trace.raw = rawBody(raw, beside: attempt.original ?? attempt.body) }
        let gatelet = ByteBuffer()
        // An answer that is written anew has its usage in other words.
        let usage = request.surface == .openAI ? nil : ByteBuffer()
        defer {
            gatelet.keepAlive()
            usage?.keepAlive()
        }
        guard usage?.append(attempt.body.bytes[view.usage]) ?? true, gatelet.reserve(900), Report.gatelet(trace, into: gatelet),
              let answer = answer(attempt, view, report: gatelet.bytes) else {
            trace.raw = nil
            return end(.error, complete(noRoom("the answer", attempt.body, cap: "caps.body"), attempt))
        }
        trace.raw = nil
        end(.finished, nil, answer: answer, usage: view.usage.isNone ? nil : usage?.bytes ?? answer.bytes[view.usage])
    }

    /// What the caller gets, in the words of the surface. nil: no memory, or over the cap.
    private func answer(_ attempt: BodyAttempt, _ view: AnswerView, report: UnsafeRawBufferPointer) -> ByteBuffer? {
        if let original = attempt.original { return appendMember("gatelet", report, to: original) ? original : nil }
        if operation == .countTokens { return appendGatelet(report, to: attempt.body, view: view) ? attempt.body : nil }
        return appendGatelet(report, to: attempt.body, view: view) && Surfaces.render(attempt.body, as: request.surface, for: request.translated, isWhole: true) ? attempt.body : nil
    }

    /// A stream's first real delta: from now on its text is the caller's. False: another attempt was first.
    func commit(_ attempt: Attempt) -> Bool {
        if hasEnded || attempt.abandoned { return false }
        if attempt.target.candidate >= 0, !machine.committed(attempt.index) { return false }
        if winner != nil { trace.continued = true }
        winner = attempt
        trace.attempts[attempt.index].delivered = true
        syncTrace()
        abandonOthers(attempt)
        return true
    }

    /// A stream that ended as it should.
    func streamFinished(_ attempt: StreamAttempt) {
        leave(attempt)
        note(attempt, .ok)
        if hasEnded || attempt.abandoned { return }
        trace.reportedIndex = attempt.index
        tell(.attemptEnd, attempt.index)
        end(.finished, nil)
    }

    /// A raw request that was answered. `document`: for who wants one, without `gatelet`.
    func rawFinished(_ attempt: Attempt, _ document: ByteBuffer?) {
        leave(attempt)
        note(attempt, .ok)
        if hasEnded || attempt.abandoned { return }
        trace.reportedIndex = attempt.index
        tell(.attemptEnd, attempt.index)
        trace.total = gl_now_us() &- startedAt
        noteLimits()
        let report = ByteBuffer()
        defer { report.keepAlive() }
        if let document, !Report.gatelet(trace, into: report) || !appendMember("gatelet", report.bytes, to: document) {
            return end(.error, complete(noRoom("the answer", document, cap: "caps.body"), attempt))
        }
        end(.finished, nil, answer: document)
    }

    // MARK: ends

    func leave(_ attempt: Attempt) {
        if let at = running.firstIndex(where: { $0 === attempt }) { running.remove(at: at) }
    }

    private func abandonOthers(_ attempt: Attempt) {
        stopTimer()
        waitNoMore()
        for other in running where other !== attempt { abandon(other) }
    }

    /// Nobody waits for it any more.
    private func abandon(_ attempt: Attempt) {
        if attempt.abandoned { return }
        attempt.abandoned = true
        engine?.cancel(attempt.transfer) // not at once: this may run inside another transfer's callback
        note(attempt, .cancelled)
        _ = account(attempt, .cancelled)
        syncTrace()
        tell(.attemptEnd, attempt.index)
    }

    private func endCancelled() {
        let failure = services.isClosing ? .clientFreed : Failure(.cancelled, "the request was cancelled")
        var full = failure
        full.requestID = UnredactedText(String(utf8: trace.requestID))
        end(.cancelled, full)
    }

    /// Nothing is left to try: the failure that the caller can do most about is the request's.
    private func giveUp() {
        syncTrace()
        let index = verdict, failure = index.flatMap { self.failure(of: $0) } ?? blockFailure()
        if let index { trace.reportedIndex = index }
        if startDevFallback(failure) { return }
        guard let index else { return end(.error, withRest(failure)) }
        if winner == nil, let held, held.index == index, let stopped = held.flushHeld() {
            return end(stopped.status == .cancelled ? .cancelled : .error, complete(stopped, held))
        }
        end(failure.status == .truncated ? .truncated : .error, withRest(failure))
    }

    /// With the times, where no key of the provider can be asked for now.
    private func withRest(_ failure: Failure) -> Failure {
        guard KeyRing.retirement(for: failure.status) != nil || failure.status == .keysExhausted,
              let endpoint = setup.endpoints.first(where: { failure.provider.map($0.provider.isCalled) ?? false }),
              let rest = endpoint.keys.resting(gl_now_us()) else { return failure }
        var full = failure
        full.message = failure.message + UnredactedText(concat("; ", rest))
        return full
    }

    /// Once text was delivered, what broke it off is what the caller has to know.
    private var verdict: Int? {
        if let winner { return winner.index }
        if case .attempt(let index) = machine.verdict { return index }
        return nil
    }

    func failure(of attempt: Int) -> Failure? { attempt >= 0 && attempt < failures.count ? failures[attempt] : nil }

    private func blockFailure() -> Failure {
        var failure = Failure(.unavailable, "no candidate could be asked")
        switch machine.verdict {
        case .deadline: failure = Failure(.timeoutTotal, "the request took longer than the total time-out")
        case .block(_, let candidate):
            if candidate < refusals.count, let refusal = refusals[candidate] { failure = refusal }
            if failure.status == .rateLimit { failure.retryAfterMs = soonest ?? failure.retryAfterMs }
            // As the attempts call it.
            if candidate < request.candidates.count { failure.model = failure.model ?? request.candidates[candidate].model }
        case .attempt: break
        }
        failure.requestID = UnredactedText(String(utf8: trace.requestID))
        failure.model = failure.model ?? request.view.model
        return failure.leaving(request.redaction)
    }

    /// When the first of the candidates that limits keep shut may be asked, in milliseconds from now.
    private var soonest: Int? {
        var soonest: Int?
        let now = gl_now_us()
        for (index, refusal) in refusals.enumerated() where index < refusedAt.count {
            guard let refusal, refusal.status == .rateLimit, let time = refusal.retryAfterMs else { continue }
            let left = max(0, time &- Int(clamping: (now &- refusedAt[index]) / 1000))
            soonest = min(soonest ?? .max, left)
        }
        return soonest
    }

    /// `dev_fallback`: a refused key is answered by the development provider.
    private func startDevFallback(_ failure: Failure) -> Bool {
        guard setup.configuration.devFallback, request.raw == nil, !request.options.isTest, !triedDev, winner == nil, failure.status == .auth || failure.status == .permission || failure.status == .keysExhausted,
              let endpoint = setup.development else { return false }
        triedDev = true
        let model = endpoint.provider.id
        guard let body = try? request.write(endpoint, model) else { return false }
        refusedAttempt = verdict
        trace.devFallback = true
        let attempt = makeAttempt(AttemptTarget(endpoint: endpoint, model: model, key: 0, body: body, candidate: -1))
        launching = attempt
        launch()
        return true
    }

    func hold(_ attempt: StreamAttempt) {
        if hasEnded || attempt.abandoned { return } // nobody would let go of it: it knows its call
        held = attempt
    }

    /// Ends the call, once.
    func end(_ end: RequestEnd, _ failure: Failure?, answer: ByteBuffer? = nil, usage: UnsafeRawBufferPointer? = nil) {
        if hasEnded { return }
        hasEnded = true
        stopTimer()
        waitNoMore()
        releasePlace()
        _ = request.endsFollowing(self)
        request.land()
        request.media.stop()
        for other in running { abandon(other) }
        syncTrace()
        trace.total = gl_now_us() &- startedAt
        noteLimits()
        var failure = failure
        if let interruption, failure?.status == .cancelled {
            failure?.message = "the interrupt function ended the request"
            failure?.callbackResult = interruption
        }
        if failure != nil, !trace.attempts.isEmpty { failure?.attempts = attemptsText() }
        if failure != nil, !trace.allWarnings.isEmpty { failure?.warnings = warningsText() }
        failure?.surface = request.surface
        let reported = failure.map { RedactedFailure($0, request.redaction) }
        if let sink, let reported, end != .cancelled { output?.fail(reported, to: sink) }
        let answer = answer ?? output?.answer(trace, end, reported)
        let used = usage ?? output?.usage
        let document = sink?.wantsEnd ?? false ? endDocument(end, used, reported, brief: false) : nil
        logEnd(failure)
        book(end, failure)
        tellEnd(answer) { brief in endDocument(end, used, reported, brief: brief) }
        let sink = self.sink
        self.sink = nil
        sink?.ended( Outcome(end: end, failure: failure, answer: answer, document: document))
        // Attempts know their call: what is still held here would keep both alive for ever.
        held = nil
        winner = nil
        launching = nil
        running = []
        engine = nil
        services.forget(self)
    }

    private func endDocument(_ end: RequestEnd, _ usage: UnsafeRawBufferPointer?, _ failure: RedactedFailure?, brief: Bool) -> ByteBuffer {
        let document = ByteBuffer()
        if !Report.end(end, usage: usage, failure: failure, trace: trace, brief: brief, into: document) {
            document.removeAll()
            _ = document.append("{\"end\":\"error\",\"usage\":null,\"error\":null,\"gatelet\":null}")
        }
        return document
    }

    private func attemptsText() -> [UInt8] {
        let out = ByteBuffer()
        return Report.attempts(trace.attempts, into: out) ? out.copy() : []
    }

    private func warningsText() -> [UInt8] {
        let out = ByteBuffer()
        return Report.warnings(trace.allWarnings, into: out) ? out.copy() : []
    }

    /// Ends a dry run without sending anything.
    func endDryRun() { end(.finished, nil, answer: request.planDocument()) }

}
