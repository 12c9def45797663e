internal import Bytes
internal import JSON
internal import Model

/// Makes a blocking answer OpenAI's, in place.
func readGeminiAnswer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, _ operation: Operation, _ provider: Provider, _ model: String,
                      depth: Int) throws(Failure) -> AnswerView {
    let answer = AnswerWriter(limit: body.limit), none = UnsafeRawBufferPointer(start: nil, count: 0)
    let reader = GeminiStreamReader(answer.chunks, to: request, depth: depth, longestEvent: body.limit, model: model, mayCite: true, isWhole: true)
    defer {
        body.keepAlive()
        withExtendedLifetime(reader) {} // it holds what it says of an error
    }
    let bytes = body.bytes
    switch reader.read(bytes, name: none, answer.take) {
    case .read, .stopped, .end: break
    case .error(let document): throw classify(httpStatus: 200, headers: none, body: document, provider: provider, model: model)
    case .notJSON(let bytes, _): throw notJSON(bytes, provider, model)
    case .tooLarge, .noMemory: throw noRoom("the answer", body, cap: "caps.body")
    case .tooDeep: throw Failure(.tooLarge, concat("the answer is nested deeper than ", String(decimal: depth), " (caps.depth)"))
    }
    reader.finish(answer.take)
    if !answer.hasChoices { throw emptyAnswer(hasFinish: false, provider, model: model) }
    try answer.replace(body)
    return try readAnswer(body, operation: operation, provider: provider, model: model, depth: JSONCursor.deepest) { mayGeminiBeSilent(request) }
}
