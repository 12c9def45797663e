internal import Bytes
internal import JSON

/// The path of the first member that an object of this document has twice; nil when there is none. A parsed tree cannot
/// tell: it holds one of them.
func duplicateMember(in text: UnsafeRawBufferPointer) -> String? {
    guard let document = JSONView(document: text) else { return nil }
    return duplicate(in: document, at: "")
}

private func duplicate(in value: JSONView, at path: String) -> String? {
    var names: [String] = [], found: String? // few names: a set would cost more code than it saves time
    value.forEachMember { name, member in
        if found != nil || names.count > 10_000 { return } // more are refused anyway
        let name = decodedText(value.bytes, name)
        let place = memberPath(path, name)
        found = names.has(name) ? place : duplicate(in: member, at: place)
        names.append(name)
    }
    var index = 0
    value.forEachElement { element in
        if found == nil { found = duplicate(in: element, at: elementPath(path, index)) }
        index += 1
    }
    return found
}
