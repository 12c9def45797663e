package import Bytes
internal import JSON
package import Model

/// What a server of the caller's surface would answer to its own client for a failure.
package enum ErrorReply {
    /// A longer document is written anew.
    private static let longest = 64 << 10

    /// Whether a provider's document is one that the clients of a surface understand.
    package static func isOf(_ surface: Surface, _ document: UnsafeRawBufferPointer, depth: Int) -> Bool {
        guard document.count <= longest, let root = JSONView(document: document, depthLimit: depth), root["error"]?.isObject ?? false else { return false }
        switch surface {
        case .openAI: return false
        case .messages: return root["type"]?.says("error") ?? false
        case .responses: return true
        }
    }

    /// `{"status": 429, "body": {...}}`. False: no memory.
    package static func write(_ failure: RedactedFailure, into buffer: ByteBuffer) -> Bool {
        var out = MemberWriter(buffer)
        out.open()
        let own = failure.document, http = failure.httpStatus ?? 0
        out.member("status", !own.isEmpty && http >= 400 && http < 600 ? http : status(failure.status, failure.surface))
        out.name("body")
        if out.failed { return false }
        let isWritten = own.isEmpty ? writeBody(failure, into: buffer) : own.withUnsafeBytes { buffer.append($0) }
        return isWritten && buffer.append(Ascii.closeBrace)
    }

    private static func writeBody(_ failure: RedactedFailure, into buffer: ByteBuffer) -> Bool {
        failure.surface == .messages ? messagesError(failure, into: buffer) : responsesError(failure, into: buffer)
    }

    /// The last event of a stream that a provider's own events were passed of. `number`: its place among them.
    package static func writeEvent(_ failure: RedactedFailure, number: Int, into buffer: ByteBuffer) -> Bool {
        failure.surface == .messages ? messagesError(failure, into: buffer) : responsesErrorEvent(failure, number: number, into: buffer)
    }

    /// 529 is Anthropic's own word for what is 503 elsewhere.
    private static func status(_ status: Status, _ surface: Surface) -> Int {
        switch status {
        case .argument, .json, .unsupported, .badRequest, .contextLength, .contentPolicy: 400
        case .noKey, .auth, .keysExhausted: 401
        case .funds: surface == .messages ? 402 : 429
        case .permission, .refused: 403
        case .notFound, .modelUnresolved: 404
        case .tooLarge: 413
        case .rateLimit: 429
        case .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent, .timeoutTotal: 504
        case .overloaded, .unavailable: surface == .messages ? 529 : 503
        default: 500
        }
    }
}
