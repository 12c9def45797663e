internal import Bytes
internal import JSON
internal import Model

/// https://ai.google.dev/api/caching#Tool, 2026-11.
private let hostedTools: [StaticString] = [
    "googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "fileSearch", "googleMaps", "computerUse", "enterpriseWebSearch", "retrieval",
    "mcpServers", "functionDeclarations",
]

/// What the model may call.
extension GeminiRequestWriter {
    func writeTools() throws(Failure) {
        let searches = chat[.webSearchOptions] != nil
        if chat.hasTools || searches {
            out.name("tools")
            out.open("[")
            try writeFunctions()
            try chat.forEachTool { (tool: ChatTool) throws(Failure) in
                if tool.name == nil { try self.writeHosted(tool) }
            }
            if searches {
                out.separate()
                out.raw("{\"googleSearch\":{}}")
            }
            out.close("]")
        }
        if !isPlainCount { try writeChoice() }
    }

    private func writeFunctions() throws(Failure) {
        var isFirst = true
        try chat.forEachTool { (tool: ChatTool) throws(Failure) in
            guard let name = tool.name, tool.kind == .function else { return }
            if isFirst {
                self.out.separate()
                self.out.open("{\"functionDeclarations\":[")
                isFirst = false
            }
            self.out.separate()
            self.out.open()
            self.out.member("name", name)
            if let description = tool.description { self.out.member("description", description) }
            if let schema = tool.parameters, !isWithoutMembers(schema) {
                try self.write(schema: schema, "parameters", "parametersJsonSchema", path: tool.path + ".function.parameters")
            }
            self.out.close()
        }
        if !isFirst { out.close("]}") }
    }

    /// No arguments: Gemini wants no schema then.
    private func isWithoutMembers(_ schema: JSONView) -> Bool {
        guard schema.isObject, schema["type"]?.says("object") ?? true else { return false }
        if let properties = schema["properties"], isFilled(properties) { return false }
        for name: StaticString in ["$ref", "anyOf", "oneOf", "allOf", "patternProperties"] where schema[name] != nil { return false }
        return !(schema["additionalProperties"]?.isObject ?? false)
    }

    /// A tool that Google runs itself: as it writes it, or by its name as `type`.
    private func writeHosted(_ tool: ChatTool) throws(Failure) {
        for (name, _) in tool.view.members where isHosted(tool.view.bytes[name]) {
            out.separate()
            return writeNative(tool.view)
        }
        guard let type = tool.view["type"], type.isString, isHosted(type.inside) else {
            throw Failure(.unsupported, concat("`", tool.path, "` is of a type that Gemini does not have: ", tool.view["type"]?.string(upTo: 64) ?? "none"))
        }
        out.separate()
        out.open()
        for name in hostedTools where isGemini(type.inside, name) { out.name(name) }
        out.open()
        for (name, value) in tool.view.members where !tool.view.bytes[name].equals("type") {
            out.separate()
            out.raw(tool.view.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        out.close()
        out.close()
    }

    private func isHosted(_ word: UnsafeRawBufferPointer) -> Bool { hostedTools.contains { isGemini(word, $0) } }

    // MARK: - Choice

    private func writeChoice() throws(Failure) {
        let own = chat["toolConfig"] ?? chat["tool_config"]
        let isSaid = own.map { $0.members.contains { isGemini(own?.bytes[$0.name] ?? $0.value.bytes[.none], "functionCallingConfig") } } ?? false
        var choice = chat.toolChoice
        if isSaid { choice = .unsaid }
        if case .unsaid = choice, own == nil { return }
        out.name("toolConfig")
        out.open()
        if let own {
            for (name, value) in own.members {
                out.separate()
                writeNative(member: own.bytes[name], value)
            }
        }
        try write(choice)
        out.close()
    }

    /// https://ai.google.dev/api/caching#FunctionCallingConfig, 2026-11: names are only for ANY and VALIDATED.
    private func write(_ choice: ToolChoice) throws(Failure) {
        switch choice {
        case .unsaid: return
        case .none: write(mode: "NONE")
        case .auto: write(mode: "AUTO")
        case .required: write(mode: "ANY")
        case .function(let name): write(mode: "ANY", [name])
        case .allowed(let tools, let required): write(mode: required ? "ANY" : "VALIDATED", tools.elements.compactMap { ToolChoice.name($0) })
        case .other: throw Failure(.unsupported, "`tool_choice` is none of auto, none, required, a function and allowed_tools")
        }
    }

    private func write(mode: StaticString, _ names: [JSONView] = []) {
        out.name("functionCallingConfig")
        out.open()
        out.member("mode", String(mode))
        if !names.isEmpty {
            out.name("allowedFunctionNames")
            out.open("[")
            for name in names {
                out.separate()
                out.raw(name.raw)
            }
            out.close("]")
        }
        out.close()
    }
}
