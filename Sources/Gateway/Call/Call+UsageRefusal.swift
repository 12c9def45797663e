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
        guard target.asksForUsage, canResend(attempt),
              let body = target.endpoint.dialect.withoutUsage(target.body, refusedBy: failure, httpStatus: attempt.transfer.status,
                                                              isTried: attempt.provider.triesStreamUsage),
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
}
