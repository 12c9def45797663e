internal import Bytes
internal import JSON
package import Model

/// How a scripted answer ends.
package enum ScriptEnding: Sendable, Equatable {
    case complete
    /// The connection closes where more had to come.
    case cut
    /// The connection breaks before the response, or cannot be made: there are no headers (`httpStatus` is 0).
    case reset, refused
}

/// Longer than any time-out may be.
private let forever = 86_400.0

/// What the development provider answers when a step of a fault script holds.
package func devScript(body: UnsafeRawBufferPointer, operation: Operation, tokenDelay: Double, step: FaultStep) -> AnswerScript {
    if step.refuse { return AnswerScript(httpStatus: 0, ending: .refused) }
    if step.reset { return AnswerScript(httpStatus: 0, steps: [ScriptStep(delay: step.firstByteDelay, bytes: [])], ending: .reset) }
    var script = faultAnswer(step, isStream: operation.isStream) ?? devScript(body: body, operation: operation, tokenDelay: tokenDelay)
    if script.httpStatus == 200 { script.httpStatus = step.status }
    script.headers = step.headers
    script.disturb(step)
    return script
}

/// What comes instead of the answer; nil: the answer.
private func faultAnswer(_ step: FaultStep, isStream: Bool) -> AnswerScript? {
    if step.empty { return AnswerScript() }
    if step.html { return document(concat("<html><head><title>", httpReason(step.status), "</title></head><body></body></html>\n"), "text/html") }
    if let body = step.body {
        let first = body.octets.first
        return document(body, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? "application/json" : "text/plain")
    }
    // A stream has its error among the chunks; an answer in one piece consists of it.
    if step.errorAtChunk != nil { return isStream && step.status < 300 ? nil : document(errorDocument(step), "application/json") }
    if step.error != nil || step.status >= 300 { return document(errorDocument(step), "application/json") }
    return nil
}

private func document(_ text: String, _ type: String) -> AnswerScript {
    AnswerScript(contentType: type, steps: [ScriptStep(delay: 0, bytes: text.octets)])
}

extension AnswerScript {
    fileprivate mutating func disturb(_ step: FaultStep) {
        if step.stallAtChunk != nil || step.truncateAtChunk != nil || step.length == .short { halve() }
        if let at = step.errorAtChunk, isEvents, at < steps.count {
            keep(at)
            steps.append(ScriptStep(delay: 0, bytes: concat("data: ", errorDocument(step), "\n\n").octets))
        }
        if let at = step.truncateAtChunk, at < steps.count {
            keep(at)
            ending = .cut
        }
        var stalls = false
        if let at = step.stallAtChunk, at < steps.count {
            keep(at)
            steps.append(ScriptStep(delay: forever, bytes: []))
            stalls = at == 0
            ending = .cut
        }
        if let length = step.length { mislead(length) }
        if step.firstByteDelay > 0 || stalls { steps.insert(ScriptStep(delay: step.firstByteDelay, bytes: []), at: 0) }
    }

    private var isEvents: Bool { same(contentType, "text/event-stream") }

    private mutating func keep(_ count: Int) { steps.removeLast(steps.count &- count) }

    /// A document counts as two chunks.
    private mutating func halve() {
        guard !isEvents, steps.count == 1, let whole = steps.first, whole.bytes.count > 1 else { return }
        let middle = whole.bytes.count / 2
        steps = [ScriptStep(delay: whole.delay, bytes: Array(whole.bytes.prefix(middle))),
                 ScriptStep(delay: 0, bytes: Array(whole.bytes.dropFirst(middle)))]
    }

    /// Short: what is beyond the promised length is lost. Long: the connection closes while more is waited for.
    private mutating func mislead(_ length: FaultStep.Length) {
        if length == .short { keep(steps.count / 2) }
        var sum = 0
        for step in steps { sum &+= step.bytes.count }
        headers.append(Header(name: "content-length", value: String(decimal: length == .short ? sum : sum &+ 1000)))
        ending = .cut
    }
}

private func errorDocument(_ step: FaultStep) -> String {
    if let error = step.error { return concat("{\"error\":", error, "}") }
    let (message, type, code) = usualError(step.status)
    return errorDocument(String(message), type, code)
}

/// As OpenAI's servers write it; an empty code is null.
func errorDocument(_ message: String, _ type: StaticString, _ code: StaticString) -> String {
    let buffer = ByteBuffer()
    defer { buffer.keepAlive() }
    var out = MemberWriter(buffer)
    out.open()
    out.name("error")
    out.open()
    out.member("message", message)
    out.member("type", String(type))
    out.member("param", raw: "null")
    if code.utf8CodeUnitCount > 0 { out.member("code", String(code)) } else { out.member("code", raw: "null") }
    out.close()
    out.close()
    return String(utf8: buffer.bytes)
}

/// Message, type and code as OpenAI's servers have them.
private func usualError(_ status: Int) -> (StaticString, StaticString, StaticString) {
    switch status {
    case 401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
    case 402: ("Insufficient credits.", "insufficient_quota", "insufficient_quota")
    case 403: ("This key has no access to the model.", "permission_error", "")
    case 404: ("The model does not exist.", "invalid_request_error", "model_not_found")
    case 408, 504: ("The request timed out.", "timeout_error", "")
    case 429: ("Rate limit reached.", "requests", "rate_limit_exceeded")
    case 503, 529: ("The engine is overloaded. Please try again later.", "overloaded_error", "")
    case 400..<500: ("The request cannot be served.", "invalid_request_error", "")
    default: ("The server had an error while processing your request.", "server_error", "")
    }
}

private func httpReason(_ status: Int) -> String {
    let reason: StaticString = switch status {
    case 429: " Too Many Requests"
    case 500: " Internal Server Error"
    case 502: " Bad Gateway"
    case 503: " Service Temporarily Unavailable"
    case 504: " Gateway Time-out"
    default: " Error"
    }
    return concat(String(decimal: status), String(reason))
}
