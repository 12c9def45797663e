package import Model

/// What each class of failure leads to: a preset, with the classes that the configuration sets itself laid over it.
package struct FailoverTable: Sendable {
    private let preset: FailoverPreset
    private let rules: [FailoverRule]

    package init(preset: FailoverPreset = .gatelet, rules: [FailoverRule] = []) {
        self.preset = preset
        self.rules = rules
    }

    /// Failures that neither a provider nor the way to it causes end the request.
    package func actions(for status: Status) -> ActionList {
        guard status.isOfProvider else { return ActionList(.stop) }
        return rules.last { $0.status == status }?.actions ?? presetActions(preset, status)
    }
}

extension Status {
    /// A provider, or the way to it, is behind it: the groups of the public header.
    fileprivate var isOfProvider: Bool { (200..<400).contains(rawValue) }
}

private func presetActions(_ preset: FailoverPreset, _ status: Status) -> ActionList {
    switch preset {
    case .gatelet: gateletActions(status)
    case .gatewayz: gatewayzActions(status)
    case .openrouter: openrouterActions(status)
    }
}

/// The default: what passes by itself is retried and then left, what is the account's or the model's fault is left at
/// once, what is the request's fault ends it. The classes are OpenRouter's error types
/// (https://openrouter.ai/docs/api-reference/errors, 2026-08-22); retries before anything else are those of the preset `openrouter`.
private func gateletActions(_ status: Status) -> ActionList {
    switch status {
    // Another key may have quota left and costs no waiting. A Retry-After over its cap makes `retry` impossible.
    case .rateLimit: ActionList(.rotateKey, .retry, .nextProvider, .nextModel)
    case .overloaded, .server, .unavailable, .connect, .resolve, .truncated, .empty:
        ActionList(.retry, .nextProvider, .nextModel)
    // Time was lost already: the same provider again only when there is nobody else.
    case .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent: ActionList(.nextProvider, .nextModel, .retry)
    case .auth, .funds, .permission: ActionList(.rotateKey, .nextProvider, .nextModel)
    case .notFound, .keysExhausted, .tls, .protocol, .badResponse: ActionList(.nextProvider, .nextModel)
    case .contextLength: ActionList(.nextModel)
    default: ActionList(.stop) // badRequest, contentPolicy, tooLarge, timeoutTotal
    }
}

/// The backend of Gatewayz: 401, 402, 403, 404, 502, 503 and 504 go to the next provider of its chain, time-outs
/// count as 504 and connection errors as 503; 429, 500 and 400 are the caller's to see. Nothing is retried, no model is changed.
private func gatewayzActions(_ status: Status) -> ActionList {
    switch status {
    case .rateLimit, .server, .badRequest, .contextLength, .contentPolicy, .tooLarge, .timeoutTotal: ActionList(.stop)
    default: ActionList(.nextProvider)
    }
}

/// A client of OpenRouter: one provider, several models. Rate limits and network errors are retried with a backoff, then the next
/// model is asked; a bad key is an error at once. Its fallback models are free ones, so they also help a caller without funds.
private func openrouterActions(_ status: Status) -> ActionList {
    switch status {
    case .rateLimit, .overloaded, .server, .unavailable, .connect, .resolve, .timeoutConnect, .timeoutFirstByte, .timeoutIdle,
         .timeoutContent, .truncated, .protocol, .empty: ActionList(.retry, .nextModel)
    case .notFound, .funds, .contextLength, .badResponse: ActionList(.nextModel)
    default: ActionList(.stop) // auth, permission, keysExhausted, tls, badRequest, contentPolicy, tooLarge, timeoutTotal
    }
}
