internal import Bytes
internal import JSON

/// An item of a response that passes: as it came when it was done, before that what has come of it.
final class PassedItem {
    let place: Int
    private let budget: AssemblyBudget
    private let done = ByteBuffer()
    /// All but its parts and its status.
    private let item: GrowingObject
    private var contents: [GrowingObject] = [], summaries: [GrowingObject] = []
    private let hasContent: Bool, hasSummary: Bool
    private let status: String?
    /// Tools that the provider runs have no word for what broke off.
    private let mayBeIncomplete: Bool
    /// The part whose text goes on.
    private var current: GrowingObject?

    /// `view`: as it begins; nil: it is done.
    init(_ place: Int, _ view: JSONView?, _ budget: AssemblyBudget) {
        self.place = place
        self.budget = budget
        let hasContent = view?["content"]?.isArray ?? false, hasSummary = view?["summary"]?.isArray ?? false
        self.hasContent = hasContent
        self.hasSummary = hasSummary
        item = GrowingObject(place, view, budget) { name in name.equals("status") || hasContent && name.equals("content") || hasSummary && name.equals("summary") }
        status = view?["status"]?.string(upTo: 64)
        mayBeIncomplete = view?["type"].map { $0.says("message") || $0.says("function_call") || $0.says("reasoning") } ?? false
        guard let view else { return }
        for part in view["content"]?.elements ?? view.elements { contents.append(GrowingObject(contents.count, part, budget)) }
        for part in view["summary"]?.elements ?? view.elements { summaries.append(GrowingObject(summaries.count, part, budget)) }
    }

    /// More text for the part that is open. False: none is.
    func goOn(_ text: UnsafeRawBufferPointer) -> Bool { current?.goOn(text) ?? false }

    /// A part, as it begins or as it ends.
    func keep(_ view: JSONView, _ index: Int, ofSummary: Bool, isDone: Bool) {
        (ofSummary ? summaries : contents).last { $0.index == index }?.release()
        let part = GrowingObject(index, view, budget)
        put(part, ofSummary)
        if !isDone { part.grows(view["type"]?.says("refusal") ?? false ? "refusal" : "text") }
        current = isDone || !(view["type"]?.says("output_text") ?? false) ? nil : part
    }

    private func put(_ part: GrowingObject, _ ofSummary: Bool) {
        let list = ofSummary ? summaries : contents
        if let at = list.lastIndex(where: { $0.index == part.index }) {
            if ofSummary { summaries[at] = part } else { contents[at] = part }
        } else if ofSummary { summaries.append(part) } else { contents.append(part) }
    }

    func add(_ annotation: JSONView, toPart index: Int) { contents.last { $0.index == index }?.add(annotation, to: "annotations") }

    func grow(_ delta: PassedDelta, _ index: Int, _ body: UnsafeRawBufferPointer) {
        guard let begun = delta.part else {
            item.grows(delta.member)
            return _ = item.goOn(body)
        }
        let list = delta.isOfSummary ? summaries : contents
        if let part = list.last(where: { $0.index == index }) {
            part.grows(delta.member)
            return _ = part.goOn(body)
        }
        let part = GrowingObject(index, JSONView(trusted: UnsafeRawBufferPointer(start: begun.utf8Start, count: begun.utf8CodeUnitCount)), budget)
        part.grows(delta.member)
        _ = part.goOn(body)
        put(part, delta.isOfSummary)
    }

    /// It is done, and this is what it is.
    func end(_ view: JSONView) {
        for part in contents + summaries { part.release() }
        item.release()
        (contents, summaries, current) = ([], [], nil)
        budget.replace(done, with: view.raw)
    }

    /// `isOver`: the stream ended as it should.
    func write(_ out: inout MemberWriter, isOver: Bool) {
        if done.count > 0 { return out.raw(done.bytes) }
        out.open()
        item.write(&out)
        if let status { out.member("status", !mayBeIncomplete ? status : isOver ? "completed" : "incomplete") }
        if hasContent || !contents.isEmpty { write("content", contents, &out) }
        if hasSummary || !summaries.isEmpty { write("summary", summaries, &out) }
        out.close()
    }

    private func write(_ name: StaticString, _ parts: [GrowingObject], _ out: inout MemberWriter) {
        out.name(name)
        out.open("[")
        for part in parts {
            out.separate()
            out.open()
            part.write(&out)
            out.close()
        }
        out.close("]")
    }
}

/// What the delta of an event goes on with.
struct PassedDelta {
    /// A member of a part, or of the item where it is of no part.
    let member: StaticString
    /// A part that nobody began.
    let part: StaticString?
    let isOfSummary: Bool

    /// `event`: its name without "response.".
    init?(_ event: UnsafeRawBufferPointer) {
        guard let found = PassedDelta.all.first(where: { event.equals($0.event) }) else { return nil }
        (member, part) = (found.member, found.part)
        isOfSummary = event.starts("reasoning_summary")
    }

    private static var all: [(event: StaticString, member: StaticString, part: StaticString?)] {
        [("output_text.delta", "text", "{\"type\":\"output_text\",\"annotations\":[]}"), ("refusal.delta", "refusal", "{\"type\":\"refusal\"}"),
         ("reasoning_text.delta", "text", "{\"type\":\"reasoning_text\"}"), ("reasoning_summary_text.delta", "text", "{\"type\":\"summary_text\"}"),
         ("function_call_arguments.delta", "arguments", nil), ("mcp_call_arguments.delta", "arguments", nil),
         ("custom_tool_call_input.delta", "input", nil), ("code_interpreter_call_code.delta", "code", nil)]
    }
}
