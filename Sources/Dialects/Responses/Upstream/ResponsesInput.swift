internal import Bytes
internal import JSON
internal import Model

/// Writes the messages of a chat as the items of a Responses request.
struct ResponsesInput {
    private(set) var out: MemberWriter
    private let warnings: RequestWarnings
    /// Ids of calls of tools that take text.
    private let customCalls = TextIndex()

    init(_ out: MemberWriter, _ warnings: RequestWarnings) {
        self.out = out
        self.warnings = warnings
    }

    /// Instructions that come first have a member of their own, if anything comes behind them: the API refuses an empty input.
    mutating func write(_ chat: ChatRequest) throws(Failure) {
        var instructions: JSONView?, count = 0
        try chat.forEachMessage { (message) throws(Failure) in
            if message.index == 0, message.role == .system { instructions = self.soleText(message) }
            count &+= 1
        }
        if count == 1 { instructions = nil }
        if let instructions {
            out.member("instructions", instructions)
            try chat.forEachMessage { (message) throws(Failure) in
                if message.index == 0 { self.warnOfMarks(message) }
            }
        }
        out.name("input")
        out.open("[")
        try chat.forEachMessage { (message) throws(Failure) in
            if message.index == 0, instructions != nil { return }
            try self.write(message)
        }
        out.close("]")
    }

    private func soleText(_ message: ChatMessage) -> JSONView? {
        var texts: [JSONView] = [], count = 0
        message.forEachPart { part in
            count &+= 1
            if part.kind == .text, let text = part.text { texts.append(text) }
        }
        return texts.count == 1 && count == 1 ? texts[0] : nil
    }

    private mutating func write(_ message: ChatMessage) throws(Failure) {
        switch message.role {
        case .assistant: try writeTurn(message)
        case .tool: try writeResult(message)
        default:
            guard message.content != nil else { return }
            out.separate()
            out.open()
            if let role = message.view["role"] { out.member("role", role) }
            try writeContent(message, "content")
            out.close()
        }
    }

    // MARK: Parts

    private mutating func writeContent(_ message: ChatMessage, _ name: StaticString) throws(Failure) {
        if message.cacheControl != nil { warnOfCache(message.path("cache_control")) }
        out.name(name)
        guard let content = message.content, !content.isString else { return out.raw(message.content?.raw ?? message.view.bytes[.none]) }
        out.open("[")
        try message.forEachPart { (part) throws(Failure) in try self.write(part, message) }
        out.close("]")
    }

    /// Of a message whose parts are written as one text.
    private func warnOfMarks(_ message: ChatMessage) {
        if message.cacheControl != nil { warnOfCache(message.path("cache_control")) }
        message.forEachPart { part in
            if part.index >= 0, part.cacheControl != nil { warnOfCache(concat(message.path(part), ".cache_control")) }
        }
    }

    private func warnOfCache(_ path: String) { warnings.add(.dropped, path, "the Responses API caches prompts by itself") }

    private mutating func write(_ part: ContentPart, _ message: ChatMessage) throws(Failure) {
        if part.cacheControl != nil { warnOfCache(concat(message.path(part), ".cache_control")) }
        if part.kind == .text, part.text == nil { throw Failure(.json, concat("`", message.path(part), ".text` must be a string")) }
        out.separate()
        if part.kind == .other { return try write(other: part, message) }
        out.open()
        switch part.kind {
        case .text:
            out.member("type", "input_text")
            if let text = part.text { out.member("text", text) }
        case .image:
            guard let media = part.media, let url = media.isString ? media : media.filled("url"), url.isString else { throw missing(part, message, "image_url.url") }
            out.member("type", "input_image")
            out.member("image_url", url)
            if let detail = media.isString ? nil : media.filled("detail") { out.member("detail", detail) } else { out.member("detail", "auto") }
        case .audio:
            guard let audio = part.media else { throw missing(part, message, "input_audio") }
            out.member("type", "input_audio")
            out.member("input_audio", audio)
        case .file:
            part.leaveOutRemarks(message.path(part), warnings)
            try write(file: part, message)
        case .video: throw Failure(.unsupported, concat("`", message.path(part), "` is a video: the Responses API takes none"))
        case .other: break
        }
        out.close()
    }

    /// A part of the API's own.
    private mutating func write(other part: ContentPart, _ message: ChatMessage) throws(Failure) {
        guard let type = part.view["type"], type.inside.starts("input_") else {
            throw Failure(.unsupported, concat("`", message.path(part), "` is a part that the Responses API does not know"))
        }
        out.raw(part.view.raw)
    }

    private func missing(_ part: ContentPart, _ message: ChatMessage, _ name: String) -> Failure {
        Failure(.json, concat("`", message.path(part), concat(".", name, "` is missing")))
    }

    private mutating func write(file part: ContentPart, _ message: ChatMessage) throws(Failure) {
        guard let file = part.media, let source = part.source else { throw missing(part, message, "file.file_data") }
        out.member("type", "input_file")
        switch source {
        case .file(let id): out.member("file_id", body: id)
        case .url(let url): return out.member("file_url", body: url)
        case .base64(let type, let data):
            out.name("file_data")
            out.raw("\"data:")
            out.raw(type)
            out.raw(";base64,")
            out.raw(data)
            out.raw("\"")
        case .text: if let data = file.filled("file_data") { out.member("file_data", data) }
        }
        if let name = file.filled("filename") { out.member("filename", name) }
    }

    private mutating func writeResult(_ message: ChatMessage) throws(Failure) {
        guard let id = message.toolCallID, id.isString else { throw Failure(.json, concat("`", message.path("tool_call_id"), "` must be a string")) }
        out.separate()
        out.open()
        out.member("type", customCalls[id.inside] != nil ? "custom_tool_call_output" : "function_call_output")
        out.member("call_id", id)
        if message.content == nil { out.member("output", "") } else { try writeContent(message, "output") }
        out.close()
        if message.isError { warnings.add(.dropped, message.path("is_error"), "the Responses API has no word for it") }
    }

    // MARK: The assistant

    /// An item of the provider's own, and its place among the items of its answer.
    private struct Slot {
        let place: Int
        /// A block; or the details of one thought.
        private(set) var items: [JSONView]
        let isBlock: Bool
        /// Of thoughts: what stood before them without saying whose it is.
        var summary: [JSONView] = []
        /// Of thoughts: its encrypted part came, which is the last.
        private var isWhole = false

        init(block: ProviderBlock) {
            place = block.place
            items = [block.block]
            isBlock = true
        }

        init(_ detail: ReasoningDetail) {
            place = max(0, detail.view["output_index"]?.int ?? 0)
            items = []
            isBlock = false
            add(detail)
        }

        mutating func add(_ detail: ReasoningDetail) {
            items.append(detail.view)
            if detail.kind == .encrypted { isWhole = true }
        }

        /// A detail belongs to the same thought.
        func goesOn(with detail: ReasoningDetail) -> Bool {
            guard !isWhole, let first = items.first else { return false }
            guard let id = ReasoningDetail(first).id, let other = detail.id else { return true }
            return id.inside.equals(other.inside)
        }
    }

    /// What the provider itself wants back stands where it was; texts and calls fill the places between.
    private mutating func writeTurn(_ message: ChatMessage) throws(Failure) {
        let slots = self.slots(message), hasText = try checkText(message)
        var calls: [ToolCall] = []
        message.forEachCall { calls.append($0) }
        var next = hasText ? -1 : 0, place = 0
        for slot in slots {
            while place < slot.place, next < calls.count {
                try writeNext(next, message, calls)
                next &+= 1
                place &+= 1
            }
            write(slot)
            place = max(place, slot.place) &+ 1
        }
        while next < calls.count {
            try writeNext(next, message, calls)
            next &+= 1
        }
    }

    /// -1: the text; else a call.
    private mutating func writeNext(_ index: Int, _ message: ChatMessage, _ calls: [ToolCall]) throws(Failure) {
        if index < 0 { writeText(message) } else { try write(calls[index]) }
    }

    /// Whether the assistant said anything. Pictures and sounds of an answer are not sent again.
    private func checkText(_ message: ChatMessage) throws(Failure) -> Bool {
        var hasText = message.refusal?.isString ?? false
        message.forEachPart { part in
            if let text = part.text { hasText = hasText || text.inside.count > 0 } else {
                warnings.add(.dropped, message.path(part), "the Responses API takes nothing but text of the assistant")
            }
        }
        return hasText
    }

    private mutating func writeText(_ message: ChatMessage) {
        warnOfMarks(message)
        out.separate()
        out.open()
        out.member("role", "assistant")
        out.name("content")
        out.raw("\"")
        var isEmpty = true
        message.forEachPart { part in
            if let text = part.text {
                isEmpty = isEmpty && text.inside.count == 0
                self.out.raw(text.inside)
            }
        }
        if isEmpty, let refusal = message.refusal { out.raw(refusal.inside) }
        out.raw("\"")
        out.close()
    }

    private mutating func write(_ call: ToolCall) throws(Failure) {
        guard let id = call.id, id.isString, let name = call.name, name.isString else { throw Failure(.json, concat("`", call.path, "` has no `id` or no name")) }
        let custom = call.view.filled("custom")
        if custom != nil { customCalls[id.inside] = call.index }
        out.separate()
        out.open()
        out.member("type", custom == nil ? "function_call" : "custom_tool_call")
        out.member("call_id", id)
        out.member("name", name)
        if let custom {
            if let input = custom.filled("input") { out.member("input", input) } else { out.member("input", "") }
        } else if let arguments = call.arguments {
            out.name("arguments")
            if arguments.isString { out.raw(arguments.raw) } else { out.check(appendJSONString(arguments.raw, to: out.buffer)) }
        } else {
            out.member("arguments", "{}")
        }
        if let own = call.view.filled("extra_content")?.filled("openai") {
            for (name, value) in own.members where !ResponseItems.isOfCall(own.bytes[name]) {
                out.separate()
                out.raw(own.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        out.close()
        call.leaveOutOthers(but: "openai", warnings)
    }

    // MARK: What the provider wants back

    private func slots(_ message: ChatMessage) -> [Slot] {
        var slots: [Slot] = []
        var bare: [JSONView] = []
        message.forEachDetail { detail in
            // Messages has no place for a summary but a thinking block before the item, which does not say whose it is.
            if detail.kind == .text, detail.format == nil, detail.id == nil, detail.signature?.inside.isEmpty ?? true { return bare.append(detail.view) }
            defer { bare = [] }
            guard detail.format?.repeats(BlockFormat.responses) ?? (detail.id?.inside.starts("rs_") ?? false) else {
                return warnings.add(.dropped, message.path("reasoning_details"), "these thoughts are another provider's")
            }
            if let last = slots.indices.last, slots[last].goesOn(with: detail) { slots[last].add(detail) } else { slots.append(Slot(detail)) }
            if detail.kind == .encrypted, detail.view.filled("summary") == nil, let last = slots.indices.last { slots[last].summary = bare } else { warnOfForeign(bare, message) }
        }
        warnOfForeign(bare, message)
        // Nothing is stored: without its content nobody knows it there.
        slots.removeAll { slot in !slot.items.contains { ReasoningDetail($0).data != nil } }
        message.forEachBlock { block in
            if block.isOf(BlockFormat.responses) {
                slots.append(Slot(block: block))
            } else {
                warnings.add(.dropped, message.path("provider_blocks"), "these blocks are another provider's")
            }
        }
        if let bare = message.bareThoughts { warnings.add(.dropped, bare, "these thoughts are another provider's") }
        if !message.images.isEmpty, !slots.contains(where: { $0.isBlock }) { warnings.add(.dropped, message.path("images"), "the Responses API takes none from an assistant") }
        slots.sort { $0.place < $1.place } // stable: those of one place stay in their order
        return slots
    }

    private func warnOfForeign(_ thoughts: [JSONView], _ message: ChatMessage) {
        if !thoughts.isEmpty { warnings.add(.dropped, message.path("reasoning_details"), "these thoughts are another provider's") }
    }

    private mutating func write(_ slot: Slot) {
        out.separate()
        if slot.isBlock { return out.raw(slot.items[0].raw) }
        let details = slot.items.map { ReasoningDetail($0) }
        out.open()
        out.member("type", "reasoning")
        if let id = details.first(where: { $0.id != nil })?.id { out.member("id", id) }
        let whole = details.first { $0.view["summary"]?.isArray ?? false }?.view
        if let summary = whole?["summary"] { out.member("summary", summary) } else { writeTexts("summary", "summary_text", details.filter { $0.kind == .summary } + slot.summary.map { ReasoningDetail($0) }) }
        let texts = details.filter { $0.kind == .text }
        if let content = whole?.filled("content") { out.member("content", content) } else if !texts.isEmpty { writeTexts("content", "reasoning_text", texts) }
        if let data = details.first(where: { $0.data != nil })?.data { out.member("encrypted_content", data) }
        out.close()
    }

    private mutating func writeTexts(_ name: StaticString, _ type: StaticString, _ details: [ReasoningDetail]) {
        out.name(name)
        out.open("[")
        for detail in details {
            guard let text = detail.text else { continue }
            out.separate()
            out.open()
            out.member("type", String(type))
            out.member("text", text)
            out.close()
        }
        out.close("]")
    }
}
