internal import Bytes
internal import JSON
internal import Model

/// Cohere's: OpenAI's, but for vectors, whose own endpoint knows more (https://docs.cohere.com/reference/embed, 2026-11).
final class CohereDialect: OpenAISpeech {
    var name: StaticString { "cohere" }
    var isScripted: Bool { false }

    /// Where Cohere is, seen from its address for OpenAI's dialect: https://api.cohere.ai/compatibility/v1.
    func path(_ operation: Operation) -> StaticString { operation == .embeddings ? "/../../v2/embed" : openAIPath(operation) }

    func write(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
        if request.operation == .embeddings { try writeCohereEmbeddings(request, into: buffer) } else { try writeOpenAI(request, into: buffer) }
    }

    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                depth: Int) throws(Failure) -> AnswerView {
        if operation == .embeddings { return try readVectorLists(body, to: request, provider: provider, model: model, depth: depth) }
        return try readAnswer(body, operation: operation, provider: provider, model: model, depth: depth, request: request)
    }

    func prepare(_ provider: inout ProviderParts) {}
    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? { nil }
}

/// Members of Cohere's own (`input_type`, `truncate`, `embedding_types`, ...) pass as they are.
private func writeCohereEmbeddings(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    let view = request.view
    var writer = RequestWriter(view: view, bytes: request.bytes, out: MemberWriter(buffer)), isOfImages = false
    writer.out.open()
    writer.out.member("model", request.model)
    for member in view.members {
        let value = JSONView(valid: request.bytes, member.value)
        switch member.known {
        case .input:
            writer.copyRun()
            isOfImages = try writer.write(inputs: value)
        case .model, .stream, .streamOptions, .gatelet, .models, .provider, .route, .usage, .encodingFormat: writer.copyRun()
        case .other where jsonName(request.bytes, member.name, is: "user"):
            writer.copyRun()
            request.warnings.add(.dropped, "user", "Cohere has nothing like it")
        case .other where jsonName(request.bytes, member.name, is: "dimensions") && !value.isNull:
            writer.copyRun()
            writer.out.name("output_dimension")
            writer.copyText(member.value)
        default: if value.isNull { writer.copyRun() } else { writer.keep(member) }
        }
    }
    writer.copyRun()
    if !writer.has("input_type") { writer.out.member("input_type", isOfImages ? "image" : "search_document") }
    if !writer.has("embedding_types") {
        writer.out.member("embedding_types", raw: view.vectorForm == .base64 ? "[\"base64\"]" : "[\"float\"]")
    }
    writer.out.close()
    if writer.out.failed { throw noRoom("the request", buffer, cap: "caps.request") }
}

extension RequestWriter {
    /// Texts, or images as data URLs. True: images.
    fileprivate mutating func write(inputs: JSONView) throws(Failure) -> Bool {
        let first = inputs.isArray ? inputs.firstElement : inputs, isOfImages = first.map(isImage) ?? false
        var isPlain = inputs.isArray || inputs.isString
        for input in inputs.elements { isPlain = isPlain && input.isString && isImage(input) == isOfImages }
        if !isPlain { throw Failure(.unsupported, "`input` must be a text, a list of texts or a list of images for Cohere, which takes no tokens and no mixture") }
        out.name(isOfImages ? "images" : "texts")
        if !inputs.isArray { out.open("[") }
        copyText(inputs.range)
        if !inputs.isArray { out.close("]") }
        return isOfImages
    }

    private func isImage(_ input: JSONView) -> Bool {
        let inside = input.inside
        return inside[ByteRange(0, min(inside.count, 11))].equals("data:image/")
    }
}
