internal import Accounting
internal import Bytes
internal import Model
internal import Planning
internal import Resilience
internal import Settings

extension Call {
    /// Asks the hook before anything is spent. It refuses by returning something other than 0.
    func askHook() throws(Failure) {
        guard let hook = services.hooks.listener(.request) else { return }
        let event = opening(.request)
        let model = request.candidates.first
        var ok = event.append(",\"provider\":") && Report.text(model.flatMap { setup.provider($0.provider)?.id } ?? "", event)
            && event.append(",\"model\":") && Report.text(request.redaction.line(model?.model ?? ""), event)
        if ok, hook.content { ok = event.append(",\"request\":") && event.append(request.content) }
        guard ok, event.append("}"), let answer = hook.call(event, request.redaction) else { throw Failure(.memory, "out of memory") }
        if answer == 0 { return }
        var failure = Failure(.refused, "the event hook refused the request")
        failure.callbackResult = answer
        failure.requestID = UnredactedText(String(utf8: trace.requestID))
        throw failure
    }

    /// Tells the hook of an attempt.
    func tell(_ moment: HookMoment, _ attempt: Int) {
        guard !request.options.dryRun, let hook = services.hooks.listener(moment) else { return }
        let event = opening(moment)
        var ok = true
        if attempt < trace.attempts.count {
            let made = trace.attempts[attempt]
            ok = event.append(",\"attempt\":") && Report.number(Int64(attempt), event) && event.append(",\"provider\":")
                && (moment == .attemptEnd ? Report.one(made, event) && Report.money(made.account, event) : Report.start(made, event))
            if moment == .attemptEnd, let failure = failure(of: attempt) {
                ok = ok && event.append(",\"error\":") && Report.error(RedactedFailure(failure, request.redaction), brief: !hook.content, into: event)
            }
        }
        if ok, event.append("}") { _ = hook.call(event, request.redaction) }
    }

    /// Tells the hook that a share of a rule is used (`warn_at`). `of`: whose rule it is, beside its kind.
    func tell(of warning: LimitWarning, _ of: String?) {
        guard let hook = services.hooks.listener(.limit) else { return }
        let event = opening(.limit)
        let ok = event.append(",\"scope\":\"") && event.append(warning.kind.name) && event.append("\"") && Report.optional(",\"of\":", of, event)
            && event.append(",\"share\":") && event.append(warning.share.description) && event.append(",") && Report.members(warning.standing, into: event)
        if ok, event.append("}") { _ = hook.call(event, request.redaction) }
    }

    /// Tells the hook of the end. `document`: END's, without what the provider wrote unless the hook asked for content.
    func tellEnd(_ answer: ByteBuffer?, document: (_ brief: Bool) -> ByteBuffer) {
        guard !request.options.dryRun, let hook = services.hooks.listener(.requestEnd) else { return }
        let event = opening(.requestEnd), end = document(!hook.content)
        defer { end.keepAlive() }
        var ok = end.count < 3 || event.append(",") && event.append(end.bytes[ByteRange(1, end.count - 1)])
        if let answer, hook.content { ok = ok && event.append(",\"answer\":") && event.append(answer.bytes) }
        if ok, event.append("}") { _ = hook.call(event, request.redaction) }
    }

    private func opening(_ moment: HookMoment) -> ByteBuffer {
        let event = ByteBuffer()
        _ = event.append("{\"event\":\"") && event.append(moment.rawValue) && event.append("\",\"request_id\":\"")
            && Report.append(trace.requestID, event) && event.append("\",\"operation\":\"")
            && event.append(operation.name) && event.append("\",\"tag\":")
            && (request.options.tag.map { Report.text($0, event) } ?? event.append("null"))
        return event
    }
}
