internal import Bytes

/// The query with these pairs in the place of those of the same names: "a=1&b=2" and "b=3" are "a=1&b=3". All is encoded already.
package func query(_ query: String, with pairs: String) -> String {
    if query.utf8.isEmpty || pairs.utf8.isEmpty { return query + pairs }
    let new = pairs.octets.split(separator: UInt8(ascii: "&"))
    let kept = query.octets.split(separator: UInt8(ascii: "&")).filter { old in !new.contains { name(of: $0) == name(of: old) } }
    var result: [UInt8] = []
    for pair in kept + new {
        if !result.isEmpty { result.append(UInt8(ascii: "&")) }
        result += pair
    }
    return String(utf8: result)
}

/// An address with these pairs in its query.
package func address(_ address: String, with pairs: String) -> String {
    if pairs.utf8.isEmpty { return address }
    let bytes = address.octets
    let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    return concat(String(utf8: bytes[..<mark]), "?", query(String(utf8: bytes[min(mark + 1, bytes.count)...]), with: pairs))
}

private func name(of pair: ArraySlice<UInt8>) -> ArraySlice<UInt8> { pair.prefix { $0 != UInt8(ascii: "=") } }
