internal import Bytes
internal import JSON
internal import Model

extension AnthropicWriter {
    mutating func writeTools() throws(Failure) {
        let choice = chat.toolChoice
        guard chat.hasTools || format.isTool else { return }
        let allowed = choice.allowedNames
        out.name("tools")
        out.open("[")
        try chat.forEachTool { (tool) throws(Failure) in
            if tool.kind != .function || allowed.map({ allowed in tool.name.map { allowed[$0.raw] != nil } ?? false }) ?? true { try write(tool) }
        }
        if format.isTool { writeAnswerTool() }
        out.close("]")
        writeChoice(choice)
    }

    private mutating func write(_ tool: ChatTool) throws(Failure) {
        switch tool.kind {
        case .function: try writeFunction(tool)
        case .custom: throw Failure(.unsupported, concat("`", tool.path, "`: Anthropic's tools take JSON"))
        case .hosted:
            guard let type = tool.view["type"], AnthropicWriter.isHosted(type.inside) || tool.view["input_schema"] != nil else {
                throw Failure(.unsupported, concat("`", tool.path, "`: Anthropic has no tool of this type"))
            }
            out.separate()
            copy(tool.view, early: true)
        }
    }

    /// Types of Anthropic's own tools end in the day of their version, as web_search_20250305; and toolsets of MCP.
    private static func isHosted(_ type: UnsafeRawBufferPointer) -> Bool {
        if type.equals("mcp_toolset") { return true }
        guard type.count > 9, type.byte(at: type.count &- 9) == UInt8(ascii: "_") else { return false }
        return type[ByteRange(type.count &- 8, type.count)].allSatisfy { $0 &- 0x30 <= 9 }
    }

    private mutating func writeFunction(_ tool: ChatTool) throws(Failure) {
        guard let name = tool.name, name.isString else { throw Failure(.json, concat("`", tool.path, ".function.name` must be a string")) }
        out.separate()
        out.open()
        out.member("name", name)
        if let description = tool.description { out.member("description", description) }
        let isStrict = tool.strict == true && model.hasSchemas
        out.name("input_schema")
        writeSchema(tool.parameters, isStrict: isStrict)
        if isStrict { out.member("strict", raw: "true") }
        for (name, value) in tool.view.members where !AnthropicWriter.isTold(tool.view.bytes[name]) {
            out.separate()
            out.raw(tool.view.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        mark(tool.cacheControl, early: true)
        out.close()
    }

    private static func isTold(_ name: UnsafeRawBufferPointer) -> Bool {
        for told: StaticString in ["type", "function", "strict", "cache_control"] where name.equals(told) { return true }
        return false
    }

    /// Always one of an object.
    private mutating func writeSchema(_ schema: JSONView?, isStrict: Bool) {
        guard let schema, schema.isObject, isFilled(schema) else { return out.raw("{\"type\":\"object\",\"properties\":{}}") }
        if isStrict { return AnthropicSchema.write(schema, &out) }
        if schema.filled("type") != nil { return out.raw(schema.raw) }
        out.open()
        out.member("type", "object")
        for (name, value) in schema.members where !jsonName(schema.bytes, name, is: "type") {
            out.separate()
            out.raw(schema.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        out.close()
    }

    private mutating func writeAnswerTool() {
        out.separate()
        out.open()
        out.member("name", String(AnthropicFormat.answerTool))
        out.member("description", "Gives the answer. Call it once, with all of the answer.")
        out.name("input_schema")
        writeSchema(format.schema, isStrict: false)
        out.close()
    }

    private mutating func writeChoice(_ choice: ToolChoice) {
        let single = !chat.allowsParallelCalls
        var type = "auto", name: JSONView?
        switch choice {
        case .none: type = "none"
        case .required: type = "any"
        case .function(let function): (type, name) = ("tool", function)
        case .allowed(_, let required): type = required ? "any" : "auto"
        case .other(let own) where own.isObject && !format.isTool: return out.member("tool_choice", own)
        case .unsaid, .auto, .other: if !single, !format.isTool { return }
        }
        let answersAlone = format.isTool && (!chat.hasTools || type == "none")
        if format.isTool, name == nil { type = answersAlone ? "tool" : "any" }
        out.name("tool_choice")
        out.open()
        out.member("type", type)
        if let name { out.member("name", name) } else if answersAlone { out.member("name", String(AnthropicFormat.answerTool)) }
        if single && type != "none" || answersAlone { out.member("disable_parallel_tool_use", raw: "true") }
        out.close()
    }

    // MARK: - Places to cache

    /// `cache_control` of what is being written, where one more may be said.
    mutating func mark(_ control: JSONView?, early: Bool = false) {
        if let control, marks.take(early: early) { out.member("cache_control", control) }
    }

    /// An object as it is, but for a `cache_control` too many.
    mutating func copy(_ object: JSONView, early: Bool = false) {
        guard let control = object.filled("cache_control") else { return out.raw(object.raw) }
        out.open()
        for (name, value) in object.members where !jsonName(object.bytes, name, is: "cache_control") {
            out.separate()
            out.raw(object.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        mark(control, early: early)
        out.close()
    }
}

extension ToolChoice {
    /// Names of the functions that may be called, as they are written. nil: all may.
    fileprivate var allowedNames: TextIndex? {
        guard case .allowed(let tools, _) = self else { return nil }
        let names = TextIndex()
        for (number, tool) in tools.elements.enumerated() {
            if let name = ToolChoice.name(tool) ?? tool.filled("name") { names[name.raw] = number }
        }
        return names
    }
}
