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
        warn(of: schema, path)
        out.name(jsonSchema)
        writeJSONSchema(schema)
    }

    /// What holds a value to something, and what Google's documents do not name.
    private func warn(of schema: JSONView, _ path: String) {
        let found = GeminiUnknownWords(schema).found
        if found.isEmpty { return }
        request.warnings.add(.unsure, path, concat("Gemini's documents do not name ", found, ": it may not hold the model to that"))
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

/// Words of a schema that it is sent with, though nobody says what Gemini makes of them.
private struct GeminiUnknownWords {
    /// Quoted, with commas between them.
    private(set) var found = ""
    private var names: [String] = []

    /// More are not told of.
    private static let most = 8
    /// Deeper ones are refused as a whole, or stand where nobody looks.
    private static let deepest = 100

    /// Those that Google names, what becomes one of them, and what says nothing of a value.
    private static let known: [StaticString] = [
        "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems", "maxItems", "minimum", "maximum",
        "anyOf", "oneOf", "properties", "additionalProperties", "required", "propertyOrdering", "const", "definitions",
        "default", "example", "examples", "$schema", "$comment", "deprecated", "readOnly", "writeOnly",
    ]

    init(_ schema: JSONView) { look(schema, depth: 0) }

    private mutating func look(_ schema: JSONView, depth: Int) {
        if depth > GeminiUnknownWords.deepest || names.count >= GeminiUnknownWords.most { return }
        for element in schema.elements { look(element, depth: depth &+ 1) }
        for (name, value) in schema.members {
            let word = schema.bytes[name]
            if word.equals("properties") || word.equals("$defs") || word.equals("definitions") {
                for (_, inner) in value.members { look(inner, depth: depth &+ 1) }
            } else if !GeminiUnknownWords.known.contains(where: { word.equals($0) }) {
                note(word)
            } else if value.isObject || value.isArray, !word.equals("enum"), !word.equals("const"), !word.equals("default"), !word.equals("example"), !word.equals("examples") {
                look(value, depth: depth &+ 1)
            }
        }
    }

    private mutating func note(_ word: UnsafeRawBufferPointer) {
        let name = decodedText(word, ByteRange(0, min(word.count, 64)))
        if names.count >= GeminiUnknownWords.most || names.contains(where: { same($0, name) }) { return }
        names.append(name)
        found = concat(found, found.isEmpty ? "`" : ", `", concat(name, "`"))
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
