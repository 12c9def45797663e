internal import Bytes
internal import JSON
internal import Model

/// Makes an answer of OpenAI's chat API, `gatelet` included, a message of Anthropic's. `answer`: valid JSON. `isWhole`: it came to its end.
/// False: no memory, or over the cap.
func renderMessage(_ answer: ByteBuffer, isWhole: Bool = true) -> Bool {
    let message = ByteBuffer(limit: answer.limit)
    defer { message.keepAlive() }
    var writer = MessageWriter(MemberWriter(message))
    writer.write(JSONView(trusted: answer.bytes), isWhole: isWhole)
    answer.keepAlive()
    if writer.out.failed { return false }
    answer.removeAll()
    return answer.append(message.bytes)
}

struct MessageWriter {
    var out: MemberWriter

    init(_ out: MemberWriter) { self.out = out }

    fileprivate mutating func write(_ answer: JSONView, isWhole: Bool) {
        let choice = answer["choices"]?.elements.first { $0["index"]?.int ?? 0 == 0 }
        let message = choice.flatMap { $0.filled("message") }
        var reason = choice.map { StopReason($0) }
        reason?.hasCalls = message?["tool_calls"]?.firstElement != nil
        reason?.hasRefusal = message?["refusal"]?.inside.count ?? 0 > 0
        out.open()
        writeHead(answer)
        out.name("content")
        out.open("[")
        if let message { write(message: message, id: answer["id"]) }
        out.close("]")
        // What broke off has no reason why it ended.
        if isWhole { out.member("stop_reason", String(reason?.word ?? "end_turn")) } else { out.member("stop_reason", raw: "null") }
        if isWhole, let text = reason?.stopSequence { out.member("stop_sequence", text) } else { out.member("stop_sequence", raw: "null") }
        for name: StaticString in ["stop_details", "container", "context_management"] { out.copy(name, ifThere: choice?["provider_fields"]?[name]) }
        out.name("usage")
        writeMessagesUsage(answer.filled("usage"), &out)
        if let message { ChatMessage(message, index: 0).writeBeside(&out) }
        if isWhole { out.copy("native_finish_reason", ifThere: reason?.nativeWord) }
        out.copy("gatelet", ifThere: answer["gatelet"])
        out.close()
    }

    /// The members that begin a message, of an answer or a chunk.
    mutating func writeHead(_ document: JSONView) {
        if let id = document["id"], id.inside.count > 0 { out.member("id", id) } else { out.member("id", "msg_0") }
        out.member("type", "message")
        out.member("role", "assistant")
        if let model = document["model"], model.isString { out.member("model", model) } else { out.member("model", "") }
    }

    private mutating func write(message view: JSONView, id: JSONView?) {
        let message = ChatMessage(view, index: 0)
        var pieces = MessagePieces(message)
        pieces.write(&out)
        if let refusal = message.refusal, refusal.inside.count > 0 { writeText(refusal.inside) }
        for image in message.images where ChatMessage.place(of: image) == nil { write(image: image) }
        message.forEachCall { call in writeCall(call, answer: id) }
    }

    mutating func writeText(_ text: UnsafeRawBufferPointer, citations: JSONView? = nil) {
        if text.count == 0 { return }
        out.separate()
        out.open()
        out.member("type", "text")
        out.name("text")
        out.escaped(text)
        if let citations { writeCitations(citations) }
        out.close()
    }

    /// Anthropic's own, or OpenAI's annotations that cite pages of the web.
    private mutating func writeCitations(_ citations: JSONView) {
        out.name("citations")
        out.open("[")
        for citation in citations.elements {
            if citation["url_citation"] != nil { writeCitation(citation) } else {
                out.separate()
                out.raw(citation.raw)
            }
        }
        out.close("]")
    }

    mutating func writeCitation(_ annotation: JSONView) {
        guard let citation = annotation.filled("url_citation"), let url = citation["url"], url.isString else { return }
        out.separate()
        out.open()
        out.member("type", "web_search_result_location")
        out.member("url", url)
        if let title = citation.filled("title") { out.member("title", title) } else { out.member("title", raw: "null") }
        if let text = citation["content"], text.isString { out.member("cited_text", text) } else { out.member("cited_text", "") }
        out.member("encrypted_index", "")
        out.close()
    }

    private mutating func writeCall(_ call: ToolCall, answer: JSONView?) {
        if let extra = call.view.filled("extra_content"), extra["anthropic"] == nil { writeExtra(extra) }
        out.separate()
        out.open()
        writeCallHead(id: call.id?.inside, name: call.name?.inside, index: call.index, message: answer?.inside)
        out.name("input")
        let input = MemberWriter(ByteBuffer())
        if let text = call.view.filled("custom")?.filled("input") {
            out.open()
            out.member("input", text)
            out.close()
        } else if !writeArguments(of: call, input) {
            // What the model wrote is no object: its client will see what it wrote instead.
            out.open()
            out.copy("arguments", ifThere: call.arguments)
            out.close()
        }
        out.copy("caller", ifThere: call.view["extra_content"]?["anthropic"]?["caller"])
        out.close()
    }

    private mutating func writeArguments(of call: ToolCall, _ scratch: MemberWriter) -> Bool {
        var scratch = scratch
        defer { scratch.buffer.keepAlive() }
        do throws(Failure) { try call.writeArguments(&scratch) } catch { return false }
        out.check(!scratch.failed)
        out.raw(scratch.buffer.bytes)
        return true
    }

    /// The members that begin a call. A provider that gives it no id gets one made of the message's, so that none is there twice in a conversation.
    mutating func writeCallHead(id: UnsafeRawBufferPointer?, name: UnsafeRawBufferPointer?, index: Int, message: UnsafeRawBufferPointer?) {
        out.member("type", "tool_use")
        out.name("id")
        if let id, id.count > 0 { out.escaped(id) } else {
            out.raw("\"toolu_")
            for byte in message ?? UnsafeRawBufferPointer(start: nil, count: 0) where isNameByte(byte) { out.check(out.buffer.append(byte)) }
            out.raw(concat("_", String(decimal: index), "\""))
        }
        out.name("name")
        out.escaped(name ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// What its provider wants back with the call that follows.
    mutating func writeExtra(_ extra: JSONView) { writeRedacted { out in ForeignReasoning.append("call", extra: extra, to: out) } }

    mutating func write(image: JSONView) {
        guard let source = ContentPart(image, index: 0).source else { return }
        if let extra = image.filled("extra_content") { writeRedacted { out in ForeignReasoning.append("image", extra: extra, to: out) } }
        out.separate()
        out.open()
        out.writeImage(source)
        out.close()
    }

    /// A picture, in its place.
    mutating func writeDrawn(_ block: ProviderBlock, _ picture: JSONView) {
        out.separate()
        out.open()
        block.write(picture: picture, &out)
        out.close()
    }

    /// What another provider wants back, in its place.
    mutating func writeForeign(_ block: ProviderBlock) { writeRedacted { out in block.appendData(to: out) } }

    /// `data`: writes it, escaped.
    mutating func writeRedacted(_ data: (ByteBuffer) -> Bool) {
        out.separate()
        out.open()
        out.member("type", "redacted_thinking")
        out.name("data")
        out.raw("\"")
        out.check(data(out.buffer))
        out.raw("\"")
        out.close()
    }
}

/// Pictures of a message that blocks of its provider are, too: the places of those.
struct DrawnPictures {
    private var places: [Int] = []

    init(_ message: ChatMessage) {
        message.forEachBlock { if $0.picture != nil { places.append($0.place) } }
        places.sort()
    }

    func has(_ image: JSONView) -> Bool {
        guard !places.isEmpty, let place = ChatMessage.place(of: image) else { return false }
        var low = 0, high = places.count
        while low < high {
            let middle = (low &+ high) / 2
            if places[middle] < place { low = middle &+ 1 } else { high = middle }
        }
        return low < places.count && places[low] == place
    }
}

extension ChatMessage {
    /// What Messages have no form for, as a chat has it: sounds, and what nobody knows of a part. `out`: an object that is open.
    func writeBeside(_ out: inout MemberWriter) {
        if let audio = view.filled("audio") { out.member("audio", audio) }
        var isFirst = true
        for block in providerBlocks?.elements ?? view.elements where block.filled("beside") != nil {
            if isFirst {
                out.name("provider_blocks")
                out.open("[")
            }
            isFirst = false
            out.separate()
            out.raw(block.raw)
        }
        if !isFirst { out.close("]") }
    }

    var hasBeside: Bool { view.filled("audio") != nil || providerBlocks?.elements.contains { $0.filled("beside") != nil } ?? false }
}

extension MemberWriter {
    /// The members of an image block. Anthropic's models draw nothing, so its messages have no such block but those of requests.
    mutating func writeImage(_ source: MediaSource) {
        member("type", "image")
        name("source")
        open()
        switch source {
        case .base64(let type, let data):
            member("type", "base64")
            member("media_type", type)
            name("data")
            escaped(data)
        case .url(let url), .text(_, let url):
            member("type", "url")
            name("url")
            escaped(url)
        case .file(let id):
            member("type", "file")
            name("file_id")
            escaped(id)
        }
        close()
    }
}
