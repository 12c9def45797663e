/// What may be done when an attempt has failed (docs/routing.md).
package enum FailureAction: String, Sendable, CaseIterable {
    /// The same provider, model and key, after a backoff.
    case retry
    /// The same provider and model at once with another of its keys.
    case rotateKey = "rotate_key"
    /// The next candidate of the same model.
    case nextProvider = "next_provider"
    /// The first candidate of the next model.
    case nextModel = "next_model"
    /// The failure is final.
    case stop
}

/// Actions in the order in which they are tried.
package struct ActionList: Sendable, Equatable {
    private var actions: [FailureAction]

    package init(_ actions: [FailureAction]) { self.actions = actions }

    /// Not variadic: the arrays that the compiler makes for that came out empty in builds with the thread sanitizer (Swift 6.3).
    package init(_ first: FailureAction? = nil, _ second: FailureAction? = nil, _ third: FailureAction? = nil,
                 _ fourth: FailureAction? = nil, _ fifth: FailureAction? = nil) {
        actions = []
        for action in [first, second, third, fourth, fifth] { if let action { actions.append(action) } }
    }

    package subscript(index: Int) -> FailureAction? { actions.indices.contains(index) ? actions[index] : nil }
}

/// A named table of what each class of failure leads to.
package enum FailoverPreset: String, CaseIterable, Sendable { case gatelet, gatewayz, openrouter }

/// A class whose actions the configuration sets itself.
package struct FailoverRule: Sendable, Equatable {
    package var status: Status
    package var actions: ActionList
    package init(status: Status, actions: ActionList) { self.status = status; self.actions = actions }
}

/// How often and how long after a failure the same candidate is asked again. Seconds. The defaults are those of the OpenRouter client that the preset `openrouter` follows.
package struct RetryPolicy: Sendable, Equatable {
    /// Retries after the first try, for each candidate.
    package var attempts = 3
    package var backoffBase = 1.0
    package var backoffMax = 12.0
    /// A wait is multiplied by something between 1 - jitter and 1 + jitter.
    package var jitter = 0.25
    /// Attempts of one request, over all candidates, keys and retries.
    package var attemptsPerRequest = 8
    package init() {}
}

/// Members of a retry policy that somebody set.
package struct RetryOverrides: Sendable, Equatable {
    package var attempts: Int?
    package var backoffBase: Double?
    package var backoffMax: Double?
    package var jitter: Double?
    package var attemptsPerRequest: Int?
    package init() {}

    package func applied(to base: RetryPolicy) -> RetryPolicy {
        var result = base
        result.attempts = attempts ?? base.attempts
        result.backoffBase = backoffBase ?? base.backoffBase
        result.backoffMax = backoffMax ?? base.backoffMax
        result.jitter = jitter ?? base.jitter
        result.attemptsPerRequest = attemptsPerRequest ?? base.attemptsPerRequest
        return result
    }
}

/// A second attempt beside a slow first one. Off unless asked for.
package struct HedgePolicy: Sendable, Equatable {
    /// Seconds until the second attempt starts; nil: the observed 95th percentile of the time to the first content.
    package var delay: Double?
    package init() {}
}

/// When a candidate is left alone for a time (field report on Gatewayz).
package struct BreakerPolicy: Sendable, Equatable {
    package var enabled = true
    /// Failures in a row that open it.
    package var failures = 5
    /// Share of failures within `window` that opens it, once there are `minimum` calls.
    package var rate = 0.5
    package var minimum = 10
    /// Seconds.
    package var window = 60.0
    package var openFor = 60.0
    /// Half open: successes that close it, failures that open it again.
    package var successes = 2
    package var relapses = 2
    package init() {}
}
