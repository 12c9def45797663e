internal import Bytes
internal import JSON
internal import Model

/// Writes the body for Anthropic. Where there are more places to cache than it takes, it is written once more with fewer.
func writeAnthropicRequest(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    if let own = request.passthrough { return try spliceRequest(own, request, into: buffer) }
    var marks = CacheMarks()
    while true {
        var writer = try AnthropicWriter(request, MemberWriter(buffer), marks)
        try writer.write()
        if writer.out.failed { throw noRoom("the request", buffer) }
        guard let fewer = writer.marks.fewer else { break }
        request.warnings.add(.dropped, "cache_control", "Anthropic takes four places to cache: the first and the last ones are sent")
        marks = fewer
        buffer.removeAll()
    }
    if request.view.loneSurrogate { try repairWritten(buffer) }
}

/// One body in the making.
struct AnthropicWriter {
    let request: OutgoingRequest
    let chat: ChatRequest
    let model: AnthropicModel
    let thinking: AnthropicThinking
    let format: AnthropicFormat
    var out: MemberWriter
    var marks: CacheMarks
    /// The role of the message that is open.
    var role = ChatMessage.Role.unknown
    /// How many messages of the system stand before all others, and whether there are no others.
    let leading: Int
    let isOnlySystem: Bool

    init(_ request: OutgoingRequest, _ out: MemberWriter, _ marks: CacheMarks) throws(Failure) {
        self.request = request
        chat = ChatRequest(request)
        model = AnthropicModel.named(request.model)
        format = try AnthropicFormat(chat, model)
        thinking = AnthropicThinking(chat, model, limit: AnthropicWriter.limit(request, chat, model), forced: format.isTool || chat.toolChoice.isForced, request.warnings)
        self.out = out
        self.marks = marks
        self.marks.isAutomatic = chat["cache_control"] != nil
        (leading, isOnlySystem) = chat.leadingSystem
    }

    /// An answer has an end here that must be said.
    private static func limit(_ request: OutgoingRequest, _ chat: ChatRequest, _ model: AnthropicModel) -> Int {
        request.maxTokens ?? chat.maxTokens ?? model.mostOutput
    }

    func warn(_ path: String, _ message: String) { request.warnings.add(.dropped, path, message) }

    mutating func write() throws(Failure) {
        out.open()
        out.member("model", request.model)
        let isCount = request.operation == .countTokens // which has only what a prompt is made of
        if !isCount {
            out.name("max_tokens")
            chat.writeLimit(&out, or: request.maxTokens ?? model.mostOutput, request.warnings)
        }
        if request.operation.isStream { out.member("stream", raw: "true") }
        try writeTools()
        try writeSystem()
        try writeMessages()
        writeThinking()
        writeOutputConfig()
        if !isCount {
            writeStops()
            writeSampling()
        }
        try chat.forEachMember { (name, known, value) throws(Failure) in
            if !isCount || known == .other { try writeOther(name, known, value) }
        }
        if !isCount { writeMetadata() }
        out.close()
    }

    private mutating func writeThinking() {
        switch thinking.mode {
        case .unsaid: break
        case .own(let value): out.member("thinking", value)
        case .off: out.member("thinking", raw: "{\"type\":\"disabled\"}")
        case .budget(let tokens):
            out.name("thinking")
            out.open()
            out.member("type", "enabled")
            out.member("budget_tokens", tokens)
            if thinking.isHidden { out.member("display", "omitted") }
            out.close()
        case .adaptive:
            out.name("thinking")
            out.open()
            out.member("type", "adaptive")
            out.member("display", thinking.isHidden ? "omitted" : "summarized")
            out.close()
        }
    }

    /// The request's own, and what is told by it.
    private mutating func writeOutputConfig() {
        let own = chat["output_config"]
        if own == nil, thinking.effort == nil, format.schema == nil || format.isTool { return }
        out.name("output_config")
        out.open()
        if let own {
            for (name, value) in own.members {
                out.separate()
                out.raw(own.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        if let effort = thinking.effort, own?.filled("effort") == nil { out.member("effort", effort) }
        if let schema = format.schema, !format.isTool, own?.filled("format") == nil {
            out.name("format")
            out.open()
            out.member("type", "json_schema")
            out.name("schema")
            AnthropicSchema.write(schema, &out)
            out.close()
        }
        out.close()
    }

    private mutating func writeStops() {
        var any = false
        chat.forEachStop(request.warnings) { stop in
            if isBlank(stop.inside) { return warn("stop", "Anthropic refuses stop sequences of nothing but white space") }
            if !any {
                out.name("stop_sequences")
                out.open("[")
            }
            any = true
            out.separate()
            out.raw(stop.raw)
        }
        if any { out.close("]") }
    }

    /// `temperature` up to 1; less of all of them with thinking, and where a model refuses them.
    private mutating func writeSampling() {
        let temperature = chat[.temperature], topP = chat[.topP], topK = chat[.topK]
        if model.sampling == .none || thinking.isOn {
            let why = thinking.isOn ? "it cannot be set beside thinking" : concat(request.model, " does not take it")
            if let temperature, temperature.double != 1 { warn("temperature", why) }
            if let topP, topP.double != 1 { warn("top_p", why) }
            if topK != nil { warn("top_k", why) }
            return
        }
        if let temperature {
            let isOver = (temperature.double ?? 0) > 1
            if isOver { request.warnings.add(.clamped, "temperature", "Anthropic's ends at 1") }
            out.name("temperature")
            if isOver { out.raw("1") } else { out.raw(temperature.raw) }
        }
        if let topP {
            if temperature != nil, model.sampling == .one {
                warn("top_p", concat(request.model, " takes it or `temperature`, not both"))
            } else {
                out.member("top_p", topP)
            }
        }
        if let topK { out.member("top_k", topK) }
    }
}

extension ToolChoice {
    /// Some tool must be called.
    var isForced: Bool {
        switch self {
        case .required, .function: true
        case .allowed(_, let required): required
        default: false
        }
    }
}

/// Nothing but white space, in the body of a JSON string.
func isBlank(_ body: UnsafeRawBufferPointer) -> Bool {
    var at = 0
    while at < body.count {
        let byte = body.byte(at: at)
        if byte == Ascii.backslash {
            let escape = body.byte(at: at &+ 1)
            if escape != UInt8(ascii: "n"), escape != UInt8(ascii: "t"), escape != UInt8(ascii: "r") { return false }
            at &+= 2
        } else if byte <= Ascii.space {
            at &+= 1
        } else {
            return false
        }
    }
    return true
}

/// How often `cache_control` may be said (https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching, 2026-11), in the order of the prompt.
struct CacheMarks {
    private static let most = 4

    /// The request has one for all, which counts too.
    var isAutomatic = false
    private var count = 0
    /// How many of them stand before the messages.
    private var early = 0
    /// From the first of these to before the second nothing is said.
    private var left: (first: Int, end: Int)?

    init() {}

    /// Whether the next one is to be said.
    mutating func take(early isEarly: Bool) -> Bool {
        let number = count
        count &+= 1
        if isEarly { early &+= 1 }
        guard let left else { return true }
        return number < left.first || number >= left.end
    }

    /// nil: there are not too many.
    var fewer: CacheMarks? {
        let most = CacheMarks.most &- (isAutomatic ? 1 : 0)
        if left != nil || count <= most { return nil }
        var marks = CacheMarks()
        let first = early > 0 ? 1 : 0
        marks.left = (first, count &- (most &- first))
        return marks
    }
}
