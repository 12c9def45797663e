internal import CShims
internal import Assembly
internal import Chunks
internal import Model
internal import Providers
package import Transport
internal import Wire

/// A request that streams: events are framed, located in one pass, and handed on as the bytes that arrived.
package final class StreamCall: Call, @unchecked Sendable {
    private enum Body { case unknown, events, document }

    private let form: ChunkForm
    private let wantsUsage: Bool
    private let assembler: ChunkAssembler?
    private let framer: SSEFramer
    private let opening = ChunkOpening()
    private var kind = Body.unknown
    /// An error body, or JSON where a stream was expected.
    private var document: ByteBuffer?
    private let text = ByteBuffer()
    private let reasoning = ByteBuffer()
    private var usage: ByteBuffer?
    private var usageIsReal = false
    private var chunks = 0
    private var sawFinish = false
    private var sawDone = false
    private var failure: Failure?

    init(client: Client, route: Route, request: Prepared, operation: Model.Operation, tag: UInt64, assemble: Bool) {
        form = operation == .completionStream ? .completion : .chat
        wantsUsage = request.wantsUsage
        framer = SSEFramer(eventLimit: client.configuration.caps.event)
        assembler = assemble ? ChunkAssembler(form: form, limit: client.configuration.caps.body) : nil
        super.init(client: client, route: route, request: request, operation: operation, tag: tag)
    }

    // MARK: bytes

    package override func transfer(_ transfer: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if sawDone { return .accept } // what follows [DONE] is only read so that the connection can be used again
        if let sink, sink.isFull(self) { return .pause }
        if kind == .unknown { chooseKind(bytes) }
        if kind == .document { return collect(bytes) }
        var cancelled: Int32?
        let outcome = framer.feed(bytes) { data, _ in
            self.event(data, &cancelled)
        }
        if let cancelled {
            failure = Failure(.cancelled, "the event callback cancelled the request")
            failure?.callbackResult = cancelled
        }
        if outcome == .tooLarge {
            failure = Failure(.tooLarge, concat("an event of the stream is over the cap of ", String(decimal: client.configuration.caps.event), " bytes (caps.event)"))
        }
        if failure != nil { return .abort }
        if sawDone { transfer.shorten(idle: 500_000, total: 2_000_000) }
        return .accept
    }

    private func chooseKind(_ bytes: UnsafeRawBufferPointer) {
        let ok = transfer.status >= 200 && transfer.status < 300
        if ok, let first = firstInk(bytes) {
            kind = first == 0x7B || first == 0x5B || first == 0x3C ? .document : .events // '{', '[' or '<'
        } else if !ok {
            kind = .document
        }
    }

    private func firstInk(_ bytes: UnsafeRawBufferPointer) -> UInt8? {
        for byte in bytes where byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09 { return byte }
        return nil
    }

    private func collect(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        let into = document ?? ByteBuffer(limit: client.configuration.caps.body)
        document = into
        if into.append(bytes) { return .accept }
        failure = Failure(.tooLarge, concat("the answer is over the cap of ", String(decimal: into.limit), " bytes (caps.body)"))
        return .abort
    }

    // MARK: events

    /// One event's data. False stops the feed.
    private func event(_ data: UnsafeRawBufferPointer, _ cancelled: inout Int32?) -> Bool {
        switch data.byte(at: 0) {
        case 0, 0x3A: // empty, or ":": a keep-alive sent as data (https://github.com/anomalyco/opencode/issues/50871)
            if data.count == 0 || data.byte(at: 0) == 0x3A { return true }
        case 0x22 where data.count == 2: // "": another keep-alive (copilot-api 88)
            return true
        case 0x5B where data.count >= 6 && data[ByteRange(0, 6)].equals("[DONE]"):
            sawDone = true
            return false
        default: break
        }
        var rest = data
        while rest.count > 0 {
            guard let end = chunk(rest, &cancelled) else { return false }
            rest = rest[ByteRange(end, rest.count)]
        }
        return true
    }

    /// One JSON value, several of which may be glued into one event (field report: anomalyco/opencode 8282).
    /// The offset behind it; nil to stop.
    private func chunk(_ bytes: UnsafeRawBufferPointer, _ cancelled: inout Int32?) -> Int? {
        do throws(JSONFault) {
            let (view, end) = try scanChunk(bytes, form: form, depthLimit: client.configuration.caps.depth, opening: opening)
            if view.hasLoneSurrogate { return repaired(bytes, JSONFault(.utf8, 0), &cancelled) }
            return take(view, bytes[ByteRange(0, end)], &cancelled) ? end : nil
        } catch {
            if error.kind == .utf8 || error.kind == .nul { return repaired(bytes, error, &cancelled) }
            return broken(bytes, error)
        }
    }

    /// Bad UTF-8 is replaced, and the chunk read again.
    private func repaired(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault, _ cancelled: inout Int32?) -> Int? {
        let copy = ByteBuffer(limit: client.configuration.caps.event &* 2)
        defer { copy.keepAlive() }
        guard repairJSON(bytes, into: copy) else { return broken(bytes, fault) }
        do throws(JSONFault) {
            let (view, end) = try scanChunk(copy.bytes, form: form, depthLimit: client.configuration.caps.depth)
            return take(view, copy.bytes[ByteRange(0, end)], &cancelled) ? bytes.count : nil
        } catch {
            return broken(bytes, error)
        }
    }

    /// Not JSON. A proxy may have written its own error into a half-sent event (Wei-Shaw/sub2api 1471).
    private func broken(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault) -> Int? {
        if fault.kind == .depth {
            failure = Failure(.tooLarge, concat("a chunk is nested deeper than ", String(decimal: client.configuration.caps.depth), " (caps.depth)"))
            return nil
        }
        if let at = bytes.find("{\"error\"") {
            let tail = bytes[ByteRange(at, bytes.count)]
            if let found = try? scanChunk(tail, form: form, depthLimit: client.configuration.caps.depth), !found.view.error.isNone {
                failure = inBand(tail[ByteRange(0, found.end)])
                return nil
            }
        }
        failure = Failure(.badResponse, concat("an event of the stream is not JSON (offset ", String(decimal: fault.offset), ")"))
        return nil
    }

    private func inBand(_ bytes: UnsafeRawBufferPointer) -> Failure {
        classify(httpStatus: transfer.status, headers: transfer.responseHeaders.bytes, body: bytes,
                 provider: route.provider, model: journey.model)
    }

    private func take(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, _ cancelled: inout Int32?) -> Bool {
        if !view.usage.isNone { keepUsage(bytes[view.usage]) }
        if view.hasContent { transfer.noteContent() }
        if view.finished, !sawFinish {
            sawFinish = true
            transfer.shorten(idle: 10_000_000) // only usage or [DONE] can follow
        }
        let isError = !view.error.isNone
        if isError { failure = inBand(bytes) }
        if isError && !view.hasContent { return false }
        if let assembler, !assembler.add(bytes) {
            failure = Failure(.tooLarge, concat("the assembled answer is over the cap of ", String(decimal: client.configuration.caps.body), " bytes (caps.body)"))
            return false
        }
        if view.choicesEmpty && !view.usage.isNone && !wantsUsage { return true }
        chunks &+= 1
        return deliver(view, bytes, &cancelled) && !isError
    }

    private func deliver(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, _ cancelled: inout Int32?) -> Bool {
        guard let sink else { return false }
        text.removeAll()
        reasoning.removeAll()
        guard appendContent(view, bytes, to: text), appendReasoning(view, bytes, to: reasoning) else {
            failure = Failure(.memory, "out of memory")
            return false
        }
        _ = text.terminated()
        _ = reasoning.terminated()
        switch sink.chunk(self, json: bytes, text: text.bytes, reasoning: reasoning.bytes) {
        case .go, .full: return true
        case .cancel(let value):
            cancelled = value
            return false
        }
    }

    /// The last one wins, but an all-zero one never replaces a real one (mozilla-ai/any-llm 848).
    private func keepUsage(_ bytes: UnsafeRawBufferPointer) {
        var real = false
        for byte in bytes where byte >= 0x31 && byte <= 0x39 { real = true; break }
        if usageIsReal && !real { return }
        usageIsReal = real
        let kept = usage ?? ByteBuffer()
        kept.removeAll()
        usage = kept.append(bytes) ? kept : nil
    }

    // MARK: end

    package override func transferEnded(_: Transfer, fault: TransferFault, detail: String) {
        let (kind, found) = verdict(fault, detail)
        noteTimings(found?.status ?? .ok)
        let full = found.map(complete)
        var answer: ByteBuffer?
        if let assembler, !assembler.isEmpty {
            let gatelet = ByteBuffer()
            defer { gatelet.keepAlive() }
            if Report.gatelet(journey, into: gatelet) { answer = assembler.answer(appending: gatelet.bytes) }
        }
        end(kind, full, answer: answer, usage: usage?.bytes)
    }

    private func verdict(_ fault: TransferFault, _ detail: String) -> (Outcome.End, Failure?) {
        if let failure { return (failure.status == .cancelled ? .cancelled : .error, failure) }
        if sawDone { return chunks > 0 ? (.finished, nil) : completeBody() }
        if sawFinish {
            if fault == .cancelled { return (.cancelled, transportFailure(fault, detail)) }
            journey.unclean = fault != .none
            return (.finished, nil)
        }
        switch fault {
        case .none: return completeBody()
        case .cancelled: return (.cancelled, transportFailure(fault, detail))
        case .truncated: return (.truncated, transportFailure(fault, detail))
        default: return (.error, transportFailure(fault, detail))
        }
    }

    /// The response came whole, without a finish reason and without [DONE].
    private func completeBody() -> (Outcome.End, Failure?) {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        if let failure = httpFailure(document?.bytes ?? empty) { return (.error, failure) }
        if let document { return (.error, documentFailure(document.bytes)) }
        if chunks == 0 {
            return (.error, Failure(.empty, "the stream ended without a single chunk"))
        }
        return (.truncated, Failure(.truncated, "the stream ended without [DONE] and without a finish reason"))
    }

    private func documentFailure(_ bytes: UnsafeRawBufferPointer) -> Failure {
        if speaksOfAnError(bytes) { return inBand(bytes) }
        return Failure(.badResponse, "a stream was asked for, but the answer is a document")
    }
}
