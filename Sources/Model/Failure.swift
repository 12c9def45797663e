/// What went wrong, before it becomes an error document. Text in it may hold a key: documents are made of a `RedactedFailure`.
package struct Failure: Error {
    private struct Facts: Sendable {
        var status: Status
        var message: UnredactedText
        var httpStatus: Int?
        var provider: String?
        var model: String?
        var code: UnredactedText?
        var type: UnredactedText?
        var providerMessage: UnredactedText?
        var body: UnredactedText?
        var response: [UInt8] = []
        var parameter: UnredactedText?
        var retryable: Bool
        var retryAfterMs: Int?
        var requestID: UnredactedText?
        var callbackResult: Int32?
        var mayBeOfRequest = false
        var attempts: [UInt8] = []
        var warnings: [UInt8] = []
        var redaction: Redaction?
        var surface = Surface.openAI
        var document: [UInt8] = []
    }

    /// A failure is one word, since it is thrown through everything: with its facts in place all code is a quarter larger.
    private indirect enum Stored { case facts(Facts) }

    private var stored: Stored
    private var facts: Facts {
        get { switch stored { case .facts(let facts): facts } }
        set { stored = .facts(newValue) }
    }

    package init(_ status: Status, _ message: String) { self.init(status, UnredactedText(message)) }

    package init(_ status: Status, _ message: UnredactedText) {
        let retryable = switch status {
        case .resolve, .connect, .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .truncated,
             .rateLimit, .overloaded, .server, .unavailable, .empty: true
        default: false
        }
        stored = .facts(Facts(status: status, message: message, retryable: retryable))
    }

    package static var clientFreed: Failure { Failure(.closed, "the client was freed") }

    package var status: Status { get { facts.status } set { facts.status = newValue } }
    /// One sentence, without a status name.
    package var message: UnredactedText { get { facts.message } set { facts.message = newValue } }
    package var httpStatus: Int? { get { facts.httpStatus } set { facts.httpStatus = newValue } }
    package var provider: String? { get { facts.provider } set { facts.provider = newValue } }
    package var model: String? { get { facts.model } set { facts.model = newValue } }
    /// The provider's own code, type and message, as text.
    package var code: UnredactedText? { get { facts.code } set { facts.code = newValue } }
    package var type: UnredactedText? { get { facts.type } set { facts.type = newValue } }
    package var providerMessage: UnredactedText? { get { facts.providerMessage } set { facts.providerMessage = newValue } }
    /// The document in which the provider said so, as it came.
    package var body: UnredactedText? { get { facts.body } set { facts.body = newValue } }
    /// Status and headers of the provider's response as JSON, redacted; empty where nobody asked for them.
    package var response: [UInt8] { get { facts.response } set { facts.response = newValue } }
    /// The member of the request that the provider blames.
    package var parameter: UnredactedText? { get { facts.parameter } set { facts.parameter = newValue } }
    package var retryable: Bool { get { facts.retryable } set { facts.retryable = newValue } }
    package var retryAfterMs: Int? { get { facts.retryAfterMs } set { facts.retryAfterMs = newValue } }
    package var requestID: UnredactedText? { get { facts.requestID } set { facts.requestID = newValue } }
    /// What an event callback returned when it cancelled.
    package var callbackResult: Int32? { get { facts.callbackResult } set { facts.callbackResult = newValue } }
    /// The request itself may have brought it about, whatever the status says: it speaks neither against the key nor against the
    /// provider's health.
    package var mayBeOfRequest: Bool { get { facts.mayBeOfRequest } set { facts.mayBeOfRequest = newValue } }
    /// The JSON array of the attempts that were made; empty when the request was refused at the door.
    package var attempts: [UInt8] { get { facts.attempts } set { facts.attempts = newValue } }
    /// The member `warnings` of its document with a comma in front; empty where there is nothing to warn of.
    package var warnings: [UInt8] { get { facts.warnings } set { facts.warnings = newValue } }
    /// Whose words the caller's own client understands.
    package var surface: Surface { get { facts.surface } set { facts.surface = newValue } }
    /// The provider's own document, where that is what the caller's client understands; empty: there is none.
    package var document: [UInt8] { get { facts.document } set { facts.document = newValue } }
    /// What is secret where it happened.
    var redaction: Redaction? { facts.redaction }

    /// As it leaves a client; the first one that it leaves knows best what is secret.
    package func leaving(_ redaction: Redaction) -> Failure {
        var failure = self
        failure.facts.redaction = facts.redaction ?? redaction
        return failure
    }
}
