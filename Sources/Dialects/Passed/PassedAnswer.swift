package import Bytes
internal import JSON
package import Model

/// Puts an answer together out of the events of a provider, for a caller who gets these as they came. Not thread-safe.
package protocol PassedAnswer: AnyObject {
    /// A chunk of the event that comes next.
    func take(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer)
    /// The event itself, behind its chunks. False: the answer is over its limit, or there was no memory.
    func take(event data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool
    var lacksMemory: Bool { get }
    /// The answer of a stream that ended so. nil: no event of one came, or there was no memory.
    func answer(_ end: RequestEnd, _ failure: RedactedFailure?) -> ByteBuffer?
}

extension Surfaces {
    /// For the events of one stream. `limit`: bytes of the answer.
    package static func passedAnswer(of surface: Surface, limit: Int) -> (any PassedAnswer)? {
        switch surface {
        case .openAI: nil
        case .messages: PassedMessage(limit: limit)
        case .responses: PassedResponse(limit: limit)
        }
    }

    /// The answer of a stream that passed, with Gatelet's report in it. nil: there is none, or no memory.
    package static func render(_ passed: any PassedAnswer, _ end: RequestEnd, _ failure: RedactedFailure?, report: UnsafeRawBufferPointer) -> ByteBuffer? {
        guard let answer = passed.answer(end, failure), let whole = withoutHalves(answer), appendMember("gatelet", report, to: whole) else { return nil }
        return whole
    }

    /// Characters whose surrogates came in two events are whole now; half of one, and bad UTF-8, are replaced.
    private static func withoutHalves(_ answer: ByteBuffer) -> ByteBuffer? {
        defer { answer.keepAlive() }
        var cursor = JSONCursor(answer.bytes, depthLimit: JSONCursor.deepest)
        if (try? cursor.value()) != nil, !cursor.sawLoneSurrogate { return answer }
        let repaired = ByteBuffer()
        return repairJSON(answer.bytes, into: repaired) ? repaired : nil
    }
}

/// The text that is all that an event says, as the one chunk of it has it: so it need not be looked for again.
final class SaidText {
    private let text = ByteBuffer()
    private var chunks = 0
    private(set) var isReasoning = false

    /// nil: the event says something else, or more.
    var alone: UnsafeRawBufferPointer? { chunks == 1 && text.count > 0 ? text.bytes : nil }

    func take(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer) {
        chunks &+= 1
        text.removeAll()
        isReasoning = view.reasoning.count > 0
        guard chunks == 1, view.isAllText, view.hasContent, isReasoning != (view.content.count > 0) else { return }
        if !text.append(chunk[isReasoning ? view.reasoning : view.content]) { text.removeAll() }
    }

    func forget() {
        chunks = 0
        text.removeAll()
    }
}

/// Reads an event that the reader of its stream has read too, repaired where that had to.
func readPassed(_ data: UnsafeRawBufferPointer, _ body: (JSONView) -> Void) {
    if let event = JSONView(document: data, depthLimit: JSONCursor.deepest) { return body(event) }
    let repaired = ByteBuffer()
    defer { repaired.keepAlive() }
    if repairJSON(data, into: repaired, keepingEdges: true), let event = JSONView(document: repaired.bytes, depthLimit: JSONCursor.deepest) { body(event) }
}
