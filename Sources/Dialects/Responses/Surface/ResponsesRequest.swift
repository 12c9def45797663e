internal import Bytes
internal import JSON
internal import Model

/// Turns a request of OpenAI's Responses API into one of its chat: https://platform.openai.com/docs/api-reference/responses/create, 2026-11.
func translateResponses(_ bytes: UnsafeRawBufferPointer, caps: Caps) throws(Failure) -> TranslatedRequest {
    let view = try readRequest(bytes, operation: .embeddings, caps: caps) // which needs `input` too
    var names = RepeatedNames(bytes)
    _ = names.check(JSONView(trusted: bytes), levels: 1)
    for member in view.members where names.repeated.isNone && member.known == .input { _ = names.check(JSONView(valid: bytes, member.value), levels: 2) }
    if !names.repeated.isNone {
        throw Failure(.json, concat("`", decodedText(bytes, names.repeated), "` occurs twice in the request (byte ", String(decimal: names.repeated.start), ")"))
    }
    var reader = ResponsesRequest(view, bytes, TranslatedRequest(limit: caps.request &* 2 &+ (64 << 10), of: .responses))
    try reader.translate()
    return reader.request
}

/// Its members, one after the other.
private struct ResponsesRequest {
    let request: TranslatedRequest
    private let view: RequestView
    private let bytes: UnsafeRawBufferPointer
    private var out: MemberWriter
    private var asksLogprobs = false

    init(_ view: RequestView, _ bytes: UnsafeRawBufferPointer, _ request: TranslatedRequest) {
        self.view = view
        self.bytes = bytes
        self.request = request
        out = MemberWriter(request.body)
    }

    mutating func translate() throws(Failure) {
        out.open()
        for member in view.members {
            let value = JSONView(valid: bytes, member.value)
            if !value.isNull { try write(member, value) }
        }
        if asksLogprobs, self["logprobs"] == nil { out.member("logprobs", raw: "true") }
        out.close()
        if out.failed { throw noRoom("the request", request.body) }
        guard writeEcho() else { throw Failure(.memory, "no memory for the request") }
    }

    /// A member that is not null.
    private subscript(name: StaticString) -> JSONView? {
        for member in view.members where jsonName(bytes, member.name, is: name) {
            let value = JSONView(valid: bytes, member.value)
            return value.isNull ? nil : value
        }
        return nil
    }

    private mutating func write(_ member: RequestView.Member, _ value: JSONView) throws(Failure) {
        switch member.known {
        case .input: try writeMessages(value)
        case .messages: throw Failure(.json, "a Responses request has no `messages`: its conversation is `input`")
        case .tools: try writeTools(value)
        case .toolChoice: writeToolChoice(value)
        case .reasoning: try writeReasoning(value)
        case .prompt: request.needsNative("prompt") // a template that is kept there
        case .stream, .streamOptions: break
        case .topLogprobs:
            asksLogprobs = true
            copy(member)
        case .other: try writeOther(member, value)
        default: copy(member)
        }
    }

    private mutating func copy(_ member: RequestView.Member) {
        out.separate()
        out.raw(bytes[ByteRange(member.name.start &- 1, member.value.end)])
    }

    /// Those that chat calls otherwise, or has no word for. What nobody knows is passed on, as in a chat.
    private mutating func writeOther(_ member: RequestView.Member, _ value: JSONView) throws(Failure) {
        let name = decodedText(bytes, member.name)
        switch Word(name) {
        case "instructions": if !value.isString { throw Failure(.json, "`instructions` must be a string") }
        case "max_output_tokens": out.member("max_tokens", value)
        case "text": try writeText(value)
        case "include":
            for word in value.elements where word.says("message.output_text.logprobs") { asksLogprobs = true }
        case "store":
            if value.bool == true { request.drop(name, "nothing is kept: what this answer is made of has to be sent again in `input`") }
        case "previous_response_id", "conversation": request.needsNative(name)
        case "background":
            guard let asks = value.bool else { throw Failure(.json, "`background` must be true or false") }
            if asks { request.needsNative(name) }
        case "truncation":
            if !value.says("disabled") { request.drop(name, "this provider does not shorten conversations by itself") }
        case "context_management", "moderation", "prompt_cache_options": request.drop(name, "only providers of the Responses API know it")
        case "metadata", "max_tool_calls": break // the answer says them again; tools of providers are refused
        default: copy(member)
        }
    }

    private mutating func writeText(_ text: JSONView) throws(Failure) {
        guard text.isObject else { throw Failure(.json, "`text` must be an object") }
        if let verbosity = text.filled("verbosity") { out.member("verbosity", verbosity) }
        guard let format = text.filled("format") else { return }
        out.name("response_format")
        guard format["type"]?.says("json_schema") ?? false else { return out.raw(format.raw) }
        out.open("{\"type\":\"json_schema\",\"json_schema\":{")
        for (name, value) in format.members where !value.isNull && !jsonName(bytes, name, is: "type") {
            out.separate()
            out.raw(bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        out.close("}}")
    }

    private mutating func writeReasoning(_ reasoning: JSONView) throws(Failure) {
        guard reasoning.isObject else { throw Failure(.json, "`reasoning` must be an object") }
        if let effort = reasoning.filled("effort") { out.member("reasoning_effort", effort) }
        request.wantsSummary = (reasoning.filled("summary") ?? reasoning.filled("generate_summary")) != nil
    }

    // MARK: Tools

    private mutating func writeTools(_ tools: JSONView) throws(Failure) {
        guard tools.isArray else { throw Failure(.json, "`tools` must be an array") }
        if tools.firstElement == nil { return }
        out.name("tools")
        out.open("[")
        var index = 0
        for tool in tools.elements {
            out.separate()
            try writeTool(tool, index)
            index &+= 1
        }
        out.close("]")
    }

    private mutating func writeTool(_ tool: JSONView, _ index: Int) throws(Failure) {
        guard let type = tool.filled("type"), type.isString else { throw Failure(.json, concat("`tools[", String(decimal: index), "].type` must be a string")) }
        if type.says("function") {
            guard tool.filled("name")?.isString ?? false else { throw Failure(.json, concat("`tools[", String(decimal: index), "].name` must be a string")) }
            return writeTool("function", tool, ["name", "description", "parameters", "strict"])
        }
        if type.says("custom") { return writeTool("custom", tool, ["name", "description", "format"]) }
        // Whoever counts what this may cost sees it.
        out.raw(tool.raw)
        request.needsNative(concat("tools[", String(decimal: index), "].type"))
    }

    private mutating func writeTool(_ type: StaticString, _ tool: JSONView, _ names: [StaticString]) {
        out.open()
        out.member("type", String(type))
        out.name(type)
        out.open()
        for name in names {
            guard let value = tool.filled(name) else { continue }
            if name.utf8CodeUnitCount == 6, value["type"]?.says("grammar") ?? false { writeGrammar(value) } else { out.member(name, value) }
        }
        out.close()
        if let cached = tool.filled("cache_control") { out.member("cache_control", cached) }
        out.close()
    }

    private mutating func writeGrammar(_ format: JSONView) {
        out.name("format")
        out.open("{\"type\":\"grammar\",\"grammar\":{")
        for name: StaticString in ["syntax", "definition"] {
            if let value = format.filled(name) { out.member(name, value) }
        }
        out.close("}}")
    }

    private mutating func writeToolChoice(_ choice: JSONView) {
        guard choice.isObject else { return out.member("tool_choice", choice) }
        if choice["type"]?.says("allowed_tools") ?? false {
            out.name("tool_choice")
            out.open("{\"type\":\"allowed_tools\",\"allowed_tools\":{")
            if let mode = choice.filled("mode") { out.member("mode", mode) }
            out.name("tools")
            out.open("[")
            choice["tools"]?.forEachElement {
                out.separate()
                writeNamed($0)
            }
            return out.close("]}}")
        }
        out.name("tool_choice")
        writeNamed(choice)
    }

    /// A tool by its name.
    private mutating func writeNamed(_ choice: JSONView) {
        guard let name = choice.filled("name"), let type: StaticString = choice["type"].flatMap({ $0.says("function") ? "function" : $0.says("custom") ? "custom" : nil }) else {
            request.needsNative("tool_choice")
            return out.raw(choice.raw)
        }
        out.open()
        out.member("type", String(type))
        out.name(type)
        out.open()
        out.member("name", name)
        out.close("}}")
    }

    // MARK: Conversation

    private mutating func writeMessages(_ input: JSONView) throws(Failure) {
        out.name("messages")
        out.open("[")
        if let instructions = self["instructions"], instructions.isString {
            request.begins(.member("instructions"))
            out.separate()
            out.raw("{\"role\":\"system\",\"content\":")
            out.raw(instructions.raw)
            out.raw("}")
        }
        if input.isString {
            request.begins(.member("input"))
            out.separate()
            out.raw("{\"role\":\"user\",\"content\":")
            out.raw(input.raw)
            out.raw("}")
        } else {
            guard input.isArray, input.firstElement != nil else { throw Failure(.json, "`input` must be a string or a non-empty array") }
            var items = ResponsesItems(out, request)
            try items.translate(input)
            out = items.out
            // Of what only its own providers know there may be nothing that a chat can say.
            if out.buffer.bytes.byte(at: out.buffer.count &- 1) == Ascii.openBracket {
                request.begins(.member("input"))
                out.raw("{\"role\":\"user\",\"content\":\"\"}")
            }
        }
        out.close("]")
    }

    // MARK: What the answer says again

    private func writeEcho() -> Bool {
        var echo = MemberWriter(request.echo)
        echo.raw(",\"background\":false,\"store\":false")
        for name: StaticString in ["instructions", "max_output_tokens", "max_tool_calls", "metadata", "previous_response_id", "prompt_cache_key", "reasoning",
                                   "safety_identifier", "temperature", "text", "top_logprobs", "top_p", "truncation"] {
            echo.raw(",\"")
            echo.raw(name)
            echo.raw("\":")
            if let value = self[name] { echo.raw(value.raw) } else { echo.raw(defaults(name)) }
        }
        echo.raw(",\"parallel_tool_calls\":")
        echo.raw(self["parallel_tool_calls"]?.bool == false ? "false" : "true")
        echo.raw(",\"tool_choice\":")
        if let choice = self["tool_choice"] { echo.raw(choice.raw) } else { echo.raw("\"auto\"") }
        echo.raw(",\"tools\":")
        echo.open("[")
        self["tools"]?.forEachElement { tool in
            echo.separate()
            writeEcho(of: tool, &echo)
        }
        echo.close("]")
        return !echo.failed
    }

    /// What stands there for a member that the request does not have.
    private func defaults(_ name: StaticString) -> StaticString {
        switch name.utf8CodeUnitCount {
        case 4 where name.utf8Start.pointee == UInt8(ascii: "t"): "{\"format\":{\"type\":\"text\"}}"
        case 10 where name.utf8Start.pointee == UInt8(ascii: "t"): "\"disabled\""
        case 8: "{}"
        default: "null"
        }
    }

    /// A function with all members that the answer's has to have.
    private func writeEcho(of tool: JSONView, _ echo: inout MemberWriter) {
        guard tool["type"]?.says("function") ?? false else { return echo.raw(tool.raw) }
        echo.open()
        for (name, value) in tool.members {
            echo.separate()
            echo.raw(bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        for name: StaticString in ["parameters", "strict"] where tool[name] == nil { echo.member(name, raw: "null") }
        echo.close()
    }
}
