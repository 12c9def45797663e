package import Bytes
internal import JSON
package import Model

/// How the caller wants vectors, by `encoding_format`; other words for it are between him and the provider.
package enum VectorForm: String, CaseIterable, Sendable {
    case float, base64
}

/// Gives the vectors of an answer the form that the caller asked for, where the provider knows only the other one, or signed bytes. Vectors of
/// several vectors stay as they are.
package func setVectors(_ form: VectorForm, _ body: ByteBuffer, _ view: inout AnswerView, provider: Provider, model: String) throws(Failure) {
    defer { body.keepAlive() }
    let bytes = body.bytes
    let made = ByteBuffer(limit: body.limit), packed = ByteBuffer(), isInt8 = provider.requests.givesInt8
    defer {
        made.keepAlive()
        packed.keepAlive()
    }
    var copied = 0, hasRoom = true
    for element in JSONView(valid: bytes, view.payload).elements {
        guard let vector = element["embedding"], vector.isString ? form == .float || isInt8 : form == .base64 && vector.firstElement?.isNumber ?? false else { continue }
        packed.removeAll()
        hasRoom = hasRoom && made.append(bytes[ByteRange(copied, vector.range.start)])
        copied = vector.range.end
        if vector.isString {
            let unpacked = appendDecodedBase64(vector.inside, to: packed)
            guard unpacked, let numbers = isInt8 ? signed(packed.bytes) : floats(packed.bytes) else { throw noVector(isInt8, provider, model) }
            hasRoom = hasRoom && (form == .float ? write(numbers, into: made) : write(base64: numbers, into: made))
        } else {
            hasRoom = hasRoom && write(base64: vector.elements.map { Float($0.double ?? 0) }, into: made)
        }
    }
    if copied == 0 { return }
    guard hasRoom, made.append(bytes[ByteRange(copied, view.end)]) else { throw noRoom("the answer", made, cap: "caps.body") }
    view.payloadGrew(by: made.count &- view.end)
    body.removeAll()
    guard body.append(made.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
}

/// Numbers as 32-bit floats, the least significant byte first, as OpenAI packs them.
private func write(base64 numbers: [Float], into out: ByteBuffer) -> Bool {
    let packed = ByteBuffer()
    defer { packed.keepAlive() }
    var ok = true
    for number in numbers { ok = ok && appendPacked(number, to: packed) }
    return ok && out.append("\"") && appendBase64(packed.bytes, to: out) && out.append("\"")
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

/// Signed ones. nil: there are none.
private func signed(_ bytes: UnsafeRawBufferPointer) -> [Float]? { bytes.isEmpty ? nil : bytes.map { Float(Int8(bitPattern: $0)) } }

private func write(_ numbers: [Float], into out: ByteBuffer) -> Bool {
    var ok = true
    for (index, number) in numbers.enumerated() { ok = ok && out.append(index == 0 ? "[" : ",") && appendShortest(number, to: out) }
    return ok && out.append("]")
}

private func noVector(_ isInt8: Bool, _ provider: Provider, _ model: String) -> Failure {
    var failure = Failure(.badResponse, concat(provider.title, " answered with an embedding that is no base64 of ", isInt8 ? "bytes" : "32-bit floats"))
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    return failure
}
