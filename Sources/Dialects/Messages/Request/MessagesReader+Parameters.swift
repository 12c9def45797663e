internal import Bytes
internal import JSON
internal import Model

extension MessagesReader {
    mutating func write(tools: JSONView) throws(Failure) {
        guard tools.isArray else { throw Failure(.json, "tools: must be a list") }
        if tools.firstElement == nil { return }
        out.name("tools")
        out.open("[")
        var index = 0
        for tool in tools.elements {
            guard tool.isObject else { throw wrongTool(index, "", "must be an object") }
            out.separate()
            if let type = tool.filled("type"), !type.says("custom") {
                out.raw(tool.raw) // Anthropic's own
            } else {
                try write(function: tool, index)
            }
            index &+= 1
        }
        out.close("]")
    }

    private func wrongTool(_ index: Int, _ member: String, _ what: String) -> Failure {
        Failure(.json, concat("tools.", String(decimal: index), member, ": ", what))
    }

    /// What OpenAI has no word for stays beside `function`.
    private mutating func write(function tool: JSONView, _ index: Int) throws(Failure) {
        guard let name = tool["name"], name.isString else { throw wrongTool(index, ".name", "must be a string") }
        out.open()
        out.member("type", "function")
        out.name("function")
        out.open()
        out.member("name", name)
        out.copy("description", ifThere: tool["description"])
        if let schema = tool.filled("input_schema") {
            guard schema.isObject else { throw wrongTool(index, ".input_schema", "must be an object") }
            out.member("parameters", schema)
        }
        out.copy("strict", ifThere: tool["strict"])
        out.close()
        for (name, value) in tool.members where !value.isNull && !isOfFunction(tool.bytes, name) {
            out.member(name, of: tool, value)
        }
        out.close()
    }

    private func isOfFunction(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange) -> Bool {
        for one: StaticString in ["type", "name", "description", "input_schema", "strict", "function"] where jsonName(bytes, name, is: one) { return true }
        return false
    }

    mutating func write(toolChoice choice: JSONView, hasTools: Bool) throws(Failure) {
        let type = choice["type"]
        switch type {
        case let type? where type.says("auto") || type.says("none"): if hasTools { out.member("tool_choice", type) } // OpenAI takes none without tools
        case let type? where type.says("any"): out.member("tool_choice", "required")
        case let type? where type.says("tool"):
            guard let name = choice["name"], name.isString else { throw Failure(.json, "tool_choice.name: must be a string") }
            out.name("tool_choice")
            out.open()
            out.member("type", "function")
            out.name("function")
            out.open()
            out.member("name", name)
            out.close()
            out.close()
        default: throw Failure(.json, "tool_choice.type: must be auto, any, tool or none")
        }
        if hasTools, choice["disable_parallel_tool_use"]?.bool == true { out.member("parallel_tool_calls", raw: "false") }
    }

    /// `thinking` and `output_config.effort`. A kind of thinking that is not known here passes as it is.
    mutating func writeReasoning(_ thinking: JSONView?, effort: JSONView?) throws(Failure) {
        let effort = effort.flatMap { $0.isNull ? nil : $0 }
        if thinking == nil, effort == nil { return }
        if let effort, !effort.isString { throw Failure(.json, "output_config.effort: must be a string") }
        let type = thinking?["type"], isOn = type?.says("enabled") ?? false, isOff = type?.says("disabled") ?? false
        if let thinking {
            guard let type, type.isString else { throw Failure(.json, "thinking.type: must be enabled, adaptive or disabled") }
            if !isOn, !isOff, !type.says("adaptive") { out.member("thinking", thinking) }
        }
        out.name("reasoning")
        out.open()
        if isOn {
            guard let budget = thinking?["budget_tokens"], budget.int ?? 0 > 0 else { throw Failure(.json, "thinking.budget_tokens: must be a whole number, 1 or more") }
            out.member("max_tokens", budget)
        } else if type != nil {
            out.member("enabled", raw: isOff ? "false" : "true")
        }
        if let display = thinking?.filled("display") { out.member("exclude", raw: display.says("omitted") ? "true" : "false") }
        out.copy("effort", ifThere: effort)
        out.close()
    }

    /// `isOld`: of the member that `output_config` took the place of.
    mutating func writeFormat(_ format: JSONView?, isOld: Bool) throws(Failure) {
        guard let format, !format.isNull else { return }
        let path = isOld ? "output_format" : "output_config.format"
        guard let type = format["type"], type.says("json_schema") else { throw Failure(.json, concat(path, ".type: must be json_schema")) }
        guard let schema = format["schema"], schema.isObject else { throw Failure(.json, concat(path, ".schema: must be an object")) }
        out.name("response_format")
        out.open()
        out.member("type", "json_schema")
        out.name("json_schema")
        out.open()
        out.member("name", "response")
        out.member("schema", schema)
        out.member("strict", raw: saysAll(schema) ? "true" : "false")
        out.close()
        out.close()
    }

    /// What else is in `output_config`, for those who know it.
    mutating func writeRest(of config: JSONView) {
        var isFirst = true
        for (name, value) in config.members where !value.isNull {
            if jsonName(config.bytes, name, is: "effort") || jsonName(config.bytes, name, is: "format") { continue }
            if isFirst {
                out.name("output_config")
                out.open()
                isFirst = false
            }
            out.member(name, of: config, value)
        }
        if !isFirst { out.close() }
    }
}

/// OpenAI's strict mode takes a schema whose objects allow no other members, and require all they have
/// (https://platform.openai.com/docs/guides/structured-outputs, 2026-11). Anthropic's takes more.
func saysAll(_ schema: JSONView) -> Bool {
    if schema.isArray { return schema.elements.allSatisfy { saysAll($0) } }
    guard schema.isObject else { return true }
    if let properties = schema["properties"], properties.isObject {
        var wanted = 0, required = 0
        for (_, property) in properties.members {
            wanted &+= 1
            if !saysAll(property) { return false }
        }
        for _ in schema["required"]?.elements ?? JSONView(trusted: schema.bytes[.none]).elements { required &+= 1 }
        if wanted != required || schema["additionalProperties"]?.bool != false { return false }
    } else if schema["type"]?.says("object") ?? false { return false }
    for name: StaticString in ["items", "anyOf", "$defs", "definitions"] {
        guard let inner = schema[name] else { continue }
        if inner.isObject, name.utf8CodeUnitCount == 5 && name.utf8Start[0] == UInt8(ascii: "$") || name.utf8CodeUnitCount == 11 {
            for (_, one) in inner.members where !saysAll(one) { return false }
        } else if !saysAll(inner) { return false }
    }
    for name: StaticString in ["allOf", "oneOf", "patternProperties", "not"] where schema[name] != nil { return false }
    return true
}
