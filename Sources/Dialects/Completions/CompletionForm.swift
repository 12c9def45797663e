internal import Bytes
internal import JSON
internal import Model

/// Writes a text completion as a chat whose user says the prompt. What a chat cannot be asked for is refused by its name.
func writeChat(of request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    guard buffer.reserve(request.bytes.count &+ 64) else { throw noRoom("the request", buffer) }
    var out = MemberWriter(buffer)
    out.open()
    for member in request.view.members {
        let value = JSONView(valid: request.bytes, member.value)
        if value.isNull { continue }
        try refuse(member, value, request)
        switch member.known {
        case .prompt:
            out.name("messages")
            out.raw("[{\"role\":\"user\",\"content\":")
            out.raw(try prompt(value, request).raw)
            out.raw("}]")
        case .bestOf, .suffix: break
        case .maxTokens: if let word = limitWord(request.provider, request.model, .chat) {
            out.name(word)
            out.raw(value.raw)
        }
        default:
            if nameEquals(request.bytes, member.name, "echo") { continue }
            out.separate()
            out.raw(request.bytes[ByteRange(member.name.start &- 1, member.value.end)])
        }
    }
    out.close()
    if out.failed { throw noRoom("the request", buffer) }
}

private func refuse(_ member: RequestView.Member, _ value: JSONView, _ request: OutgoingRequest) throws(Failure) {
    let isSaid = switch member.known {
    case .messages, .topLogprobs: true
    case .logprobs: value.bool != false
    case .suffix: !value.isString || value.inside.count > 0
    case .bestOf: value.int != 1
    case .other: nameEquals(request.bytes, member.name, "echo") && value.bool != false
    default: false
    }
    if isSaid { throw cannot(decodedText(request.bytes, member.name), request) }
}

private func cannot(_ what: String, _ request: OutgoingRequest) -> Failure {
    Failure(.unsupported, concat("`", what, concat("` cannot be said to ", request.provider.title, ", whose text completions are chats (capabilities.completions)")))
}

/// A text, or a list of one. An empty one is no message.
private func prompt(_ value: JSONView, _ request: OutgoingRequest) throws(Failure) -> JSONView {
    if value.isString, !value.inside.isEmpty { return value }
    var texts = 0
    for element in value.elements { texts = element.isString && texts >= 0 ? texts &+ 1 : -1 }
    if texts == 1, let first = value.firstElement, !first.inside.isEmpty { return first }
    throw cannot("prompt", request)
}

extension MemberWriter {
    /// The answer of a chat, or a chunk of one, as a text completion. `part`: where its choices have what they say. What a completion
    /// has no word for stands in the choice.
    mutating func completion(_ chat: JSONView, part: StaticString) {
        open()
        for (name, value) in chat.members {
            if jsonName(chat.bytes, name, is: "object") {
                member("object", "text_completion")
            } else if jsonName(chat.bytes, name, is: "choices"), value.isArray {
                self.name("choices")
                open("[")
                for choice in value.elements { completion(choice: choice, part: part) }
                close("]")
            } else {
                member(name, of: chat, value)
            }
        }
        close()
    }

    private mutating func completion(choice: JSONView, part: StaticString) {
        separate()
        open()
        let said = choice.filled(part)
        name("text")
        raw("\"")
        if let content = said?.filled("content") {
            if content.isString { raw(content.inside) } else {
                for piece in content.elements { if let text = piece["text"], text.isString { raw(text.inside) } }
            }
        }
        raw("\"")
        for (name, value) in choice.members {
            if jsonName(choice.bytes, name, is: part) || jsonName(choice.bytes, name, is: "text") { continue }
            member(name, of: choice, value)
        }
        if choice["logprobs"] == nil { member("logprobs", raw: "null") }
        for (name, value) in said?.members ?? JSONView(trusted: choice.bytes[.none]).members {
            if value.isNull || jsonName(value.bytes, name, is: "content") || jsonName(value.bytes, name, is: "role") || isOf(choice, name, value) { continue }
            member(name, of: choice, value)
        }
        close()
    }

    private func isOf(_ choice: JSONView, _ name: ByteRange, _ value: JSONView) -> Bool {
        for (other, _) in choice.members where value.bytes[name].equals(choice.bytes[other]) { return true }
        return false
    }
}
