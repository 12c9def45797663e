internal import Bytes
internal import JSON
internal import Model

/// A block of a message that has begun.
final class AnthropicBlock {
    enum Kind {
        case text, thinking, redacted, call
        /// The tool by which an answer has the form that was asked for.
        case answer
        /// Tools of the provider and their results, and whatever else it may have.
        case other
    }

    let kind: Kind
    /// A text beside the call that is the answer: words about it, and none of it.
    let isAside: Bool
    /// Its place among the blocks of the message.
    let index: Int
    /// Characters of content before it.
    let at: Int
    /// Its place among the calls.
    var call = 0
    /// Its entry among the details of reasoning, once that has begun.
    var detail: Int?
    /// A piece of its input came.
    var hasInput = false
    /// Its input was there when it began: pieces would say it again.
    private(set) var isComplete = false
    private let budget: AssemblyBudget
    private let members: MemberTable
    /// Of the input, as it comes in pieces; or citations with commas between them.
    private let pieces = ByteBuffer()
    private var joiner = TextJoiner()

    init(_ index: Int, _ view: JSONView, at: Int, isAside: Bool, _ longest: Int) {
        self.index = index
        self.at = at
        self.isAside = isAside
        kind = isAside ? .other : Kind(view)
        budget = AssemblyBudget(longest)
        members = MemberTable(budget)
        if kind == .other { put(view) }
    }

    var isTooLarge: Bool { budget.exceeded }

    func complete() {
        hasInput = true
        isComplete = true
    }

    /// Members of a call that are told otherwise.
    static func isOfCall(_ name: UnsafeRawBufferPointer) -> Bool {
        for known: StaticString in ["type", "id", "name", "input", "cache_control"] where name.equals(known) { return true }
        return false
    }

    // MARK: - Citations

    var hasCitations: Bool { kind == .text && pieces.count > 0 }

    func add(_ citation: JSONView) {
        if kind == .other { return add(toList: citation) }
        guard citation.isObject, budget.take(citation.range.count &+ 1) else { return }
        if pieces.count > 0, !pieces.append(Ascii.comma) { budget.noMemory() }
        if !pieces.append(citation.raw) { budget.noMemory() }
    }

    func forEachCitation(_ body: (JSONView) -> Void) {
        let list = ByteBuffer()
        defer { list.keepAlive() }
        guard list.append(Ascii.openBracket), appendCitations(to: list), list.append(Ascii.closeBracket) else { return budget.noMemory() }
        for citation in JSONView(trusted: list.bytes).elements { body(citation) }
    }

    func appendCitations(to out: ByteBuffer) -> Bool { out.append(pieces.bytes) }

    // MARK: - Blocks that are kept as they are

    /// Texts and lists of a delta go on with those that are there; input comes as pieces of its JSON.
    func merge(_ delta: JSONView) {
        for (name, value) in delta.members {
            let name = delta.bytes[name]
            if name.equals("type") { continue }
            if name.equals("partial_json") {
                if budget.take(value.range.count), !joiner.append(value.inside, to: pieces) { budget.noMemory() }
            } else if name.equals("citation") {
                add(toList: value)
            } else {
                members.put(name, value.raw, .join)
            }
        }
    }

    private func add(toList value: JSONView) {
        let list = ByteBuffer()
        defer { list.keepAlive() }
        guard list.append(Ascii.openBracket), list.append(value.raw), list.append(Ascii.closeBracket) else { return budget.noMemory() }
        let name: StaticString = "citations"
        members.put(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), list.bytes, .join)
    }

    private func put(_ object: JSONView) {
        for (name, value) in object.members { members.put(object.bytes[name], value.raw, .last) }
    }

    /// The whole block.
    func append(to out: ByteBuffer) -> Bool {
        if pieces.count > 0 {
            let name: StaticString = "input", input = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            if JSONView(document: pieces.bytes) != nil {
                members.put(input, pieces.bytes, .last)
            } else { // cut short, by a limit of tokens
                let text = ByteBuffer()
                defer { text.keepAlive() }
                if appendJSONString(pieces.bytes, to: text) { members.put(input, text.bytes, .last) }
            }
        }
        return out.append(Ascii.openBrace) && members.append(to: out, first: true) && out.append(Ascii.closeBrace)
    }
}

extension AnthropicBlock.Kind {
    init(_ block: JSONView) {
        let type = block["type"]
        func isOf(_ word: StaticString) -> Bool { type?.says(word) ?? false }
        if isOf("text") {
            self = .text
        } else if isOf("thinking") {
            self = .thinking
        } else if isOf("redacted_thinking") {
            self = .redacted
        } else if isOf("tool_use") {
            self = block["name"]?.says(AnthropicFormat.answerTool) ?? false ? .answer : .call
        } else {
            self = .other
        }
    }
}
