internal import Model
internal import Settings

extension Call {
    /// Reads and plans a request; the hook may refuse it. Without a sink it is only planned. `isTest`: the test of a model.
    /// `waits`: where lists have to be fetched first, they are waited for.
    static func accept(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ bytes: UnsafeRawBufferPointer, _ operation: Model.Operation,
                       _ surface: Surface = .openAI, options: CallOptions? = nil, sink: (any EventSink)?, assemble: Bool, isTest: Bool = false,
                       waits: Bool = false) throws(Failure) -> Call {
        let request = try PlannedRequest.read(services, models, setup, bytes, operation, surface, call: options, isTest: isTest, waits: waits)
        let call = Call(request, assemble: assemble)
        if sink != nil, !request.options.dryRun { try call.askHook() }
        call.sink = sink
        return call
    }
}
