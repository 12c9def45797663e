internal import Accounting
internal import Bytes
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Transport

extension Call {
    /// What was refused may have been refused for asking for usage: it is sent once more at once, without. The first one is told of.
    /// False: it stays as it is.
    func resendWithoutUsage(_ attempt: Attempt, _ failure: Failure) -> Bool {
        let target = attempt.target
        guard target.asksForUsage, mayRefuseUsage(failure, attempt), canResend(attempt), let body = withoutUsage(target.body),
              machine.resent(attempt.index) else { return false }
        request.put(body, withoutUsage: target.candidate)
        let again = AttemptTarget(endpoint: target.endpoint, model: target.model, key: target.key, body: body, candidate: target.candidate)
        (again.ticket, again.reservation, again.isProbe, again.resends) = (target.ticket, target.reservation, target.isProbe, target.resends)
        (again.http1, again.usageWasRefused) = (target.http1, true)
        leave(attempt)
        note(attempt, failure.status)
        _ = account(attempt, failure.status)
        remember(complete(failure, attempt), attempt.index)
        syncTrace()
        tell(.attemptEnd, attempt.index)
        launch(makeAttempt(again))
        return true
    }

    /// A refusal that speaks of it; where it is tried, also one that names no other member.
    private func mayRefuseUsage(_ failure: Failure, _ attempt: Attempt) -> Bool {
        let status = attempt.transfer.status
        if status >= 400, speaks(failure, ["stream_options", "include_usage"]) { return true }
        let isRefusal = failure.status == .badRequest || failure.status == .unsupported
        guard isRefusal, attempt.provider.triesStreamUsage, status == 400 || status == 422 || status == 501 else { return false }
        return !speaks(failure, ["arameter: '", "arameter '", "arameter: `", "arameter `", "arameter: \"", "arameter \"", "argument supplied: "])
    }

    private func speaks(_ failure: Failure, _ words: [String]) -> Bool {
        words.contains { failure.message.contains($0) || failure.providerMessage?.contains($0) ?? false }
    }
}
