internal import Bytes
internal import JSON
internal import Model

/// What providers of other dialects said in earlier answers of a chat, in members that Gatelet or OpenRouter has for it. A provider of OpenAI's
/// dialect can do nothing with it: nobody but who signed or made it, and a row that says so (`reasoning_back`).
enum OthersWords {
    static func mayStand(under name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 6: name.equals("images")
        case 13: name.equals("extra_content")
        case 15: name.equals("provider_blocks")
        case 17: name.equals("reasoning_details")
        default: false
        }
    }

    /// Google's compatible endpoints want their signatures back with calls, and so do others that pass a request on to Gemini
    /// (https://ai.google.dev/gemini-api/docs/openai, 2026-11).
    static func takesGoogles(_ request: OutgoingRequest) -> Bool {
        request.provider.id == "gemini" || request.provider.id == "vertex" || lowercased(request.model).octets.withUnsafeBytes { $0.find("gemini") != nil }
    }

    /// What a provider of another dialect said of a call.
    static func isOthers(_ extra: JSONView, _ takesGoogles: Bool) -> Bool {
        if extra["google"] != nil { return !takesGoogles }
        return extra["anthropic"] != nil || extra["openai"] != nil
    }
}

/// Writes a request of the chat surface without them; everything else stays as it is. False: there are none, and nothing useful was written.
func writeWithoutOthersWords(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) -> Bool {
    var writer = OthersWordsWriter(request, MemberWriter(buffer))
    writer.write(request.view.members)
    if writer.out.failed { throw noRoom("the request", buffer) }
    return writer.leftOut
}

private struct OthersWordsWriter {
    private let bytes: UnsafeRawBufferPointer
    private let warnings: RequestWarnings
    private let takesDetails: Bool
    private let takesGoogles: Bool
    private(set) var out: MemberWriter
    private(set) var leftOut = false

    init(_ request: OutgoingRequest, _ out: MemberWriter) {
        bytes = request.bytes
        warnings = request.warnings
        takesDetails = request.provider.requests.takesDetails
        takesGoogles = OthersWords.takesGoogles(request)
        self.out = out
    }

    mutating func write(_ members: [RequestView.Member]) {
        out.open()
        for member in members {
            let value = JSONView(valid: bytes, member.value)
            if member.known == .messages, value.isArray { write(messages: value) } else { copy(member.name, value) }
        }
        out.close()
    }

    private mutating func copy(_ name: ByteRange, _ value: JSONView) {
        out.separate()
        out.raw(bytes[ByteRange(name.start &- 1, value.range.end)])
    }

    private mutating func write(messages: JSONView) {
        var index = 0
        out.name("messages")
        out.open("[")
        for message in messages.elements {
            out.separate()
            if message.isObject { write(message, index) } else { out.raw(message.raw) }
            index &+= 1
        }
        out.close("]")
    }

    private mutating func write(_ message: JSONView, _ index: Int) {
        out.open()
        for (name, value) in message.members {
            let word = bytes[name]
            if word.equals("provider_blocks") {
                leaveOut(value, index, "provider_blocks")
            } else if word.equals("reasoning_details"), !takesDetails {
                write("reasoning_details", value, index) { detail in detail.filled("format").map { BlockFormat.isOfDialect($0) } ?? false }
            } else if word.equals("images") { // of Gemini's, which have their places
                write("images", value, index) { image in image["at"]?.int != nil }
            } else if word.equals("tool_calls"), value.isArray {
                write(calls: value, index)
            } else {
                copy(name, value)
            }
        }
        out.close()
    }

    private mutating func leaveOut(_ value: JSONView, _ index: Int, _ member: String) {
        leftOut = true
        if !isFilled(value) { return }
        warnings.add(.dropped, concat("messages[", String(decimal: index), "].", member), "only a provider that speaks as the one which said it takes it back")
    }

    /// A list without the elements that are others'; not at all, if no other is in it.
    private mutating func write(_ name: StaticString, _ list: JSONView, _ index: Int, isOthers: (JSONView) -> Bool) {
        var own: [JSONView] = [], others = 0
        for element in list.elements { if isOthers(element) { others &+= 1 } else { own.append(element) } }
        if others > 0 { leaveOut(list, index, String(name)) }
        if others > 0, own.isEmpty { return }
        out.name(name)
        if others == 0 { return out.raw(list.raw) }
        out.open("[")
        for element in own {
            out.separate()
            out.raw(element.raw)
        }
        out.close("]")
    }

    private mutating func write(calls: JSONView, _ index: Int) {
        var number = 0
        out.name("tool_calls")
        out.open("[")
        for call in calls.elements {
            out.separate()
            if let extra = call["extra_content"], OthersWords.isOthers(extra, takesGoogles) {
                leaveOut(extra, index, concat("tool_calls[", String(decimal: number), "].extra_content"))
                out.open()
                for (name, value) in call.members where !bytes[name].equals("extra_content") { copy(name, value) }
                out.close()
            } else {
                out.raw(call.raw)
            }
            number &+= 1
        }
        out.close("]")
    }
}
