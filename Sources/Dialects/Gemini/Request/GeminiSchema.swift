internal import Bytes
internal import JSON
internal import Model

/// Schemas of arguments and answers. Gemini takes JSON Schema (https://ai.google.dev/gemini-api/docs/structured-output#json_schema_support,
/// 2026-11) under another name than the schemas of OpenAPI, whose types are words in capitals.
extension GeminiRequestWriter {
    func write(schema: JSONView, _ openAPI: StaticString, _ jsonSchema: StaticString, path: String) throws(Failure) {
        guard schema.isObject else { throw Failure(.json, concat("`", path, "` is not an object")) }
        if isOpenAPI(schema) {
            out.name(openAPI)
            return out.raw(schema.raw)
        }
        try GeminiSchema(schema, path).check()
        out.name(jsonSchema)
        writeJSONSchema(schema)
    }

    private func isOpenAPI(_ schema: JSONView) -> Bool {
        guard let type = schema["type"], type.isString else { return false }
        let first = type.inside.byte(at: 0)
        return first >= UInt8(ascii: "A") && first <= UInt8(ascii: "Z")
    }

    /// `const` is the one word that Gemini passes over though it can be said.
    private func writeJSONSchema(_ schema: JSONView) {
        if schema.raw.find("\"const\"") == nil { return out.raw(schema.raw) }
        if schema.isArray {
            out.open("[")
            for element in schema.elements {
                out.separate()
                writeJSONSchema(element)
            }
            return out.close("]")
        }
        guard schema.isObject else { return out.raw(schema.raw) }
        out.open()
        for (name, value) in schema.members {
            let word = schema.bytes[name]
            out.separate()
            if word.equals("const"), !value.isObject, !value.isArray {
                out.raw("\"enum\":[")
                out.raw(value.raw)
                out.raw("]")
            } else {
                out.raw("\"")
                out.raw(word)
                out.raw("\":")
                if word.equals("enum") || word.equals("default") { out.raw(value.raw) } else { writeJSONSchema(value) }
            }
        }
        out.close()
    }
}

/// Looks for what cannot be said: a schema that needs itself, and references that lead nowhere.
private struct GeminiSchema {
    private let root: JSONView
    private let path: String
    private var references: SchemaReferences
    private var depth = 0

    /// Each level is one on the stack, too.
    private static let deepest = 1_000

    init(_ root: JSONView, _ path: String) {
        self.root = root
        self.path = path
        references = SchemaReferences(root)
    }

    func check() throws(Failure) {
        if root.raw.find("\"$ref\"") == nil { return }
        var walk = self
        try walk.visit(root, isNeeded: true)
    }

    /// A schema may hold itself only where it need not be there: "cyclic references may only be used within non-required properties"
    /// (https://ai.google.dev/api/generate-content#GenerationConfig, responseJsonSchema, 2026-11).
    private mutating func visit(_ schema: JSONView, isNeeded: Bool) throws(Failure) {
        depth &+= 1
        defer { depth &-= 1 }
        if depth > GeminiSchema.deepest { throw Failure(.unsupported, concat("`", path, "` has too many references within each other for Gemini")) }
        guard schema.isObject else {
            for element in schema.elements { try visit(element, isNeeded: isNeeded) }
            return
        }
        if let reference = schema["$ref"], reference.isString { try follow(reference.inside, isNeeded) }
        let required = TextIndex()
        if isNeeded { schema["required"]?.forEachElement { required[$0.inside] = 0 } }
        for (name, value) in schema.members {
            let word = schema.bytes[name]
            if word.equals("properties") {
                for (name, property) in value.members {
                    try visit(property, isNeeded: isNeeded && required[value.bytes[name]] != nil)
                }
            } else if !word.equals("$defs"), !word.equals("definitions"), !word.equals("enum"), !word.equals("default"), !word.equals("required"), !word.equals("examples") {
                if value.isObject || value.isArray { try visit(value, isNeeded: isNeeded) }
            }
        }
    }

    private mutating func follow(_ reference: UnsafeRawBufferPointer, _ isNeeded: Bool) throws(Failure) {
        guard let number = references.find(reference) else { throw Failure(.unsupported, concat("`", path, "` refers to ", name(reference), ", which is not in it")) }
        if references[number].isOpen {
            if !isNeeded { return }
            throw Failure(.unsupported, concat("`", path, "` needs itself by way of ", name(reference), ": Gemini takes a recursive schema only within properties that are not required"))
        }
        if isNeeded ? references[number].wasNeeded : references[number].wasSeen { return }
        references[number].isOpen = true
        try visit(references[number].schema, isNeeded: isNeeded)
        references[number].isOpen = false
        references[number].wasSeen = true
        if isNeeded { references[number].wasNeeded = true }
    }

    private func name(_ reference: UnsafeRawBufferPointer) -> String { decodedText(reference, ByteRange(0, min(reference.count, 200))) }
}
