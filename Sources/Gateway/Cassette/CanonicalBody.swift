internal import Bytes
internal import JSON

/// The body of a request in one spelling: members by their names, without blanks, texts plainly spelt. So bodies that mean the same are equal.
enum CanonicalBody {
    /// Of a request as a recording has it.
    static func append(_ request: JSONView, to out: ByteBuffer) -> Bool {
        var writer = MemberWriter(out)
        if let document = request["json"] { write(document, &writer) }
        for name: StaticString in ["text", "base64"] {
            if let text = request[name], text.isString { writer.raw(text.raw) }
        }
        return !writer.failed
    }

    /// Of a request that is to be sent.
    static func append(_ body: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        var writer = MemberWriter(out)
        if let document = JSONView(document: body, depthLimit: JSONCursor.deepest) {
            write(document, &writer)
        } else {
            writer.check(CassetteText.append(body, to: out))
        }
        return !writer.failed
    }

    private static func write(_ value: JSONView, _ out: inout MemberWriter) {
        if value.isArray {
            out.open("[")
            for element in value.elements {
                out.separate()
                write(element, &out)
            }
            return out.close("]")
        }
        guard value.isObject else { return out.compact(value) }
        var members: [(name: [UInt8], value: JSONView)] = []
        for (name, member) in value.members { members.append((decodedText(value.bytes, name).octets, member)) }
        members.sort { $0.name.lexicographicallyPrecedes($1.name) }
        out.open()
        for member in members {
            out.name(String(utf8: member.name))
            write(member.value, &out)
        }
        out.close()
    }

    // MARK: what differs

    /// Paths at which two of them differ, the first ones, and how many there are.
    static func differences(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> (paths: [String], count: Int) {
        var found = (paths: [String](), count: 0)
        guard let a = JSONView(document: one, depthLimit: JSONCursor.deepest), let b = JSONView(document: other, depthLimit: JSONCursor.deepest) else {
            return (["the body"], one.elementsEqual(other) ? 0 : 1)
        }
        compare(a, b, "", &found)
        return found
    }

    private static let mostPaths = 3
    /// More than that is another request.
    private static let mostDifferences = 100

    private static func compare(_ a: JSONView, _ b: JSONView, _ path: String, _ found: inout (paths: [String], count: Int)) {
        if found.count >= mostDifferences || a.raw.elementsEqual(b.raw) { return }
        if a.isObject, b.isObject {
            for (name, value) in a.members {
                let name = decodedText(a.bytes, name), inner = path.isEmpty ? name : concat(path, ".", name)
                if let other = member(name, of: b) { compare(value, other, inner, &found) } else { note(inner, &found) }
            }
            for (name, _) in b.members {
                let name = decodedText(b.bytes, name)
                if member(name, of: a) == nil { note(path.isEmpty ? name : concat(path, ".", name), &found) }
            }
        } else if a.isArray, b.isArray {
            var index = 0, others = Array(b.elements)
            for value in a.elements {
                let inner = concat(path, "[", concat(String(decimal: index), "]"))
                if index < others.count { compare(value, others[index], inner, &found) } else { note(inner, &found) }
                index &+= 1
            }
            others.removeFirst(min(index, others.count))
            for _ in others {
                note(concat(path, "[", concat(String(decimal: index), "]")), &found)
                index &+= 1
            }
        } else {
            note(path.isEmpty ? "the body" : path, &found)
        }
    }

    private static func member(_ name: String, of object: JSONView) -> JSONView? {
        for (range, value) in object.members where same(decodedText(object.bytes, range), name) { return value }
        return nil
    }

    private static func note(_ path: String, _ found: inout (paths: [String], count: Int)) {
        found.count &+= 1
        if found.paths.count < mostPaths { found.paths.append(path) }
    }
}
