internal import Bytes
internal import Model

struct DotenvEntry {
    let name: String
    let value: String
}

/// Reads an env file: KEY=VALUE lines, an `export` before the name allowed, `#` comments, single and double quotes, no
/// expansion of variables. In double quotes `\n`, `\r`, `\t`, `\\`, `\"` and `\$` are escapes. The last of two wins.
func parseDotenv(_ content: String, source: String) throws(Failure) -> [DotenvEntry] {
    var entries: [DotenvEntry] = []
    var number = 0
    var bytes = content.octets[...]
    if bytes.prefix(3) == [0xEF, 0xBB, 0xBF] { bytes = bytes.dropFirst(3) }
    for var line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        number += 1
        line = trimmed(line)
        if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
        guard let entry = assignment(line) else {
            throw complaint(at: shown(source), concat("line ", String(number), " is not KEY=VALUE"))
        }
        entries.append(entry)
    }
    return entries
}

private func assignment(_ line: ArraySlice<UInt8>) -> DotenvEntry? {
    var line = line
    if line.prefix(6) == "export".octets[...], let after = line.dropFirst(6).first, isBlank(after) { line = trimmed(line.dropFirst(6)) }
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let name = trimmed(line[..<equals])
    guard !name.isEmpty, name.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ".") }) else { return nil }
    guard let value = dotenvValue(trimmed(line[equals...].dropFirst())) else { return nil }
    return DotenvEntry(name: String(utf8: name), value: String(utf8: value))
}

private func dotenvValue(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard let quote = text.first else { return [] }
    if quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") { return quoted(text.dropFirst(), quote) }
    // A comment needs a blank before its sign: keys and URLs may hold one.
    var end = text.startIndex
    var last: UInt8 = 0x20
    while end < text.endIndex, !(text[end] == UInt8(ascii: "#") && isBlank(last)) {
        last = text[end]
        end += 1
    }
    return Array(trimmed(text[..<end]))
}

/// nil when the quote is not closed, or something other than a comment follows it.
private func quoted(_ text: ArraySlice<UInt8>, _ quote: UInt8) -> [UInt8]? {
    var value: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
        if byte == quote {
            rest = trimmed(rest)
            return rest.isEmpty || rest.first == UInt8(ascii: "#") ? value : nil
        }
        if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), let escaped = rest.first, let plain = unescaped(escaped) {
            value.append(plain)
            rest = rest.dropFirst()
        } else {
            value.append(byte)
        }
    }
    return nil
}

private func unescaped(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "$"): byte
    default: nil
    }
}

func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text
    while let first = text.first, isBlank(first) { text = text.dropFirst() }
    while let last = text.last, isBlank(last) { text = text.dropLast() }
    return text
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
