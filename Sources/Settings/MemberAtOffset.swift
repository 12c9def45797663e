internal import Bytes
internal import JSON

/// The path of the member whose name ends here.
func memberPath(at offset: Int, in document: JSONView) -> String {
    var path = "", value = document
    walk: while true {
        for member in value.members where member.value.range.end > offset || member.name.end &+ 1 >= offset {
            path = memberPath(path, decodedText(value.bytes, member.name))
            if member.name.end &+ 1 >= offset { return path }
            value = member.value
            continue walk
        }
        for (index, element) in value.elements.enumerated() where element.range.end > offset {
            path = elementPath(path, index)
            value = element
            continue walk
        }
        return path
    }
}
