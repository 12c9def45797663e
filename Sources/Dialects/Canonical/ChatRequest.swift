internal import Bytes
internal import JSON
internal import Model

/// A request in its canonical form, which is OpenAI's chat, for dialects that write it anew. Members that are null count as absent.
struct ChatRequest {
    let bytes: UnsafeRawBufferPointer
    private let members: [RequestView.Member]

    init(_ view: RequestView, _ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        members = view.members
    }

    init(_ request: OutgoingRequest) { self.init(request.view, request.bytes) }

    subscript(member: KnownMember) -> JSONView? {
        for one in members where one.known == member { return value(one) }
        return nil
    }

    /// A member that Gatelet itself does not read; the last one where a name occurs twice.
    subscript(name: StaticString) -> JSONView? {
        for one in members.reversed() where jsonName(bytes, one.name, is: name) { return value(one) }
        return nil
    }

    /// All members that are not null, in their order.
    func forEachMember<E: Error>(_ body: (_ name: ByteRange, KnownMember, JSONView) throws(E) -> Void) throws(E) {
        for member in members {
            if let value = value(member) { try body(member.name, member.known, value) }
        }
    }

    private func value(_ member: RequestView.Member) -> JSONView? {
        let value = JSONView(valid: bytes, member.value)
        return value.isNull ? nil : value
    }

    /// The bound of the answer as the caller wrote it, in either spelling.
    private var limit: JSONView? { self[.maxCompletionTokens] ?? self[.maxTokens] }

    /// The same. nil: none, or no number of tokens.
    var maxTokens: Int? { limit?.int.flatMap { $0 > 0 ? $0 : nil } }

    /// The bound as it is to be sent: what is no number of tokens as it was written, so that the provider can refuse it. `own`: that of a request
    /// without one.
    func writeLimit(_ out: inout MemberWriter, or own: Int?, _ warnings: RequestWarnings) {
        if let counts = self[.maxCompletionTokens], let other = self[.maxTokens], !sameBytes(counts.raw, other.raw) {
            warnings.add(.dropped, "max_tokens", "`max_completion_tokens` says it")
        }
        if let number = maxTokens ?? (limit == nil ? own : nil) { out.raw(String(decimal: number)) } else if let limit { out.raw(limit.raw) }
    }

    var hasLimit: Bool { limit != nil }

    /// The strings at which the answer is to stop: of one text, or a list of them. Others are left out.
    func forEachStop(_ warnings: RequestWarnings, _ body: (JSONView) -> Void) {
        guard let stop = self[.stop] else { return }
        func read(_ text: JSONView) {
            if text.isString, text.inside.count > 0 { body(text) } else { warnings.add(.dropped, "stop", "only texts that are not empty can be sent") }
        }
        if stop.isArray { for text in stop.elements { read(text) } } else { read(stop) }
    }

    /// False: one call at a time.
    var allowsParallelCalls: Bool { self[.parallelToolCalls]?.bool ?? true }
}
