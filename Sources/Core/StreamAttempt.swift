internal import CShims
internal import Chunks
internal import Model
internal import Providers
package import Transport
internal import Wire

/// A try that streams: events are framed, located in one pass, and handed on as the bytes that arrived. Until its first
/// real delta its chunks are held back.
package final class StreamAttempt: Attempt, @unchecked Sendable {
    private enum Body { case unknown, events, document }

    private let output: StreamOutput
    private let framer: SSEFramer
    private let opening = ChunkOpening()
    private var kind = Body.unknown
    /// An error body, or JSON where a stream was expected.
    private var document: ByteBuffer?
    private var held = HeldChunks()
    private var isCommitted = false
    private var chunks = 0
    private var sawFinish = false
    private var sawDone = false
    private var failure: Failure?
    private var usage = KeptUsage()
    private var seenBytes = 0

    init(_ call: Call, _ output: StreamOutput, index: Int, _ landing: Landing) {
        self.output = output
        framer = SSEFramer(eventLimit: call.setup.configuration.caps.event)
        super.init(call, index: index, landing)
    }

    private var caps: Caps { call.setup.configuration.caps }

    // MARK: bytes

    package override func transfer(_ transfer: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if abandoned { return .abort }
        if sawDone { return .accept } // what follows [DONE] is only read so that the connection can be used again
        if isCommitted, let sink = call.sink, sink.isFull(call) { return .pause }
        if kind == .unknown { chooseKind(bytes) }
        if kind == .document { return collect(bytes) }
        let outcome = framer.feed(bytes) { data, _ in
            self.event(data)
        }
        if outcome == .tooLarge {
            failure = Failure(.tooLarge, concat("an event of the stream is over the cap of ", String(decimal: caps.event), " bytes (caps.event)"))
        }
        if failure != nil || abandoned { return .abort }
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
        let into = document ?? ByteBuffer(limit: caps.body)
        document = into
        if into.append(bytes) { return .accept }
        failure = Failure(.tooLarge, concat("the answer is over the cap of ", String(decimal: into.limit), " bytes (caps.body)"))
        return .abort
    }

    // MARK: events

    /// One event's data. False stops the feed.
    private func event(_ data: UnsafeRawBufferPointer) -> Bool {
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
            guard let end = chunk(rest) else { return false }
            rest = rest[ByteRange(end, rest.count)]
        }
        return true
    }

    /// One JSON value, several of which may be glued into one event (field report: anomalyco/opencode 8282).
    /// The offset behind it; nil to stop.
    private func chunk(_ bytes: UnsafeRawBufferPointer) -> Int? {
        do throws(JSONFault) {
            let (view, end) = try scanChunk(bytes, form: output.form, depthLimit: caps.depth, opening: opening)
            if view.hasLoneSurrogate { return repaired(bytes, JSONFault(.utf8, 0)) }
            return take(view, bytes[ByteRange(0, end)]) ? end : nil
        } catch {
            if error.kind == .utf8 || error.kind == .nul { return repaired(bytes, error) }
            return broken(bytes, error)
        }
    }

    /// Bad UTF-8 is replaced, and the chunk read again.
    private func repaired(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault) -> Int? {
        let copy = ByteBuffer(limit: caps.event &* 2)
        defer { copy.keepAlive() }
        guard repairJSON(bytes, into: copy) else { return broken(bytes, fault) }
        do throws(JSONFault) {
            let (view, end) = try scanChunk(copy.bytes, form: output.form, depthLimit: caps.depth)
            return take(view, copy.bytes[ByteRange(0, end)]) ? bytes.count : nil
        } catch {
            return broken(bytes, error)
        }
    }

    /// Not JSON. A proxy may have written its own error into a half-sent event (Wei-Shaw/sub2api 1471).
    private func broken(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault) -> Int? {
        if fault.kind == .depth {
            failure = Failure(.tooLarge, concat("a chunk is nested deeper than ", String(decimal: caps.depth), " (caps.depth)"))
            return nil
        }
        if let at = bytes.find("{\"error\"") {
            let tail = bytes[ByteRange(at, bytes.count)]
            if let found = try? scanChunk(tail, form: output.form, depthLimit: caps.depth), !found.view.error.isNone {
                failure = classified(tail[ByteRange(0, found.end)])
                return nil
            }
        }
        failure = Failure(.badResponse, concat("an event of the stream is not JSON (offset ", String(decimal: fault.offset), ")"))
        return nil
    }

    private func take(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if !view.usage.isNone || !view.cost.isNone { keepUsage(view, bytes) }
        if view.hasContent {
            transfer.noteContent()
            seenBytes &+= max(4, view.content.count &+ view.reasoning.count) // a call of a tool is a token at least
        }
        if view.finished, !sawFinish {
            sawFinish = true
            transfer.shorten(idle: 10_000_000) // only usage or [DONE] can follow
        }
        let isError = !view.error.isNone
        if isError { failure = classified(bytes) }
        if isError && !view.hasContent { return false }
        if !(view.choicesEmpty && !view.usage.isNone) || output.wantsUsage { chunks &+= 1 }
        if !isCommitted, !commit(view, bytes) { return failure == nil && !abandoned }
        if let stopped = output.take(view, bytes, call) {
            failure = stopped
            return false
        }
        return !isError
    }

    /// True when the chunk is to be delivered now; else it is held, or nobody wants it.
    private func commit(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer) -> Bool {
        // A continued stream begins anew with a role: only what it adds is delivered.
        if continues, !view.hasContent, !view.finished { return false }
        if !view.hasContent, !view.finished, held.add(bytes) { return false }
        guard call.commit(self) else {
            abandoned = true
            return false
        }
        isCommitted = true
        output.keepUsage(usage)
        guard let stopped = flushHeld() else { return true }
        failure = stopped
        return false
    }

    /// Delivers what was held back. What stopped it, as when the caller wants no more.
    func flushHeld() -> Failure? {
        var stopped: Failure?
        held.drain { bytes in
            guard let found = try? scanChunk(bytes, form: output.form, depthLimit: caps.depth) else { return true }
            stopped = output.take(found.view, bytes, call)
            return stopped == nil
        }
        return stopped
    }

    private func keepUsage(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer) {
        if !view.usage.isNone { usage.keep(bytes[view.usage]) }
        if !view.cost.isNone { usage.keep(cost: bytes[view.cost]) }
    }

    override func readUsage() -> UsageReading? {
        if let told = usage.reading { return told }
        defer { document?.keepAlive() }
        return document.flatMap { toldOfFailure($0.bytes) }
    }

    override var textBytes: Int { seenBytes }

    // MARK: end

    override func ended(_ fault: TransferFault, _ detail: String) {
        let found = verdict(fault, detail)
        settle(found)
        guard let found else {
            if !isCommitted { // [DONE] or a finish reason that came with nothing else
                guard call.commit(self) else { return call.attemptFailed(self, Failure(.cancelled, "another attempt was first")) }
                isCommitted = true
                output.keepUsage(usage)
                if let stopped = flushHeld() { return call.attemptFailed(self, stopped) }
            }
            return call.streamFinished(self)
        }
        if !isCommitted, !held.isEmpty { call.hold(self) }
        call.attemptFailed(self, found)
    }

    /// Why it is no success; nil when it is one.
    private func verdict(_ fault: TransferFault, _ detail: String) -> Failure? {
        if let failure { return failure }
        if sawDone { return chunks > 0 ? nil : incomplete() }
        if sawFinish {
            if fault == .cancelled { return transportFailure(fault, detail) }
            call.journey.unclean = fault != .none
            return nil
        }
        return fault == .none ? incomplete() : transportFailure(fault, detail)
    }

    /// The response came whole, without a finish reason and without a chunk before [DONE].
    private func incomplete() -> Failure? {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        if let failure = httpFailure(document?.bytes ?? empty) { return failure }
        if let document { return documentFailure(document.bytes) }
        if chunks == 0 { return Failure(.empty, "the stream ended without a single chunk") }
        return Failure(.truncated, "the stream ended without [DONE] and without a finish reason")
    }

    private func documentFailure(_ bytes: UnsafeRawBufferPointer) -> Failure {
        if speaksOfAnError(bytes) { return classified(bytes) }
        return Failure(.badResponse, "a stream was asked for, but the answer is a document")
    }
}
