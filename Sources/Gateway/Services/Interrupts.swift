internal import Bytes
internal import CShims
internal import Model

/// The host's function that is asked whether a blocked call is to go on. Any thread.
final class Interrupts {
    private let lock = Lock()
    private var function: (() -> Int32)?
    /// Without a function, asking costs one atomic load.
    private let hasFunction = AtomicWord()

    var isSet: Bool { hasFunction.isSet }

    func put(_ new: (() -> Int32)?) {
        var former = new // let go of without the lock: what it holds may be the caller's to destroy
        lock.with {
            swap(&function, &former)
            hasFunction.value = new == nil ? 0 : 1
        }
    }

    func ask() -> Int32 { lock.with { function }?() ?? 0 }
}

/// When to ask it, for one blocked call: once a second, and after a signal handler ran.
struct InterruptWatch {
    private let interrupts: Interrupts
    private var next: Int64

    private static let second: Int64 = 1_000_000

    init(_ interrupts: Interrupts) {
        self.interrupts = interrupts
        next = gl_now_us() &+ InterruptWatch.second
    }

    /// How long the thread may sleep, in microseconds.
    var patience: Int64 { interrupts.isSet ? max(0, min(InterruptWatch.second, next &- gl_now_us())) : 3_600_000_000 }

    /// What the function says; 0 to go on. `interrupted`: a signal handler ran.
    mutating func verdict(_ interrupted: Bool) -> Int32 {
        if !interrupts.isSet { return 0 }
        let now = gl_now_us()
        if !interrupted, now < next { return 0 }
        next = now &+ InterruptWatch.second
        return interrupts.ask()
    }
}

/// Whether somebody wants a blocked call to stop that is no request: by its id, or as the interrupt function says.
final class StopWish {
    private let said = AtomicWord()
    private let engines: EnginePool
    /// Of the interrupt function. Of the blocked thread.
    private(set) var value: Int32 = 0

    init(_ engines: EnginePool) { self.engines = engines }

    var isSaid: Bool { said.isSet }

    func say() {
        said.set()
        engines.wake()
    }

    func interrupted(_ value: Int32) {
        self.value = value
        said.set()
    }

    func failure(_ what: StaticString) -> Failure? {
        if !isSaid { return nil }
        var failure = Failure(.cancelled, concat(value == 0 ? "somebody cancelled " : "the interrupt function ended ", String(what)))
        if value != 0 { failure.callbackResult = value }
        return failure
    }
}

/// The threads of one client that are blocked in calls which may be ended by their ids.
final class BlockedCalls {
    private final class Entry {
        let id: String
        /// From any thread, also when the call has ended meanwhile.
        let stop: () -> Void

        init(_ id: String, _ stop: @escaping () -> Void) {
            self.id = id
            self.stop = stop
        }
    }

    private let lock = Lock()
    private var entries: [Entry] = []

    /// Runs what can be ended by its id, if it has one.
    func run<R>(_ id: String?, _ stop: @escaping () -> Void, _ body: () -> R) -> R {
        guard let id else { return body() }
        let entry = Entry(id, stop)
        lock.with { entries.append(entry) }
        defer { lock.with { entries.removeAll { $0 === entry } } }
        return body()
    }

    func cancel(_ id: String) {
        for entry in lock.with({ entries.filter { same($0.id, id) } }) { entry.stop() }
    }
}
