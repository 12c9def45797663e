internal import Bytes
internal import JSON
internal import Model

/// Continuing an interrupted answer: the text that was delivered ends the conversation as the assistant's own.
extension RequestWriter {
    /// The messages, and one more; or the caller's own beginning of an answer with the text behind it.
    mutating func addPrefill(_ messages: RequestView.Member, _ text: UnsafeRawBufferPointer) throws(Failure) {
        copyRun()
        out.name("messages")
        var last: JSONView?
        JSONView(valid: bytes, messages.value).forEachElement { last = $0 }
        guard let last else { throw Failure(.json, "`messages` must be a non-empty array") }
        if last["role"]?.string.map({ same($0, "assistant") }) != true {
            copyText(ByteRange(messages.value.start, last.range.end))
            out.raw(",{\"role\":\"assistant\",\"content\":")
            out.check(appendJSONString(text, to: out.buffer))
            out.raw("}")
        } else {
            let content = try soleContent(last)
            copyText(ByteRange(messages.value.start, content.range.end &- 1))
            out.check(appendJSONBody(text, to: out.buffer))
            copyText(ByteRange(content.range.end &- 1, last.range.end))
        }
        out.raw("]")
    }

    /// The content of the caller's last message, if text can be put behind it.
    private func soleContent(_ message: JSONView) throws(Failure) -> JSONView {
        var found: JSONView?, count = 0
        message.forEachMember { name, value in
            guard jsonName(bytes, name, is: "content") else { return }
            found = value
            count &+= 1
        }
        guard count == 1, let found, found.isString else {
            throw Failure(.unsupported, "an answer cannot be continued after an assistant message whose content is not text")
        }
        return found
    }
}
