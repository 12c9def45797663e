internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import Settings

/// What a streaming request delivers: chunks to the sink, the assembled answer, the usage.
final class StreamOutput {
    private let surface: Surface
    private let request: TranslatedRequest?
    /// Writes the events of another surface; nil: chunks are the caller's as they are.
    private let renderer: (any StreamRenderer)?
    private let warnings: RequestWarnings
    private let wantsUsage: Bool
    private let assembler: ChunkAssembler?
    /// Instead of that, where the caller gets the provider's events.
    private var passedAnswer: (any PassedAnswer)?
    private var deltas = DeltaText()
    private let text = ByteBuffer()
    private let reasoning = ByteBuffer()
    /// All text of choice 0 so far, kept for a request that wants to be continued.
    private let delivered: ByteBuffer?
    /// Something other than text was delivered, so nobody can go on from there.
    private(set) var beyondText = false
    /// Events of a provider that the caller got as they came.
    private var passedEvents = 0
    /// The last of them and its name, as strict readers take them.
    private let sound = ByteBuffer(), soundName = ByteBuffer()
    /// One of them said that it failed.
    private var hasToldFailure = false
    private var kept: KeptUsage?
    private let bodyCap: Int

    init(_ request: PlannedRequest, assemble: Bool) {
        surface = request.surface
        self.request = request.translated
        renderer = Surfaces.renderer(as: surface, for: request.translated)
        warnings = request.options.warnings
        wantsUsage = request.view.callerWantsUsage
        bodyCap = request.setup.configuration.caps.body
        assembler = assemble ? ChunkAssembler(form: ChunkForm(request.operation), limit: bodyCap) : nil
        delivered = request.options.continueStream && surface == .openAI ? ByteBuffer(limit: bodyCap) : nil
    }

    /// As the provider of the last part told it.
    var usage: UnsafeRawBufferPointer? { kept?.last?.bytes }
    var deliveredText: UnsafeRawBufferPointer? { delivered?.bytes }

    /// It holds something for the caller: usage alone is for those who asked for it.
    func shows(_ view: ChunkView) -> Bool { surface != .openAI || wantsUsage || !view.isUsageOnly }

    /// One chunk for the caller. The failure that ends the stream; nil to go on. `passing`: the caller gets the event that it is of,
    /// by `pass`.
    func take(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, passing: Bool, to sink: (any EventSink)?) -> Failure? {
        if passing { passed()?.take(view, bytes) } else if let assembler, !assembler.add(bytes, view) { return noRoom(assembler.lacksMemory) }
        if !passing, view.hasNotes { Surfaces.warn(of: bytes, as: surface, warnings) }
        if !shows(view) { return nil }
        guard let sink else { return Failure(.cancelled, "the request was cancelled") }
        if !passing { clearText() }
        guard deltas.append(view, bytes, text: text, reasoning: reasoning) else { return Failure(.memory, "out of memory") }
        if passing { return nil }
        if let delivered {
            if view.hasContent, text.count == 0 { beyondText = true }
            if !delivered.append(text.bytes) { beyondText = true }
        }
        guard let renderer else { return give(bytes, name: "", to: sink) }
        var stopped: Failure?
        let ok = renderer.render(view, bytes) { name, data in
            stopped = self.give(data, name: name, to: sink)
            self.clearText()
            return stopped == nil
        }
        return ok ? nil : stopped ?? Failure(.memory, "no memory for an event")
    }

    /// An event of the provider's for a caller who speaks as he does: its bytes, but for texts that are none. Half a pair of surrogates at the edge
    /// of a delta stays, since the next may begin with the other half.
    func pass(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, to sink: (any EventSink)?) -> Failure? {
        sound.removeAll()
        soundName.removeAll()
        let isPiece = name.isEmpty || name.find("delta") != nil
        guard repairJSON(data, into: sound, keepingEdges: isPiece), repairJSON(name, into: soundName),
              name.count > 0 || soundName.append(nameOfEvent(sound.bytes)) else { return Failure(.memory, "no memory for an event") }
        if let passed = passed(), !passed.take(event: sound.bytes, name: soundName.bytes) { return noRoom(passed.lacksMemory) }
        guard let sink else { return Failure(.cancelled, "the request was cancelled") }
        defer { clearText() }
        passedEvents &+= 1
        return give(sound.bytes, name: soundName.bytes, to: sink)
    }

    private func passed() -> (any PassedAnswer)? {
        if passedAnswer == nil, assembler != nil { passedAnswer = Surfaces.passedAnswer(of: surface, limit: bodyCap) }
        return passedAnswer
    }

    private func noRoom(_ lacksMemory: Bool) -> Failure {
        lacksMemory ? Failure(.memory, "no memory for the assembled answer")
            : Failure(.tooLarge, concat("the assembled answer is over the cap of ", String(decimal: bodyCap), " bytes (caps.body)"))
    }

    /// An event of the provider's beside the chunks that are made of it.
    func give(raw chunk: UnsafeRawBufferPointer, to sink: (any EventSink)?) -> Failure? {
        guard let sink else { return Failure(.cancelled, "the request was cancelled") }
        clearText()
        return give(chunk, name: "", to: sink)
    }

    /// The event by which a provider says that it failed, where the caller gets its events.
    func pass(error data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, _ redaction: Redaction, to sink: (any EventSink)?) -> Failure? {
        guard !hasToldFailure, tellsFailure(data, name) else { return nil }
        let clean = redaction.bytes(data)
        let stopped = clean.map { bytes in bytes.withUnsafeBytes { self.pass($0, name: name, to: sink) } } ?? pass(data, name: name, to: sink)
        hasToldFailure = stopped == nil
        return stopped
    }

    /// Some relays leave the names of events out, which official packages choose by; the event tells its type as well.
    private func nameOfEvent(_ data: UnsafeRawBufferPointer) -> String {
        guard let type = JSONView(document: data)?["type"]?.string(upTo: 128), type.utf8.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ".") }) else { return "" }
        return type
    }

    private func tellsFailure(_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
        if name.count > 0 { return name.equals("error") || name.equals("response.failed") }
        let type = nameOfEvent(data)
        return same(type, "error") || same(type, "response.failed")
    }

    /// What comes behind the last chunk of a stream that finished.
    func finish(to sink: (any EventSink)?) -> Failure? {
        guard let renderer, let sink else { return nil }
        clearText()
        var stopped: Failure?
        let ok = renderer.finish { name, data in
            stopped = self.give(data, name: name, to: sink)
            return stopped == nil
        }
        return ok ? nil : stopped ?? Failure(.memory, "no memory for an event")
    }

    /// What tells the caller, in the words of his surface, that the stream was broken off.
    func fail(_ failure: RedactedFailure, to sink: any EventSink) {
        clearText()
        if passedEvents > 0 {
            let event = ByteBuffer()
            defer { event.keepAlive() }
            if !hasToldFailure, ErrorReply.writeEvent(failure, number: passedEvents, into: event) { _ = give(event.bytes, name: "error", to: sink) }
            return
        }
        _ = renderer?.fail(failure) { name, data in self.give(data, name: name, to: sink) == nil }
    }

    private func clearText() {
        text.removeAll()
        reasoning.removeAll()
    }

    private func give(_ data: UnsafeRawBufferPointer, name: StaticString, to sink: any EventSink) -> Failure? {
        give(data, name: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), to: sink)
    }

    private func give(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, to sink: any EventSink) -> Failure? {
        _ = text.terminated()
        _ = reasoning.terminated()
        return sink.chunk(json: data, text: text.bytes, reasoning: reasoning.bytes, name: name).failure
    }

    /// What stands before the chunks of an attempt.
    func tell(_ response: ByteBuffer?, to sink: (any EventSink)?) -> Failure? {
        guard let response, let sink else { return nil }
        defer { response.keepAlive() }
        return sink.response(response.bytes).failure
    }

    func keepUsage(_ usage: KeptUsage) { kept = usage }

    /// The assembled answer of a stream that ended so; nil when nobody wants it or no chunk came.
    func answer(_ trace: RequestTrace, _ end: RequestEnd, _ failure: RedactedFailure?) -> ByteBuffer? {
        guard let assembler, passedAnswer != nil || !assembler.isEmpty else { return nil }
        let gatelet = ByteBuffer()
        defer { gatelet.keepAlive() }
        guard Report.gatelet(trace, into: gatelet) else { return nil }
        if let passedAnswer { return Surfaces.render(passedAnswer, end, failure, report: gatelet.bytes) }
        if let told = renderer?.answer(gatelet.bytes) { return told }
        guard let answer = assembler.answer(appending: gatelet.bytes) else { return nil }
        return Surfaces.render(answer, as: surface, for: request, isWhole: end == .finished) ? answer : nil
    }
}
