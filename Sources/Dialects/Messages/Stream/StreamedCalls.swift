internal import Bytes
internal import JSON
internal import Model

/// One call while it streams.
final class StreamedCall: CallInPieces {
    let id = ByteBuffer(), name = ByteBuffer()
    /// `extra_content`, JSON.
    let extra = ByteBuffer()
    /// Arguments that wait for the calls before this one, escaped.
    let waiting = ByteBuffer()
    /// The provider's; nil: it told none.
    var index: Int?
    /// Among the calls of the message.
    let number: Int
    private var progress = ObjectProgress()

    fileprivate init(_ index: Int?, number: Int) {
        self.index = index
        self.number = number
    }

    var isComplete: Bool { progress.isComplete }

    fileprivate func note(_ arguments: UnsafeRawBufferPointer) { progress.read(escaped: arguments) }
}

/// The calls of one message. The first that is not complete streams, those behind it wait: their arguments may come in between.
final class StreamedCalls {
    private var list: [StreamedCall] = []
    /// Calls that were closed.
    private var closed = 0

    init() {}

    var isEmpty: Bool { list.isEmpty }
    /// The one that streams, or would.
    var current: StreamedCall? { closed < list.count ? list[closed] : nil }
    /// Some are behind the one that streams.
    var othersWait: Bool { closed &+ 1 < list.count }
    /// None of them waits for more.
    var mayEnd: Bool { list[closed...].allSatisfy { $0.isComplete } }

    func advance() { closed = min(closed &+ 1, list.count) }

    /// The call that an element of `tool_calls` goes on with, or begins. nil: there are too many.
    fileprivate func target(_ id: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ index: Int?) -> StreamedCall? {
        if let call = callThatGoesOn(list, id: id, name: name, index: index) { return call }
        guard list.count < mostOpenCalls else { return nil }
        list.append(StreamedCall(index, number: list.count))
        return list.last
    }
}

extension MessagesStream {
    /// An element of `tool_calls`.
    func take(call view: JSONView, _ emit: Emit) -> Bool {
        guard view.isObject else { return true }
        let piece = ToolCall(view, message: 0, index: 0), none = view.bytes[.none]
        guard let call = calls.target(piece.id?.inside ?? none, piece.name?.inside ?? none, view["index"]?.int) else { return false }
        var fits = true
        if call.id.count == 0 { fits = call.id.append(piece.id?.inside ?? none) }
        if call.name.count == 0 { fits = fits && call.name.append(piece.name?.inside ?? none) }
        if call.extra.count == 0, let extra = view.filled("extra_content") { fits = fits && call.extra.append(extra.raw) }
        let arguments = ByteBuffer()
        defer { arguments.keepAlive() }
        if let text = piece.arguments ?? view.filled("custom")?.filled("input") {
            // An object where a string should be becomes one.
            fits = fits && (text.isString ? arguments.append(text.inside) : appendJSONBody(text.raw, to: arguments))
        }
        return fits && stream(call, arguments.bytes, emit)
    }

    private func stream(_ call: StreamedCall, _ arguments: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        if let current = calls.current, current !== call, current.isComplete, !advance(emit) { return false }
        guard call === calls.current, call.name.count > 0 else {
            call.note(arguments)
            return call.waiting.append(arguments)
        }
        guard openCall(emit), arguments.count == 0 || cut(arguments, emit) else { return false }
        call.note(arguments)
        return !(call.isComplete && calls.othersWait) || advance(emit)
    }

    /// Opens the block of the call whose turn it is, and says what waited.
    private func openCall(_ emit: Emit) -> Bool {
        guard open != .call, let call = calls.current else { return true }
        if call.extra.count > 0, !sendExtra(JSONView(trusted: call.extra.bytes), emit) { return false }
        guard close(emit), begin(.call, emit, { out in self.writeCallHead(call, &out) }) else { return false }
        defer { call.waiting.removeAll(keepingCapacity: false) }
        return call.waiting.count == 0 || cut(call.waiting.bytes, emit)
    }

    private func sendExtra(_ extra: JSONView, _ emit: Emit) -> Bool {
        if extra["anthropic"] != nil { return true }
        return close(emit) && sendBlock(emit) { out in
            out.member("type", "redacted_thinking")
            out.name("data")
            out.raw("\"")
            out.check(ForeignReasoning.append("call", extra: extra, to: out.buffer))
            out.raw("\"")
        }
    }

    /// The block that is open is all there: so may be those that waited for it.
    private func advance(_ emit: Emit) -> Bool {
        while let call = calls.current, call.isComplete {
            guard openCall(emit), close(emit) else { return false }
            calls.advance()
        }
        return openNamed(emit) && (open == .call || sayWaiting(emit)) // before what comes next
    }

    private func openNamed(_ emit: Emit) -> Bool { calls.current?.name.count ?? 0 == 0 || openCall(emit) }

    /// All calls, whether they are complete or not, and what waited for them.
    func closeCalls(_ emit: Emit) -> Bool {
        while calls.current != nil {
            guard openCall(emit), close(emit) else { return false }
            calls.advance()
        }
        return sayWaiting(emit)
    }
}
