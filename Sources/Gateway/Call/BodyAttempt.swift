internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import Transport

/// A try whose answer is one document.
final class BodyAttempt: Attempt {
    let body: ByteBuffer
    /// The answer as it came, but for texts that are none, for a caller who speaks as the provider does.
    private(set) var original: ByteBuffer?
    /// The same for a caller who asks for it.
    private(set) var raw: ByteBuffer?
    private var stopped: Failure?
    /// A good answer.
    private var view: AnswerView?
    private var cameWhole = false

    override init(_ call: Call, index: Int, _ target: AttemptTarget) {
        body = ByteBuffer(limit: call.setup.configuration.caps.body)
        super.init(call, index: index, target)
    }

    override func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if body.count == 0 { _ = body.reserve(bytes.count &+ 1000) } // most answers come at once, and `gatelet` is added to them
        if body.append(bytes) { return .accept }
        stopped = noRoom("the answer", body, cap: "caps.body")
        return .abort
    }

    override func ended(_ fault: TransferFault, _ detail: String) {
        var failure = stopped
        cameWhole = failure == nil && fault == .none
        if failure == nil, fault != .none { failure = transportFailure(fault, detail) }
        if failure == nil { failure = httpFailure(body.bytes) }
        if let failure { return fail(failure) }
        record(body.bytes)
        do throws(Failure) {
            if call.request.passes(through: target.endpoint) { original = try keptBody(isSound: true) }
            if call.wantsRaw { raw = try keptBody(isSound: false) }
            let request = target.body
            defer { request.keepAlive() }
            var view = try target.endpoint.dialect.answer(body, to: request.bytes, operation: call.operation, provider: provider, model: target.model,
                                                          depth: call.setup.configuration.caps.depth)
            try redact(&view)
            // Who names no form gets numbers, as from OpenAI, where the provider has a form of its own.
            let form = call.request.view.vectorForm ?? (provider.requests.givesInt8 && !call.request.view.namesVectorForm ? .float : nil)
            if call.operation == .embeddings, let form { try setVectors(form, body, &view, provider: provider, model: target.model) }
            if original == nil, let warnings = call.trace.warnings { Surfaces.warn(of: body.bytes, as: call.request.surface, warnings) }
            self.view = view
            call.trace.lateError = view.lateError
            settle(nil)
            if view.lateError == nil, !view.isUnusual { keep() }
            call.attemptSucceeded(self, view)
        } catch {
            fail(error)
        }
    }

    /// What stands beside the answer repeats no key; the answer is the provider's, whatever it says.
    private func redact(_ view: inout AnswerView) throws(Failure) {
        let redaction = call.request.redaction
        if let original, repeats(JSONView(trusted: original.bytes), redaction), !redaction.clean(original) { throw Failure(.memory, "no memory for the answer") }
        guard target.endpoint.dialect.translates, call.operation != .countTokens, call.operation != .embeddings else { return }
        let root = JSONView(trusted: body.bytes)
        guard repeats(root, redaction) || root["choices"]?.elements.contains(where: { repeats($0, redaction) }) ?? false else { return }
        guard redaction.clean(body) else { throw Failure(.memory, "no memory for the answer") }
        view = try readAnswer(body, operation: call.operation, provider: provider, model: target.model, depth: .max, silence: { true })
    }

    /// In anything but what the model said.
    private func repeats(_ object: JSONView, _ redaction: Redaction) -> Bool {
        for (name, value) in object.members {
            if isSaid(object.bytes[name]) { continue }
            if redaction.bytes(value.raw) != nil || redaction.bytes(object.bytes[name]) != nil { return true }
        }
        return false
    }

    private func isSaid(_ name: UnsafeRawBufferPointer) -> Bool {
        name.equals("choices") || name.equals("message") || name.equals("content") || name.equals("output") || name.equals("text") || name.equals("logprobs")
    }

    /// `isSound`: its texts are repaired.
    private func keptBody(isSound: Bool) throws(Failure) -> ByteBuffer {
        let kept = ByteBuffer(limit: body.limit)
        defer { body.keepAlive() }
        guard isSound ? repairJSON(body.bytes, into: kept) : kept.append(body.bytes) else { throw noRoom("the answer", kept, cap: "caps.body") }
        return kept
    }

    override var reportedAtEnd: Bool { cameWhole }

    override func readUsage() -> UsageReading? {
        defer { body.keepAlive() }
        guard let view else { return usageOfFailure(body.bytes) }
        if view.usage.isNone, view.cost.isNone { return nil }
        var reading = UsageReading()
        if !view.usage.isNone { reading.take(body.bytes[view.usage]) }
        if !view.cost.isNone { reading.take(cost: JSONView(valid: body.bytes, view.cost)) }
        return reading
    }

    override func readNotes() -> AnswerNotes {
        var notes = AnswerNotes()
        defer { body.keepAlive() }
        if let view { notes.read(JSONView(valid: body.bytes, ByteRange(0, view.end)), view.members, provider) }
        return notes
    }

    override var seenTokens: Int {
        guard let view, call.operation != .embeddings, call.operation != .countTokens else { return 0 }
        defer { body.keepAlive() }
        return view.text(in: body.bytes).size.tokens
    }

    private func fail(_ failure: Failure) {
        if !abandoned, call.resendWithoutRefused(self, failure) { return handOn() }
        settle(failure)
        call.attemptFailed(self, failure)
    }
}

/// A try whose bytes are nobody's business but the caller's.
final class RawAttempt: Attempt {
    /// The body of the answer, for who wants it as a whole, and of a refusal.
    private let body: ByteBuffer
    private var stopped: Failure?
    /// The caller has been told of the response, or will not be.
    private var isCommitted = false

    override init(_ call: Call, index: Int, _ target: AttemptTarget) {
        body = ByteBuffer(limit: call.setup.configuration.caps.body)
        super.init(call, index: index, target)
    }

    private var isAccepted: Bool { transfer.status >= 200 && transfer.status < 300 }
    private var tellsPieces: Bool { call.operation == .rawStream }
    private var keepsBody: Bool { !isAccepted || !tellsPieces || call.assembles }

    override func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if abandoned { return .abort }
        if isAccepted {
            if !isCommitted, !commit() { return .abort }
            if tellsPieces, let sink = call.sink, sink.isFull() { return .pause }
            if tellsPieces { stopped = call.sink?.piece(bytes).failure }
        }
        if stopped == nil, keepsBody, !body.append(bytes) { stopped = noRoom("the answer", body, cap: "caps.body") }
        return stopped == nil ? .accept : .abort
    }

    /// From here on the answer is the caller's.
    private func commit() -> Bool {
        guard call.commit(self) else {
            abandoned = true
            return false
        }
        isCommitted = true
        guard tellsPieces, let report = responseReport(transfer, call.request.redaction) else { return true }
        stopped = call.sink?.response(report.bytes).failure
        report.keepAlive()
        return stopped == nil
    }

    override func ended(_ fault: TransferFault, _ detail: String) {
        var failure = stopped
        if failure == nil, fault != .none { failure = transportFailure(fault, detail) }
        if failure == nil { failure = httpFailure(body.bytes) }
        if failure == nil, !isCommitted, !commit() { failure = stopped ?? Failure(.cancelled, "another attempt was first") }
        settle(failure)
        if let failure { return call.attemptFailed(self, failure) }
        guard !tellsPieces || call.assembles else { return call.rawFinished(self, nil) }
        guard let document = rawDocument(body) else {
            return call.attemptFailed(self, Failure(.memory, "no memory for the answer"))
        }
        call.rawFinished(self, document)
    }
}

extension EventSink {
    fileprivate func piece(_ bytes: UnsafeRawBufferPointer) -> SinkVerdict {
        let none = bytes[.none]
        return chunk(json: bytes, text: none, reasoning: none, name: none)
    }
}
