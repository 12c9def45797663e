internal import Bytes
internal import HTTPText
package import Model

extension FaultScript {
    /// `faults` of a provider or a request: one step, or `{"sequence": [step, ...]}`. Complaints name the member.
    package init(_ value: ConfigValue) throws(Failure) {
        self.init()
        guard value.isObject else {
            steps = [try readStep(value)]
            return
        }
        let members = try value.object()
        guard let list = members.take("sequence") else {
            steps = [try readStep(value)]
            return
        }
        try members.end()
        for element in try list.elements() { steps.append(try readStep(element)) }
        if steps.isEmpty { throw list.failure("must not be empty") }
    }
}

/// An object, a status, or "ok".
private func readStep(_ value: ConfigValue) throws(Failure) -> FaultStep {
    var step = FaultStep()
    if value.isNumber { step.status = try value.integer(200, 599) }
    if value.isNumber || value.string.map({ same($0, "ok") }) ?? false { return step }
    guard value.isObject else { throw value.failure("must be a status, \"ok\" or an object") }
    let members = try value.object()
    try step.readAnswer(members)
    try step.readDisturbance(members)
    try members.end()
    return step
}

extension FaultStep {
    fileprivate mutating func readAnswer(_ members: ConfigMembers) throws(Failure) {
        if let value = members.take("ok"), try !value.flag() { throw value.failure("must be true") }
        try members.integer("status", 200, 599, &status)
        if let value = members.take("headers") { headers = try faultHeaders(value) }
        if let value = members.take("body") {
            guard let text = value.string else { throw value.failure("must be a string") }
            body = text
        }
        if let value = members.take("error") {
            guard value.isObject, let text = value.json else { throw value.failure("must be an object") }
            error = text
        }
        try members.flag("empty", &empty)
        try members.flag("html", &html)
    }

    fileprivate mutating func readDisturbance(_ members: ConfigMembers) throws(Failure) {
        try members.seconds("first_byte_delay", &firstByteDelay)
        try members.integer("error_at_chunk", 0, 1_000_000, &errorAtChunk)
        try members.integer("stall_at_chunk", 0, 1_000_000, &stallAtChunk)
        try members.integer("truncate_at_chunk", 0, 1_000_000, &truncateAtChunk)
        length = try members.word("length")
        try members.flag("reset", &reset)
        try members.flag("refuse", &refuse)
    }
}

/// Of a response: any name, such as Retry-After.
private func faultHeaders(_ value: ConfigValue) throws(Failure) -> [Header] {
    var headers: [Header] = []
    for (name, member) in try value.members() {
        guard HeaderText.isName(name.text) else { throw member.failure("must be a header name") }
        headers.append(Header(name: name.text, value: try member.text()))
    }
    return headers
}
