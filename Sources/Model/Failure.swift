/// What went wrong, before it becomes an error document. Text in it may hold a key: it is redacted when it leaves Core.
package struct Failure: Error {
    package var status: Status
    /// One sentence, without a status name.
    package var message: String
    package var httpStatus: Int?
    package var provider: String?
    package var model: String?
    /// The provider's own code and message, as text.
    package var code: String?
    package var providerMessage: String?
    package var retryable: Bool
    package var retryAfterMs: Int?
    package var requestID: String?
    /// What an event callback returned when it cancelled.
    package var callbackResult: Int32?

    package init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
        retryable = switch status {
        case .resolve, .connect, .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .truncated,
             .rateLimit, .overloaded, .server, .unavailable, .empty: true
        default: false
        }
    }
}
