package import Bytes
internal import JSON
package import Model

/// How the caller wants vectors, by `encoding_format`; other words for it are between him and the provider.
package enum VectorForm: String, CaseIterable, Sendable {
    case float, base64
}

/// Gives the vectors of an answer the form that the caller asked for, where the provider knows only the other one. Vectors of several
/// vectors stay as they are.
package func setVectors(_ form: VectorForm, _ body: ByteBuffer, _ view: inout AnswerView, provider: Provider, model: String) throws(Failure) {
    defer { body.keepAlive() }
    let bytes = body.bytes
    let made = ByteBuffer(limit: body.limit), packed = ByteBuffer()
    defer {
        made.keepAlive()
        packed.keepAlive()
    }
    var copied = 0, hasRoom = true
    for element in JSONView(valid: bytes, view.payload).elements {
        guard let vector = element["embedding"], form == .float ? vector.isString : vector.firstElement?.isNumber ?? false else { continue }
        packed.removeAll()
        hasRoom = hasRoom && made.append(bytes[ByteRange(copied, vector.range.start)])
        copied = vector.range.end
        switch form {
        case .base64: hasRoom = hasRoom && pack(vector, into: packed) && made.append("\"") && appendBase64(packed.bytes, to: made) && made.append("\"")
        case .float:
            guard appendDecodedBase64(vector.inside, to: packed), let numbers = floats(packed.bytes) else { throw noFloats(provider, model) }
            hasRoom = hasRoom && write(numbers, into: made)
        }
    }
    if copied == 0 { return }
    guard hasRoom, made.append(bytes[ByteRange(copied, view.end)]) else { throw noRoom("the answer", made, cap: "caps.body") }
    view.payloadGrew(by: made.count &- view.end)
    body.removeAll()
    guard body.append(made.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
}

/// Numbers as 32-bit floats, the least significant byte first, as OpenAI packs them.
private func pack(_ vector: JSONView, into out: ByteBuffer) -> Bool {
    var ok = true
    for number in vector.elements { ok = ok && appendPacked(Float(number.double ?? 0), to: out) }
    return ok
}

func appendPacked(_ number: Float, to out: ByteBuffer) -> Bool {
    let bits = number.bitPattern
    var ok = true
    for shift: UInt32 in [0, 8, 16, 24] { ok = ok && out.append(UInt8(truncatingIfNeeded: bits &>> shift)) }
    return ok
}

/// nil: no whole number of them, or one that JSON has no word for.
private func floats(_ bytes: UnsafeRawBufferPointer) -> [Float]? {
    guard bytes.count > 0, bytes.count & 3 == 0 else { return nil }
    var numbers: [Float] = []
    numbers.reserveCapacity(bytes.count / 4)
    for at in stride(from: 0, to: bytes.count, by: 4) {
        var bits: UInt32 = 0
        for index in 0..<4 { bits |= UInt32(bytes.byte(at: at &+ index)) &<< UInt32(index &* 8) }
        let number = Float(bitPattern: bits)
        if !number.isFinite { return nil }
        numbers.append(number)
    }
    return numbers
}

private func write(_ numbers: [Float], into out: ByteBuffer) -> Bool {
    var ok = true
    for (index, number) in numbers.enumerated() { ok = ok && out.append(index == 0 ? "[" : ",") && appendShortest(number, to: out) }
    return ok && out.append("]")
}

private func noFloats(_ provider: Provider, _ model: String) -> Failure {
    var failure = Failure(.badResponse, concat(provider.title, " answered with an embedding that is no base64 of 32-bit floats"))
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    return failure
}
