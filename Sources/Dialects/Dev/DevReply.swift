internal import Bytes
internal import JSON

/// One choice of an answer, cut into the tokens in which it streams.
struct DevReply {
    var tokens: [String] = []
    var toolName: String?
    var finish: StaticString = "stop"

    var text: String {
        var all = ""
        for token in tokens { all += token }
        return all
    }
}

/// One reply per choice: those of the first prompt first.
func devReplies(_ request: DevRequest) -> [DevReply] {
    var replies: [DevReply] = []
    for text in request.texts {
        for variant in 0..<request.choices { replies.append(devReply(request, text, variant)) }
    }
    return replies
}

private func devReply(_ request: DevRequest, _ text: String, _ variant: Int) -> DevReply {
    var reply = DevReply()
    let sentence = devSentence(text, variant)
    if let tool = request.tool {
        reply.toolName = tool.name
        reply.finish = "tool_calls"
        reply.tokens = tokens(sampleJSON(tool.schema, firstWords(text, 8)))
    } else if request.wantsJSON {
        reply.tokens = tokens(request.schema == nil ? answerJSON(sentence) : sampleJSON(request.schema, firstWords(text, 8)))
    } else {
        reply.tokens = tokens(sentence)
    }
    if reply.tokens.count > request.limit {
        reply.tokens.removeLast(reply.tokens.count &- request.limit)
        reply.finish = "length"
    }
    return reply
}

private func devSentence(_ text: String, _ variant: Int) -> String {
    let count = words(text).count
    let start = concat("You said: ", count == 0 ? "nothing" : firstWords(text, 8), count > 8 ? " ..." : ".",
                         " That is ", String(decimal: count), count == 1 ? " word in " : " words in ", String(decimal: text.utf8.count), " bytes.",
                         " The development provider answers without any network.")
    return variant == 0 ? start : concat(start, " Variant ", String(decimal: variant &+ 1), ".")
}

private func firstWords(_ text: String, _ most: Int) -> String {
    var start = ""
    for word in words(text).prefix(most) { start += start.utf8.isEmpty ? word : " " + word }
    return start
}

/// A blank belongs to the word after it.
private func tokens(_ text: String) -> [String] {
    var found: [String] = [], current: [UInt8] = []
    for byte in text.octets {
        if byte == UInt8(ascii: " ") && !current.isEmpty {
            found.append(String(utf8: current))
            current.removeAll(keepingCapacity: true)
        }
        current.append(byte)
    }
    if !current.isEmpty { found.append(String(utf8: current)) }
    return found
}

private func answerJSON(_ text: String) -> String {
    jsonText { out in
        out.open()
        out.member("answer", text)
        out.close()
    }
}

/// A value that fits a JSON schema as far as types, enums and nesting go.
private func sampleJSON(_ schema: JSONView?, _ text: String) -> String {
    jsonText { out in
        if let schema, schema.isObject { writeSample(schema, text, 0, &out) } else { out.raw("{}") }
    }
}

private func writeSample(_ schema: JSONView, _ text: String, _ depth: Int, _ out: inout MemberWriter) {
    if let first = schema["enum"]?.firstElement ?? schema["const"] { return out.raw(first.raw) }
    let type = schema["type"]?.string ?? schema["type"]?.firstElement?.string ?? "object"
    if type.equals("string") { return out.string(text) }
    if type.equals("integer") || type.equals("number") { return out.raw(schema["minimum"]?.raw ?? bytes("1")) }
    if type.equals("boolean") { return out.raw("true") }
    if type.equals("null") { return out.raw("null") }
    if type.equals("array") {
        out.open("[")
        if let items = schema["items"], items.isObject, depth < 8 {
            out.separate()
            writeSample(items, text, depth &+ 1, &out)
        }
        return out.close("]")
    }
    out.open()
    schema["properties"]?.forEachMember { name, property in
        guard depth < 8 else { return }
        out.name(decodedText(schema.bytes, name))
        writeSample(property, text, depth &+ 1, &out)
    }
    out.close()
}

private func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
}

private func jsonText(_ write: (inout MemberWriter) -> Void) -> String {
    let buffer = ByteBuffer()
    defer { buffer.keepAlive() }
    var out = MemberWriter(buffer)
    write(&out)
    return String(utf8: buffer.bytes)
}
