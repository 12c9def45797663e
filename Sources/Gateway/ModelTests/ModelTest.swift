internal import Accounting
internal import Bytes
internal import JSON
internal import Model

/// One model: what it is called, its request on the way, and what came of it.
final class ModelTest: EventSink {
    enum Verdict { case success, failed, skipped }

    let id: String
    let name: String
    let provider: String
    /// The call reads it until its end.
    var request: ByteBuffer?
    var call: Call?
    var outcome: Outcome?

    var verdict = Verdict.success
    /// Why not, in words for people.
    var reason: String?
    var failure: Failure?
    /// Microseconds; -1 is unknown.
    var latency: Int64 = -1
    var firstContent: Int64 = -1

    init(_ id: String, _ name: String, _ provider: String) {
        self.id = id
        self.name = name
        self.provider = provider
    }

    var slug: String { concat(provider, "/", id) }

    var wantsEnd: Bool { false }
    func isFull() -> Bool { false }
    func response(_: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func chunk(json _: UnsafeRawBufferPointer, text _: UnsafeRawBufferPointer, reasoning _: UnsafeRawBufferPointer,
               name _: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func ended(_ outcome: Outcome) { self.outcome = outcome }

    func fail(_ failure: Failure) {
        verdict = .failed
        reason = String(reasonOf(failure.status))
        self.failure = failure
        self.failure?.attempts = []
    }

    var word: StaticString {
        switch verdict {
        case .success: "success"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }

    /// Its names, and how it went where that is known; the object stays open.
    func write(into out: inout MemberWriter, verdict: Bool) {
        out.member("model", id)
        out.member("name", name)
        out.text("provider", provider.utf8.isEmpty ? nil : provider)
        if verdict { out.text("status", String(word)) }
    }
}

/// A failure in the words of people who read lists of models.
private func reasonOf(_ status: Status) -> StaticString {
    switch status {
    case .rateLimit: "Rate limited"
    case .funds: "Requires credits"
    case .auth: "Invalid API key"
    case .noKey: "API key not configured"
    case .keysExhausted: "No usable API key"
    case .permission: "Access denied"
    case .notFound, .modelUnresolved: "Model not available"
    case .badRequest, .unsupported: "Request not accepted"
    case .overloaded: "Overloaded"
    case .server: "Server error"
    case .unavailable: "Provider unavailable"
    case .contextLength: "Context too long"
    case .contentPolicy: "Refused by content policy"
    case .empty: "Empty answer"
    case .badResponse, .protocol, .tooLarge: "Unreadable answer"
    case .truncated: "Answer cut off"
    case .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .timeoutTotal: "Timed out"
    case .resolve, .connect, .tls: "Connection failed"
    case .refused: "Refused by policy"
    default: "Internal error"
    }
}

extension MemberWriter {
    /// null where there is none.
    mutating func text(_ name: StaticString, _ text: String?) {
        if let text { member(name, text) } else { member(name, raw: "null") }
    }

    /// Microseconds as milliseconds; null when unknown.
    mutating func time(_ name: StaticString, _ microseconds: Int64) {
        self.name(name)
        check(appendMilliseconds(microseconds, to: buffer))
    }

    /// JSON, null where there is none.
    mutating func splice(_ name: StaticString, _ json: UnsafeRawBufferPointer) {
        self.name(name)
        if json.count > 0 { raw(json) } else { raw("null") }
    }
}
