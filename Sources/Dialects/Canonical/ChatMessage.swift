internal import Bytes
internal import JSON
internal import Model

/// One message of a canonical request, read in one pass. Members that are null are nil.
struct ChatMessage {
    enum Role {
        /// Also `developer`.
        case system
        case user, assistant
        /// The result of a tool; also the old `function`.
        case tool
        /// A word that nobody knows, or none.
        case unknown
    }

    let view: JSONView
    /// Its place in `messages`.
    let index: Int
    private(set) var role = Role.unknown
    /// A text, or a list of parts.
    private(set) var content: JSONView?
    private(set) var refusal: JSONView?
    private(set) var name: JSONView?
    private(set) var toolCalls: JSONView?
    private(set) var toolCallID: JSONView?
    /// The tool has failed.
    private(set) var isError = false
    private(set) var reasoning: JSONView?
    private(set) var reasoningDetails: JSONView?
    private(set) var providerBlocks: JSONView?
    /// Those that the model has drawn.
    private(set) var images: [JSONView] = []
    /// Of the text, where the content is one.
    private(set) var cacheControl: JSONView?

    init(_ view: JSONView, index: Int) {
        self.view = view
        self.index = index
        for (name, value) in view.members where !value.isNull { read(view.bytes[name], value) }
    }

    private mutating func read(_ name: UnsafeRawBufferPointer, _ value: JSONView) {
        switch name.count {
        case 4 where name.equals("role"): role = Role(value)
        case 4 where name.equals("name"): self.name = value
        case 6 where name.equals("images"): images = value.elements.map { $0 }
        case 7 where name.equals("content"): content = value
        case 7 where name.equals("refusal"): refusal = value
        case 8 where name.equals("is_error"): isError = value.bool ?? false
        case 9 where name.equals("reasoning"), 17 where name.equals("reasoning_content"): reasoning = reasoning ?? (value.isString ? value : nil)
        case 10 where name.equals("tool_calls"): toolCalls = value
        case 12 where name.equals("tool_call_id"): toolCallID = value
        case 13 where name.equals("cache_control"): cacheControl = value
        case 15 where name.equals("provider_blocks"): providerBlocks = value
        case 17 where name.equals("reasoning_details"): reasoningDetails = value
        default: break
        }
    }

    /// Where an image stood among the parts of its provider, where that was told.
    static func place(of image: JSONView) -> Int? { (image.filled("place") ?? image["index"])?.int }

    /// The parts of its content; a text is one.
    func forEachPart<E: Error>(_ body: (ContentPart) throws(E) -> Void) throws(E) {
        guard let content else { return }
        if content.isString { return try body(ContentPart(text: content, cacheControl: cacheControl)) }
        var position = 0
        for part in content.elements {
            try body(ContentPart(part, index: position))
            position &+= 1
        }
    }

    func forEachCall<E: Error>(_ body: (ToolCall) throws(E) -> Void) throws(E) {
        guard let toolCalls else { return }
        var position = 0
        for call in toolCalls.elements {
            try body(ToolCall(call, message: index, index: position))
            position &+= 1
        }
    }

    func forEachDetail<E: Error>(_ body: (ReasoningDetail) throws(E) -> Void) throws(E) {
        guard let reasoningDetails else { return }
        for detail in reasoningDetails.elements { try body(ReasoningDetail(detail)) }
    }

    func forEachBlock<E: Error>(_ body: (ProviderBlock) throws(E) -> Void) throws(E) {
        guard let providerBlocks else { return }
        for block in providerBlocks.elements {
            if let block = ProviderBlock(block) { try body(block) }
        }
    }

    /// The member with thoughts as a text alone, which are no provider's to take back. nil: there are none.
    var bareThoughts: String? {
        if reasoning?.inside.isEmpty ?? true || reasoningDetails?.firstElement != nil { return nil }
        return path(view.filled("reasoning") != nil ? "reasoning" : "reasoning_content")
    }

    /// Where something of it is, for messages: `messages[2].content`.
    func path(_ member: String) -> String { concat("messages[", String(decimal: index), "].", member) }

    func path(_ part: ContentPart) -> String {
        part.index < 0 ? path("content") : concat(path("content"), "[", String(decimal: part.index), "]")
    }
}

extension ChatMessage.Role {
    fileprivate init(_ word: JSONView) {
        if word.says("user") {
            self = .user
        } else if word.says("assistant") {
            self = .assistant
        } else if word.says("tool") || word.says("function") {
            self = .tool
        } else if word.says("system") || word.says("developer") {
            self = .system
        } else {
            self = .unknown
        }
    }
}

extension ChatRequest {
    /// How many messages of the system stand before all others, and whether there are no others.
    var leadingSystem: (count: Int, isAll: Bool) {
        guard let messages = self[.messages] else { return (0, false) }
        var count = 0
        for view in messages.elements {
            if ChatMessage(view, index: 0).role != .system { return (count, false) }
            count &+= 1
        }
        return (count, true)
    }

    /// The messages in their order; one of an unknown role is refused.
    func forEachMessage(_ body: (ChatMessage) throws(Failure) -> Void) throws(Failure) {
        guard let messages = self[.messages] else { return }
        var index = 0
        for view in messages.elements {
            let message = ChatMessage(view, index: index)
            if message.role == .unknown { throw Failure(.json, concat("`", message.path("role"), "` is none of system, developer, user, assistant and tool")) }
            try body(message)
            index &+= 1
        }
    }
}
