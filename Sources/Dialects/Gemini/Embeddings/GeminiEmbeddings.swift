internal import Bytes
internal import JSON
internal import Model

/// Writes batchEmbedContents (https://ai.google.dev/api/embeddings, 2026-11): a request for each text.
func writeGeminiEmbeddings(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    let chat = ChatRequest(request)
    guard let input = chat[.input] else { throw Failure(.json, "`input` is missing") }
    var out = MemberWriter(buffer), count = 0
    out.open()
    out.name("requests")
    out.open("[")
    func write(_ text: JSONView) throws(Failure) {
        guard text.isString else { throw Failure(.unsupported, "`input` must be a text or a list of texts: Gemini takes no tokens") }
        count &+= 1
        out.separate()
        out.open()
        out.member("model", geminiName(of: request.model))
        out.name("content")
        out.open("{\"parts\":[{")
        out.member("text", text)
        out.close("}]}")
        if let dimensions = chat["dimensions"] { out.member("outputDimensionality", dimensions) }
        if let value = chat["taskType"] ?? chat["task_type"] { out.member("taskType", value) }
        if let title = chat["title"] { out.member("title", title) }
        out.close()
    }
    if input.isArray { for text in input.elements { try write(text) } } else { try write(input) }
    out.close("]")
    out.close()
    if count == 0 { throw Failure(.json, "`input` is empty") }
    if chat["user"] != nil { request.warnings.add(.dropped, "user", "Gemini has nothing like it") }
    if chat[.encodingFormat] != nil, request.view.vectorForm == nil { request.warnings.add(.dropped, "encoding_format", "Gemini's vectors are numbers") }
    if out.failed { throw noRoom("the request", buffer, cap: "caps.request") }
}

/// Makes vectors OpenAI's, in place: of a batch, or of one text.
func readGeminiEmbeddings(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, _ provider: Provider, _ model: String, depth: Int) throws(Failure) -> AnswerView {
    let made = ByteBuffer(limit: body.limit), none = UnsafeRawBufferPointer(start: nil, count: 0)
    defer {
        body.keepAlive()
        made.keepAlive()
    }
    guard let root = JSONView(document: body.bytes, depthLimit: depth) else { throw notJSON(body.bytes, provider, model) }
    if isErrorDocument(root) { throw classify(httpStatus: 200, headers: none, body: body.bytes, provider: provider, model: model) }
    var out = MemberWriter(made), index = 0
    out.open()
    out.member("object", "list")
    out.name("data")
    out.open("[")
    func write(_ vector: JSONView) {
        out.separate()
        out.open()
        out.member("object", "embedding")
        out.member("index", index)
        if let values = vector["values"] { out.member("embedding", values) }
        out.close()
        index &+= 1
    }
    if let list = root.filled("embeddings") { list.forEachElement { write($0) } } else if let one = root.filled("embedding") { write(one) }
    out.close("]")
    out.member("model", model)
    if let usage = root.filled("usageMetadata") {
        out.name("usage")
        out.open()
        GeminiUsage(usage).write(&out)
        out.close()
    }
    out.close()
    body.removeAll()
    guard !out.failed, body.append(made.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
    let inputs = request.isEmpty ? nil : AskedFor(gemini: request).inputs
    return try readAnswer(body, operation: .embeddings, provider: provider, model: model, depth: depth, inputs: inputs)
}
