package import Model

/// Which of several failures the caller is told: the one that he can do most about. Larger is more.
///
/// First that there is no memory, then what is wrong with his account, which no fallback can mend (a 402 of the first provider must not be lost behind a 503 of
/// the last), then what is wrong with his request, then the pace, which waiting mends, then his time-out, then what is nobody's fault
/// here. That a *fallback* does not know the model or has too small a context, or that one of several cannot do what is asked for, only
/// says that the chain is wide: it comes last, behind a fault that may have passed when he asks again.
package func actionability(_ status: Status, ofFirstCandidate first: Bool) -> Int {
    switch status {
    case .memory: 15
    case .funds: 14
    case .keysExhausted, .noKey: 13
    case .auth: 12
    case .permission: 11
    case .refused, .contentPolicy: 10
    case .badRequest, .tooLarge, .argument, .json: 9
    case .contextLength: first ? 8 : 1
    case .notFound: first ? 7 : 1
    case .rateLimit: 6
    case .overloaded: 5
    case .timeoutTotal: 4
    case .server, .unavailable, .empty, .badResponse, .tls: 3
    case .resolve, .connect, .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .truncated, .protocol: 2
    case .unsupported: 1
    default: 0
    }
}

/// Whether a provider that failed like this may have done the work, and may charge for it.
/// `httpStatus` is nil where there was no answer, 200 for an error inside an answer.
package func mayBeBilled(_ status: Status, _ httpStatus: Int?) -> Bool {
    switch status {
    case .server, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .timeoutTotal, .truncated, .protocol, .empty, .badResponse: true
    case .unavailable:
        // Cloudflare's own words for "the origin was never reached".
        // https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ (2026-11)
        switch httpStatus {
        case 521, 522, 523, 525, 526, 530: false
        default: true
        }
    default: false
    }
}

extension AttemptMachine {
    /// With what the request fails, once a step was `.fail`. Among equals the latest attempt, and an attempt before a block.
    package var verdict: Verdict {
        var isLate = false
        if case .failed(let ending) = state {
            if let attempt = ending.attempt { return .attempt(attempt) }
            isLate = ending.isLate
        }
        var best = Verdict.deadline
        var points = isLate ? actionability(.timeoutTotal, ofFirstCandidate: true) : -1
        for index in candidates.indices {
            guard let block = candidates[index].block, block.tellsOfKeys || !hasFailed(index) else { continue }
            let worth = actionability(block.status, ofFirstCandidate: index == 0)
            if worth > points { (best, points) = (.block(block, candidate: index), worth) }
        }
        for index in attempts.indices {
            guard let failure = attempts[index].failure else { continue }
            let worth = actionability(failure.status, ofFirstCandidate: attempts[index].candidate == 0)
            if worth >= points { (best, points) = (.attempt(index), worth) }
        }
        return best
    }

    /// Then its own failure says more than what stood in the way of another try.
    private func hasFailed(_ candidate: Int) -> Bool {
        attempts.contains { $0.candidate == candidate && $0.failure != nil }
    }
}
