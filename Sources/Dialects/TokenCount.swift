internal import Bytes
internal import JSON
internal import Model

/// Reads the answer of a provider that has counted a request's tokens, and leaves `{"input_tokens": n}` of it.
func readTokenCount(_ body: ByteBuffer, _ member: StaticString, _ provider: Provider, _ model: String, depth: Int) throws(Failure) -> AnswerView {
    defer { body.keepAlive() }
    guard let root = JSONView(document: body.bytes, depthLimit: depth), root.isObject else { throw notJSON(body.bytes, provider, model) }
    guard let count = root[member]?.int, count >= 0 else {
        if speaksOfAnError(body.bytes) {
            throw classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: body.bytes, provider: provider, model: model)
        }
        var failure = Failure(.badResponse, concat(provider.title, " answered without `", String(member), "`"))
        (failure.httpStatus, failure.provider, failure.model) = (200, provider.id, model)
        throw failure
    }
    body.removeAll()
    guard body.append("{\"input_tokens\":"), body.append(String(decimal: count)), body.append(Ascii.closeBrace) else { throw noRoom("the answer", body, cap: "caps.body") }
    var view = AnswerView()
    (view.end, view.isEmptyObject) = (body.count, false)
    return view
}
