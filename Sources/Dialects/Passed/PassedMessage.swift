internal import Bytes
internal import JSON
internal import Model

/// The message that the events of Anthropic's API tell, put together as its official packages do
/// (https://github.com/anthropics/anthropic-sdk-python, `accumulate_event`, 2026-11). What those do not know stays too.
final class PassedMessage: PassedAnswer {
    /// Blocks that are open at a time: mostly one.
    private static let mostOpen = 64

    private let budget: AssemblyBudget
    /// Members of the message; those that say why it ended; its usage. What comes later replaces what was there.
    private let message: GrowingObject, ending: GrowingObject, usage: GrowingObject
    private var blocks: [PassedBlock] = [], open: [PassedBlock] = []
    private var hasBegun = false, isOver = false
    private let said = SaidText()
    /// What the last delta began with, up to its text: one that begins alike goes on with the text of this block.
    private let lead = ByteBuffer(limit: 256)
    private var leading: PassedBlock?

    init(limit: Int) {
        budget = AssemblyBudget(limit)
        message = GrowingObject(0, nil, budget)
        ending = GrowingObject(0, nil, budget)
        usage = GrowingObject(0, nil, budget)
    }

    var lacksMemory: Bool { budget.lacksMemory }

    func take(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer) { said.take(view, chunk) }

    func take(event data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool {
        if !goesOn(data) { readPassed(data) { read($0) } }
        said.forget()
        return !budget.exceeded
    }

    /// A piece of the text that is open, and nothing else: nearly all events are.
    private func goesOn(_ data: UnsafeRawBufferPointer) -> Bool {
        guard let leading, let text = said.alone, data.count > lead.count, data[ByteRange(0, lead.count)].equals(lead.bytes) else { return false }
        return leading.goOn(text, isThinking: said.isReasoning)
    }

    private func read(_ event: JSONView) {
        guard let type = event["type"], !isOver else { return }
        let index = event["index"]?.int ?? 0
        leading = nil
        if type.says("content_block_delta") {
            guard let delta = event.filled("delta"), let block = block(index, delta) else { return }
            block.merge(delta)
            keepLead(event, delta, block)
        } else if type.says("content_block_start") {
            if let block = event.filled("content_block") { begin(index, block) }
        } else if type.says("content_block_stop") {
            open.removeAll { $0.index == index }
        } else if type.says("message_start") {
            if let message = event.filled("message") { begin(message) }
        } else if type.says("message_delta") {
            keep(event, isEvent: true)
            if let delta = event.filled("delta") { keep(delta) }
        } else if type.says("message_stop") {
            isOver = true
        }
    }

    private func keepLead(_ event: JSONView, _ delta: JSONView, _ block: PassedBlock) {
        lead.removeAll()
        guard let text = delta["text"] ?? delta["thinking"], text.isString, lead.append(event.bytes[ByteRange(0, text.range.start)]) else { return }
        leading = block
    }

    private func begin(_ message: JSONView) {
        hasBegun = true
        keep(message)
        for block in message["content"]?.elements ?? message.elements { blocks.append(PassedBlock(blocks.count, block, budget)) }
    }

    private func begin(_ index: Int, _ view: JSONView) {
        hasBegun = true
        let block = PassedBlock(index, view, budget)
        if budget.exceeded { return }
        blocks.append(block)
        open.removeAll { $0.index == index }
        if open.count < PassedMessage.mostOpen { open.append(block) }
        // Another model has taken over, whose the answer is then.
        if view["type"]?.says("fallback") ?? false, let model = view["to"]?.filled("model") { message.put("model", model.raw, .last) }
    }

    /// The block that a delta is of. Whoever leaves its beginning out means a text.
    private func block(_ index: Int, _ delta: JSONView) -> PassedBlock? {
        if let block = open.last(where: { $0.index == index }) { return block }
        guard delta["type"]?.says("text_delta") ?? false else { return nil }
        let text: StaticString = "{\"type\":\"text\"}"
        begin(index, JSONView(trusted: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)))
        return open.last
    }

    /// What stands in the message, or, of its last event, in that or its delta.
    private func keep(_ object: JSONView, isEvent: Bool = false) {
        for (range, value) in object.members {
            let name = object.bytes[range]
            if name.equals("usage") {
                for (name, count) in value.members { usage.put(value.bytes[name], count.raw, .last) }
            } else if PassedMessage.endings.contains(where: { name.equals($0) }) {
                ending.put(name, value.raw, .last)
            } else if !PassedMessage.others.contains(where: { name.equals($0) }), !isEvent || !name.equals("type") {
                message.put(name, value.raw, .last)
            }
        }
    }

    private static var endings: [StaticString] { ["stop_reason", "stop_sequence", "stop_details"] }
    /// Written otherwise.
    private static var others: [StaticString] { ["content", "delta", "index", "gatelet"] }

    func answer(_ end: RequestEnd, _ failure: RedactedFailure?) -> ByteBuffer? {
        if !hasBegun { return nil }
        let answer = ByteBuffer()
        var out = MemberWriter(answer)
        out.open()
        for (name, word) in PassedMessage.head where !message.has(name) { out.member(name, word) }
        message.write(&out)
        out.name("content")
        out.open("[")
        for block in blocks {
            out.separate()
            block.write(&out)
        }
        out.close("]")
        // What was said of an end that did not come does not count.
        let isOver = end == .finished
        for name: StaticString in ["stop_reason", "stop_sequence"] where !isOver || !ending.has(name) { out.member(name, raw: "null") }
        if isOver { ending.write(&out) }
        out.name("usage")
        out.open()
        // Its clients count on both.
        for name: StaticString in ["input_tokens", "output_tokens"] where !usage.has(name) { out.member(name, 0) }
        usage.write(&out)
        out.close()
        out.close()
        return out.failed ? nil : answer
    }

    private static var head: [(StaticString, String)] { [("id", "msg_0"), ("type", "message"), ("role", "assistant"), ("model", "")] }
}

/// A block of it.
private final class PassedBlock {
    let index: Int
    private let budget: AssemblyBudget
    private let object: GrowingObject
    private let isText: Bool, isThinking: Bool
    /// The input of a call, whose JSON comes in pieces.
    private let input = ByteBuffer()
    private var joiner = TextJoiner()

    init(_ index: Int, _ view: JSONView, _ budget: AssemblyBudget) {
        self.index = index
        self.budget = budget
        object = GrowingObject(index, view, budget)
        isText = view["type"]?.says("text") ?? false
        isThinking = view["type"]?.says("thinking") ?? false
        if isText { object.grows("text") } else if isThinking { object.grows("thinking") }
    }

    /// False: it is a block of another kind.
    func goOn(_ text: UnsafeRawBufferPointer, isThinking: Bool) -> Bool {
        (isThinking ? self.isThinking : isText) && object.goOn(text)
    }

    /// Texts go on, and in a block that nobody knows so does whatever it may be; the rest is said as a whole.
    func merge(_ delta: JSONView) {
        for (range, value) in delta.members {
            let name = delta.bytes[range]
            if name.equals("type") { continue }
            if name.equals("partial_json") {
                if budget.take(value.range.count), !joiner.append(value.inside, to: input) { budget.noMemory() }
            } else if name.equals("citation") {
                object.add(value, to: "citations")
            } else if takes(name) {
                object.put(name, value.raw, ["signature", "content", "encrypted_content"].contains { name.equals($0) } ? .last : .join)
            }
        }
    }

    /// More than its own would be refused when the block is sent back.
    private func takes(_ name: UnsafeRawBufferPointer) -> Bool {
        isText ? name.equals("text") : !isThinking || name.equals("thinking") || name.equals("signature")
    }

    func write(_ out: inout MemberWriter) {
        if input.count > 0 { putInput() }
        out.open()
        object.write(&out)
        out.close()
    }

    /// Input that broke off is told as the text that it is, since clients want an object.
    private func putInput() {
        budget.give(input.count)
        if JSONView(document: input.bytes, depthLimit: JSONCursor.deepest) != nil { return object.put("input", input.bytes, .last) }
        let text = ByteBuffer()
        defer { text.keepAlive() }
        guard text.append("{\"arguments\":"), appendJSONString(input.bytes, to: text), text.append(Ascii.closeBrace) else { return budget.noMemory() }
        object.put("input", text.bytes, .last)
    }
}
