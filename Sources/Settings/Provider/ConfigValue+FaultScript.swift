internal import Bytes
internal import HTTPText
package import Model

extension ConfigValue {
    /// `faults` of a provider or a request: one step, or `{"sequence": [step, ...]}`. Complaints name the member.
    package func faultScript() throws(Failure) -> FaultScript {
        var script = FaultScript()
        guard isObject else {
            script.steps = [try faultStep()]
            return script
        }
        let members = try object()
        guard let list = members.take("sequence") else {
            script.steps = [try faultStep()]
            return script
        }
        try members.end()
        for element in try list.elements() { script.steps.append(try element.faultStep()) }
        if script.steps.isEmpty { throw list.failure("must not be empty") }
        return script
    }

    /// An object, a status, or "ok".
    private func faultStep() throws(Failure) -> FaultStep {
        var step = FaultStep()
        if isNumber { step.status = try integer(200, 599) }
        if isNumber || string.map({ same($0, "ok") }) ?? false { return step }
        guard isObject else { throw failure("must be a status, \"ok\" or an object") }
        let members = try object()
        try members.readFaultyAnswer(into: &step)
        try members.readDisturbance(into: &step)
        try members.end()
        return step
    }

    /// Of a response: any name, such as Retry-After.
    fileprivate func faultHeaders() throws(Failure) -> [Header] {
        var headers: [Header] = []
        for (name, member) in try members() {
            guard HeaderText.isName(name.text) else { throw member.failure("must be a header name") }
            headers.append(Header(name: name.text, value: try member.text()))
        }
        return headers
    }
}

extension ConfigMembers {
    fileprivate func readFaultyAnswer(into step: inout FaultStep) throws(Failure) {
        if let value = take("ok"), try !value.flag() { throw value.failure("must be true") }
        try integer("status", 200, 599, &step.status)
        if let value = take("headers") { step.headers = try value.faultHeaders() }
        if let value = take("body") {
            guard let text = value.string else { throw value.failure("must be a string") }
            step.body = text
        }
        if let value = take("error") {
            guard value.isObject, let text = value.json else { throw value.failure("must be an object") }
            step.error = text
        }
        try flag("empty", &step.empty)
        try flag("html", &step.html)
    }

    fileprivate func readDisturbance(into step: inout FaultStep) throws(Failure) {
        try seconds("first_byte_delay", &step.firstByteDelay)
        try integer("error_at_chunk", 0, 1_000_000, &step.errorAtChunk)
        try integer("stall_at_chunk", 0, 1_000_000, &step.stallAtChunk)
        try integer("truncate_at_chunk", 0, 1_000_000, &step.truncateAtChunk)
        step.length = try word("length")
        try flag("reset", &step.reset)
        try flag("refuse", &step.refuse)
    }
}
