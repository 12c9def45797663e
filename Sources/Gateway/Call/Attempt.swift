internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import Resilience
internal import Settings
internal import Transport

/// Where an attempt goes and with what. A class: it is handed on several times, and has a dozen references in it.
final class AttemptTarget {
    /// A server that refuses again and again is one that fails.
    static let mostResends = 3

    let endpoint: Endpoint
    let model: String
    var key: Int
    let body: ByteBuffer
    /// What of the request is not told in it.
    let warnings: RequestWarnings
    /// -1: not of the plan (`dev_fallback`).
    let candidate: Int
    var isProbe = false
    /// It goes on where a stream that had been delivered broke.
    var continues = false
    /// Bytes of what had been delivered.
    var prefill = 0
    /// How often it was sent again because nobody had begun with it.
    var resends = 0
    /// The server wants it as HTTP/1.1.
    var http1 = false
    /// It asks for usage by Gatelet's own word.
    var asksForUsage = false
    /// It is asked without these, since the same with them was refused.
    var refused: [RefusedMember] = []
    var cache: CacheUse?
    var ticket: HealthTicket?
    var reservation: LimitReservation?
    /// The same in all processes together, and where.
    var shared: SharedReservation?
    var sharedLimits: SharedLimits?
    /// Keys over a limit of their own.
    var fullKeys: [Int] = []

    init(endpoint: Endpoint, model: String, key: Int, body: WrittenBody, candidate: Int) {
        self.endpoint = endpoint
        self.model = model
        self.key = key
        self.body = body.buffer
        warnings = body.warnings
        self.candidate = candidate
    }
}

/// One try at one provider. Subclasses read the response.
class Attempt: TransferDelegate {
    let call: Call
    let index: Int
    let target: AttemptTarget
    let transfer: Transfer
    /// Another attempt was first, or the call has ended: nobody waits for this one.
    var abandoned = false
    /// The provider has not begun with it: as if it had never been sent.
    private(set) var isUnsent = false
    /// What has come so far of an answer that may be kept.
    var record: RecordedResponse?
    private var settled = false
    /// Estimated tokens of the answer, as far as it came.
    var seenTokens: Int { 0 }

    init(_ call: Call, index: Int, _ target: AttemptTarget) {
        self.call = call
        self.index = index
        self.target = target
        let setup = call.setup
        transfer = Transfer(profile: setup.profile, headerLimit: setup.configuration.caps.headers)
        transfer.url = target.endpoint.url(call.operation, target.model)
        transfer.headers = target.endpoint.headers(call.operation, key: target.key)
        if let options = call.request.options.call { target.endpoint.add(options, setup.configuration, call.operation, key: target.key, to: transfer) }
        transfer.body = target.body
        if let raw = call.request.raw {
            target.endpoint.write(raw, key: target.key, to: transfer)
            if target.body.count == 0, raw.method.isFree { transfer.body = nil }
        }
        transfer.readSize = call.readSize
        transfer.keepAlive = target.endpoint.keepAlive
        transfer.http1 = target.http1
        transfer.clocks = target.endpoint.clocks(call.request.options.timeouts(target.endpoint.timeouts), stream: call.operation.isStream && call.request.raw == nil)
        // One deadline for the request; each attempt has what is left of it.
        transfer.clocks.total = call.deadline == .max ? 0 : max(1, call.deadline &- gl_now_us())
    }

    var provider: Provider { target.endpoint.provider }
    var continues: Bool { target.continues }

    func start(on engine: Engine) {
        transfer.delegate = self
        engine.start(transfer)
    }

    /// A piece of what the provider sends.
    final func record(_ piece: UnsafeRawBufferPointer) {
        if let record, !record.add(piece) { self.record = nil }
    }

    /// Its answer is whole, and nothing about it is unusual.
    final func keep() {
        guard let record, let use = target.cache, transfer.status == 200, !continues, !abandoned else { return }
        self.record = nil
        call.request.keep(record, use, headers: transfer.responseHeaders.bytes, body: target.body)
    }

    func transfer(_: Transfer, body _: UnsafeRawBufferPointer) -> BodyVerdict { .accept }

    final func transferEnded(_: Transfer, fault: TransferFault, detail: String) {
        isUnsent = fault == .unsent
        if isUnsent, call.resend(self) {
            settled = true // what it holds is the next one's
            return
        }
        ended(fault, detail)
        if !settled { settle(Failure(.cancelled, "")) } // nothing that was held stays held, whatever `ended` did
    }

    func ended(_: TransferFault, _: String) {}

    /// The request left it less time than the configuration does: that it ran out says nothing about the provider.
    func wasShortened(_ status: Status) -> Bool {
        let left = transfer.clocks, usual = target.endpoint.clocks(target.endpoint.timeouts, stream: call.operation.isStream)
        func isShorter(_ time: Int64, _ usual: Int64) -> Bool { time > 0 && (usual == 0 || time < usual) }
        return switch status {
        case .timeoutConnect: isShorter(left.connect, usual.connect)
        case .timeoutFirstByte: isShorter(left.firstByte, usual.firstByte)
        case .timeoutIdle: isShorter(left.idle, usual.idle)
        case .timeoutContent: isShorter(left.content, usual.content)
        case .timeoutTotal: isShorter(left.total, usual.total &- usual.total / 10) // some of it had passed before
        default: false
        }
    }

    /// What it holds is another one's.
    func handOn() { settled = true }

    /// Gives back what was held and tells health how it went; once.
    func settle(_ failure: Failure?) {
        if settled { return }
        settled = true
        call.settle(self, failure)
    }

    /// What the provider told of usage and cost; nil when nothing.
    func readUsage() -> UsageReading? { nil }
    /// It was told with the end or behind it, and nothing comes after that.
    var reportedAtEnd: Bool { false }

    /// What the answer tells of how it was served.
    func readNotes() -> AnswerNotes { AnswerNotes() }

    /// What it asks for.
    private(set) final lazy var asked: AskedFor = {
        defer { target.body.keepAlive() }
        return target.endpoint.dialect.asked(target.body.bytes, call.operation)
    }()

    final var reportedNotes: AnswerNotes {
        var notes = readNotes()
        notes.read(headers: transfer.responseHeaders.bytes, provider)
        return notes
    }

    /// In which tier it was served: what the provider says, else what was asked for.
    func tier(_ notes: AnswerNotes) -> ServedTier? { notes.tier ?? asked.tier }
    func words(_ notes: AnswerNotes) -> ServedWords { notes.words.filled(from: asked.words) }

    /// What a document that is no answer tells of them. What a provider refuses it does not bill.
    func usageOfFailure(_ document: UnsafeRawBufferPointer) -> UsageReading? {
        if document.count == 0 || (transfer.status >= 300 && transfer.status < 500) { return nil }
        return reportedUsage(document, depth: call.setup.configuration.caps.depth)
    }

    /// The failure that a response of status >= 300 stands for; nil for success.
    func httpFailure(_ body: UnsafeRawBufferPointer) -> Failure? {
        if transfer.status >= 200, transfer.status < 300 { return nil }
        return classified(body)
    }

    func classified(_ body: UnsafeRawBufferPointer) -> Failure {
        let headers = transfer.responseHeaders.bytes, now = gl_unix_seconds()
        var failure = classify(httpStatus: transfer.status, headers: headers, body: body, provider: provider, model: target.model, unixNow: now)
        // Some say only when their window begins anew (https://github.com/anthropics/anthropic-sdk-typescript/issues/357).
        if failure.status == .rateLimit, failure.retryAfterMs == nil, let report = RateHeaders.read(headers, unixSeconds: now),
           report.remaining == 0, let reset = report.resetAfter, reset >= 0 { failure.retryAfterMs = Int(clamping: reset / 1000) }
        failure.body = shownBody(body)
        if call.request.passes(through: target.endpoint) {
            let sound = ByteBuffer()
            defer { sound.keepAlive() }
            if repairJSON(body, into: sound), ErrorReply.isOf(call.request.surface, sound.bytes, depth: call.setup.configuration.caps.depth) {
                failure.document = Array(sound.bytes)
            }
        }
        return failure
    }

    func transportFailure(_ fault: TransferFault, _ detail: String) -> Failure {
        if fault == .cancelled, call.services.isClosing { return .clientFreed }
        return fault.failure(detail, at: provider)
    }
}
