internal import CShims
package import Model
package import Settings
internal import Transport

extension Client {
    /// Runs one request on the calling thread and returns how it ended. Throws when it was refused at the door.
    package func run(_ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation, options: CallOptions? = nil, sink: any EventSink,
                     assemble: Bool) throws(Failure) {
        let call = try accept(bytes, operation, options: options, tag: 0, sink: sink, assemble: assemble, waits: true)
        if call.request.options.dryRun { return call.endDryRun() }
        if operation.isStream { call.readSize = blockingReadSize }
        let engine = try takeEngine()
        defer { giveEngine(engine) }
        blocked(options?.cancelID, { engine.cancel(call) }) { drive(engine, call) }
    }

    /// Reads and plans a request; the hook may refuse it. Without a sink it is only planned. `isTest`: the test of a model.
    /// `waits`: where lists have to be fetched first, they are waited for.
    func accept(_ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation, options: CallOptions? = nil, tag: UInt64,
                sink: (any EventSink)?, assemble: Bool, isTest: Bool = false, waits: Bool = false) throws(Failure) -> Call {
        let setup = setup
        let call = Call(try PlannedRequest.read(self, setup, bytes, operation, call: options, isTest: isTest, waits: waits), tag: tag, assemble: assemble)
        if sink != nil, !call.request.options.dryRun { try askHook(call) }
        call.sink = sink
        return call
    }

    /// One stream per calling thread may read more at once than one of thousands.
    private var blockingReadSize: Int { 64 << 10 }

    private func drive(_ engine: Engine, _ call: Call) {
        let pipe = gl_sigpipe_block()
        defer { gl_sigpipe_restore(pipe) }
        call.begin(on: engine)
        var told = false, watch = InterruptWatch(self)
        while !call.hasEnded {
            if isClosing, !told {
                told = true
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
