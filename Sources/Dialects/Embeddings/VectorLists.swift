internal import Bytes
internal import JSON
internal import Model

/// Makes an answer OpenAI's, in place, whose vectors stand in one list: `embeddings`, or one for each form (Cohere, Ollama). What else it
/// says stays as it is.
func readVectorLists(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, provider: Provider, model: String, depth: Int) throws(Failure) -> AnswerView {
    defer { body.keepAlive() }
    guard let root = JSONView(document: body.bytes, depthLimit: depth) else { throw notJSON(body.bytes, provider, model) }
    let lists = VectorLists(root)
    if let list = lists.vectors {
        let made = ByteBuffer(limit: body.limit)
        defer { made.keepAlive() }
        guard lists.write(list, of: root, model, into: made) else { throw noRoom("the answer", made, cap: "caps.body") }
        body.removeAll()
        guard body.append(made.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
    }
    return try readAnswer(body, operation: .embeddings, provider: provider, model: model, depth: depth, request: request)
}

private struct VectorLists {
    private var embeddings: JSONView?
    private var hasModel = false
    /// Of the prompt.
    private var tokens: Int?

    init(_ root: JSONView) {
        for (name, value) in root.members {
            let name = root.bytes[name]
            if name.equals("embeddings") { embeddings = value }
            if name.equals("model") { hasModel = true }
            if name.equals("prompt_eval_count") { tokens = value.int } // Ollama
            if name.equals("meta"), let billed = value["billed_units"] { tokens = VectorLists.sum(billed["input_tokens"]?.int, billed["image_tokens"]?.int) }
        }
    }

    private static func sum(_ texts: Int?, _ images: Int?) -> Int? {
        texts == nil && images == nil ? nil : (texts ?? 0).addingReportingOverflow(images ?? 0).partialValue
    }

    /// Of several forms the first of those that `encoding_format` may have asked for, else the first. nil: there are none.
    var vectors: JSONView? {
        guard let embeddings, embeddings.isObject else { return embeddings }
        return embeddings["float"] ?? embeddings["base64"] ?? embeddings.members.first { _ in true }?.value
    }

    private var hasSeveralForms: Bool {
        var members = embeddings?.members
        return members?.next() != nil && members?.next() != nil
    }

    func write(_ list: JSONView, of root: JSONView, _ model: String, into buffer: ByteBuffer) -> Bool {
        var out = MemberWriter(buffer), index = 0
        out.open()
        out.member("object", "list")
        out.name("data")
        out.open("[")
        for vector in list.elements {
            out.separate()
            out.open()
            out.member("object", "embedding")
            out.member("index", index)
            out.member("embedding", vector)
            out.close()
            index &+= 1
        }
        out.close("]")
        if !hasModel { out.member("model", model) }
        if let tokens {
            out.name("usage")
            out.open()
            out.member("prompt_tokens", tokens)
            out.member("total_tokens", tokens)
            out.close()
        }
        for (name, value) in root.members where !replaces(root.bytes[name]) {
            out.separate()
            out.raw(root.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
        out.close()
        return !out.failed
    }

    /// What was written anew, or repeats the request; several forms of the vectors are kept.
    private func replaces(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.equals("embeddings") { return !hasSeveralForms }
        return name.equals("object") || name.equals("data") || name.equals("usage") || name.equals("texts")
    }
}
