internal import Bytes
internal import Model
internal import Transport

/// The engines of one client: those that blocked callers drive, and the one of its I/O thread.
final class EnginePool {
    private let lock = Lock()
    private var isClosed = false
    /// Those that a blocked caller may take, last used first: their connections are warm.
    private var idle: [Engine] = []
    private var busy: [Engine] = []
    private var ioThread: EngineThread?

    private static let mostIdle = 64
    private static let keepConnections = 1024

    /// One for a caller that drives it itself.
    func take() throws(Failure) -> Engine {
        let found = try lock.with { () throws(Failure) -> Engine? in
            if isClosed { throw .clientFreed }
            let engine = idle.popLast()
            if let engine { busy.append(engine) }
            return engine
        }
        if let found { return found }
        guard let made = Engine(keepConnections: 8) else { throw Failure(.memory, "no memory or descriptors for a connection") }
        lock.with { busy.append(made) }
        return made
    }

    func give(_ engine: Engine) {
        lock.with {
            if let at = busy.firstIndex(where: { $0 === engine }) {
                busy.swapAt(at, busy.count - 1)
                busy.removeLast()
            }
            if !isClosed, idle.count < EnginePool.mostIdle { idle.append(engine) }
        }
    }

    /// That of the I/O thread, which is started when it is first wanted.
    func shared() throws(Failure) -> Engine {
        try lock.with { () throws(Failure) -> Engine in
            if isClosed { throw .clientFreed }
            if let ioThread { return ioThread.engine }
            guard let engine = Engine(keepConnections: EnginePool.keepConnections), let made = EngineThread(engine) else {
                throw Failure(.memory, "the I/O thread could not be started")
            }
            ioThread = made
            return engine
        }
    }

    /// Has all blocked callers look around.
    func wake() {
        for engine in lock.with({ busy }) { engine.wake() }
    }

    /// No engine is handed out any more. The idle ones and the thread are the caller's to end.
    func close() -> (idle: [Engine], thread: EngineThread?) {
        let found = lock.with {
            isClosed = true
            defer { (idle, ioThread) = ([], nil) }
            return (idle, ioThread)
        }
        wake()
        return found
    }
}
