internal import CShims
package import Model
internal import Transport
internal import Wire

extension Client {
    /// Accepts a request for a queue, or throws: then no event comes.
    package func submit(_ bytes: UnsafeRawBufferPointer?, _ operation: Model.Operation, tag: UInt64, to queue: EventQueue) throws(Failure) {
        if operation == .listModels { return try submitList(bytes, tag, queue) }
        guard let bytes else { throw Failure(.argument, "request_json is NULL") }
        let request: Prepared
        do throws(Failure) {
            request = try prepare(bytes, operation)
        } catch {
            throw redaction.failure(error)
        }
        let call = makeCall(request, operation, tag: tag, assemble: false)
        call.sink = QueueSink(queue)
        if request.dryRun { return answerPlan(call, request) }
        let engine = try start(call, on: queue.engine)
        do throws(Failure) {
            try queue.opened(call, engine)
        } catch {
            forget(call)
            throw error
        }
        call.submit(to: engine)
    }

    private func submitList(_ bytes: UnsafeRawBufferPointer?, _ tag: UInt64, _ queue: EventQueue) throws(Failure) {
        let list = try makeList(bytes, tag: tag)
        if list.fetches.isEmpty { return queue.putList(list) }
        let engine = try start(list, on: queue.engine)
        do throws(Failure) {
            try queue.opened(list)
        } catch {
            forget(list)
            throw error
        }
        list.onComplete = { // dropped when it is called
            queue.putList(list)
            self.forget(list)
        }
        list.submit(to: engine)
    }
}
