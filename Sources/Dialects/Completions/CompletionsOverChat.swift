internal import Bytes
internal import JSON
internal import Model

/// Text completions of a provider that has none, asked as chats: its dialect, but for those (`capabilities.completions`).
final class CompletionsOverChat: Dialect {
    private let inner: any Dialect

    init(_ inner: any Dialect) { self.inner = inner }

    var name: StaticString { inner.name }
    var isScripted: Bool { inner.isScripted }
    var endMark: StaticString { inner.endMark }
    var framing: Framing { inner.framing }
    var surface: Surface? { inner.surface }
    var translates: Bool { inner.translates }
    var countsTokens: Bool { inner.countsTokens }

    func path(_ operation: Operation) -> StaticString { inner.path(operation.asChat) }
    func prepare(_ provider: inout ProviderParts) { inner.prepare(&provider) }

    func write(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
        if request.operation == request.operation.asChat { return try inner.write(request, into: buffer) }
        let chat = ByteBuffer()
        defer { chat.keepAlive() }
        try writeChat(of: request, into: chat)
        var caps = Caps(), outgoing = request
        (caps.request, caps.depth) = (.max, JSONCursor.deepest)
        outgoing.operation = request.operation.asChat
        outgoing.view = try readRequest(chat.bytes, operation: outgoing.operation, caps: caps)
        outgoing.bytes = chat.bytes
        try inner.write(outgoing, into: buffer)
    }

    func asked(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> AskedFor { inner.asked(body, operation.asChat) }
    func promptTokens(of body: UnsafeRawBufferPointer) -> Int { inner.promptTokens(of: body) }
    func allowsSilence(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> Bool { inner.allowsSilence(body, operation.asChat) }

    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                depth: Int) throws(Failure) -> AnswerView {
        let chat = try inner.answer(body, to: request, operation: operation.asChat, provider: provider, model: model, depth: depth)
        if operation == operation.asChat { return chat }
        let made = ByteBuffer(limit: body.limit)
        defer { made.keepAlive() }
        var out = MemberWriter(made)
        out.completion(JSONView(trusted: body.bytes), part: "message")
        body.removeAll()
        guard !out.failed, body.append(made.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
        var view = try readAnswer(body, operation: operation, provider: provider, model: model, depth: .max, silence: { true })
        view.repaired = view.repaired || chat.repaired
        view.lateError = view.lateError ?? chat.lateError
        return view
    }

    func stream(_ operation: Operation, to request: UnsafeRawBufferPointer, model: String, caps: Caps) -> any StreamReader {
        inner.stream(operation, to: request, model: model, caps: caps)
    }

    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript? {
        inner.script(body, operation: operation.asChat, provider: provider, step: step)
    }
}

extension Operation {
    /// The chat that stands for a text completion; itself for all else.
    var asChat: Operation {
        switch self {
        case .completion: .chat
        case .completionStream: .chatStream
        default: self
        }
    }
}

/// The chunks of a chat as those of a text completion.
final class CompletionStreamReader: StreamReader {
    private let inner: any StreamReader
    private let written = ByteBuffer()

    init(_ inner: any StreamReader) { self.inner = inner }

    func read(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        inner.read(data, name: name) { view, chunk in
            written.removeAll()
            defer { written.keepAlive() }
            var out = MemberWriter(written)
            out.completion(JSONView(trusted: chunk), part: "delta")
            guard !out.failed, let found = try? scanChunk(written.bytes, form: .completion, depthLimit: .max) else { return take(view, chunk) }
            return take(found.view, written.bytes)
        }
    }

    func isWhole(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool { inner.isWhole(data, name: name) }
}
