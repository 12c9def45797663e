internal import CShims
package import Model
package import Settings
internal import Transport

extension Client {
    /// Runs one request on the calling thread and returns how it ended. Throws when it was refused at the door.
    package func run(_ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation, _ surface: Surface = .openAI, options: CallOptions? = nil,
                     sink: any EventSink, assemble: Bool) throws(Failure) {
        let call = try Call.accept(services, models, setup, bytes, operation, surface, options: options, sink: sink, assemble: assemble, waits: true)
        try run(call)
    }

    func run(_ call: Call) throws(Failure) {
        if call.request.options.dryRun { return call.endDryRun() }
        if call.operation.isStream { call.readSize = blockingReadSize }
        let engine = try services.engines.take()
        defer { services.engines.give(engine) }
        services.blocked.run(call.request.options.call?.cancelID, { engine.cancel(call) }) { drive(engine, call) }
    }

    /// One stream per calling thread may read more at once than one of thousands.
    private var blockingReadSize: Int { 64 << 10 }

    private func drive(_ engine: Engine, _ call: Call) {
        let pipe = gl_sigpipe_block()
        defer { gl_sigpipe_restore(pipe) }
        call.begin(on: engine)
        var isTold = false, watch = InterruptWatch(services.interrupts)
        while !call.hasEnded {
            if services.isClosing, !isTold {
                isTold = true
                call.cancel()
                continue
            }
            let value = watch.verdict(engine.turn(wait: watch.patience))
            if value != 0 { call.interrupt(value) }
        }
        // What was given up closes its connection before the engine goes to the next caller.
        while engine.liveCount > 0 { _ = engine.turn(wait: 0) }
    }
}
