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

/// Makes `"name": <document>` the last member of an object, instead of one that it has. False: it is none, no memory, or over the cap.
package func appendMember(_ name: StaticString, _ document: UnsafeRawBufferPointer, to object: ByteBuffer) -> Bool {
    defer { object.keepAlive() }
    guard removeMember(name, from: object) else { return false }
    var end = object.count
    while end > 0, object.bytes.byte(at: end &- 1) != UInt8(ascii: "}") { end &-= 1 }
    guard end > 0, object.reserve(document.count &+ name.utf8CodeUnitCount &+ 8) else { return false }
    var before = end &- 1
    while before > 0, object.bytes.byte(at: before &- 1) <= 0x20 { before &-= 1 }
    let isEmpty = before > 0 && object.bytes.byte(at: before &- 1) == Ascii.openBrace
    object.removeLast(object.count &- end &+ 1)
    return object.append(isEmpty ? "\"" : ",\"") && object.append(name) && object.append("\":") && object.append(document)
        && object.append(UInt8(ascii: "}"))
}

/// Takes a member of this name out of an object, of a provider that is a gateway like this one. False: no memory.
private func removeMember(_ name: StaticString, from object: ByteBuffer) -> Bool {
    guard object.bytes.find(name) != nil else { return true }
    let root = JSONView(trusted: object.bytes)
    guard root.isObject, root[name] != nil else { return true }
    let copy = ByteBuffer()
    defer { copy.keepAlive() }
    var out = MemberWriter(copy)
    out.open()
    for (range, value) in root.members where !jsonName(object.bytes, range, is: name) { out.member(range, of: root, value) }
    out.close()
    object.removeAll()
    return !out.failed && object.append(copy.bytes)
}
