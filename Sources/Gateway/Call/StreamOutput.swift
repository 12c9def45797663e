internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import Model
internal import Settings

/// What a streaming request delivers: chunks to the sink, the assembled answer, the usage.
final class StreamOutput {
    let renderer: ChunkRenderer
    private let assembler: ChunkAssembler?
    private var deltas = DeltaText()
    private let text = ByteBuffer()
    private let reasoning = ByteBuffer()
    /// All text of choice 0 so far, kept for a request that wants to be continued.
    private let delivered: ByteBuffer?
    /// Something other than text was delivered, so nobody can go on from there.
    private(set) var beyondText = false
    private var kept: KeptUsage?
    private let bodyCap: Int

    init(_ request: PlannedRequest, assemble: Bool) {
        renderer = Surface(of: request.operation).renderStream(for: request.view)
        bodyCap = request.setup.configuration.caps.body
        assembler = assemble ? ChunkAssembler(form: ChunkForm(request.operation), limit: bodyCap) : nil
        delivered = request.options.continueStream ? ByteBuffer(limit: bodyCap) : nil
    }

    /// As the provider of the last part told it.
    var usage: UnsafeRawBufferPointer? { kept?.last?.bytes }
    var deliveredText: UnsafeRawBufferPointer? { delivered?.bytes }

    /// One chunk for the caller. The failure that ends the stream; nil to go on.
    func take(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, to sink: (any EventSink)?) -> Failure? {
        if let assembler, !assembler.add(bytes, view) {
            return assembler.lacksMemory ? Failure(.memory, "no memory for the assembled answer")
                : Failure(.tooLarge, concat("the assembled answer is over the cap of ", String(decimal: bodyCap), " bytes (caps.body)"))
        }
        if !renderer.shows(view) { return nil }
        guard let sink else { return Failure(.cancelled, "the request was cancelled") }
        text.removeAll()
        reasoning.removeAll()
        guard deltas.append(view, bytes, text: text, reasoning: reasoning) else { return Failure(.memory, "out of memory") }
        _ = text.terminated()
        _ = reasoning.terminated()
        if let delivered {
            if view.hasContent, text.count == 0 { beyondText = true }
            if !delivered.append(text.bytes) { beyondText = true }
        }
        switch sink.chunk(json: renderer.render(bytes), text: text.bytes, reasoning: reasoning.bytes) {
        case .cancel(let value):
            var failure = Failure(.cancelled, "the event callback cancelled the request")
            failure.callbackResult = value
            return failure
        case .noMemory: return Failure(.memory, "no memory for an event")
        case .go, .full: return nil
        }
    }

    func keepUsage(_ usage: KeptUsage) { kept = usage }

    /// The assembled answer; nil when nobody wants it or no chunk came.
    func answer(_ trace: RequestTrace) -> ByteBuffer? {
        guard let assembler, !assembler.isEmpty else { return nil }
        let gatelet = ByteBuffer()
        defer { gatelet.keepAlive() }
        return Report.gatelet(trace, into: gatelet) ? assembler.answer(appending: gatelet.bytes) : nil
    }
}
