internal import Bytes
internal import JSON

/// One choice of the answer in the making.
final class AssembledChoice {
    let index: Int
    private let budget: AssemblyBudget
    /// Members of the choice, and of its message, that have no place of their own here.
    private let others: MemberTable, message: MemberTable
    private let role = ByteBuffer(), finish = ByteBuffer()
    let content: AssembledContent
    private let calls: AssembledCalls
    private let details: AssembledDetails

    init(_ index: Int, _ budget: AssemblyBudget) {
        self.index = index
        self.budget = budget
        others = MemberTable(budget)
        message = MemberTable(budget)
        content = AssembledContent(budget)
        calls = AssembledCalls(budget)
        details = AssembledDetails(budget)
    }

    /// The choice the cursor stands before.
    func put(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, _ form: ChunkForm) throws(JSONFault) {
        guard try cursor.beginObject() else { return }
        others.startOver()
        while let name = try cursor.nextName() {
            let escaped = cursor.sawEscape, raw = bytes[name]
            if form == .chat, !escaped, raw.equals("delta"), cursor.peek() == Ascii.openBrace {
                try putDelta(&cursor, bytes)
            } else {
                let value = try cursor.value()
                withPlainName(raw, escaped) { put($0, bytes[value], form) }
            }
        }
    }

    private func put(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ form: ChunkForm) {
        switch name.count {
        case 4 where form == .completion && name.equals("text"): content.put(value)
        case 5 where name.equals("index"): break
        case 5 where name.equals("delta"): if form == .chat { walkObject(value, putDelta) }
        // Perplexity repeats the whole message so far beside each delta (docs.perplexity.ai, 2026-09).
        case 7 where name.equals("message"): break
        case 8 where name.equals("logprobs"): others.put(name, value, .deep)
        case 13 where name.equals("finish_reason"): if value.count > 2, value.byte(at: 0) == Ascii.quote { budget.replace(finish, with: value) }
        case 15 where name.equals("provider_fields"): others.put(name, value, .members)
        default: others.put(name, value, value.byte(at: 0) == Ascii.openBracket ? .join : .last)
        }
    }

    private func putDelta(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        guard try cursor.beginObject() else { return }
        message.startOver()
        while let name = try cursor.nextName() {
            let escaped = cursor.sawEscape
            let value = try cursor.value()
            withPlainName(bytes[name], escaped) { putDelta($0, bytes[value]) }
        }
    }

    private func putDelta(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        switch name.count {
        case 4 where name.equals("role"): if value.count > 2, value.byte(at: 0) == Ascii.quote { budget.replace(role, with: value) }
        case 5 where name.equals("audio"): message.put(name, value, .deep)
        case 7 where name.equals("content"): content.put(value)
        case 10 where name.equals("tool_calls"): calls.put(value)
        case 13 where name.equals("function_call"): message.put(name, value, .deep)
        case 17 where name.equals("reasoning_details"): if value.byte(at: 0) == Ascii.openBracket { details.put(value) }
        default: message.put(name, value, labels.contains(name) ? .last : .join)
        }
    }

    func append(to out: ByteBuffer, _ form: ChunkForm) -> Bool {
        guard out.append("{\"index\":"), out.append(String(index)),
              form == .chat ? appendMessage(to: out) : out.append(",\"text\":") && appendText(to: out),
              others.append(to: out, first: false), out.append(",\"finish_reason\":"),
              finish.count > 0 ? out.append(finish.bytes) : out.append("null") else { return false }
        return out.append(Ascii.closeBrace)
    }

    private func appendText(to out: ByteBuffer) -> Bool { content.append(to: out, emptyIsNull: false) }

    private func appendMessage(to out: ByteBuffer) -> Bool {
        guard out.append(",\"message\":{\"role\":"), role.count > 0 ? out.append(role.bytes) : out.append("\"assistant\""),
              out.append(",\"content\":"), content.append(to: out, emptyIsNull: !calls.isEmpty),
              message.append(to: out, first: false) else { return false }
        if details.seen, !(out.append(",\"reasoning_details\":[") && details.append(to: out) && out.append(Ascii.closeBracket)) { return false }
        if !calls.isEmpty, !(out.append(",\"tool_calls\":[") && calls.append(to: out) && out.append(Ascii.closeBracket)) { return false }
        return out.append(Ascii.closeBrace)
    }
}
