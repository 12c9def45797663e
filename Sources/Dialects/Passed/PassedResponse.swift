internal import Bytes
internal import CShims
internal import JSON
internal import Model

/// The response that the events of OpenAI's Responses API tell (https://platform.openai.com/docs/api-reference/responses-streaming, 2026-11):
/// that of the last event as it came; of a stream without one, its items as far as they came.
final class PassedResponse: PassedAnswer {
    /// More items than this are dropped, where no last event tells of them.
    private static let mostItems = 4096

    private let limit: Int
    private var budget: AssemblyBudget
    /// The response that an event told last, and whether that was the end.
    private let response = ByteBuffer()
    private var isWhole = false
    /// By their places; those that are not done: mostly one.
    private var items: [PassedItem] = [], open: [PassedItem] = []
    private let said = SaidText()

    init(limit: Int) {
        self.limit = limit
        budget = AssemblyBudget(limit)
    }

    var lacksMemory: Bool { budget.lacksMemory }

    func take(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer) { said.take(view, chunk) }

    func take(event data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool {
        if !goesOn(data, name) { readPassed(data) { read($0, name) } }
        said.forget()
        return !budget.exceeded
    }

    /// A piece of the text that is open, and nothing else: nearly all events are.
    private func goesOn(_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
        guard let text = said.alone, open.count == 1, name.equals("response.output_text.delta") || data.starts("{\"type\":\"response.output_text.delta\"") else { return false }
        return open[0].goOn(text)
    }

    private func read(_ event: JSONView, _ name: UnsafeRawBufferPointer) {
        let type = event["type"]?.inside ?? name
        guard !isWhole, type.starts("response.") else { return }
        let word = type[ByteRange(9, type.count)]
        if let response = event.filled("response") { return keep(response, isLast: word.equals("completed") || word.equals("incomplete") || word.equals("failed")) }
        let place = event["output_index"]?.int ?? 0
        if let item = event.filled("item") { return keep(item, place, isDone: word.equals("output_item.done")) }
        guard let item = open.last(where: { $0.place == place }) else { return }
        let part = event["content_index"]?.int ?? event["summary_index"]?.int ?? 0
        if let view = event.filled("part") { return item.keep(view, part, ofSummary: word.starts("reasoning_summary"), isDone: word.equals("content_part.done") || word.equals("reasoning_summary_part.done")) }
        if let annotation = event.filled("annotation") { return item.add(annotation, toPart: part) }
        if let delta = event["delta"], delta.isString, let kind = PassedDelta(word) { item.grow(kind, part, delta.inside) }
    }

    private func keep(_ response: JSONView, isLast: Bool) {
        if isLast { // it has all of them
            isWhole = true
            items = []
            open = []
            budget = AssemblyBudget(limit)
            self.response.removeAll()
        }
        budget.replace(self.response, with: response.raw)
    }

    private func keep(_ view: JSONView, _ place: Int, isDone: Bool) {
        open.removeAll { $0.place == place && isDone }
        var at = items.count
        while at > 0, items[at &- 1].place > place { at &-= 1 }
        if at > 0, items[at &- 1].place == place {
            if isDone { items[at &- 1].end(view) }
            return
        }
        guard items.count < PassedResponse.mostItems else { return }
        let item = PassedItem(place, isDone ? nil : view, budget)
        if isDone { item.end(view) } else { open.append(item) }
        items.insert(item, at: at)
    }

    func answer(_ end: RequestEnd, _ failure: RedactedFailure?) -> ByteBuffer? {
        if response.count == 0, items.isEmpty { return nil }
        let answer = ByteBuffer()
        defer { response.keepAlive() }
        if isWhole { return answer.append(response.bytes) ? answer : nil }
        let status: ResponseStatus = end == .finished ? .completed : end == .cancelled ? .cancelled : failure.map { .failed($0) } ?? .incomplete
        var out = MemberWriter(answer)
        out.open()
        writeHead(&out)
        out.member("status", String(status.word))
        out.member("incomplete_details", raw: "null")
        status.write(error: &out)
        out.name("output")
        out.open("[")
        for item in items {
            out.separate()
            item.write(&out, isOver: end == .finished)
        }
        out.close("]")
        out.close()
        return out.failed ? nil : answer
    }

    /// What the first events said of it.
    private func writeHead(_ out: inout MemberWriter) {
        let told: [StaticString] = ["status", "incomplete_details", "error", "output", "gatelet"]
        guard response.count > 0 else {
            out.member("id", "resp_0")
            out.member("object", "response")
            out.member("created_at", Int(gl_unix_seconds()))
            return out.member("model", "")
        }
        let view = JSONView(trusted: response.bytes)
        for (name, value) in view.members where !told.contains(where: { view.bytes[name].equals($0) }) {
            out.separate()
            out.raw(view.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
    }
}
