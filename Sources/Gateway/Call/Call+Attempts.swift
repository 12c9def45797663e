internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Settings
internal import Transport

/// Starting attempts and keeping books on them.
extension Call {
    /// Asks the breaker, a key, the limits and the price for one attempt, and writes what will be sent.
    func prepare(_ index: Int, _ wish: KeyWish, _ probe: Bool, _ now: Int64) throws(Refusal) -> AttemptTarget {
        let candidate = request.candidates[index], endpoint = setup.endpoints[candidate.provider]
        let cache = winner == nil ? request.cacheUse(index, now) : nil
        if let cache, cache.answer != nil, let body = try? request.body(for: index) { // nobody is asked: nothing is in its way
            let hit = AttemptTarget(endpoint: endpoint, model: candidate.model, key: 0, body: body, candidate: index)
            hit.cache = cache
            return hit
        }
        if let failure = tooExpensive(candidate) { throw Refusal(block: .tooExpensive, failure: failure) }
        let body: WrittenBody
        do throws(Failure) {
            body = try winner == nil ? request.body(for: index) : continuation(endpoint, candidate.model)
        } catch {
            throw Refusal(block: .hopeless(error.status), failure: error)
        }
        guard let key = key(of: endpoint, index, wish, now) else { throw outOfKeys(endpoint, wish) }
        let target = AttemptTarget(endpoint: endpoint, model: candidate.model, key: key, body: body, candidate: index)
        target.cache = cache
        target.isProbe = probe
        target.continues = winner != nil
        target.prefill = prefill
        target.asksForUsage = winner == nil && request.hasAskedForUsage(index)
        let ticket = endpoint.health.admit(candidate.model, probe: probe, now)
        if ticket == nil && !request.options.isTest {
            var failure = Failure(.unavailable, concat(endpoint.provider.title, " has failed too often just now (circuit breaker)"))
            failure.provider = endpoint.provider.id
            failure.model = candidate.model
            throw Refusal(block: .breakerOpen, failure: failure)
        }
        target.ticket = ticket
        if !setup.hasLimits { return target }
        do throws(Refusal) {
            try reserve(target, candidate, now)
        } catch {
            if let ticket { endpoint.health.release(ticket, now) }
            throw error
        }
        return target
    }

    /// A key that is over a limit of its own makes room for the next one.
    func reserve(_ target: AttemptTarget, _ candidate: Candidate, _ now: Int64) throws(Refusal) {
        while true {
            do throws(Refusal) {
                return target.reservation = try reserve(target.endpoint, target.key, candidate, now)
            } catch {
                if !takesAnotherKey(target, error, now) { throw error }
            }
        }
    }

    func takesAnotherKey(_ target: AttemptTarget, _ refusal: Refusal, _ now: Int64) -> Bool {
        target.fullKeys.append(target.key)
        guard refusal.isOfKey, let next = target.endpoint.keys.pick(avoiding: target.fullKeys, now) else { return false }
        target.key = next
        return true
    }

    private func key(of endpoint: Endpoint, _ index: Int, _ wish: KeyWish, _ now: Int64) -> Int? {
        var used: [Int] = []
        if !trace.attempts.isEmpty {
            for (number, record) in machine.attempts.enumerated() where record.candidate == index && number < trace.attempts.count {
                used.append(trace.attempts[number].keyIndex)
            }
        }
        if wish == .same, let last = used.last, endpoint.keys.isAlive(last, now) { return last }
        return endpoint.keys.pick(avoiding: wish == .another ? used : [], now) ?? (request.options.isTest ? 0 : nil)
    }

    private func outOfKeys(_ endpoint: Endpoint, _ wish: KeyWish) -> Refusal {
        if wish == .another, endpoint.provider.access.keys.count < 2 || endpoint.keys.hasKey(gl_now_us()) { return Refusal(block: .noOtherKey, failure: nil) }
        let failure = endpoint.keys.exhausted(gl_now_us())
        return Refusal(block: .keysRetired(failure?.status ?? .keysExhausted), failure: failure)
    }

    /// The body for whoever goes on with a broken stream: the text so far stands at its end.
    private func continuation(_ endpoint: Endpoint, _ model: String) throws(Failure) -> WrittenBody {
        guard endpoint.provider.requests.prefill, let text = output?.deliveredText else {
            throw Failure(.unsupported, concat(endpoint.provider.title, " cannot continue a message"))
        }
        return try request.write(endpoint, model, prefill: text)
    }

    /// Nothing but text of one choice has been delivered, and the caller wants the rest from whomever.
    func canContinue(_ attempt: Attempt) -> Bool {
        guard request.options.continueStream, operation == .chatStream, request.surface == .openAI, let output, !output.beyondText else { return false }
        return output.deliveredText.map { $0.count > 0 } ?? false
    }

    func makeAttempt(_ target: AttemptTarget) -> Attempt {
        let index = trace.attempts.count
        let made = AttemptTrace()
        let provider = target.endpoint.provider
        made.provider = provider.id
        made.model = request.redaction.line(target.model)
        made.isCached = target.cache?.answer != nil
        if !made.isCached, target.key < provider.access.keys.count { made.key = provider.access.keys[target.key].name }
        made.keyIndex = target.key
        made.isProbe = target.isProbe
        made.warnings = target.warnings
        let isAgain = trace.attempts.contains { same($0.provider, provider.id) && $0.brokeOnTheWay }
        trace.attempts.append(made)
        let attempt: Attempt = if request.raw != nil { RawAttempt(self, index: index, target) } else if let output { StreamAttempt(self, output, index: index, target) }
            else { BodyAttempt(self, index: index, target) }
        attempt.transfer.freshConnection = isAgain // others that are kept may be dead too
        if provider.isScripted, target.cache?.answer == nil {
            let body = target.body
            defer { body.keepAlive() }
            attempt.transfer.script = target.endpoint.script(body.bytes, operation, step: faultStep(target.endpoint))
        }
        if let answer = target.cache?.answer {
            attempt.transfer.script = Script(answer.response)
        } else {
            attempt.record = target.cache.flatMap { request.cacheRecord($0) }
            setup.cassette?.attach(attempt.transfer, CassetteExchange(provider.id, target.model, request.redaction))
        }
        return attempt
    }

    /// A request's faults count its own attempts at development providers, a provider's all it ever had.
    private func faultStep(_ endpoint: Endpoint) -> FaultStep? {
        if let faults = request.options.faults {
            devAttempts += 1
            return faults.step(devAttempts - 1)
        }
        return endpoint.provider.requests.faults.flatMap { $0.step(endpoint.health.nextFaultStep()) }
    }

    /// What an attempt measured.
    func note(_ attempt: Attempt, _ status: Status) {
        guard attempt.index < trace.attempts.count else { return }
        let made = trace.attempts[attempt.index]
        made.timings = attempt.transfer.timings
        made.httpStatus = attempt.transfer.status
        made.providerRequestID = providerRequestID(attempt.transfer.responseHeaders.bytes).flatMap { request.redaction.word($0) }
        made.status = attempt.abandoned ? .cancelled : status
        made.isUnsent = attempt.isUnsent
        if wantsResponse { made.response = response(to: attempt) }
    }

    /// The provider's body beside an answer, which must not be lost for it: then there is none.
    func rawBody(_ raw: ByteBuffer, beside answer: ByteBuffer) -> ByteBuffer? {
        let caps = setup.configuration.caps, room = caps.body &- answer.count &* 2 &- (64 << 10) // rendering may need as much again
        if let told = RawReport.body(raw, depth: caps.depth, room: room, request.redaction) { return told }
        request.options.warnings.add(.dropped, "options.raw", "there is no room for it beside the answer (caps.body)")
        return nil
    }

    var wantsRaw: Bool { request.options.call?.wantsRaw ?? false }
    /// Also of what succeeds.
    var wantsResponse: Bool { toldResponse == .always }
    private var toldResponse: CallOptions.ToldResponse { request.raw != nil ? .always : request.options.call?.response ?? .never }

    private func response(to attempt: Attempt) -> [UInt8] { responseReport(attempt.transfer, request.redaction)?.copy() ?? [] }

    /// Nobody had begun with the attempt: it is made once more at once, on a connection of its own, with what it held. The first one
    /// is made of, and counts nowhere. False: its failure is one like others.
    func resend(_ attempt: Attempt) -> Bool {
        let target = attempt.target
        guard target.resends < AttemptTarget.mostResends, canResend(attempt), machine.resent(attempt.index) else { return false }
        target.resends += 1
        target.http1 = attempt.transfer.wantsHTTP1
        leave(attempt)
        note(attempt, .connect)
        _ = account(attempt, .connect)
        syncTrace()
        tell(.attemptEnd, attempt.index)
        launch(makeAttempt(target))
        return true
    }

    func canResend(_ attempt: Attempt) -> Bool {
        !hasEnded && !isCancelled && !attempt.abandoned && attempt.target.candidate >= 0 && gl_now_us() < deadline
    }

    func remember(_ failure: Failure, _ attempt: Int) { put(failure, attempt, in: &failures) }

    func put(_ failure: Failure, _ number: Int, in list: inout [Failure?]) {
        while list.count <= number { list.append(nil) }
        list[number] = failure
    }

    /// What the machine decided, in the words of reports.
    func syncTrace() {
        for (index, record) in machine.attempts.enumerated() where index < trace.attempts.count {
            let made = trace.attempts[index]
            if record.next != .none { made.next = record.next.name }
            made.waited = record.wait
            made.isHedge = record.cause == .hedged
        }
        if let refusedAttempt, refusedAttempt < trace.attempts.count { trace.attempts[refusedAttempt].next = "dev_fallback" }
    }

    /// Fills in who and where.
    func complete(_ failure: Failure, _ attempt: Attempt) -> Failure {
        var full = failure
        full.provider = full.provider ?? attempt.provider.id
        full.model = full.model ?? attempt.target.model
        if full.requestID == nil { full.requestID = UnredactedText(String(utf8: trace.requestID)) }
        if full.httpStatus == nil, attempt.transfer.status > 0, full.status.rawValue >= 200 { full.httpStatus = attempt.transfer.status }
        if toldResponse != .never { full.response = response(to: attempt) }
        return full.leaving(request.redaction)
    }

    /// Every attempt passes here once, however it ended: health learns of it, and what was held is given back.
    func settle(_ attempt: Attempt, _ failure: Failure?) {
        let now = gl_now_us(), status = attempt.abandoned ? .cancelled : failure?.status ?? .ok
        // That a kept connection dies is no sign of a provider that is down: the next one will tell.
        let health: Status = attempt.transfer.connectionDied ? .cancelled : status
        let account = account(attempt, failure?.status)
        if failure != nil, running.count < 2 { request.land() }
        if failure == nil { for member in attempt.target.refused { services.refusals.add(member, attempt.provider, attempt.target.model) } }
        if let ticket = attempt.target.ticket {
            let mayBeOfRequest = failure?.mayBeOfRequest ?? false || attempt.wasShortened(status)
            let flips = attempt.target.endpoint.health.record(ticket, health, attempt.transfer, tokens: account.isEstimate ? nil : account.usage?[.output],
                                                isAnswer: operation != .countTokens && !operation.isRaw, mayBeOfRequest: mayBeOfRequest, now)
            logBreakers(flips, attempt.target)
            if let failure, !attempt.abandoned { attempt.target.endpoint.keys.judge(attempt.target.key, failure, now) }
        }
        if let reservation = attempt.target.reservation { settleLimits(reservation, account, attempt.target) }
    }
}
