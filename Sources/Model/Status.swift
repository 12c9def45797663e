/// The numbers of `gatelet_status` (include/gatelet.h); a test holds the two lists equal.
package enum Status: Int32, Sendable, CaseIterable {
    case ok = 0
    case argument = 100, handle, json, config, noKey, modelUnresolved, badState, cancelled, closed, unsupported, refused
    case resolve = 200, connect, tls, timeoutConnect, timeoutFirstByte, timeoutIdle, timeoutContent, timeoutTotal
    case truncated, tooLarge, `protocol`
    case badRequest = 300, auth, permission, funds, notFound, rateLimit, overloaded, server, unavailable, contextLength
    case contentPolicy, empty, badResponse, keysExhausted
    case `internal` = 400, memory, forked

    /// `kind` in the JSON of errors.
    package var name: StaticString {
        switch self {
        case .ok: "ok"
        case .argument: "argument"
        case .handle: "handle"
        case .json: "json"
        case .config: "config"
        case .noKey: "no_key"
        case .modelUnresolved: "model_unresolved"
        case .badState: "bad_state"
        case .cancelled: "cancelled"
        case .closed: "closed"
        case .unsupported: "unsupported"
        case .refused: "refused"
        case .resolve: "resolve"
        case .connect: "connect"
        case .tls: "tls"
        case .timeoutConnect: "timeout_connect"
        case .timeoutFirstByte: "timeout_first_byte"
        case .timeoutIdle: "timeout_idle"
        case .timeoutContent: "timeout_content"
        case .timeoutTotal: "timeout_total"
        case .truncated: "truncated"
        case .tooLarge: "too_large"
        case .protocol: "protocol"
        case .badRequest: "bad_request"
        case .auth: "auth"
        case .permission: "permission"
        case .funds: "funds"
        case .notFound: "not_found"
        case .rateLimit: "rate_limit"
        case .overloaded: "overloaded"
        case .server: "server"
        case .unavailable: "unavailable"
        case .contextLength: "context_length"
        case .contentPolicy: "content_policy"
        case .empty: "empty"
        case .badResponse: "bad_response"
        case .keysExhausted: "keys_exhausted"
        case .internal: "internal"
        case .memory: "memory"
        case .forked: "forked"
        }
    }
}
