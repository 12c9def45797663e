internal import Accounting
internal import Bytes
internal import Dialects
internal import Model
internal import Planning
internal import Resilience
internal import Transport

extension Call {
    /// What was refused may have been refused for a member that can be left out: it is sent once more at once, without. The first one is told
    /// of. False: it stays as it is.
    func resendWithoutRefused(_ attempt: Attempt, _ failure: Failure) -> Bool {
        let target = attempt.target
        guard canResend(attempt), !request.passes(through: target.endpoint), let member = refused(attempt, failure),
              let less = without(member, target.body), machine.resent(attempt.index) else { return false }
        let body = WrittenBody(buffer: less, warnings: target.warnings)
        request.put(body, without: member, target.candidate)
        let again = AttemptTarget(endpoint: target.endpoint, model: target.model, key: target.key, body: body, candidate: target.candidate)
        (again.ticket, again.reservation, again.isProbe, again.resends) = (target.ticket, target.reservation, target.isProbe, target.resends)
        (again.http1, again.refused, again.asksForUsage) = (target.http1, target.refused + [member], target.asksForUsage && !member.isUsage)
        leave(attempt)
        note(attempt, failure.status)
        _ = account(attempt, failure.status)
        remember(complete(failure, attempt), attempt.index)
        syncTrace()
        tell(.attemptEnd, attempt.index)
        launch(makeAttempt(again))
        return true
    }

    /// One parameter in a row, since a request that fails for another reason is not to be tried again and again.
    private func refused(_ attempt: Attempt, _ failure: Failure) -> RefusedMember? {
        let target = attempt.target
        defer { target.body.keepAlive() }
        let member = refusedMember(failure, httpStatus: attempt.transfer.status, in: target.body.bytes, asksUsage: target.asksForUsage,
                                   isTried: attempt.provider.triesStreamUsage)
        return target.refused.contains { !$0.isUsage } && member.map { !$0.isUsage } ?? false ? nil : member
    }
}
