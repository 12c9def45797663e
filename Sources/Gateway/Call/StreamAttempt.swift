internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import HTTPText
internal import JSON
internal import Model
internal import Transport

/// A try that streams: events are framed, located in one pass, and handed on as the bytes that arrived. Until its first
/// real delta its chunks are held back.
final class StreamAttempt: Attempt {
    private enum Body { case unknown, events, array, document }

    private let output: StreamOutput
    /// The caller speaks as the provider does: he gets its events as they come.
    private let passes: Bool
    /// The caller asks for them beside what is made of them.
    private let showsRaw: Bool
    private let framer: SSEFramer
    /// For a stream that is a list of its events.
    private var array: JSONArrayFramer?
    private let reader: any StreamReader
    private var kind = Body.unknown
    /// An error body, or JSON where a stream was expected.
    private var document: ByteBuffer?
    private var held = HeldChunks()
    /// Behind those, the event by which the provider said that it failed.
    private var heldFailure = HeldChunks()
    private var isCommitted = false
    private var chunks = 0
    private var signs = AnswerSigns()
    private var sawDone = false
    /// As many choices as were asked for have a finish reason.
    private var isComplete = false
    private var failure: Failure?
    /// The provider said that it failed: what it still sends is read for usage and cost, for a moment.
    private var hasReportedFailure = false
    private var usageIsFinal = false
    /// The class of an error that came behind the end of the answer.
    private var late: Status?
    private var usage = KeptUsage()
    private var notes = AnswerNotes()
    /// In quarters of a token.
    private var seen = 0
    /// The last event has something of the answer, which is the provider's whatever it says. All else is without keys.
    private var hasContent = false
    /// The members before the choices, which may be the same in all chunks.
    private var headRepeatsKey = false
    private let translates: Bool
    private lazy var redaction = call.request.redaction

    init(_ call: Call, _ output: StreamOutput, index: Int, _ target: AttemptTarget) {
        self.output = output
        passes = call.request.passes(through: target.endpoint)
        translates = target.endpoint.dialect.translates
        showsRaw = call.wantsRaw && call.request.surface == .openAI
        let caps = call.setup.configuration.caps
        framer = SSEFramer(eventLimit: caps.event, strays: true)
        reader = Dialects.reader(call.operation, of: target.endpoint.provider, to: target.body.bytes, model: target.model, caps: caps)
        target.body.keepAlive()
        super.init(call, index: index, target)
    }

    private var caps: Caps { call.setup.configuration.caps }

    override func transfer(_ transfer: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if abandoned { return .abort }
        let wasDone = sawDone
        if isCommitted, !hasReportedFailure, let sink = call.sink, sink.isFull() { return .pause }
        record(bytes)
        if kind == .unknown { chooseKind(bytes) }
        if kind == .document { return collect(bytes) }
        let outcome = feed(bytes)
        if hasReportedFailure, !abandoned { return outcome == .more ? .accept : .abort }
        if outcome == .tooLarge, !sawDone {
            failure = framer.lacksMemory || array?.lacksMemory ?? false ? Failure(.memory, "no memory for an event of the stream")
                : Failure(.tooLarge, concat("an event of the stream is over the cap of ", String(decimal: caps.event), " bytes (caps.event)"))
        }
        if failure != nil || abandoned { return .abort }
        // What follows the end is only read for errors, and so that the connection can be used again.
        if sawDone, !wasDone { transfer.shorten(idle: 500_000, total: 2_000_000) }
        return .accept
    }

    private func feed(_ bytes: UnsafeRawBufferPointer) -> SSEFramer.Outcome {
        func take(_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
            if hasReportedFailure { return behindFailure(data, name) }
            let goesOn = name.count > 0 && framer.isStray ? stray(data) : event(data, name)
            return goesOn || hasReportedFailure
        }
        guard let array else { return framer.feed(bytes, take) }
        return array.feed(bytes) { take($0, bytes[.none]) }
    }

    private func chooseKind(_ bytes: UnsafeRawBufferPointer) {
        let ok = transfer.status >= 200 && transfer.status < 300
        if ok, let first = firstInk(bytes) {
            let framing = target.endpoint.dialect.framing
            kind = framing.isDocument(first: first) ? .document : framing.isArray(first: first) ? .array : .events
            if kind == .array { array = JSONArrayFramer(elementLimit: caps.event) }
        } else if !ok {
            kind = .document
        }
    }

    private func firstInk(_ bytes: UnsafeRawBufferPointer) -> UInt8? {
        for byte in bytes where byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09 { return byte }
        return nil
    }

    private func collect(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        let into = document ?? ByteBuffer(limit: caps.body)
        document = into
        if into.append(bytes) { return .accept }
        failure = noRoom("the answer", into, cap: "caps.body")
        return .abort
    }

    // MARK: events

    /// False stops the feed.
    private func event(_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
        if showsRaw, !show(raw: data) { return false }
        hasContent = false
        switch reader.read(data, name: name, { self.take($0, $1) }) {
        case .read: return pass(data, name)
        case .stopped: return false
        case .end:
            sawDone = true
            return pass(data, name)
        case .error(let document):
            let goesOn = fails(reported: classified(document))
            if passes, !goesOn, !abandoned { pass(error: data, name) }
            return goesOn
        case .notJSON(let bytes, let offset):
            var failure = notJSON(bytes, provider, target.model)
            failure.message = UnredactedText(concat("an event of the stream is not JSON (offset ", String(decimal: offset), ")"))
            return fails(failure)
        case .tooDeep:
            return fails(Failure(.tooLarge, concat("a chunk is nested deeper than ", String(decimal: caps.depth), " (caps.depth)")))
        case .tooLarge:
            return fails(Failure(.tooLarge, concat("a block of the stream is over the cap of ", String(decimal: caps.event), " bytes (caps.event)")))
        case .noMemory: return fails(Failure(.memory, "no memory for a chunk of the stream"))
        }
    }

    /// The event itself before what is made of it, for a caller who asks for both.
    private func show(raw data: UnsafeRawBufferPointer) -> Bool {
        guard let chunk = RawReport.chunk(data, of: call.operation, target.model, depth: caps.depth, call.request.redaction) else {
            failure = Failure(.memory, "no memory for an event")
            return false
        }
        defer { chunk.keepAlive() }
        if !isCommitted {
            if held.add(event: chunk.bytes, name: chunk.bytes[.none]) { return true }
            if !commitNow() { return false }
        }
        failure = output.give(raw: chunk.bytes, to: call.sink)
        return failure == nil
    }

    /// The event itself, where the caller gets that.
    private func pass(_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
        if !passes || failure != nil || abandoned { return true }
        if !hasContent, let clean = redaction.bytes(data) {
            hasContent = true
            return clean.withUnsafeBytes { pass($0, name) }
        }
        if !isCommitted {
            if held.add(event: data, name: name) { return true }
            if !commitNow() { return false }
        }
        failure = output.pass(data, name: name, to: call.sink)
        return failure == nil
    }

    /// The event by which the provider says that it failed; held back, where those before it are.
    private func pass(error data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) {
        if isCommitted { _ = output.pass(error: data, name: name, redaction, to: call.sink) } else if held.hasEvents { _ = heldFailure.add(event: data, name: name) }
    }

    /// Lines outside of events: an error document or a page of a proxy.
    private func stray(_ lines: UnsafeRawBufferPointer) -> Bool {
        if looksLikeHTML(lines) {
            if !framer.strayIsOver, lines.find("</html>") == nil { return true } // the rest may say why
            return fails(notJSON(lines, provider, target.model))
        }
        return !speaksOfAnError(lines) || fails(classified(lines))
    }

    /// Notes why the stream failed: false. Behind its end that is only flagged, since the answer is whole and paid for: true.
    /// Behind an answer of nothing it says why there is nothing.
    private func fails(_ found: Failure) -> Bool {
        if sawDone || isComplete, signs.hasContent || signs.isExplained {
            late = late ?? found.status
            return true
        }
        failure = failure ?? found
        return false
    }

    /// The provider's own word that it failed. Many tell only then what it costs: an error, or a finish reason that means one, then
    /// a chunk of usage.
    private func fails(reported found: Failure) -> Bool {
        let goesOn = fails(found)
        if !goesOn, !hasReportedFailure {
            hasReportedFailure = true
            transfer.shorten(idle: 250_000, total: 1_000_000)
        }
        return goesOn
    }

    /// What comes then. False: nothing can follow.
    private func behindFailure(_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
        let sign = reader.read(data, name: name) { view, chunk in
            if view.tellsUsage { self.keepLast(chunk) }
            return true
        }
        switch sign {
        case .end: return false
        case .error(let document): if JSONView(document: document, depthLimit: caps.depth) != nil { keepLast(document) }
        case .read, .stopped, .notJSON, .tooDeep, .tooLarge, .noMemory: break
        }
        return true
    }

    private func keepLast(_ chunk: UnsafeRawBufferPointer) {
        if usage.keep(chunk) { usageIsFinal = true }
    }

    /// What the judge makes of a chunk.
    private enum Judged { case piece, dropped, last, failed }

    private func take(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if view.hasContent { hasContent = true }
        if translates, mayRepeatKey(view, bytes), let clean = redaction.bytes(bytes) {
            return clean.withUnsafeBytes { bytes in
                (try? scanChunk(bytes, form: ChunkForm(call.operation), depthLimit: .max)).map { take(clean: $0.view, bytes) } ?? true
            }
        }
        return take(clean: view, bytes)
    }

    /// In something else than what the model said: in all of a chunk without content, and before the choices of others.
    private func mayRepeatKey(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if !view.hasContent { return true }
        if !view.repeats { headRepeatsKey = bytes.find("\"choices\"").map { redaction.bytes(bytes[ByteRange(0, $0)]) != nil } ?? true }
        return headRepeatsKey
    }

    private func take(clean view: ChunkView, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if sawDone { return takeLate(view, bytes) }
        if view.tellsUsage { usage.keep(bytes) }
        if chunks == 0 || view.finished || view.hasNotes || view.tellsUsage { notes.read(JSONView(trusted: bytes), provider) } // the same in all chunks, if it is told
        var hasContent = view.hasContent, judged = Judged.piece
        if view.needsLook { judged = judge(bytes, &hasContent) } else { signs.note(choiceBits: view.choiceBits, hasContent: hasContent) }
        if judged == .failed {
            usageIsFinal = view.tellsUsage
            return false
        }
        if judged == .dropped { return true }
        if hasContent {
            transfer.noteContent()
            seen &+= max(4, size(view, bytes)) // what is sent by itself is a token at least
        }
        if output.shows(view) { chunks &+= 1 }
        if !isCommitted, !commit(view, bytes, hasContent) { return failure == nil && !abandoned }
        if let stopped = output.take(view, bytes, passing: passes, to: call.sink) {
            failure = stopped
            return false
        }
        if judged == .last { usageIsFinal = view.tellsUsage }
        return judged != .last
    }

    /// A chunk that is more, or less, than a piece of an answer.
    private func judge(_ bytes: UnsafeRawBufferPointer, _ hasContent: inout Bool) -> Judged {
        let found = signs.read(JSONView(trusted: bytes))
        if found.hasContent { hasContent = true }
        if hasContent { signs.hasContent = true }
        if let error = found.error {
            let why = meaning(error, bytes)
            if found.errorIsBeside { late = late ?? why.status } else {
                let goesOn = fails(reported: why)
                return hasContent ? (goesOn ? .piece : .last) : goesOn ? .dropped : .failed
            }
        }
        if isComplete {
            isComplete = signs.isWhole // a further choice has begun
        } else if signs.isWhole, signs.isComplete(asked: asked.choices) {
            isComplete = true
            transfer.shorten(idle: 10_000_000) // only usage or the end can follow
        }
        return .piece
    }

    /// Behind the end: nothing is delivered any more, but an error is told.
    private func takeLate(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var signs = AnswerSigns()
        if let error = signs.read(JSONView(trusted: bytes)).error { _ = fails(meaning(error, bytes)) }
        if view.tellsUsage { usage.keep(bytes) }
        return true
    }

    private func meaning(_ error: FoundError, _ bytes: UnsafeRawBufferPointer) -> Failure {
        switch error {
        case .document: classified(bytes)
        case .inside(let range): classified(bytes[range])
        case .finish(let word, let status): finishFailure( bytes[word], status, provider, model: target.model)
        case .nonsense: notJSON(bytes, provider, target.model)
        }
    }

    /// True when the chunk is to be delivered now; else it is held, or nobody wants it.
    private func commit(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, _ hasContent: Bool) -> Bool {
        // A continued stream begins anew with a role: only what it adds is delivered.
        if continues, !hasContent, !view.finished { return false }
        // A finish reason alone may turn out to end an empty answer, unless it explains one.
        if !hasContent, !signs.isExplained, held.add(view, bytes) { return false }
        return commitNow()
    }

    /// From here on the stream is the caller's.
    private func commitNow() -> Bool {
        guard call.commit(self) else {
            abandoned = true
            return false
        }
        isCommitted = true
        guard let stopped = flushHeld() else { return true }
        failure = stopped
        return false
    }

    /// Delivers what was held back. What stopped it, as when the caller wants no more.
    func flushHeld() -> Failure? {
        output.keepUsage(usage)
        var stopped = call.wantsResponse ? output.tell(responseReport(transfer, call.request.redaction), to: call.sink) : nil
        if stopped != nil { return stopped }
        held.drain { view, bytes in
            stopped = output.take(view, bytes, passing: passes, to: call.sink)
            return stopped == nil
        } event: { data, name in
            stopped = passes ? output.pass(data, name: name, to: call.sink) : output.give(raw: data, to: call.sink)
            return stopped == nil
        }
        if stopped != nil { return stopped }
        heldFailure.drain { _, _ in true } event: { data, name in
            output.pass(error: data, name: name, redaction, to: call.sink) == nil
        }
        return nil
    }

    override func readUsage() -> UsageReading? {
        if let reading = usage.reading { return reading }
        defer { document?.keepAlive() }
        return document.flatMap { usageOfFailure($0.bytes) }
    }

    override func readNotes() -> AnswerNotes { notes }
    override var reportedAtEnd: Bool { usageIsFinal }

    override var seenTokens: Int { (seen &+ 3) / 4 }

    /// Of what a chunk brings, in quarters of a token.
    private func size(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer) -> Int {
        if view.isAllText {
            var size = TextSize()
            size.add(json: bytes[view.content])
            size.add(json: bytes[view.reasoning])
            return size.quarters
        }
        var text = AnswerText()
        text.add(chunk: JSONView(trusted: bytes))
        return text.size.quarters
    }

    // MARK: end

    override func ended(_ fault: TransferFault, _ detail: String) {
        if fault == .none, failure == nil, !abandoned, kind == .events, endsInOrder { finishEvents() }
        if fault == .none, failure == nil, document != nil { usageIsFinal = true }
        let found = verdict(fault, detail)
        if let found, !isCommitted, !abandoned, call.resendWithoutRefused(self, found) { return handOn() }
        settle(found)
        guard let found else {
            if !isCommitted { // its end or a finish reason that came with nothing else
                guard call.commit(self) else { return call.attemptFailed(self, Failure(.cancelled, "another attempt was first")) }
                isCommitted = true
                if let stopped = flushHeld() { return call.attemptFailed(self, stopped) }
            }
            if !passes, let stopped = output.finish(to: call.sink) { return call.attemptFailed(self, stopped) }
            call.trace.lateError = late
            if late == nil, !signs.isUnusual, sawDone || fault == .none { keep() }
            return call.streamFinished(self)
        }
        if !isCommitted, !held.isEmpty { call.hold(self) }
        call.attemptFailed(self, found)
    }

    /// The sender said where the body ends, by its length, a last chunk or a frame: a closed connection alone says nothing.
    private var endsInOrder: Bool {
        let headers = transfer.responseHeaders.bytes
        return transfer.script != nil || headers.beginsFolded("http/2") || headers.beginsFolded("http/3")
            || HeaderText.find("content-length", in: headers) != nil || HeaderText.find("transfer-encoding", in: headers) != nil
    }

    private func finishEvents() {
        _ = framer.finish { data, name in
            if self.framer.isStray { return self.stray(data) }
            return !self.reader.isWhole(data, name: name) || self.event(data, name) // what was cut off never came
        }
    }

    /// Why it is no success; nil when it is one.
    private func verdict(_ fault: TransferFault, _ detail: String) -> Failure? {
        if let failure { return failure }
        if sawDone { return chunks > 0 ? emptiness() : incomplete() }
        if isComplete || signs.isWhole && fault == .none && endsInOrder {
            if fault == .cancelled { return transportFailure(fault, detail) }
            call.trace.unclean = fault != .none
            return emptiness()
        }
        return fault == .none ? incomplete() : transportFailure(fault, detail)
    }

    /// The stream came to its end, and nothing was in it.
    private func emptiness() -> Failure? {
        defer { target.body.keepAlive() }
        let output = usage.reading?.usage?[.output]
        let isEmpty = signs.isEmpty(outputTokens: output) { target.endpoint.dialect.allowsSilence(target.body.bytes, call.operation) }
        return isEmpty ? emptyAnswer(hasFinish: signs.hasFinish, provider, model: target.model) : nil
    }

    /// The response came whole, without a finish reason and without a chunk before its end.
    private func incomplete() -> Failure? {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        if let failure = httpFailure(document?.bytes ?? empty) { return failure }
        if let document { return documentFailure(document.bytes) }
        if chunks == 0 { return Failure(.empty, "the stream ended without a single chunk") }
        return Failure(.truncated, concat("the stream ended without ", String(target.endpoint.dialect.endMark), " and without a finish reason"))
    }

    private func documentFailure(_ bytes: UnsafeRawBufferPointer) -> Failure {
        if speaksOfAnError(bytes) { return classified(bytes) }
        var failure = notJSON(bytes, provider, target.model)
        if !looksLikeHTML(bytes) { failure.message = "a stream was asked for, but the answer is a document" }
        return failure
    }
}
