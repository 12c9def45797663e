internal import Bytes
internal import JSON
internal import Model

/// The form that an answer is to have, and the way in which it gets it.
struct AnthropicFormat {
    /// The tool by which a model that cannot be held to a schema is made to answer in one.
    static let answerTool: StaticString = "gatelet_answer"

    /// Whether a request, as it was sent, has it.
    static func hasAnswerTool(_ request: UnsafeRawBufferPointer) -> Bool {
        guard request.find(answerTool) != nil else { return false }
        return JSONView(valid: request, ByteRange(0, request.count)).first("tools")?.elements.contains { $0["name"]?.says(answerTool) ?? false } ?? false
    }

    private(set) var schema: JSONView?
    /// By a tool that the model must call, where it cannot be held to a schema.
    private(set) var isTool = false
    /// It is asked for in words: any JSON object.
    private(set) var isHint = false

    init(_ chat: ChatRequest, _ model: AnthropicModel) throws(Failure) {
        switch chat.responseFormat {
        case .text: break
        case .object: isHint = true
        case .schema(_, let schema, _):
            self.schema = schema
            let isSayable = try AnthropicSchemaLimits(schema).allow()
            isTool = !model.hasSchemas || !isSayable
            if isTool, let type = schema.filled("type"), !type.says("object") {
                throw Failure(.unsupported, "`response_format`: this model of Anthropic's can only be held to a schema of an object")
            }
        case .other(let format): throw chat.unknownFormat(format, "Anthropic")
        }
    }

    static let hint: StaticString = "{\"type\":\"text\",\"text\":\"Answer with one JSON object and nothing else: no words around it, no code fence.\"}"
}

/// A schema as Anthropic takes it: objects say that they have no further members, and what it does not know is told in the description,
/// as its own package does (https://github.com/anthropics/anthropic-sdk-python, lib/_parse/_transform.py, 2026-11).
enum AnthropicSchema {
    static func write(_ schema: JSONView, _ out: inout MemberWriter) {
        guard schema.isObject else { return out.raw(schema.raw) }
        let bytes = schema.bytes, isObject = schema["type"]?.says("object") ?? (schema["properties"] != nil)
        var rest: [(ByteRange, JSONView)] = []
        var description: JSONView?, hasType = false
        out.open()
        for (name, value) in schema.members {
            let word = bytes[name]
            if word.equals("description"), value.isString {
                description = value
            } else if word.equals("additionalProperties") {
                if !isObject { rest.append((name, value)) }
            } else if word.equals("properties") || word.equals("$defs") || word.equals("definitions") {
                writeAll(word, value, &out)
            } else if word.equals("anyOf") || word.equals("oneOf") || word.equals("allOf") {
                writeList(word.equals("allOf") ? "allOf" : "anyOf", value, &out)
            } else if word.equals("items"), value.isObject {
                out.name("items")
                write(value, &out)
            } else if isKept(word, value) {
                hasType = hasType || word.equals("type")
                out.separate()
                out.raw(bytes[ByteRange(name.start &- 1, value.range.end)])
            } else if !word.equals("$schema") {
                rest.append((name, value))
            }
        }
        if isObject {
            if !hasType { out.member("type", "object") }
            out.member("additionalProperties", raw: "false")
        }
        describe(description, rest, bytes, &out)
        out.close()
    }

    private static func writeAll(_ name: UnsafeRawBufferPointer, _ schemas: JSONView, _ out: inout MemberWriter) {
        out.separate()
        out.raw("\"")
        out.raw(name)
        out.raw("\":")
        out.open()
        for (name, value) in schemas.members {
            out.separate()
            out.raw(schemas.bytes[ByteRange(name.start &- 1, name.end &+ 1)])
            out.raw(":")
            write(value, &out)
        }
        out.close()
    }

    private static func writeList(_ name: StaticString, _ schemas: JSONView, _ out: inout MemberWriter) {
        out.name(name)
        out.open("[")
        for schema in schemas.elements {
            out.separate()
            write(schema, &out)
        }
        out.close("]")
    }

    private static func isKept(_ name: UnsafeRawBufferPointer, _ value: JSONView) -> Bool {
        for kept: StaticString in ["type", "$ref", "enum", "const", "title", "required", "default"] where name.equals(kept) { return true }
        if name.equals("minItems") { return value.int ?? 2 < 2 }
        guard name.equals("format") else { return false }
        for kept: StaticString in ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"] where value.says(kept) { return true }
        return false
    }

    private static func describe(_ description: JSONView?, _ rest: [(ByteRange, JSONView)], _ bytes: UnsafeRawBufferPointer, _ out: inout MemberWriter) {
        if description == nil, rest.isEmpty { return }
        out.name("description")
        out.raw("\"")
        if let description { out.raw(description.inside) }
        if !rest.isEmpty {
            if description != nil { out.raw("\\n\\n") }
            out.raw("{")
            for (place, (name, value)) in rest.enumerated() {
                if place > 0 { out.raw(", ") }
                out.raw(bytes[name])
                out.raw(": ")
                out.check(appendJSONBody(value.raw, to: out.buffer))
            }
            out.raw("}")
        }
        out.raw("\"")
    }
}
