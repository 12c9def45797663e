package import Bytes
internal import JSON
package import Model

/// What happens to requests and answers at each surface.
package enum Surfaces {
    /// The request as OpenAI writes it; nil: it is that already.
    package static func translated(_ request: UnsafeRawBufferPointer, of surface: Surface, _ operation: Operation,
                                   caps: Caps) throws(Failure) -> TranslatedRequest? {
        switch surface {
        case .openAI: return nil
        case .messages: return try readMessages(request, caps: caps)
        case .responses: return try translateResponses(request, caps: caps)
        }
    }

    /// Makes an answer the caller's, in place, `gatelet` in it included. `isWhole`: it came to its end. False: no memory, or over the cap.
    package static func render(_ answer: ByteBuffer, as surface: Surface, for request: TranslatedRequest?, isWhole: Bool) -> Bool {
        switch surface {
        case .openAI: true
        case .messages: renderMessage(answer, isWhole: isWhole)
        case .responses: renderResponse(answer, for: request)
        }
    }

    /// Says what a surface has no form for in an answer or a chunk.
    package static func warn(of document: UnsafeRawBufferPointer, as surface: Surface, _ warnings: RequestWarnings) {
        if surface == .openAI { return }
        for choice in JSONView(trusted: document)["choices"]?.elements ?? JSONView(trusted: document[.none]).elements {
            guard let message = choice.filled("message") ?? choice.filled("delta"), message.filled("audio") != nil else { continue }
            return warnings.add(.dropped, "choices[0].message.audio", "there is no form for sounds here: it stands in `audio`")
        }
    }

    /// For the chunks of one stream; nil: they are the caller's as they are.
    package static func renderer(as surface: Surface, for request: TranslatedRequest?) -> (any StreamRenderer)? {
        switch surface {
        case .openAI: nil
        case .messages: MessagesStream()
        case .responses: ResponsesRenderer(request)
        }
    }
}

/// Makes `"name": <document>` the last member of an object. False: it is none, no memory, or over the cap.
package func appendMember(_ name: StaticString, _ document: UnsafeRawBufferPointer, to object: ByteBuffer) -> Bool {
    var end = object.count
    defer { object.keepAlive() }
    while end > 0, object.bytes.byte(at: end &- 1) != UInt8(ascii: "}") { end &-= 1 }
    guard end > 0, object.reserve(document.count &+ name.utf8CodeUnitCount &+ 8) else { return false }
    var before = end &- 1
    while before > 0, object.bytes.byte(at: before &- 1) <= 0x20 { before &-= 1 }
    let isEmpty = before > 0 && object.bytes.byte(at: before &- 1) == Ascii.openBrace
    object.removeLast(object.count &- end &+ 1)
    return object.append(isEmpty ? "\"" : ",\"") && object.append(name) && object.append("\":") && object.append(document)
        && object.append(UInt8(ascii: "}"))
}
