internal import Bytes
internal import CShims
internal import Model
internal import Transport

/// A thread that is blocked in a call which may be ended by its id.
final class BlockedCall {
    let id: String
    /// From any thread, also when the call has ended meanwhile.
    let stop: () -> Void

    init(_ id: String, _ stop: @escaping () -> Void) {
        self.id = id
        self.stop = stop
    }
}

/// The host's function that is asked whether a blocked call is to go on. Any thread.
final class Interrupts: @unchecked Sendable {
    private let lock = Lock()
    private var function: (() -> Int32)?
    /// Without a function, asking costs one atomic load.
    private let set = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    init() { set.initialize(to: 0) }
    deinit { set.deallocate() }

    var isSet: Bool { gl_load(set) != 0 }

    func put(_ new: (() -> Int32)?) {
        var former = new // let go of without the lock: what it holds may be the caller's to destroy
        lock.with {
            swap(&function, &former)
            gl_store(set, new == nil ? 0 : 1)
        }
    }

    func ask() -> Int32 { lock.with { function }?() ?? 0 }
}

/// When to ask it, for one blocked call: once a second, and after a signal handler ran.
struct InterruptWatch {
    private let interrupts: Interrupts
    private var next: Int64

    private static let second: Int64 = 1_000_000

    init(_ client: Client) {
        interrupts = client.interrupts
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
final class StopWish: @unchecked Sendable {
    private let said = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let client: Client
    /// Of the interrupt function. Of the blocked thread.
    private(set) var value: Int32 = 0

    init(_ client: Client) {
        self.client = client
        said.initialize(to: 0)
    }

    deinit { said.deallocate() }

    var isSaid: Bool { gl_load(said) != 0 }

    func say() {
        gl_store(said, 1)
        client.wakeBlocked()
    }

    func interrupted(_ value: Int32) {
        self.value = value
        gl_store(said, 1)
    }

    func failure(_ what: StaticString) -> Failure? {
        if !isSaid { return nil }
        var failure = Failure(.cancelled, concat(value == 0 ? "somebody cancelled " : "the interrupt function ended ", String(what)))
        if value != 0 { failure.callbackResult = value }
        return failure
    }
}

extension Client {
    /// Ends every request of this id that is under way: queued ones, and those that threads are blocked in.
    package func cancel(_ id: String) {
        let found = underWay(id)
        for entry in found.calls { entry.engine.cancel(entry.call) }
        for list in found.lists { list.cancel() }
        for call in found.blocked { call.stop() }
    }

    package func setInterrupt(_ function: (() -> Int32)?) {
        interrupts.put(function)
        wakeBlocked() // those that sleep for long wake up to ask
    }

    /// Runs what can be ended by its id, if it has one.
    func blocked<R>(_ id: String?, _ stop: @escaping () -> Void, _ body: () -> R) -> R {
        guard let id else { return body() }
        let entry = BlockedCall(id, stop)
        enter(entry)
        defer { leave(entry) }
        return body()
    }
}
