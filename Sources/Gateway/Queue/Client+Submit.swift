internal import CShims
package import Model
package import Settings
internal import Transport

extension Client {
    /// Accepts a request for a queue, or throws: then no event comes.
    package func submit(_ bytes: UnsafeRawBufferPointer?, _ operation: Model.Operation, options: CallOptions? = nil, tag: UInt64,
                        to queue: EventQueue) throws(Failure) {
        if operation == .listModels { return try submitList(bytes, options, tag, queue) }
        guard let bytes else { throw Failure(.argument, "request_json is NULL") }
        let call = try accept(bytes, operation, options: options, tag: tag, sink: QueueSink(queue), assemble: false)
        if call.request.options.dryRun { return call.endDryRun() }
        try call.request.outliveCaller()
        let engine = try start(call, on: queue.engine)
        do throws(Failure) {
            try queue.opened(call, engine)
        } catch {
            forget(call)
            throw error
        }
        engine.submit(call)
    }

    private func submitList(_ bytes: UnsafeRawBufferPointer?, _ options: CallOptions?, _ tag: UInt64, _ queue: EventQueue) throws(Failure) {
        let list = try makeList(bytes, options, tag: tag, to: queue)
        try opened(list)
        do throws(Failure) {
            try queue.opened(list)
        } catch {
            forget(list)
            throw error
        }
        if list.advance(.asItIs) != .waits { list.tell() }
    }
}
