internal import CShims

/// Hears of a timer, on the thread that drives the engine.
package protocol EngineTimerDelegate: AnyObject {
    /// The only call. `cancelled`: the engine has ended before the time came.
    func timerEnded(_ timer: EngineTimer, cancelled: Bool)
}

/// A wait on an engine: `Engine.start` begins it, and `Engine.stop` ends it without a word. For the driver only.
package final class EngineTimer: Scheduled {
    private var delegate: (any EngineTimerDelegate)?

    /// `deadline` is a time of `gl_now_us`.
    package init(at deadline: Int64, _ delegate: any EngineTimerDelegate) {
        self.delegate = delegate
        super.init(at: deadline)
    }

    func end(cancelled: Bool) {
        let delegate = self.delegate
        self.delegate = nil
        delegate?.timerEnded(self, cancelled: cancelled)
    }

    /// Nobody is told any more.
    func fallSilent() { delegate = nil }
}
