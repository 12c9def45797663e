internal import Bytes

/// A failure as others may see it.
package struct RedactedFailure {
    private let failure: Failure
    private let redaction: Redaction

    /// What the failure brought along from where it happened knows more than the given one.
    package init(_ failure: Failure, _ redaction: Redaction) {
        self.failure = failure
        self.redaction = failure.redaction ?? redaction
    }

    package var status: Status { failure.status }
    package var httpStatus: Int? { failure.httpStatus }
    package var provider: String? { failure.provider }
    package var retryable: Bool { failure.retryable }
    package var retryAfterMs: Int? { failure.retryAfterMs }
    package var callbackResult: Int32? { failure.callbackResult }
    /// The JSON array of the attempts that were made; empty when the request was refused at the door.
    package var attempts: [UInt8] { failure.attempts }
    package var warnings: [UInt8] { failure.warnings }
    package var surface: Surface { failure.surface }
    /// The provider's own, for a client that understands it; empty: there is none.
    package var document: [UInt8] { failure.document.withUnsafeBytes { redaction.bytes($0) } ?? failure.document }
    package var model: String? { failure.model.map { redaction.text($0) } }

    /// One sentence, without a status name.
    package var message: String { redaction.text(failure.message) }
    package var code: String? { failure.code.map { redaction.text($0) } }
    package var type: String? { failure.type.map { redaction.text($0) } }
    package var parameter: String? { failure.parameter.map { redaction.text($0) } }
    package var providerMessage: String? { failure.providerMessage.map { redaction.text($0) } }
    package var body: String? { failure.body.map { redaction.text($0) } }
    /// Status and headers of the provider's response as JSON; empty where nobody asked for them.
    package var response: [UInt8] { failure.response }
    package var requestID: String? { failure.requestID.map { redaction.text($0) } }

    // For logs and hooks, which see nothing of what a provider wrote but words that are none of a sentence.
    package var ownMessage: String { redaction.line(failure.message) }
    package var lineModel: String? { failure.model.map { redaction.line($0) } }
    package var codeWord: String? { failure.code.flatMap { redaction.word($0) } }
    package var typeWord: String? { failure.type.flatMap { redaction.word($0) } }
    package var parameterWord: String? { failure.parameter.flatMap { redaction.word($0) } }
    package var requestIDWord: String? { failure.requestID.flatMap { redaction.word($0) } }
}

extension Redaction {
    /// A text that is one word, which may be shown wherever it comes from; nil: it is none.
    package func word(_ text: UnredactedText) -> String? {
        let shown = self.text(text)
        return isWord(shown.octets) ? shown : nil
    }
}
