internal import Bytes
internal import Model

/// GATELET_LOG_ of the header.
enum LogLevel {
    static let error: Int32 = 1, warning: Int32 = 2, info: Int32 = 3, debug: Int32 = 4
}

/// The caller's log function: what it wants to hear of, and what nobody may.
final class Log {
    private let lock = Lock()
    private var function: ((Int32, UnsafePointer<CChar>) -> Void)?
    private var level: Int32 = 0
    private var secrets = Redaction.none
    /// What loading the configuration had to say: it is said to the first function.
    private var unsaid: [UnredactedText] = []
    /// The level that somebody listens to; 0 where nobody does. Read without the lock.
    private let heard = AtomicWord()
    private static let mostUnsaid = 64

    var redaction: Redaction { lock.with { secrets } }

    /// Follows a configuration. What it has to say is said by `sayNotices`, when it is in place.
    func adopt(_ configuration: Configuration, _ redaction: Redaction) {
        lock.with {
            level = configuration.logLevel
            secrets = redaction
            unsaid = configuration.notices
            updateHeard()
        }
    }

    func put(_ new: ((Int32, UnsafePointer<CChar>) -> Void)?) {
        var former = new // let go of without the lock: what it holds may be the caller's to destroy
        lock.with {
            swap(&function, &former)
            updateHeard()
        }
        if new != nil { sayNotices() }
    }

    func sayNotices() {
        let notices = lock.with { () -> [UnredactedText] in
            if function == nil { return [] }
            defer { unsaid = [] }
            return unsaid
        }
        for notice in notices { say(LogLevel.warning, notice) }
    }

    private func updateHeard() { heard.value = function == nil ? 0 : UInt32(max(0, level)) }

    func hears(_ level: Int32) -> Bool { level <= Int32(truncatingIfNeeded: heard.value) }

    /// Kind and message of a failure: it may know of secrets that this client does not have, or does not have yet.
    func words(of failure: Failure) -> String { concat(String(failure.status.name), ": ", RedactedFailure(failure, redaction).ownMessage) }

    /// What comes about by itself: where nobody listens yet, the first who does hears it, as a warning.
    func tell(_ level: Int32, _ message: UnredactedText) {
        let isUnheard = lock.with {
            if function == nil, level <= self.level, unsaid.count < Log.mostUnsaid { unsaid.append(message) }
            return function == nil
        }
        if !isUnheard { say(level, message) }
    }

    func say(_ level: Int32, _ message: String) { say(level, UnredactedText(message)) }

    func say(_ level: Int32, _ message: UnredactedText) {
        guard hears(level) else { return }
        let (function, redaction) = lock.with { (level <= self.level ? self.function : nil, secrets) }
        guard let function else { return }
        redaction.line(message).withCString { function(level, $0) }
    }
}
