package import Bytes
internal import JSON
package import Model

/// How callers speak with Gatelet. Whichever way it is, the request is made OpenAI's before anything else happens to it, and the answer
/// and the chunks, which are OpenAI's, are made the caller's at the end.
package enum Surface: Sendable {
    case openAI
    /// Anthropic's Messages (https://docs.anthropic.com/en/api/messages).
    case messages
    /// OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses).
    case responses

    /// The request as OpenAI writes it; nil: it is that already.
    package func translated(_ request: UnsafeRawBufferPointer, _ operation: Operation, caps: Caps) throws(Failure) -> TranslatedRequest? {
        switch self {
        case .openAI: return nil
        case .messages: return try readMessages(request, caps: caps)
        case .responses: return try translateResponses(request, caps: caps)
        }
    }

    /// Makes an answer the caller's, in place, `gatelet` in it included. False: no memory, or over the cap.
    package func render(_ answer: ByteBuffer, for request: TranslatedRequest?) -> Bool {
        switch self {
        case .openAI: true
        case .messages: renderMessage(answer)
        case .responses: renderResponse(answer, for: request)
        }
    }

    /// For the chunks of one stream; nil: they are the caller's as they are.
    package func renderer(for request: TranslatedRequest?) -> (any StreamRenderer)? {
        switch self {
        case .openAI: nil
        case .messages: MessagesStream()
        case .responses: ResponsesRenderer(request)
        }
    }
}

/// Writes the events of another surface for the chunks of one stream. Not thread-safe.
package protocol StreamRenderer: AnyObject {
    /// One event, by its name; false: nobody wants more.
    typealias Emit = (_ name: StaticString, _ data: UnsafeRawBufferPointer) -> Bool

    /// The events for one chunk. False: `emit` wanted no more, or there was no memory.
    func render(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer, _ emit: Emit) -> Bool
    /// Those at the end of a stream that finished.
    func finish(_ emit: Emit) -> Bool
    /// Those at the end of one that was broken off behind its first events; none where nothing was rendered.
    func fail(_ failure: RedactedFailure, _ emit: Emit) -> Bool
    /// The answer that the events told, with Gatelet's report in it. nil: nothing was rendered, it does not keep that, or no memory.
    func answer(_ report: UnsafeRawBufferPointer) -> ByteBuffer?
}

extension StreamRenderer {
    package func fail(_ failure: RedactedFailure, _ emit: Emit) -> Bool { true }
    package func answer(_ report: UnsafeRawBufferPointer) -> ByteBuffer? { nil }
}

/// Makes `"name": <document>` the last member of an object. False: it is none, no memory, or over the cap.
package func appendMember(_ name: StaticString, _ document: UnsafeRawBufferPointer, to object: ByteBuffer) -> Bool {
    var end = object.count
    defer { object.keepAlive() }
    let bytes = object.bytes
    while end > 0, bytes.byte(at: end &- 1) != UInt8(ascii: "}") { end &-= 1 }
    guard end > 0, object.reserve(document.count &+ name.utf8CodeUnitCount &+ 8) else { return false }
    var before = end &- 1
    while before > 0, bytes.byte(at: before &- 1) <= 0x20 { before &-= 1 }
    let isEmpty = before > 0 && object.bytes.byte(at: before &- 1) == Ascii.openBrace
    object.removeLast(object.count &- end &+ 1)
    return object.append(isEmpty ? "\"" : ",\"") && object.append(name) && object.append("\":") && object.append(document)
        && object.append(UInt8(ascii: "}"))
}
