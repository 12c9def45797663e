internal import Bytes
internal import JSON

/// The document that a gateway was told and has put into its own message: as JSON, with line ends that Python wrote as escapes (LiteLLM:
/// `VertexAIException - b'{\n  "error": ...}'`), or as Python writes a dictionary (OpenAI's library:
/// `Error code: 429 - {'error': {'code': 'rate_limit_exceeded'}}`). `body` is called with it, if there is one.
func withQuotedDocument(_ text: UnsafeRawBufferPointer, _ body: (JSONView) -> Void) {
    if let document = embeddedDocument(text) { return body(document) }
    if let plain = withoutWrittenLineEnds(text), plain.withUnsafeBytes({ bytes in embeddedDocument(bytes).map(body) }) != nil { return }
    guard let start = text.find("{'") else { return }
    jsonOfPython(text[ByteRange(start, text.count)]).withUnsafeBytes { bytes in
        if let document = embeddedDocument(bytes) { body(document) }
    }
}

/// JSON in a text, whatever stands before and behind it.
private func embeddedDocument(_ text: UnsafeRawBufferPointer) -> JSONView? {
    for opening: StaticString in ["{", "["] {
        var from = 0
        for _ in 0..<8 {
            guard let start = text.position(of: opening, from: from) else { break }
            let rest = text[ByteRange(start, text.count)]
            var cursor = JSONCursor(rest, depthLimit: 64)
            if let range = try? cursor.value(), range.count > 2 { return JSONView(valid: rest, range) }
            from = start &+ 1
        }
    }
    return nil
}

/// nil: there are none.
private func withoutWrittenLineEnds(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    if text.find("\\n") == nil { return nil }
    var out: [UInt8] = [], at = 0
    while at < text.count {
        let isEscape = text.byte(at: at) == Ascii.backslash && text.byte(at: at &+ 1) == UInt8(ascii: "n")
        out.append(isEscape ? Ascii.space : text.byte(at: at))
        at &+= isEscape ? 2 : 1
    }
    return out
}

/// Strings in double quotes, and JSON's words for None, True and False.
private func jsonOfPython(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var out: [UInt8] = [], at = 0
    while at < text.count {
        let byte = text.byte(at: at)
        if byte == UInt8(ascii: "'") || byte == Ascii.quote {
            at = appendPythonString(text, at, &out)
        } else if let word = pythonWords.first(where: { text[ByteRange(at, min(at &+ $0.python.utf8CodeUnitCount, text.count))].equals($0.python) }) {
            out.append(contentsOf: UnsafeBufferPointer(start: word.json.utf8Start, count: word.json.utf8CodeUnitCount))
            at &+= word.python.utf8CodeUnitCount
        } else {
            out.append(byte)
            at &+= 1
        }
    }
    return out
}

private let pythonWords: [(python: StaticString, json: StaticString)] = [("None", "null"), ("True", "true"), ("False", "false")]

/// The offset behind the string that begins at `start`.
private func appendPythonString(_ text: UnsafeRawBufferPointer, _ start: Int, _ out: inout [UInt8]) -> Int {
    let quote = text.byte(at: start)
    var at = start &+ 1
    out.append(Ascii.quote)
    while at < text.count, text.byte(at: at) != quote {
        let byte = text.byte(at: at), next = text.byte(at: at &+ 1)
        if byte == Ascii.backslash, next == UInt8(ascii: "'") {
            out.append(next)
            at &+= 2
        } else if byte == Ascii.backslash, next == UInt8(ascii: "x") {
            out += [Ascii.backslash, UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")]
            at &+= 2
        } else if byte == Ascii.backslash {
            out += [byte, next]
            at &+= 2
        } else {
            if byte == Ascii.quote { out.append(Ascii.backslash) }
            out.append(byte)
            at &+= 1
        }
    }
    out.append(Ascii.quote)
    return at &+ 1
}
