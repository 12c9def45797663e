internal import Bytes
internal import CShims

/// A client's I/O thread: drives one engine until told to stop.
package final class EngineThread {
    package let engine: Engine
    private let stopping = AtomicWord()
    private var thread = pthread_t()
    /// What this thread does last. For the thread itself.
    package var atEnd: (() -> Void)?
    /// Itself, for as long as the thread runs.
    private var running: EngineThread?

    /// nil: no thread could be started.
    package convenience init?(_ engine: Engine) {
        self.init(of: engine)
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { user in
            if let user { ObjectPointer.object(user, EngineThread.self).run() }
            return nil
        }
        running = self
        if gl_thread_start(&thread, body, ObjectPointer.to(self)) != 0 {
            running = nil
            return nil
        }
    }

    private func run() {
        gl_thread_name("gatelet-io")
        while !stopping.isSet { _ = engine.turn(wait: 3_600_000_000) }
        engine.endAll()
        atEnd?()
        atEnd = nil
        running = nil
    }

    private init(of engine: Engine) {
        self.engine = engine
    }

    package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

    /// Ends the thread and waits for it; from that thread itself, lets it end on its own.
    package func stop() {
        stopping.set()
        engine.wake()
        if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }
}
