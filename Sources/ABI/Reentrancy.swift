internal import CShims
internal import Model

/// What may be called from inside a callback: the one table of it. docs/threading.md prints the same.
enum Function {
    case initialize, reload, setLog, setHook, setInterrupt, cancel, request, listModels, testModels, providers, stats, queueNew, queueSubmit, queueNext, queueFD, queueCancel, queuePause, queueFree

    /// Which kind of callback runs on this thread, innermost.
    enum Place: UInt32 { case event = 1, log = 2, hook = 3, destroy = 4, interrupt = 5 }

    func isAllowed(in place: Place) -> Bool {
        switch (self, place) {
        case (_, .log), (_, .hook), (_, .destroy), (_, .interrupt): false // library, error and batch functions do not ask
        case (.initialize, .event), (.queueNew, .event), (.queueNext, .event): false
        case (_, .event): true
        }
    }

    private static func complaint(_ place: Place) -> String {
        switch place {
        case .event: "not allowed in an event callback"
        case .log: "not allowed in a log callback"
        case .hook: "not allowed in an event hook"
        case .destroy: "not allowed in a destroy function"
        case .interrupt: "not allowed in an interrupt function"
        }
    }

    func check() throws(Failure) {
        guard let frame = gl_callback_top(), let place = Place(rawValue: frame.pointee.kind), !isAllowed(in: place) else { return }
        throw Failure(.badState, Function.complaint(place))
    }
}
