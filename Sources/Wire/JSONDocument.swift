// TEMPORARY stand-in, replaced by the branch wire.
internal import CShims

package enum JSONKind: Sendable { case null, bool, number, string, array, object }

package struct JSONSyntaxError: Error { package var offset: Int; package var reason: String }

package final class JSONDocument {
    private let top: UnsafeMutablePointer<json_t>
    package init(_ text: String) throws(JSONSyntaxError) {
        var e = json_error_t()
        var text = text
        let t = text.withUTF8 { b in
            b.withMemoryRebound(to: CChar.self) { json_loadb($0.baseAddress, $0.count, Int(JSON_DECODE_ANY), &e) }
        }
        guard let t else { throw JSONSyntaxError(offset: Int(e.position), reason: "invalid") }
        top = t
    }
    deinit { json_decref(top) }
    package var root: JSONNode { JSONNode(owner: self, node: top) }
}

package struct JSONNode {
    let owner: JSONDocument
    let node: UnsafeMutablePointer<json_t>
    package var kind: JSONKind {
        switch node.pointee.type {
        case JSON_OBJECT: .object
        case JSON_ARRAY: .array
        case JSON_STRING: .string
        case JSON_INTEGER, JSON_REAL: .number
        case JSON_TRUE, JSON_FALSE: .bool
        default: .null
        }
    }
    package var string: String? { json_string_value(node).map { String(cString: $0) } }
    package var bool: Bool? { node.pointee.type == JSON_TRUE ? true : node.pointee.type == JSON_FALSE ? false : nil }
    package var int: Int? { node.pointee.type == JSON_INTEGER ? Int(json_integer_value(node)) : nil }
    package var double: Double? { kind == .number ? json_number_value(node) : nil }
    package var members: [(name: String, value: JSONNode)] {
        var out: [(name: String, value: JSONNode)] = []
        var it = json_object_iter(node)
        while let i = it {
            if let v = json_object_iter_value(i) { out.append((String(cString: json_object_iter_key(i)), JSONNode(owner: owner, node: v))) }
            it = json_object_iter_next(node, i)
        }
        return out
    }
    package var elements: [JSONNode] {
        (0..<json_array_size(node)).compactMap { json_array_get(node, $0).map { JSONNode(owner: owner, node: $0) } }
    }
    package func member(_ name: String) -> JSONNode? { json_object_get(node, name).map { JSONNode(owner: owner, node: $0) } }
}
