internal import Bytes
internal import JSON

/// Whose the thoughts of the thinking block are that is open.
final class ThinkingMark {
    private let format = ByteBuffer(), id = ByteBuffer()
    private var isSummary = false
    /// Among the details of its provider.
    private var index: Int?
    /// Its signature was sent.
    var isSigned = false
    private var isKnown = false

    init() {}

    func reset() {
        format.removeAll()
        id.removeAll()
        isSummary = false
        index = nil
        isSigned = false
        isKnown = false
    }

    /// Whether an entry goes on with the same thoughts. One that says nothing of where it belongs does.
    func continues(with detail: ReasoningDetail) -> Bool {
        !isSigned && (!isKnown || isSummary == (detail.kind == .summary) && (detail.index == nil || index == nil || detail.index == index))
    }

    /// False: no memory.
    func note(_ detail: ReasoningDetail) -> Bool {
        isKnown = true
        isSummary = detail.kind == .summary
        index = detail.index ?? index
        return keep(detail.format, format) && keep(detail.id, id)
    }

    private func keep(_ text: JSONView?, _ buffer: ByteBuffer) -> Bool {
        guard let text, text.inside.count > 0, buffer.count == 0 else { return true }
        return buffer.append(text.inside)
    }

    /// The signature of thoughts for which none came.
    func append(to out: ByteBuffer) -> Bool {
        ForeignReasoning.append(isSummary ? "summary" : "text", format: format.bytes, id: id.bytes, UnsafeRawBufferPointer(start: nil, count: 0), to: out)
    }
}
