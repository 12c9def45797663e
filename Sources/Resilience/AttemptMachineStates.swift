internal import Model

/// Where a request stands. Its exits are the events that mean something there; any other event changes nothing.
enum RequestState: Sendable {
    /// Exit: `start`.
    case unstarted
    /// The driver was asked for an attempt, which is the only one or a hedge. Exits: `admitted`, `blocked`; with a hedge also `failed` and
    /// `committed` of the one under way.
    case asking(Ask)
    /// Nothing is under way. Exits: `timer`, and `slotFreed` where it waits for a limit.
    case waiting(Wait)
    /// One attempt, or two; the hedge starts then. Exits: `failed`, `committed`, and `timer` while there is a hedge to come.
    case running(hedgeAt: Int64?)
    /// Text of this attempt has gone to the caller, and nothing else may start. Exits: `failed`, `interrupted`.
    case committed(Int)
    /// No exit.
    case failed(Ending)
}

struct Wait: Sendable {
    var since: Int64
    var until: Int64
    /// Else it is a backoff.
    var isForLimit: Bool
}

/// How a request failed.
struct Ending: Sendable {
    /// The attempt whose failure ended everything at once.
    var attempt: Int?
    /// Given up at or after the deadline.
    var isLate: Bool
}

/// What a request has used up of what it may do.
struct Spent: Sendable {
    /// There was a hedge, or text was delivered: there will be none.
    var hedge = false
    /// An attempt that may be billed was retried.
    var billedRetry = false
    /// Attempts that nobody had begun with.
    var unsent = 0
    /// What the next attempt has waited so far, and what the request has waited for limits.
    var wait: Int64 = 0
    var limitWait: Int64 = 0
}

/// What happened to a candidate within this request.
struct CandidateState: Sendable {
    /// It failed and the request has moved on, or it can never serve it.
    var isGivenUp = false
    var isOpen = false
    var isProbed = false
    var retries = 0
    /// .max: until a slot is freed.
    var limitedUntil = Int64.min
    /// Or until a slot is freed.
    var waitsForSlot = false
    /// Why it could not start, until it does.
    var block: Block?
}

/// A question to the driver.
struct Ask: Sendable {
    var candidate: Int
    var key: KeyWish
    var probe = false
    var cause: AttemptAction
}

/// The way along the actions that a failure leads to.
struct Walk: Sendable {
    /// Where it starts: nil at the beginning of the request, when every candidate is "another model".
    var attempt: Int?
    var origin: Int?
    var list = ActionList(.nextModel)
    /// The backoff before a retry is over.
    var isDue = false
    /// There was no key for it.
    var cannotRotate = false
    var cannotRetry = false
    /// What led to the next attempt, if it is not the action.
    var cause: AttemptAction?

    /// The actions up to `stop`, which end a request.
    var actions: ActionsToTry { ActionsToTry(list: list) }

    init() { cause = AttemptAction.none }

    init(after attempt: Int, of candidate: Int, list: ActionList) {
        self.attempt = attempt
        origin = candidate
        self.list = list
    }
}

/// The actions of a list in their order, up to `stop`.
struct ActionsToTry: Sequence, IteratorProtocol {
    let list: ActionList
    private var index = 0

    init(list: ActionList) { self.list = list }

    mutating func next() -> FailureAction? {
        guard let action = list[index], action != .stop else { return nil }
        index &+= 1
        return action
    }
}
