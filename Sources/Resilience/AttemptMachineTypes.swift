package import Model

/// What the machine knows of a candidate: the plan holds the rest. Ranks do not decrease from one candidate to the next.
package struct CandidateMark: Sendable, Equatable {
    package var provider: Int
    /// Which model in the request's order of models.
    package var rank: Int
    package var retry: RetryPolicy
    package init(provider: Int, rank: Int, retry: RetryPolicy) {
        self.provider = provider
        self.rank = rank
        self.retry = retry
    }
}

/// What one request may spend. Times in microseconds.
package struct AttemptBudget: Sendable, Equatable {
    /// Over all candidates, keys, retries and hedges.
    package var attempts = 8
    /// No attempt starts then or later; .max is none.
    package var deadline = Int64.max
    /// After this time a second attempt joins a lonely one; nil is never.
    package var hedgeDelay: Int64?
    /// A request over a limit waits, in all at most `maxWait`.
    package var waits = true
    package var maxWait: Int64 = 60_000_000
    package init() {}
}

/// Why an attempt ended without an answer.
package struct AttemptFailure: Sendable, Equatable {
    package var status: Status
    /// Microseconds, as the provider asked.
    package var retryAfter: Int64?
    /// The provider may have done the work: retried once for each request.
    package var mayBeBilled: Bool
    /// The provider said that the same again is pointless.
    package var refusesRetry: Bool
    /// Ends the request whatever the table says: cancelled by the callback, client closed.
    package var isFinal: Bool

    package init(status: Status, retryAfter: Int64? = nil, mayBeBilled: Bool = false, refusesRetry: Bool = false, isFinal: Bool = false) {
        self.status = status
        self.retryAfter = retryAfter
        self.mayBeBilled = mayBeBilled
        self.refusesRetry = refusesRetry
        self.isFinal = isFinal
    }

    package init(_ failure: Failure) {
        let usual = Failure(failure.status, "").retryable
        self.init(status: failure.status, retryAfter: failure.retryAfterMs.map { Int64(min($0, 1 << 40)) &* 1000 },
                  mayBeBilled: Resilience.mayBeBilled(failure.status, failure.httpStatus), refusesRetry: usual && !failure.retryable,
                  isFinal: failure.status == .cancelled || failure.status == .closed)
    }
}

/// Why an admitted attempt cannot start: the answer to `Step.admit`.
package enum Block: Sendable, Equatable {
    /// The candidate is skipped, and asked once with `probe` when nothing else is left.
    case breakerOpen
    /// To the wish `another`: this candidate has no key that the request did not use.
    case noOtherKey
    /// It has keys, and none of them may be used now: for the reason they share, else `.keysExhausted`. Reported as such even
    /// after failures with them.
    case keysRetired(Status)
    /// A limit of ours, until then; nil: until `slotFreed`.
    case limited(until: Int64?)
    /// A limit of ours that is full only by what running requests have reserved: until `slotFreed`, else until then.
    case reserved(until: Int64)
    case tooExpensive
    /// The candidate can never serve this request: the body could not be written, ...
    case hopeless(Status)

    package var tellsOfKeys: Bool {
        if case .keysRetired = self { true } else { false }
    }

    /// How it is reported when nothing else says more.
    package var status: Status {
        switch self {
        case .breakerOpen: .unavailable
        case .noOtherKey: .keysExhausted
        case .keysRetired(let reason): reason
        case .limited, .reserved: .rateLimit
        case .tooExpensive: .refused
        case .hopeless(let status): status
        }
    }
}

package enum KeyWish: UInt8, Sendable, Equatable { case any, same, another }

/// What the driver does next.
package enum Step: Sendable, Equatable {
    /// Ask breaker, keys and limits, and answer at once, with the same `now`: `admitted` (then the attempt is under way) or `blocked`.
    case admit(candidate: Int, key: KeyWish, probe: Bool)
    /// Nothing is under way: call `timer` then.
    case wait(until: Int64)
    /// Attempts are under way; call `timer` then unless one has delivered content before.
    case run(hedgeAt: Int64?)
    /// The request fails; `verdict` says with what. What is still under way is to be cancelled.
    case fail
}

/// What led to an attempt, or what followed it; the words of reports.
package enum AttemptAction: UInt8, Sendable, Equatable {
    case none, retry, rotateKey, nextProvider, nextModel, stop
    /// Led to: started beside a slow one. Followed by: the other one went on alone.
    case hedged
    /// The next attempt goes on with the text that this one has delivered.
    case continued
    /// Cancelled because another one was first.
    case abandoned
    /// Nobody had begun with it: the next attempt is the same one once more.
    case resend

    init(_ action: FailureAction) {
        self = switch action {
        case .retry: .retry
        case .rotateKey: .rotateKey
        case .nextProvider: .nextProvider
        case .nextModel: .nextModel
        case .stop: .stop
        }
    }

    package var name: StaticString {
        switch self {
        case .none: ""
        case .retry: "retry"
        case .rotateKey: "rotate_key"
        case .nextProvider: "next_provider"
        case .nextModel: "next_model"
        case .stop: "stop"
        case .hedged: "hedged"
        case .continued: "continue"
        case .abandoned: "abandoned"
        case .resend: "resend"
        }
    }
}

package struct AttemptRecord: Sendable, Equatable {
    package var candidate: Int
    /// `.none`: it is the first.
    package var cause: AttemptAction
    /// `.none` while it runs and when it succeeded.
    package var next = AttemptAction.none
    package var probe: Bool
    /// Microseconds that the request waited before it, for a backoff or a limit.
    package var wait: Int64
    package var failure: AttemptFailure?
    package var isRunning = true
}

/// What a failed request is reported with.
package enum Verdict: Sendable, Equatable {
    /// The failure of this attempt.
    case attempt(Int)
    case block(Block, candidate: Int)
    /// The total time-out.
    case deadline
}
