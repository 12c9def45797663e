internal import Bytes
internal import Dialects
package import Model

/// A key travels in a header: visible ASCII only. Blanks and line breaks around it came with the file that it was copied from.
package func keyValue(_ given: String, path: String) throws(Failure) -> String {
    let text = withoutBlanks(given)
    guard try checkedLine(text, path: path).octets.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw complaint(at: path, "a key must be ASCII without spaces")
    }
    if isPlaceholder(text.octets) { throw complaint(at: path, "a placeholder that nothing was put in for") }
    return text
}

/// `${NAME}`, `{{NAME}}` (also as a part), `<NAME>`, `$NAME`: what a template was meant to replace.
private func isPlaceholder(_ key: [UInt8]) -> Bool {
    if key.first == UInt8(ascii: "<"), key.last == UInt8(ascii: ">") { return true }
    if key.first == UInt8(ascii: "$"), key.count > 1, key.dropFirst().allSatisfy({ isNameByte($0) && $0 != UInt8(ascii: "-") }) { return true }
    return encloses(key, "${".octets, "}".octets) || encloses(key, "{{".octets, "}}".octets)
}

private func encloses(_ key: [UInt8], _ open: [UInt8], _ close: [UInt8]) -> Bool {
    for start in key.indices where key[start...].starts(with: open) {
        for end in (start + open.count)..<max(key.count, start + open.count) where key[end...].starts(with: close) { return true }
    }
    return false
}

package func withoutBlanks(_ text: String) -> String {
    var bytes = text.octets[...]
    while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
    while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
    return bytes.count == text.utf8.count ? text : String(utf8: bytes)
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

/// The address without slashes at its end, and without the path of an operation, which came along when it was copied.
func baseURL(of text: String) -> (url: String, ending: StaticString?) {
    var bytes = text.octets
    func trimSlashes() { while bytes.last == UInt8(ascii: "/") { bytes.removeLast() } }
    trimSlashes()
    for path in Dialects.paths where bytes.reversed().starts(with: String(path).octets.reversed()) {
        bytes.removeLast(path.utf8CodeUnitCount)
        trimSlashes()
        return (String(utf8: bytes), path)
    }
    return (String(utf8: bytes), nil)
}

/// Scheme, host and port of an address in lower case, for comparing.
func host(of url: String) -> String {
    var slashes = 0, end = 0
    let bytes = url.octets
    while end < bytes.count {
        if bytes[end] == UInt8(ascii: "/") { slashes += 1 }
        if slashes == 3 { break }
        end += 1
    }
    return lowercased(String(utf8: bytes[..<end]))
}
