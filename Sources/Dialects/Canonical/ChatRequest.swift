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

    /// The bound of the answer in either spelling. nil: none, or no number of tokens.
    var maxTokens: Int? {
        for member in [self[.maxCompletionTokens], self[.maxTokens]] {
            if let number = member?.int, number > 0 { return number }
        }
        return nil
    }

    /// The strings at which the answer is to stop: of one text, or a list of them. Empty ones are left out.
    func forEachStop<E: Error>(_ body: (JSONView) throws(E) -> Void) throws(E) {
        guard let stop = self[.stop] else { return }
        if stop.isString, stop.inside.count > 0 { return try body(stop) }
        for text in stop.elements where text.isString && text.inside.count > 0 { try body(text) }
    }

    /// False: one call at a time.
    var allowsParallelCalls: Bool { self[.parallelToolCalls]?.bool ?? true }
}
