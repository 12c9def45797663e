internal import Bytes
internal import Model
internal import Resilience
internal import Transport

/// What Redis said to the wish of an attempt.
enum SharedAnswer {
    case granted
    case refused(SharedBreach)
    case unavailable(RedisFault)
}

/// Which rule of what stands in the way in all processes together.
struct SharedBreach {
    /// The request is larger than the rule; until then; full only by what runs; when something that runs has ended.
    enum Way { case never, until, reserved, busy }

    var kind: LimitKind
    /// Which of several of this kind: a tag is beneath others.
    var depth: Int
    var rule: LimitRule
    var way: Way
    /// Microseconds.
    var wait: Int64
}

/// What one attempt has reserved in Redis, or asks for. Everything but what does not change is under the lock of its `SharedLimits`.
final class SharedReservation {
    enum State { case asked, held, over }

    let id: RedisWord
    let scopes: [SharedScope]
    let amount: LimitAmount
    var state = State.asked
    var answer: SharedAnswer?
    /// Until there is an answer.
    var waiter: LimitWaiter?
    /// On Redis's clock, in microseconds; 0: it was never told, since no answer came.
    var start: Int64 = 0
    /// Until when Redis keeps it, in milliseconds.
    var expiry: Int64 = 0
    /// When the counts of each scope began.
    var beginnings: [Int64] = []
    /// What was used of the rules of all scopes, one behind the other, before this; empty: not told.
    var totals: [Int128] = []
    /// Where it stands among those that are held; -1: it is not.
    var heldIndex = -1
    /// When it was last asked to be kept, on the clock of this machine.
    var keptAt: Int64 = 0

    init(_ id: String, _ scopes: [SharedScope], _ amount: LimitAmount, _ waiter: LimitWaiter) {
        self.id = RedisWord(id)
        self.scopes = scopes
        self.amount = amount
        self.waiter = waiter
    }
}

/// What all processes together use of a rule.
struct SharedUse {
    let kind: LimitKind
    let depth: Int
    let rule: LimitRule
    let total: Int128
}

extension LimitRule {
    /// What an attempt counts as.
    func amount(of attempt: LimitAmount) -> Int128 {
        switch self {
        case .amount(.requests, _), .concurrency: 1
        case .amount(.tokens, _): Int128(max(attempt.tokens, 1))
        case .amount(.usd, _): max(attempt.usd, 0)
        case .spacing, .tags: 0
        }
    }
}
