internal import Bytes
internal import JSON
internal import Model

/// A call of a tool that the assistant has made.
struct ToolCall {
    let view: JSONView
    /// Its place: `messages[message].tool_calls[index]`.
    let message: Int, index: Int
    let id: JSONView?
    /// Strings; nil where they are missing.
    let name: JSONView?
    let arguments: JSONView?

    init(_ call: JSONView, message: Int, index: Int) {
        view = call
        self.message = message
        self.index = index
        id = call.filled("id")
        let function = call.filled("function")
        name = (function ?? call.filled("custom"))?.filled("name")
        arguments = function?.filled("arguments")
    }

    /// Google's word for what must be sent back with the call.
    var thoughtSignature: JSONView? { view.filled("extra_content")?.filled("google")?.filled("thought_signature") }

    var path: String { concat("messages[", String(decimal: message), "].tool_calls[", String(decimal: index), "]") }

    /// What a provider of another dialect wants back with it is left out.
    func leaveOutOthers(but own: StaticString, _ warnings: RequestWarnings) {
        guard let extra = view.filled("extra_content") else { return }
        for (name, _) in extra.members where !extra.bytes[name].equals(own) {
            warnings.add(.dropped, concat(path, ".extra_content"), "only a provider that speaks as the one which said it takes it back")
        }
    }

    /// Writes the arguments as the JSON object that they are; none at all are an empty one. Half a pair of surrogates in them becomes U+FFFD.
    func writeArguments(_ out: inout MemberWriter, _ warnings: RequestWarnings? = nil, depth: Int = 512) throws(Failure) {
        guard let arguments else { return out.raw("{}") }
        if arguments.isObject { return out.raw(arguments.raw) }
        let decoded = ByteBuffer()
        defer { decoded.keepAlive() }
        guard arguments.isString, appendDecodedJSON(arguments.inside, to: decoded) else { throw refused }
        if trimmed(decoded.bytes).isEmpty { return out.raw("{}") }
        var cursor = JSONCursor(decoded.bytes, depthLimit: depth)
        guard let range = try? cursor.value(), (try? cursor.finish()) != nil, JSONView(valid: decoded.bytes, range).isObject else { throw refused }
        if !cursor.sawLoneSurrogate { return out.raw(decoded.bytes[range]) }
        out.check(repairJSON(decoded.bytes[range], into: out.buffer))
        warnings?.add(.dropped, concat(path, ".function.arguments"), "half a pair of surrogates in it, which no text has, is sent as U+FFFD")
    }

    private var refused: Failure { Failure(.json, concat("`", path, ".function.arguments` is not a JSON object as text")) }
}

/// What a request offers the model to call.
struct ChatTool {
    enum Kind {
        case function
        /// Takes text (OpenAI).
        case custom
        /// A provider's own, which it runs itself: written as that provider writes it.
        case hosted
    }

    let view: JSONView
    let index: Int
    let kind: Kind
    /// Of a function.
    let name: JSONView?, description: JSONView?, parameters: JSONView?, strict: Bool?
    let cacheControl: JSONView?

    init(_ tool: JSONView, index: Int) {
        view = tool
        self.index = index
        let type = tool["type"], function = tool.filled("function")
        kind = type?.says("function") ?? (function != nil) ? .function : type?.says("custom") ?? false && tool.filled("custom") != nil ? .custom : .hosted
        name = function?.filled("name")
        description = function?.filled("description")
        parameters = function?.filled("parameters")
        strict = (function?["strict"] ?? tool["strict"])?.bool
        cacheControl = tool.filled("cache_control") ?? function?.filled("cache_control")
    }

    var path: String { concat("tools[", String(decimal: index), "]") }
}

extension ChatRequest {
    var hasTools: Bool { self[.tools]?.firstElement != nil }

    func forEachTool<E: Error>(_ body: (ChatTool) throws(E) -> Void) throws(E) {
        guard let tools = self[.tools] else { return }
        var index = 0
        for tool in tools.elements {
            try body(ChatTool(tool, index: index))
            index &+= 1
        }
    }

    var toolChoice: ToolChoice { self[.toolChoice].map { ToolChoice($0) } ?? .unsaid }
}

/// Which tools the model may or must call.
enum ToolChoice {
    case unsaid, none, auto
    /// One of them, whichever.
    case required
    /// The one of this name, a string.
    case function(JSONView)
    /// One of these, which are written as tool choices; `required`: it must call one.
    case allowed(JSONView, required: Bool)
    /// Of a dialect's own, or nonsense.
    case other(JSONView)

    init(_ choice: JSONView) {
        if choice.says("none") {
            self = .none
        } else if choice.says("auto") {
            self = .auto
        } else if choice.says("required") || choice.says("any") {
            self = .required
        } else if let name = ToolChoice.name(choice) {
            self = .function(name)
        } else if let allowed = choice.filled("allowed_tools"), let tools = allowed.filled("tools") {
            self = .allowed(tools, required: allowed["mode"]?.says("required") ?? false)
        } else {
            self = .other(choice)
        }
    }

    /// The name in a choice of one function, or in an element of those that are allowed.
    static func name(_ choice: JSONView) -> JSONView? {
        guard let name = choice.filled("function")?.filled("name"), name.isString else { return nil }
        return name
    }
}

/// The form that the answer is to have.
enum ResponseFormat {
    case text
    /// Any JSON object.
    case object
    /// `schema` is an object.
    case schema(name: JSONView?, schema: JSONView, strict: Bool)
    case other(JSONView)
}

extension ChatRequest {
    /// What is wrong with a form that nobody can say. `takes`: who would be told.
    func unknownFormat(_ format: JSONView, _ takes: String) -> Failure {
        guard format["type"]?.says("json_schema") ?? false else {
            return Failure(.unsupported, concat("`response_format` is of a type that ", takes, concat(" does not take: ", format["type"]?.string(upTo: 64) ?? "none")))
        }
        return Failure(.unsupported, concat("`response_format.json_schema.schema` must be an object for ", takes))
    }

    var responseFormat: ResponseFormat {
        guard let format = self[.responseFormat] else { return .text }
        guard let type = format["type"] else { return .other(format) }
        if type.says("text") { return .text }
        if type.says("json_object") { return .object }
        guard type.says("json_schema"), let inner = format.filled("json_schema"), let schema = inner.filled("schema"), schema.isObject else {
            return .other(format)
        }
        return .schema(name: inner.filled("name"), schema: schema, strict: inner["strict"]?.bool ?? false)
    }
}
