internal import Bytes
internal import JSON

/// Vectors of unit length made of the words' hashes: the same text has the same vector, texts that share words are near.
func devEmbeddings(_ root: JSONView) -> AnswerScript {
    guard let input = root["input"], let inputs = embeddingInputs(input) else { return devRefusal("'input' must be a string or a list.") }
    let dimensions = root["dimensions"]?.int ?? 8
    guard dimensions >= 1, dimensions <= 4096 else { return devRefusal("'dimensions' must be from 1 to 4096.") }
    let base64 = root["encoding_format"]?.string?.equals("base64") ?? false
    let buffer = ByteBuffer()
    defer { buffer.keepAlive() }
    var out = MemberWriter(buffer), tokens = 0
    out.open()
    out.member("object", "list")
    out.name("data")
    out.open("[")
    for (index, text) in inputs.enumerated() {
        tokens &+= max(words(text).count, 1)
        out.separate()
        out.open()
        out.member("object", "embedding")
        out.member("index", index)
        out.name("embedding")
        write(devVector(text, dimensions), base64, &out)
        out.close()
    }
    out.close("]")
    out.member("model", root["model"]?.string ?? "embed")
    out.name("usage")
    out.open()
    out.member("prompt_tokens", tokens)
    out.member("total_tokens", tokens)
    out.close()
    out.close()
    return AnswerScript(steps: [ScriptStep(delay: 0, bytes: Array(buffer.bytes))])
}

/// A text, a list of texts, a list of token numbers, or a list of such lists; nil for anything else, and for nothing.
private func embeddingInputs(_ input: JSONView) -> [String]? {
    if let text = input.string { return [text] }
    guard let first = input.firstElement else { return nil }
    if first.isNumber { return [String(utf8: input.raw)] }
    var texts: [String] = [], wrong = false
    input.forEachElement { element in
        if let text = element.string {
            texts.append(text)
        } else if element.isArray {
            texts.append(String(utf8: element.raw))
        } else {
            wrong = true
        }
    }
    return wrong || texts.count > 2048 ? nil : texts
}

/// In units of a ten-millionth: what is written in digits and what is packed in bits is then the same number, without the
/// library's code for the digits of floats.
private func devVector(_ text: String, _ dimensions: Int) -> [Int] {
    var sums = [Double](repeating: 0, count: dimensions)
    var seeds: [UInt64] = []
    for word in words(text) { seeds.append(fnv1a(word)) }
    if seeds.isEmpty { seeds = [fnv1a(text)] }
    for seed in seeds {
        var state = seed | 1
        for at in sums.indices {
            state ^= state &<< 13
            state ^= state &>> 7
            state ^= state &<< 17
            sums[at] += Double(state &>> 11) / Double(1 &<< 52) - 1
        }
    }
    var square = 0.0
    for sum in sums { square += sum * sum }
    if square < 1e-12 { return [10_000_000] + [Int](repeating: 0, count: dimensions &- 1) }
    let length = square.squareRoot()
    var vector: [Int] = []
    vector.reserveCapacity(dimensions)
    for sum in sums { vector.append(Int((sum / length * 1e7).rounded())) }
    return vector
}

private func write(_ vector: [Int], _ asBase64: Bool, _ out: inout MemberWriter) {
    if asBase64 { return write(packed: vector, &out) }
    out.open("[")
    for value in vector {
        out.separate()
        let digits = String(decimal: 10_000_000 &+ Int(value.magnitude)).octets // a 1 before the seven, or a 2
        out.raw(value < 0 ? "-" : "")
        out.raw(digits[0] > UInt8(ascii: "1") ? "1." : "0.")
        out.raw(String(utf8: digits[1...]))
    }
    out.close("]")
}

private func write(packed vector: [Int], _ out: inout MemberWriter) {
    let bytes = ByteBuffer()
    defer { bytes.keepAlive() }
    for value in vector { out.check(appendPacked(Float(Double(value) / 1e7), to: bytes)) }
    out.raw("\"")
    out.check(appendBase64(bytes.bytes, to: out.buffer))
    out.raw("\"")
}
