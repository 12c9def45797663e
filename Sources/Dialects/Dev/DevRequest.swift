internal import Bytes
internal import JSON

/// What the development provider reads of a chat or completion request.
struct DevRequest {
    let isChat: Bool
    var model = "echo"
    /// The last user message, or one text per prompt.
    var texts: [String] = []
    var promptTokens = 0
    var choices = 1
    var limit = Int.max
    var includeUsage = false
    /// A call is demanded: the tool's name and the schema of its parameters.
    var tool: (name: String, schema: JSONView?)?
    var wantsJSON = false
    var schema: JSONView?
    /// Of the whole body: ids follow from it.
    let hash: UInt64

    /// nil: messages or prompt are missing.
    init?(_ root: JSONView, isChat: Bool) {
        self.isChat = isChat
        hash = fnv1a(root.raw)
        model = root["model"]?.string ?? model
        choices = min(max(root["n"]?.int ?? 1, 1), 4)
        limit = (root["max_completion_tokens"] ?? root["max_tokens"])?.int ?? Int.max
        includeUsage = root["stream_options"]?["include_usage"]?.bool ?? false
        if isChat { readMessages(root) } else { readPrompts(root) }
        if texts.isEmpty { return nil }
        guard isChat else { return }
        readTools(root)
        readFormat(root)
    }

    private mutating func readMessages(_ root: JSONView) {
        var last: String?, lastUser: String?, tokens = 0
        root["messages"]?.forEachElement { message in
            let text = contentText(message["content"])
            last = text
            if message["role"]?.string?.equals("user") ?? false { lastUser = text }
            tokens &+= words(text).count &+ 3
        }
        promptTokens = tokens
        if let text = lastUser ?? last { texts = [text] }
    }

    private mutating func readPrompts(_ root: JSONView) {
        guard let prompt = root["prompt"] else { return }
        if let text = prompt.string { texts = [text] }
        var found: [String] = []
        prompt.forEachElement { element in
            if let text = element.string, found.count < 8 { found.append(text) }
        }
        if texts.isEmpty { texts = found.isEmpty && prompt.isArray ? [""] : found }
        for text in texts { promptTokens &+= words(text).count }
    }

    /// `tool_choice` is "required" or names a function.
    private mutating func readTools(_ root: JSONView) {
        guard let choice = root["tool_choice"] else { return }
        let wanted = choice["function"]?["name"]?.string
        guard wanted != nil || choice.string?.equals("required") ?? false else { return }
        var found: (name: String, schema: JSONView?)?
        root["tools"]?.forEachElement { tool in
            guard found == nil, let function = tool["function"], let name = function["name"]?.string else { return }
            if let wanted, !same(wanted, name) { return }
            found = (name, function["parameters"])
        }
        tool = found
    }

    private mutating func readFormat(_ root: JSONView) {
        guard let format = root["response_format"], let type = format["type"]?.string else { return }
        wantsJSON = type.equals("json_object") || type.equals("json_schema")
        schema = format["json_schema"]?["schema"]
    }
}

/// A message's content: a text, or the text parts of a list.
func contentText(_ content: JSONView?) -> String {
    if let text = content?.string { return text }
    var all = ""
    content?.forEachElement { part in
        guard let text = part["text"]?.string else { return }
        all += all.utf8.isEmpty ? text : " " + text
    }
    return all
}

/// Words between blanks.
func words(_ text: String) -> [String] {
    var found: [String] = []
    for part in text.octets.split(whereSeparator: { $0 <= UInt8(ascii: " ") }) { found.append(String(utf8: part)) }
    return found
}
