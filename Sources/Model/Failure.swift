/// What went wrong, before it becomes an error document. Text in it may hold a key: documents are made of a `RedactedFailure`.
/// One word in size, since it is thrown through everything: its facts are kept elsewhere and copied when they change.
package struct Failure: Error, @unchecked Sendable {
    private final class Facts {
        var status: Status
        var message: UnredactedText
        var httpStatus: Int?
        var provider: String?
        var model: String?
        var code: UnredactedText?
        var providerMessage: UnredactedText?
        var retryable: Bool
        var retryAfterMs: Int?
        var requestID: UnredactedText?
        var callbackResult: Int32?
        var mayBeOfRequest = false
        var attempts: [UInt8] = []
        var warnings: [UInt8] = []
        var redaction: Redaction?

        @inline(never)
        init(_ status: Status, _ message: UnredactedText, _ retryable: Bool) {
            self.status = status
            self.message = message
            self.retryable = retryable
        }

        @inline(never)
        init(_ other: Facts) {
            status = other.status
            message = other.message
            httpStatus = other.httpStatus
            provider = other.provider
            model = other.model
            code = other.code
            providerMessage = other.providerMessage
            retryable = other.retryable
            retryAfterMs = other.retryAfterMs
            requestID = other.requestID
            callbackResult = other.callbackResult
            mayBeOfRequest = other.mayBeOfRequest
            attempts = other.attempts
            warnings = other.warnings
            redaction = other.redaction
        }
    }

    private var facts: Facts

    @inline(never)
    package init(_ status: Status, _ message: String) { self.init(status, UnredactedText(message)) }

    @inline(never)
    package init(_ status: Status, _ message: UnredactedText) {
        let retryable = switch status {
        case .resolve, .connect, .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .truncated,
             .rateLimit, .overloaded, .server, .unavailable, .empty: true
        default: false
        }
        facts = Facts(status, message, retryable)
    }

    @inline(never)
    private mutating func own() -> Facts {
        if !isKnownUniquelyReferenced(&facts) { facts = Facts(facts) }
        return facts
    }

    package var status: Status { get { facts.status } set { own().status = newValue } }
    /// One sentence, without a status name.
    package var message: UnredactedText { get { facts.message } set { own().message = newValue } }
    package var httpStatus: Int? { get { facts.httpStatus } set { own().httpStatus = newValue } }
    package var provider: String? { get { facts.provider } set { own().provider = newValue } }
    package var model: String? { get { facts.model } set { own().model = newValue } }
    /// The provider's own code and message, as text.
    package var code: UnredactedText? { get { facts.code } set { own().code = newValue } }
    package var providerMessage: UnredactedText? { get { facts.providerMessage } set { own().providerMessage = newValue } }
    package var retryable: Bool { get { facts.retryable } set { own().retryable = newValue } }
    package var retryAfterMs: Int? { get { facts.retryAfterMs } set { own().retryAfterMs = newValue } }
    package var requestID: UnredactedText? { get { facts.requestID } set { own().requestID = newValue } }
    /// What an event callback returned when it cancelled.
    package var callbackResult: Int32? { get { facts.callbackResult } set { own().callbackResult = newValue } }
    /// The request itself may have brought it about, whatever the status says: it speaks neither against the key nor against the
    /// provider's health.
    package var mayBeOfRequest: Bool { get { facts.mayBeOfRequest } set { own().mayBeOfRequest = newValue } }
    /// The JSON array of the attempts that were made; empty when the request was refused at the door.
    package var attempts: [UInt8] { get { facts.attempts } set { own().attempts = newValue } }
    /// The member `warnings` of its document with a comma in front; empty where there is nothing to warn of.
    package var warnings: [UInt8] { get { facts.warnings } set { own().warnings = newValue } }

    var redaction: Redaction? { facts.redaction }

    /// As it leaves a client; the first one that it leaves knows best what is secret.
    package func leaving(_ redaction: Redaction) -> Failure {
        if facts.redaction != nil { return self }
        var failure = self
        failure.own().redaction = redaction
        return failure
    }

    /// For whoever is outside.
    package var redacted: RedactedFailure { (facts.redaction ?? .none).failure(self) }
}
