internal import Bytes
internal import JSON
internal import Model

/// Writes a failure as Anthropic's API tells errors (https://docs.anthropic.com/en/api/errors, 2026-11).
/// False: no memory.
func messagesError(_ failure: RedactedFailure, into buffer: ByteBuffer) -> Bool {
    var out = MemberWriter(buffer)
    out.open()
    out.member("type", "error")
    out.name("error")
    out.open()
    out.member("type", String(type(of: failure.status)))
    out.member("message", failure.message)
    out.close()
    if let id = failure.requestID { out.member("request_id", id) }
    out.close()
    return !out.failed
}

private func type(of status: Status) -> StaticString {
    switch status {
    case .argument, .json, .config, .unsupported, .badRequest, .contextLength, .contentPolicy: "invalid_request_error"
    case .noKey, .auth, .keysExhausted: "authentication_error"
    case .funds: "billing_error"
    case .permission, .refused: "permission_error"
    case .notFound, .modelUnresolved: "not_found_error"
    case .tooLarge: "request_too_large"
    case .rateLimit: "rate_limit_error"
    case .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .timeoutTotal: "timeout_error"
    case .overloaded, .unavailable: "overloaded_error"
    default: "api_error"
    }
}
