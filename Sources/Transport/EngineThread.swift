internal import CShims

/// A client's I/O thread: drives one engine until told to stop.
package final class EngineThread: @unchecked Sendable {
    package let engine: Engine
    private let stopping = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var thread = pthread_t()
    /// What this thread does last. For the thread itself.
    package var atEnd: (() -> Void)?

    /// nil: no thread could be started.
    package convenience init?(_ engine: Engine) {
        self.init(of: engine)
        let me = Unmanaged.passRetained(self).toOpaque()
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { user in
            guard let user else { return nil }
            let owner = Unmanaged<EngineThread>.fromOpaque(user).takeRetainedValue()
            gl_thread_name("gatelet-io")
            while gl_load(owner.stopping) == 0 { _ = owner.engine.turn(wait: 3_600_000_000) }
            owner.engine.endAll()
            owner.atEnd?()
            owner.atEnd = nil
            return nil
        }
        if gl_thread_start(&thread, body, me) != 0 {
            Unmanaged<EngineThread>.fromOpaque(me).release()
            return nil
        }
    }

    private init(of engine: Engine) {
        self.engine = engine
        stopping.initialize(to: 0)
    }

    deinit { stopping.deallocate() }

    package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

    /// Ends the thread and waits for it; from that thread itself, lets it end on its own.
    package func stop() {
        gl_store(stopping, 1)
        engine.wake()
        if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }
}
