package import Model

/// What an attempt's end says about the provider.
package enum HealthOutcome: Sendable, Equatable {
    case ok, failed
    /// It says nothing: the caller's own mistake, a refused key, a limit of one key, a cancellation.
    case neither
}

extension Status {
    /// What is wrong is what was asked for, and would be wrong anywhere or with any key.
    package var isOfRequest: Bool {
        switch self {
        case .badRequest, .contextLength, .contentPolicy, .tooLarge: true
        default: false
        }
    }

    /// A rate limit is no failure: it is one key's, and must not close the provider to the others. Nor is what a request
    /// brought upon itself; and as such an answer may come from a front that never asked the model, it is no success
    /// either. The total time-out is the caller's own bound, so it only speaks when nothing had come till then.
    package func healthOutcome(contentSeen: Bool) -> HealthOutcome {
        switch self {
        case .ok: .ok
        case .resolve, .connect, .tls, .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .truncated, .protocol,
             .overloaded, .server, .unavailable, .empty, .badResponse: .failed
        case .timeoutTotal: contentSeen ? .neither : .failed
        default: .neither
        }
    }
}
