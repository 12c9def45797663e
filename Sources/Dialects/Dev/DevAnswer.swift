internal import Bytes
internal import JSON

/// The whole answer, after the time that its tokens would have taken.
func devAnswer(_ request: DevRequest, _ tokenDelay: Double) -> AnswerScript {
    let replies = devReplies(request)
    var writer = DevWriter(request)
    writer.openAnswer(request.isChat ? "chat.completion" : "text_completion")
    for (index, reply) in replies.enumerated() { writer.choice(index, reply) }
    writer.out.close("]")
    writer.usage(replies)
    writer.out.close()
    var longest = 0
    for reply in replies { longest = max(longest, reply.tokens.count) }
    return AnswerScript(steps: [ScriptStep(delay: tokenDelay * Double(longest), bytes: writer.buffer.copy())])
}

/// The same as real OpenAI chunks, a token each.
func devStream(_ request: DevRequest, _ tokenDelay: Double) -> AnswerScript {
    let replies = devReplies(request)
    var steps: [ScriptStep] = []
    func add(_ delay: Double, _ write: (inout DevWriter) -> Void) {
        var writer = DevWriter(request)
        writer.out.raw("data: ")
        write(&writer)
        writer.out.raw("\n\n")
        steps.append(ScriptStep(delay: delay, bytes: writer.buffer.copy()))
    }
    var longest = 0
    for (index, reply) in replies.enumerated() {
        if request.isChat { add(0) { $0.firstChunk(index, reply) } }
        longest = max(longest, reply.tokens.count)
    }
    for at in 0..<longest {
        for (index, reply) in replies.enumerated() where at < reply.tokens.count {
            // Choices advance together, as a real model's do.
            add(index == 0 ? tokenDelay : 0) { $0.tokenChunk(index, reply, reply.tokens[at]) }
        }
    }
    for (index, reply) in replies.enumerated() { add(0) { $0.finishChunk(index, reply) } }
    if request.includeUsage { add(0) { $0.usageChunk(replies) } }
    steps.append(ScriptStep(delay: 0, bytes: "data: [DONE]\n\n".octets))
    return AnswerScript(contentType: "text/event-stream", steps: steps)
}

/// Writes OpenAI answers and chunks.
private struct DevWriter {
    let request: DevRequest
    let buffer = ByteBuffer()
    var out: MemberWriter

    init(_ request: DevRequest) {
        self.request = request
        out = MemberWriter(buffer)
    }

    /// Up to the opening bracket of `choices`.
    mutating func openAnswer(_ object: StaticString) {
        out.open()
        out.member("id", (request.isChat ? "chatcmpl-dev-" : "cmpl-dev-") + String(request.hash, radix: 16))
        out.name("object")
        text(object)
        out.member("created", devCreated)
        out.member("model", request.model)
        out.name("choices")
        out.open("[")
    }

    mutating func choice(_ index: Int, _ reply: DevReply) {
        openChoice(index)
        if request.isChat {
            out.name("message")
            out.open()
            out.member("role", "assistant")
            if let name = reply.toolName {
                out.member("content", raw: "null")
                toolCall(name, reply.text, index: nil)
            } else {
                out.member("content", reply.text)
            }
            out.close()
        } else {
            out.member("text", reply.text)
        }
        closeChoice(reply.finish)
    }

    mutating func firstChunk(_ index: Int, _ reply: DevReply) {
        openChunk(index)
        out.name("delta")
        out.open()
        out.member("role", "assistant")
        if let name = reply.toolName {
            out.member("content", raw: "null")
            toolCall(name, "", index: 0)
        } else {
            out.member("content", raw: "\"\"")
        }
        out.close()
        closeChunk(nil)
    }

    mutating func tokenChunk(_ index: Int, _ reply: DevReply, _ token: String) {
        openChunk(index)
        if !request.isChat {
            out.member("text", token)
            return closeChunk(nil)
        }
        out.name("delta")
        out.open()
        if reply.toolName != nil {
            out.member("tool_calls", raw: "[{\"index\":0,\"function\":{\"arguments\":")
            out.string(token)
            out.raw("}}]")
        } else {
            out.member("content", token)
        }
        out.close()
        closeChunk(nil)
    }

    mutating func finishChunk(_ index: Int, _ reply: DevReply) {
        openChunk(index)
        if request.isChat { out.member("delta", raw: "{}") } else { out.member("text", raw: "\"\"") }
        closeChunk(reply.finish)
    }

    mutating func usageChunk(_ replies: [DevReply]) {
        openAnswer(request.isChat ? "chat.completion.chunk" : "text_completion")
        out.close("]")
        usage(replies)
        out.close()
    }

    mutating func usage(_ replies: [DevReply]) {
        var completion = 0
        for reply in replies { completion &+= reply.tokens.count }
        out.name("usage")
        out.open()
        out.member("prompt_tokens", request.promptTokens)
        out.member("completion_tokens", completion)
        out.member("total_tokens", request.promptTokens &+ completion)
        out.close()
    }

    private mutating func toolCall(_ name: String, _ arguments: String, index: Int?) {
        out.name("tool_calls")
        out.open("[")
        out.open()
        if let index { out.member("index", index) }
        out.member("id", "call_dev_" + String(request.hash, radix: 16))
        out.member("type", "function")
        out.name("function")
        out.open()
        out.member("name", name)
        out.member("arguments", arguments)
        out.close()
        out.close()
        out.close("]")
    }

    private mutating func openChunk(_ index: Int) {
        openAnswer(request.isChat ? "chat.completion.chunk" : "text_completion")
        openChoice(index)
    }

    private mutating func openChoice(_ index: Int) {
        out.separate()
        out.open()
        out.member("index", index)
    }

    private mutating func closeChoice(_ finish: StaticString?) {
        out.name("finish_reason")
        if let finish { text(finish) } else { out.raw("null") }
        out.close()
    }

    private mutating func closeChunk(_ finish: StaticString?) {
        closeChoice(finish)
        out.close("]")
        out.close()
    }

    private mutating func text(_ word: StaticString) {
        out.raw("\"")
        out.raw(word)
        out.raw("\"")
    }
}
