internal import Bytes
internal import JSON
internal import Model

/// Writes a failure as OpenAI's API tells errors (https://platform.openai.com/docs/guides/error-codes, 2026-11). False: no memory.
func responsesError(_ failure: RedactedFailure, into buffer: ByteBuffer) -> Bool {
    let words = ErrorWords(failure.status)
    var out = MemberWriter(buffer)
    out.open()
    out.name("error")
    out.open()
    out.member("message", failure.message)
    out.member("type", String(words.type))
    write("param", failure.parameter, &out)
    write("code", words.code.map { String($0) }, &out)
    out.close()
    out.close()
    return !out.failed
}

/// The event `error` of a stream (https://platform.openai.com/docs/api-reference/responses-streaming/error, 2026-11).
func responsesErrorEvent(_ failure: RedactedFailure, number: Int, into buffer: ByteBuffer) -> Bool {
    let words = ErrorWords(failure.status)
    var out = MemberWriter(buffer)
    out.open()
    out.member("type", "error")
    write("code", String(words.code ?? words.type), &out)
    out.member("message", failure.message)
    write("param", failure.parameter, &out)
    out.member("sequence_number", number)
    out.close()
    return !out.failed
}

private func write(_ name: StaticString, _ text: String?, _ out: inout MemberWriter) {
    if let text { out.member(name, text) } else { out.member(name, raw: "null") }
}

private struct ErrorWords {
    var type: StaticString
    var code: StaticString?

    init(_ status: Status) {
        (type, code) = switch status {
        case .argument, .json, .unsupported, .badRequest, .refused: ("invalid_request_error", nil)
        case .contextLength: ("invalid_request_error", "context_length_exceeded")
        case .contentPolicy: ("invalid_request_error", "content_policy_violation")
        case .noKey, .auth, .keysExhausted: ("invalid_request_error", "invalid_api_key")
        case .permission: ("invalid_request_error", "insufficient_permissions")
        case .notFound, .modelUnresolved: ("invalid_request_error", "model_not_found")
        case .tooLarge: ("invalid_request_error", "request_too_large")
        case .funds: ("insufficient_quota", "insufficient_quota")
        case .rateLimit: ("rate_limit_error", "rate_limit_exceeded")
        default: ("server_error", "server_error")
        }
    }
}
