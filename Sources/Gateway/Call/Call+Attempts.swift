internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Settings
internal import Transport

/// Why an attempt cannot start, for the machine and for the caller.
struct Refusal: Error {
    var block: Block
    var failure: Failure?
    /// A limit of this key alone.
    var isOfKey = false
}

/// Starting attempts and keeping books on them.
extension Call {
    /// Asks the breaker, a key, the limits and the price for one attempt, and writes what will be sent.
    func land(_ index: Int, _ wish: KeyWish, _ probe: Bool, _ now: Int64) throws(Refusal) -> Landing {
        let candidate = request.candidates[index], route = setup.routes[candidate.provider]
        if let failure = tooExpensive(candidate) { throw Refusal(block: .tooExpensive, failure: failure) }
        let body: ByteBuffer
        do throws(Failure) {
            body = try winner == nil ? request.body(for: index) : continuation(route.provider, candidate.model)
        } catch {
            throw Refusal(block: .hopeless(error.status), failure: error)
        }
        guard let key = key(of: route, index, wish, now) else { throw outOfKeys(route, wish) }
        let landing = Landing(route: route, model: candidate.model, key: key, body: body, candidate: index)
        landing.isProbe = probe
        landing.continues = winner != nil
        landing.prefill = prefill
        landing.asksForUsage = winner == nil && request.hasAskedForUsage(index)
        let ticket = route.health.admit(candidate.model, probe: probe, now)
        if ticket == nil && !request.options.isTest {
            var failure = Failure(.unavailable, concat(route.provider.title, " has failed too often just now (circuit breaker)"))
            failure.provider = route.provider.id
            failure.model = candidate.model
            throw Refusal(block: .breakerOpen, failure: failure)
        }
        landing.ticket = ticket
        if !setup.hasLimits { return landing }
        do throws(Refusal) {
            try reserve(landing, candidate, now)
        } catch {
            if let ticket { route.health.release(ticket, now) }
            throw error
        }
        return landing
    }

    /// A key that is over a limit of its own makes room for the next one.
    private func reserve(_ landing: Landing, _ candidate: Candidate, _ now: Int64) throws(Refusal) {
        var full: [Int] = []
        while true {
            do throws(Refusal) {
                return landing.reservation = try reserve(landing.route, landing.key, candidate, now)
            } catch {
                full.append(landing.key)
                guard error.isOfKey, let next = landing.route.keys.pick(avoiding: full, now) else { throw error }
                landing.key = next
            }
        }
    }

    private func key(of route: Route, _ index: Int, _ wish: KeyWish, _ now: Int64) -> Int? {
        var used: [Int] = []
        if !journey.attempts.isEmpty {
            for (number, record) in machine.attempts.enumerated() where record.candidate == index && number < journey.attempts.count {
                used.append(journey.attempts[number].keyIndex)
            }
        }
        if wish == .same, let last = used.last, route.keys.isAlive(last, now) { return last }
        return route.keys.pick(avoiding: wish == .another ? used : [], now) ?? (request.options.isTest ? 0 : nil)
    }

    private func outOfKeys(_ route: Route, _ wish: KeyWish) -> Refusal {
        if wish == .another, route.provider.keys.count < 2 || route.keys.hasKey(gl_now_us()) { return Refusal(block: .noOtherKey, failure: nil) }
        let failure = route.keys.exhausted(gl_now_us())
        return Refusal(block: .keysRetired(failure?.status ?? .keysExhausted), failure: failure)
    }

    /// The body for whoever goes on with a broken stream: the text so far stands at its end.
    private func continuation(_ provider: Provider, _ model: String) throws(Failure) -> ByteBuffer {
        guard provider.prefill, let text = output?.deliveredText else {
            throw Failure(.unsupported, concat(provider.title, " cannot continue a message"))
        }
        return try request.write(provider, model, prefill: text)
    }

    /// Nothing but text of one choice has been delivered, and the caller wants the rest from whomever.
    func canContinue(_ attempt: Attempt) -> Bool {
        guard request.options.continueStream, operation == .chatStream, let output, !output.beyondText else { return false }
        return output.deliveredText.map { $0.count > 0 } ?? false
    }

    func makeAttempt(_ landing: Landing) -> Attempt {
        let index = journey.attempts.count
        let told = Report.Attempted()
        let provider = landing.route.provider
        told.provider = provider.id
        told.model = setup.redaction.line(landing.model)
        if landing.key < provider.keys.count { told.key = provider.keys[landing.key].name }
        told.keyIndex = landing.key
        told.isProbe = landing.isProbe
        let isAgain = journey.attempts.contains { same($0.provider, provider.id) && $0.brokeOnTheWay }
        journey.attempts.append(told)
        let attempt: Attempt = if let output { StreamAttempt(self, output, index: index, landing) }
            else { BodyAttempt(self, index: index, landing) }
        attempt.transfer.freshConnection = isAgain // others that are kept may be dead too
        if same(provider.dialect, "dev") {
            let body = landing.body
            defer { body.keepAlive() }
            attempt.transfer.script = client.script(body.bytes, operation, provider, step: faultStep(landing.route))
        }
        return attempt
    }

    /// A request's faults count its own attempts at development providers, a provider's all it ever had.
    private func faultStep(_ route: Route) -> FaultStep? {
        if let faults = request.options.faults {
            devAttempts += 1
            return faults.step(devAttempts - 1)
        }
        return route.provider.faults.flatMap { $0.step(route.health.nextFaultStep()) }
    }

    /// What an attempt measured.
    func note(_ attempt: Attempt, _ status: Status) {
        guard attempt.index < journey.attempts.count else { return }
        let t = attempt.transfer.timings
        var timings = JourneyTimings()
        timings.connect = t.connect
        timings.firstByte = t.firstByte
        timings.firstContent = t.firstContent
        timings.total = t.total
        timings.reused = t.reused
        let told = journey.attempts[attempt.index]
        told.timings = timings
        told.httpStatus = attempt.transfer.status
        told.status = attempt.abandoned ? .cancelled : status
        told.isUnsent = attempt.isUnsent
    }

    /// Nobody had begun with the attempt: it is made once more at once, on a connection of its own, with what it held. The first one
    /// is told of, and counts nowhere. False: its failure is one like others.
    func resend(_ attempt: Attempt) -> Bool {
        let landing = attempt.landing
        guard landing.resends < Landing.mostResends, canResend(attempt), machine.resent(attempt.index) else { return false }
        landing.resends += 1
        landing.http1 = attempt.transfer.wantsHTTP1
        leave(attempt)
        note(attempt, .connect)
        _ = account(attempt, .connect)
        syncJourney()
        client.tell(.attemptEnd, self, attempt.index)
        launch(makeAttempt(landing))
        return true
    }

    func canResend(_ attempt: Attempt) -> Bool {
        !hasEnded && !isCancelled && !attempt.abandoned && attempt.landing.candidate >= 0 && gl_now_us() < deadline
    }

    func remember(_ failure: Failure, _ attempt: Int) { put(failure, attempt, in: &failures) }

    func put(_ failure: Failure, _ number: Int, in list: inout [Failure?]) {
        while list.count <= number { list.append(nil) }
        list[number] = failure
    }

    /// What the machine decided, in the words of reports.
    func syncJourney() {
        for (index, record) in machine.attempts.enumerated() where index < journey.attempts.count {
            let told = journey.attempts[index]
            if record.next != .none { told.next = record.next.name }
            told.waited = record.wait
            told.isHedge = record.cause == .hedged
        }
        if let refusedAttempt, refusedAttempt < journey.attempts.count { journey.attempts[refusedAttempt].next = "dev_fallback" }
    }

    /// Fills in who and where.
    func complete(_ failure: Failure, _ attempt: Attempt) -> Failure {
        var full = failure
        full.provider = full.provider ?? attempt.provider.id
        full.model = full.model ?? attempt.landing.model
        if full.requestID == nil { full.requestID = UnredactedText(String(utf8: journey.requestID)) }
        if full.httpStatus == nil, attempt.transfer.status > 0, full.status.rawValue >= 200 { full.httpStatus = attempt.transfer.status }
        return full.leaving(request.redaction)
    }

    /// Every attempt passes here once, however it ended: health learns of it, and what was held is given back.
    func settle(_ attempt: Attempt, _ failure: Failure?) {
        let now = gl_now_us(), status = attempt.abandoned ? .cancelled : failure?.status ?? .ok
        // That a kept connection dies is no sign of a provider that is down: the next one will tell.
        let health: Status = attempt.transfer.connectionDied ? .cancelled : status
        let account = account(attempt, failure?.status)
        if attempt.landing.usageWasRefused, failure == nil { client.usageRefusals.add(attempt.provider, attempt.landing.model) }
        if let ticket = attempt.landing.ticket {
            let mayBeOfRequest = failure?.mayBeOfRequest ?? false || attempt.wasShortened(status)
            let flips = attempt.landing.route.health.record(ticket, health, attempt.transfer, tokens: account.isEstimate ? nil : account.usage?[.output],
                                                mayBeOfRequest: mayBeOfRequest, now)
            logBreakers(flips, attempt.landing)
            if let failure, !attempt.abandoned { attempt.landing.route.keys.judge(attempt.landing.key, failure, now) }
        }
        if let reservation = attempt.landing.reservation { settleLimits(reservation, account) }
    }
}

extension Accepted {
    /// One deadline over all attempts: the request's total time-out, else that of the provider that is asked first.
    func deadline(from start: Int64) -> Int64 {
        guard let first = candidates.first, first.provider < setup.routes.count else { return .max }
        let seconds = options.timeouts(setup.routes[first.provider].timeouts).total
        return seconds > 0 ? start &+ Int64(min(seconds, 86_400 * 365) * 1_000_000) : .max
    }

    func machine(deadline: Int64, seed: UInt64) -> AttemptMachine {
        let configuration = setup.configuration
        var marks: [CandidateMark] = []
        marks.reserveCapacity(candidates.count)
        for candidate in candidates {
            let base = setup.provider(candidate.provider)?.retry ?? configuration.retry
            marks.append(CandidateMark(provider: candidate.provider, rank: candidate.rank, retry: options.retry(base)))
        }
        var budget = AttemptBudget()
        budget.attempts = options.retry(configuration.retry).attemptsPerRequest
        budget.deadline = deadline
        budget.waits = configuration.limits.wait
        budget.maxWait = Int64(configuration.limits.maxWait * 1_000_000)
        let (hedge, notBefore) = options.hedge(configuration.hedge)
        if let hedge, let delay = hedgeDelay(hedge) { budget.hedgeDelay = max(delay, microseconds(notBefore ?? 0)) }
        return AttemptMachine(marks: marks, table: setup.failover, budget: budget, seed: seed)
    }

    /// Without a number, the 95th percentile of what was observed; as long as little was, there is no hedge.
    private func hedgeDelay(_ hedge: HedgePolicy) -> Int64? {
        if let seconds = hedge.delay { return microseconds(seconds) }
        guard let first = candidates.first, first.provider < setup.routes.count else { return nil }
        return setup.routes[first.provider].health.usualFirstContent(first.model)
    }

    private func microseconds(_ seconds: Double) -> Int64 { Int64(min(seconds, 86_400) * 1_000_000) }
}
