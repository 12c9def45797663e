internal import Bytes
internal import JSON
internal import Model

/// What Anthropic's structured outputs cannot say: objects with members of any name, since each must have `additionalProperties` false,
/// and schemas that hold themselves (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations,
/// 2026-11). The schema of a tool may say both.
struct AnthropicSchemaLimits {
    private let root: JSONView
    private var references: SchemaReferences
    private var depth = 0

    /// Each level is one on the stack, too.
    private static let deepest = 1_000

    init(_ root: JSONView) {
        self.root = root
        references = SchemaReferences(root)
    }

    /// Fails for a reference that leads nowhere.
    func allow() throws(Failure) -> Bool {
        var walk = self
        return try walk.visit(root)
    }

    private mutating func visit(_ schema: JSONView) throws(Failure) -> Bool {
        depth &+= 1
        defer { depth &-= 1 }
        if depth > AnthropicSchemaLimits.deepest { throw Failure(.unsupported, "`response_format` has too many references within each other for Anthropic") }
        if schema.isArray {
            for element in schema.elements where try !visit(element) { return false }
            return true
        }
        guard schema.isObject else { return true }
        if isMap(schema) { return false }
        if let reference = schema["$ref"], reference.isString, try !follow(reference.inside) { return false }
        for (name, value) in schema.members where value.isObject || value.isArray {
            let word = schema.bytes[name]
            if word.equals("properties") || word.equals("$defs") || word.equals("definitions") {
                for (_, inner) in value.members where try !visit(inner) { return false }
            } else if !word.equals("enum"), !word.equals("default"), !word.equals("const"), !word.equals("examples"), try !visit(value) {
                return false
            }
        }
        return true
    }

    private func isMap(_ schema: JSONView) -> Bool {
        guard let more = schema["additionalProperties"], more.bool != false else {
            return (schema["type"]?.says("object") ?? false) && schema["properties"] == nil && schema["additionalProperties"] == nil
        }
        return more.isObject || schema["properties"].map { !isFilled($0) } ?? true
    }

    private mutating func follow(_ reference: UnsafeRawBufferPointer) throws(Failure) -> Bool {
        guard let number = references.find(reference) else {
            throw Failure(.unsupported, concat("`response_format` refers to ", decodedText(reference, ByteRange(0, min(reference.count, 200))), ", which is not in it"))
        }
        if references[number].isOpen { return false }
        if references[number].wasSeen { return true }
        references[number].isOpen = true
        defer { (references[number].isOpen, references[number].wasSeen) = (false, true) }
        return try visit(references[number].schema)
    }
}
