internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Planning
internal import Resilience
internal import Settings

/// What the log tells of a request: docs/logging.md has each line. Nothing of what the user or a provider wrote is in them but
/// names, statuses and codes.
extension Call {
    private func log(_ level: Int32, _ line: @autoclosure () -> UnredactedText) {
        if request.options.dryRun || !services.log.hears(level) { return }
        services.log.say(level, request.redaction.line(UnredactedText(String(utf8: trace.requestID) + " ") + line()))
    }

    private func log(_ level: Int32, _ line: @autoclosure () -> String) { log(level, UnredactedText(line())) }

    /// provider/model, and the key where that says something.
    private func name(_ attempt: AttemptTrace) -> String { setup.title(attempt.provider, attempt.model) }
    private func name(_ candidate: Candidate) -> String { setup.title(setup.provider(candidate.provider)?.id ?? "", candidate.model) }

    // MARK: attempts

    /// An attempt begins: what led to it.
    func logStart(_ index: Int) {
        guard services.log.hears(LogLevel.warning), index < trace.attempts.count else { return }
        let now = trace.attempts[index], cause = index < machine.attempts.count ? machine.attempts[index].cause : .none
        if cause == .hedged { return log(LogLevel.debug, concat("hedge: ", name(now))) }
        guard let before = trace.attempts[..<index].lastIndex(where: { $0.status != .ok }) else { return logSkipped(index, now) }
        let last = trace.attempts[before]
        let why = concat(" (", String(last.status.name), last.httpStatus > 0 ? concat(", http ", String(decimal: last.httpStatus)) : "", ")")
        if !same(last.model, now.model) {
            log(LogLevel.warning, concat("switch of model: ", name(last), why, concat(" -> ", name(now))))
        } else if !same(last.provider, now.provider) {
            log(LogLevel.warning, concat("switch of provider: ", name(last), why, concat(" -> ", name(now))))
        } else if !same(last.key ?? "", now.key ?? "") {
            log(LogLevel.warning, concat("switch of key: ", name(now), concat(", ", last.key ?? "", why), concat(" -> ", now.key ?? "")))
        } else {
            log(LogLevel.debug, concat("retry: ", name(now), why))
        }
    }

    /// The first attempt goes to another than the first candidate, which could not be asked.
    private func logSkipped(_ index: Int, _ now: AttemptTrace) {
        guard index == 0, !machine.attempts.isEmpty, machine.attempts[0].candidate > 0, let first = request.candidates.first else { return }
        let status = refusals.first.flatMap { $0?.status }
        let why = status.map { concat(" (", String($0.name), ")") } ?? ""
        let what = same(first.model, now.model) ? "switch of provider: " : "switch of model: "
        log(LogLevel.warning, concat(what, name(first), why, concat(" -> ", name(now))))
    }

    func logFailure(_ failure: Failure, _ index: Int) {
        guard failure.status == .rateLimit || failure.httpStatus == 429, services.log.hears(LogLevel.warning), index < trace.attempts.count else { return }
        let reported = trace.attempts[index]
        var line = concat("rate limited: ", name(reported), reported.key.map { concat(", key ", $0) } ?? "", concat(", http ", String(decimal: reported.httpStatus)))
        if let wait = failure.retryAfterMs { line += concat(", retry after ", String(decimal: wait), " ms") }
        if let code = RedactedFailure(failure, services.redaction).codeWord { line += concat(", code ", code) }
        log(LogLevel.warning, line)
    }

    /// A share of a rule is used (`warn_at`). `of`: whose rule it is, beside its kind.
    func log(of warning: LimitWarning, _ of: String?) {
        let whose = concat(String(warning.kind.name), of.map { concat(" ", $0) } ?? "")
        log(LogLevel.warning, concat("limit ", warning.standing.rule.name, concat(" of the ", whose, ": "), concat(warning.share.description, " of it is used")))
    }

    func logWait(_ until: Int64) {
        guard services.log.hears(LogLevel.debug) else { return }
        let time = concat("waits ", String(decimal: Int(max(0, until &- gl_now_us()) / 1000)), " ms")
        if !machine.isWaitingForLimit { return log(LogLevel.debug, concat(time, " before a retry: ", trace.attempts.last.map(name) ?? "")) }
        let limited = refusals.lastIndex { $0?.status == .rateLimit }
        let who = limited.flatMap { $0 < request.candidates.count ? name(request.candidates[$0]) : nil } ?? ""
        log(LogLevel.debug, concat(time, " for a limit: ", who))
    }

    // MARK: the end

    /// A cancelled request is no news.
    func logEnd(_ failure: Failure?) {
        guard let failure else { return log(LogLevel.debug, concat("ok: ", name(trace.reported))) }
        if failure.status == .cancelled || failure.status == .closed { return }
        let reported = trace.reported
        let provider = reported.provider.utf8.isEmpty ? failure.provider ?? "" : reported.provider, model = reported.model.utf8.isEmpty ? failure.model ?? "" : reported.model
        let place = concat(setup.title(provider, model), reported.httpStatus > 0 ? concat(", http ", String(decimal: reported.httpStatus)) : "", ": ")
        log(LogLevel.warning, concat("failed: ", place, services.log.words(of: failure)))
    }

    /// What an attempt did to the breakers of its model and of its provider.
    func logBreakers(_ flips: BreakerFlips, _ target: AttemptTarget) { services.log.sayBreakers(flips, target.endpoint.provider, target.model, setup.configuration.breaker) }
}
