internal import Bytes
internal import JSON
internal import Model

/// https://platform.openai.com/docs/api-reference/responses/create#responses-create-tools, 2026-11.
private let hostedTools: [StaticString] = [
    "custom", "web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11", "file_search", "code_interpreter", "image_generation",
    "mcp", "computer", "computer_use_preview", "local_shell", "shell", "apply_patch", "tool_search", "namespace", "programmatic_tool_calling",
]

/// Writes a chat request as one of the Responses API.
struct ResponsesWriter {
    private let request: OutgoingRequest
    private let chat: ChatRequest
    private let buffer: ByteBuffer
    private var out: MemberWriter

    init(_ request: OutgoingRequest, _ buffer: ByteBuffer) {
        self.request = request
        self.buffer = buffer
        chat = ChatRequest(request)
        out = MemberWriter(buffer)
    }

    mutating func write() throws(Failure) {
        if request.prefill != nil { throw Failure(.unsupported, concat(request.provider.title, " does not continue an answer that it has begun")) }
        guard buffer.reserve(request.bytes.count &+ 512) else { throw noRoom("the request", buffer) }
        out.open()
        out.member("model", request.model)
        if request.operation.isStream { out.member("stream", raw: "true") }
        if !isCount {
            out.member("store", raw: "false")
            writeInclude()
        }
        try chat.forEachMember { (name, known, value) throws(Failure) in try self.write(name, known, value) }
        if !isCount { writeLimit() }
        writeReasoning()
        writeText()
        out.close()
        if out.failed { throw noRoom("the request", buffer) }
        if request.view.loneSurrogate { try repairWritten(buffer) }
    }

    /// Of what a prompt is made (https://platform.openai.com/docs/api-reference/responses/input-tokens, 2026-11).
    private var isCount: Bool { request.operation == .countTokens }

    private mutating func write(_ name: ByteRange, _ known: KnownMember, _ value: JSONView) throws(Failure) {
        if isCount, known != .messages, known != .tools, known != .toolChoice, known != .parallelToolCalls { return }
        switch known {
        case .messages:
            var input = ResponsesInput(out, request.warnings)
            try input.write(chat)
            out = input.out
        case .tools: try writeTools()
        case .toolChoice: writeToolChoice()
        case .temperature, .topP, .topLogprobs, .parallelToolCalls, .serviceTier: copy(name, value)
        case .n: if value.int != 1 { throw unsupported("n") }
        case .functions, .functionCall, .webSearchOptions: throw unsupported(String(known.name))
        case .stop, .seed, .logitBias, .frequencyPenalty, .presencePenalty, .repetitionPenalty, .topK, .minP, .topA, .prediction:
            if known == .seed || known == .topK || known == .stop || !value.saysNothing { drop(String(known.name)) }
        case .model, .stream, .streamOptions, .maxTokens, .maxCompletionTokens, .responseFormat, .gatelet, .usage, .reasoning, .reasoningEffort, .logprobs,
             .verbosity, .prompt, .input, .encodingFormat, .bestOf, .suffix: break
        case .models, .provider, .route: if request.provider.requests.nativeRouting { copy(name, value) }
        case .other: try writeOther(name, value)
        }
    }

    /// What is no member of a chat either goes as it is: the API has many of its own.
    private mutating func writeOther(_ name: ByteRange, _ value: JSONView) throws(Failure) {
        let word = decodedText(chat.bytes, name)
        switch Word(word) {
        case "store": if value.bool == true { drop(word) }
        case "include": break // see `writeInclude`
        case "modalities" where !value.isArray: drop(word)
        case "modalities": for one in value.elements where !one.says("text") { throw unsupported(word) }
        case "audio": throw unsupported(word)
        case "metadata": copy(name, value)
        // Of Anthropic's and Gemini's requests.
        case "thinking", "output_config", "output_format", "mcp_servers", "container", "cache_control", "safetySettings", "safety_settings", "generationConfig",
             "generation_config", "cachedContent", "cached_content", "toolConfig", "tool_config", "systemInstruction": drop(word)
        default: copy(name, value)
        }
    }

    private mutating func copy(_ name: ByteRange, _ value: JSONView) {
        out.name(decodedText(chat.bytes, name))
        out.raw(value.raw)
    }

    private func drop(_ member: String) {
        request.warnings.add(.dropped, member, concat(request.provider.title, " has no word for it in the Responses API"))
    }

    private func unsupported(_ member: String) -> Failure {
        Failure(.unsupported, concat("`", member, concat("` cannot be said to ", request.provider.title, " in the Responses API")))
    }

    private mutating func writeInclude() {
        var words: [String] = []
        if ResponsesModel.thinks(request.model) { words.append("reasoning.encrypted_content") }
        if chat[.logprobs]?.bool == true || chat[.topLogprobs] != nil { words.append("message.output_text.logprobs") }
        let own = chat["include"]?.elements.filter { $0.isString && !$0.says("reasoning.encrypted_content") && !$0.says("message.output_text.logprobs") } ?? []
        if words.isEmpty, own.isEmpty { return }
        out.name("include")
        out.open("[")
        for word in words {
            out.separate()
            out.string(word)
        }
        for word in own {
            out.separate()
            out.raw(word.raw)
        }
        out.close("]")
    }

    /// It takes no less than 16.
    private mutating func writeLimit() {
        guard chat.hasLimit || request.maxTokens != nil else { return }
        out.name("max_output_tokens")
        if let limit = chat.maxTokens ?? (chat.hasLimit ? nil : request.maxTokens), limit < 16 {
            request.warnings.add(.clamped, "max_tokens", "the Responses API takes 16 at least")
            return out.raw("16")
        }
        chat.writeLimit(&out, or: request.maxTokens, request.warnings)
    }

    private mutating func writeReasoning() {
        guard let wish = ReasoningWish(chat, request.warnings, takesWords: true) else { return }
        let summary = chat[.reasoning]?.filled("summary"), wantsText = chat[.reasoning] != nil && !wish.excludes && !wish.isOff
        if wish.maxTokens != nil, !wish.isOff { request.warnings.add(.dropped, "reasoning.max_tokens", "the Responses API knows efforts, and no numbers of tokens") }
        out.name("reasoning")
        out.open()
        if wish.isOff { out.member("effort", "none") } else if let word = wish.word { out.member("effort", word) }
        if wantsText {
            if let summary { out.member("summary", summary) } else { out.member("summary", "auto") }
        }
        out.close()
    }

    private mutating func writeText() {
        let verbosity = chat[.verbosity], format = chat[.responseFormat]
        if verbosity == nil && format == nil || chat["text"] != nil { return }
        out.name("text")
        out.open()
        if let verbosity { out.member("verbosity", verbosity) }
        if let format {
            out.name("format")
            if let inner = format.filled("json_schema"), inner.isObject {
                out.open("{\"type\":\"json_schema\"")
                for (name, value) in inner.members where !value.isNull {
                    out.raw(",")
                    out.raw(chat.bytes[ByteRange(name.start &- 1, value.range.end)])
                }
                out.close()
            } else {
                out.raw(format.raw)
            }
        }
        out.close()
    }

    // MARK: Tools

    private mutating func writeTools() throws(Failure) {
        if !chat.hasTools { return }
        out.name("tools")
        out.open("[")
        try chat.forEachTool { (tool) throws(Failure) in
            self.out.separate()
            switch tool.kind {
            case .function: try self.write(function: tool)
            case .custom: self.write(custom: tool.view)
            case .hosted: try self.write(hosted: tool)
            }
        }
        out.close("]")
    }

    /// Unlike in a chat, a schema that does not say otherwise is strict.
    private mutating func write(function tool: ChatTool) throws(Failure) {
        guard let name = tool.name, name.isString else { throw Failure(.json, concat("`", tool.path, ".function.name` must be a string")) }
        out.open()
        out.member("type", "function")
        out.member("name", name)
        if tool.cacheControl != nil { request.warnings.add(.dropped, concat(tool.path, ".cache_control"), "the Responses API caches prompts by itself") }
        if let description = tool.description { out.member("description", description) }
        if let parameters = tool.parameters { out.member("parameters", parameters) } else { out.member("parameters", raw: "{\"type\":\"object\",\"properties\":{}}") }
        out.member("strict", raw: tool.strict == true ? "true" : "false")
        out.close()
    }

    /// What OpenAI runs, as it came; also functions and free texts in the API's own form. Tools of others it would refuse.
    private mutating func write(hosted tool: ChatTool) throws(Failure) {
        guard let type = tool.view["type"], hostedTools.contains(where: { type.says($0) }) else {
            throw Failure(.unsupported, concat("`", tool.path, concat("`: the Responses API has no tool of the type `", tool.view["type"]?.string(upTo: 64) ?? "none", "`")))
        }
        out.raw(tool.view.raw)
    }

    private mutating func write(custom tool: JSONView) {
        out.open()
        out.member("type", "custom")
        for (name, value) in (tool.filled("custom") ?? tool).members where !value.isNull && !jsonName(chat.bytes, name, is: "type") {
            out.separate()
            if let grammar = value.filled("grammar"), jsonName(chat.bytes, name, is: "format") {
                out.open("\"format\":{\"type\":\"grammar\"")
                for (name, value) in grammar.members {
                    out.raw(",")
                    out.raw(chat.bytes[ByteRange(name.start &- 1, value.range.end)])
                }
                out.close()
            } else {
                out.raw(chat.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        out.close()
    }

    private mutating func writeToolChoice() {
        switch chat.toolChoice {
        case .unsaid: break
        case .none: out.member("tool_choice", "none")
        case .auto: out.member("tool_choice", "auto")
        case .required: out.member("tool_choice", "required")
        case .function(let name):
            out.name("tool_choice")
            write(choice: "function", name)
        case .allowed(let tools, let required):
            out.name("tool_choice")
            out.open()
            out.member("type", "allowed_tools")
            out.member("mode", required ? "required" : "auto")
            out.name("tools")
            out.open("[")
            for tool in tools.elements {
                out.separate()
                write(named: tool)
            }
            out.close("]}")
        case .other(let choice):
            out.name("tool_choice")
            write(named: choice)
        }
    }

    private mutating func write(named choice: JSONView) {
        if let name = ToolChoice.name(choice) { return write(choice: "function", name) }
        if let name = choice.filled("custom")?.filled("name") { return write(choice: "custom", name) }
        out.raw(choice.raw)
    }

    private mutating func write(choice type: StaticString, _ name: JSONView) {
        out.open()
        out.member("type", String(type))
        out.member("name", name)
        out.close()
    }
}
