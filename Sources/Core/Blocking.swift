internal import CShims
package import Model
internal import Transport
internal import Wire

extension Client {
    /// Runs one request on the calling thread and returns how it ended. Throws when it was refused at the door.
    package func run(_ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation, sink: any EventSink, assemble: Bool) throws(Failure) {
        let request: Prepared
        do throws(Failure) {
            request = try prepare(bytes, operation)
        } catch {
            throw redaction.failure(error)
        }
        let call = makeCall(request, operation, tag: 0, assemble: assemble)
        call.sink = sink
        if request.dryRun { return answerPlan(call, request) }
        if operation.isStream { call.transfer.readSize = blockingReadSize }
        let engine = try takeEngine()
        defer { giveEngine(engine) }
        call.submit(to: engine)
        drive(engine, whileOpen: call)
    }

    /// One stream per calling thread may read more at once than one of thousands.
    private var blockingReadSize: Int { 64 << 10 }

    private func drive(_ engine: Engine, whileOpen call: Call) {
        let pipe = gl_sigpipe_block()
        var told = false
        while !call.hasEnded {
            if isClosing, !told {
                engine.cancel(call.transfer)
                told = true
            }
            _ = engine.turn(wait: 3_600_000_000)
        }
        gl_sigpipe_restore(pipe)
    }

    func makeCall(_ request: Prepared, _ operation: Model.Operation, tag: UInt64, assemble: Bool) -> Call {
        if operation.isStream {
            return StreamCall(client: self, route: request.route, request: request, operation: operation, tag: tag, assemble: assemble)
        }
        return BodyCall(client: self, route: request.route, request: request, operation: operation, tag: tag)
    }

    /// Ends a dry run without sending anything.
    func answerPlan(_ call: Call, _ request: Prepared) {
        call.end(.finished, nil, answer: plan(request), usage: nil)
    }
}
