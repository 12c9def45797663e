package import Bytes
package import JSON

/// All of what an answer, or a piece of one, gives: its choices' texts, reasoning, refusals and calls. For one whose usage was not reported.
package struct AnswerText {
    package private(set) var size = TextSize()

    package init() {}

    package mutating func add(chunk: JSONView) {
        if let choices = chunk["choices"] { add(choices: choices) }
    }

    /// `choices` of an answer or a chunk.
    package mutating func add(choices: JSONView) {
        choices.forEachElement { choice in
            if let text = choice["text"] { add(text) } // of a text completion
            for message in [choice["message"], choice["delta"]] {
                if let message, message.isObject { add(message: message) }
            }
        }
    }

    /// Several members may tell the same reasoning: the longest counts.
    private mutating func add(message: JSONView) {
        var reasoning = TextSize()
        message.forEachMember { name, value in
            let name = message.bytes[name]
            if AnswerText.isReasoning(name) {
                var one = AnswerText()
                one.add(value)
                if one.size.quarters > reasoning.quarters { reasoning = one.size }
            } else if name.equals("content") || name.equals("refusal") || name.equals("audio") {
                add(value)
            } else if name.equals("tool_calls") {
                value.forEachElement { call in add(call: call["function"] ?? call["custom"]) }
            } else if name.equals("function_call") {
                add(call: value)
            }
        }
        size.add(reasoning)
    }

    private static func isReasoning(_ name: UnsafeRawBufferPointer) -> Bool {
        for one: StaticString in ["reasoning", "reasoning_content", "reasoning_text", "reasoning_details", "thinking", "thinking_blocks"] where name.equals(one) {
            return true
        }
        return false
    }

    private mutating func add(call: JSONView?) {
        guard let call else { return }
        for part in [call["name"], call["arguments"], call["input"]] {
            if let part, part.isString { addString(part) } else if let part, part.isObject { size.add(json: part.raw) }
        }
    }

    /// A text, a list of parts, or what holds a text; not the bytes of pictures and sounds.
    private mutating func add(_ value: JSONView) {
        if value.isString { return addString(value) }
        if value.isArray { return value.forEachElement { add($0) } }
        guard value.isObject else { return }
        for part in [value["text"], value["thinking"], value["summary"], value["transcript"], value["refusal"]] {
            if let part, part.isString || part.isArray { add(part) }
        }
    }

    private mutating func addString(_ value: JSONView) {
        size.add(json: value.bytes[ByteRange(value.range.start &+ 1, value.range.end &- 1)])
    }
}
