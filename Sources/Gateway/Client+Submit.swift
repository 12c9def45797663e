package import Model
package import Settings
internal import Transport

extension Client {
    /// Accepts a request for a queue, or throws: then no event comes.
    package func submit(_ bytes: UnsafeRawBufferPointer?, _ operation: Model.Operation, _ surface: Surface = .openAI,
                        options: CallOptions? = nil, tag: UInt64, to queue: EventQueue) throws(Failure) {
        if operation == .listModels { return try submitList(bytes, options, tag, queue) }
        let empty = operation.isRaw ? UnsafeRawBufferPointer(start: nil, count: 0) : nil
        guard let bytes = bytes ?? empty else { throw Failure(.argument, "request_json is NULL") }
        let sink = QueueSink(queue, tag)
        let call = try Call.accept(services, models, setup, bytes, operation, surface, options: options, sink: sink, assemble: options?.wantsAnswer ?? false)
        if call.request.options.dryRun { return call.endDryRun() }
        try call.request.outliveCaller()
        if queue.engine == nil { call.readSize = sharedReadSize }
        let engine = if let driven = queue.engine { driven } else { try services.engines.shared() }
        try services.openCalls.add(call, on: engine)
        do throws(Failure) {
            try queue.opened(sink, call, engine)
        } catch {
            services.forget(call)
            throw error
        }
        engine.submit(call)
    }

    /// Thousands of streams may share a thread, each with room for one read.
    private var sharedReadSize: Int { 8 << 10 }

    private func submitList(_ bytes: UnsafeRawBufferPointer?, _ options: CallOptions?, _ tag: UInt64, _ queue: EventQueue) throws(Failure) {
        let list = try ListCall.make(services, models, setup, bytes, options, reader: queue)
        try services.openLists.add(list)
        do throws(Failure) {
            try queue.opened(list, tag)
        } catch {
            services.openLists.remove(list)
            throw error
        }
        list.begin()
    }
}
