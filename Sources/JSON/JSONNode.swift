package import Bytes
internal import CShims

/// A value inside a `JSONDocument`, which it keeps alive.
package struct JSONNode {
    package enum Kind: Sendable { case object, array, string, integer, number, boolean, null }

    /// nil reads as null.
    private let tree: UnsafeMutablePointer<json_t>?
    private let document: JSONDocument
    private var mark: NumberMark { document.mark }

    init(tree: UnsafeMutablePointer<json_t>?, document: JSONDocument) {
        self.tree = tree
        self.document = document
    }

    private var json: UnsafeMutablePointer<json_t> { tree ?? json_null() }
    private func node(_ json: UnsafeMutablePointer<json_t>?) -> JSONNode? { json.map { JSONNode(tree: $0, document: document) } }

    /// `integer`: fits a machine word for sure; `number`: any other.
    @inline(never)
    package var kind: Kind {
        switch json.pointee.type {
        case JSON_OBJECT: .object
        case JSON_ARRAY: .array
        case JSON_STRING: mark.number(in: rawString) == nil ? .string : .number
        case JSON_INTEGER: .integer
        case JSON_REAL: .number
        case JSON_TRUE, JSON_FALSE: .boolean
        default: .null
        }
    }

    @inline(never)
    package var isNull: Bool { json.pointee.type == JSON_NULL }

    private var rawString: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: json_string_value(json), count: json_string_length(json))
    }

    /// A string's bytes, decoded.
    @inline(never)
    package var bytes: UnsafeRawBufferPointer? { kind == .string ? rawString : nil }
    @inline(never)
    package var string: String? { bytes.flatMap { $0.count <= JSONDocument.longestText ? String(utf8: $0) : nil } }
    @inline(never)
    package var bool: Bool? { kind == .boolean ? json.pointee.type == JSON_TRUE : nil }

    /// A number's text: as it was written, integers in plain form.
    @inline(never)
    package var numberText: String? {
        switch kind {
        case .integer: return String(json_integer_value(json))
        case .number: return mark.number(in: rawString).flatMap { $0.count <= JSONDocument.longestText ? String(utf8: $0) : nil }
        default: return nil
        }
    }

    /// A number without a fraction ("12", "12.0", "1e3") that fits a word.
    @inline(never)
    package var int: Int? {
        if kind == .integer { return Int(json_integer_value(json)) }
        guard let text = numberText, let decimal = DecimalText(text) else { return nil }
        return Int(decimal.text)
    }

    @inline(never)
    package var double: Double? {
        var value = 0.0
        guard let text = numberText else { return nil }
        return text.withCString { gl_parse_double($0, &value) } == 1 ? value : nil
    }

    /// A member of an object; nil when there is none, also when this is no object.
    @inline(never)
    package func member(_ name: StaticString) -> JSONNode? {
        node(json_object_get(json, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)))
    }

    /// jansson takes no name with a NUL in it, neither here nor in a document; functions that take lengths came with 2.14.
    @inline(never)
    package func member(_ name: String) -> JSONNode? {
        name.utf8.contains(0) ? nil : name.withCString { node(json_object_get(json, $0)) }
    }

    /// How many elements or members.
    @inline(never)
    package var count: Int { json.pointee.type == JSON_ARRAY ? json_array_size(json) : json_object_size(json) }

    @inline(never)
    package func element(_ index: Int) -> JSONNode? { index < 0 ? nil : node(json_array_get(json, index)) }

    /// The elements of an array; none for anything else.
    package var elements: Elements { Elements(array: self) }

    /// The members of an object in their order; none for anything else.
    @inline(never)
    package var members: Members { Members(object: self, at: json_object_iter(json)) }

    package struct Elements: Sequence, IteratorProtocol {
        fileprivate let array: JSONNode
        private var index = 0

        fileprivate init(array: JSONNode) { self.array = array }

        @inline(never)
        package mutating func next() -> JSONNode? {
            defer { index &+= 1 }
            return array.element(index)
        }
    }

    package struct Members: Sequence, IteratorProtocol {
        private let object: JSONNode
        private var at: UnsafeMutableRawPointer?

        fileprivate init(object: JSONNode, at: UnsafeMutableRawPointer?) {
            self.object = object
            self.at = at
        }

        @inline(never)
        package mutating func next() -> (name: String, value: JSONNode)? {
            guard let place = at, let value = object.node(json_object_iter_value(place)) else { return nil }
            at = json_object_iter_next(object.json, place)
            guard let name = json_object_iter_key(place) else { return nil }
            return (String(utf8: UnsafeRawBufferPointer(start: name, count: strlen(name))), value)
        }
    }
}

// MARK: - Text again

extension JSONNode {
    /// The value as compact JSON; numbers as they were written. False: over the buffer's limit or out of memory.
    @inline(never)
    package func append(to out: ByteBuffer) -> Bool {
        switch kind {
        case .object: return appendObject(to: out)
        case .array: return appendArray(to: out)
        case .string: return appendJSONString(rawString, to: out)
        case .integer: return out.append(String(json_integer_value(json)))
        case .number: return out.append(mark.number(in: rawString) ?? rawString)
        case .boolean: return json.pointee.type == JSON_TRUE ? out.append("true") : out.append("false")
        case .null: return out.append("null")
        }
    }

    /// nil: out of memory, or longer than a `String` may be.
    @inline(never)
    package func dump() -> String? {
        let out = ByteBuffer(limit: JSONDocument.longestText)
        defer { out.keepAlive() }
        return append(to: out) ? String(utf8: out.bytes) : nil
    }

    private func appendObject(to out: ByteBuffer) -> Bool {
        var first = true
        guard out.append(Ascii.openBrace) else { return false }
        for (name, value) in members {
            guard first || out.append(Ascii.comma), appendJSONString(name, to: out), out.append(Ascii.colon), value.append(to: out) else { return false }
            first = false
        }
        return out.append(Ascii.closeBrace)
    }

    private func appendArray(to out: ByteBuffer) -> Bool {
        var first = true
        guard out.append(Ascii.openBracket) else { return false }
        for value in elements {
            guard first || out.append(Ascii.comma), value.append(to: out) else { return false }
            first = false
        }
        return out.append(Ascii.closeBracket)
    }
}
