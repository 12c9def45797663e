internal import Bytes
internal import JSON
internal import Model

/// Writes the choices of a document anew, with the reasoning that their texts begin with in a member of its own.
struct TaggedReasoning {
    /// `delta` in chunks, `message` in answers.
    let part: StaticString
    /// Of the first choices: all others stay as they are.
    private(set) var splitters: [TagSplitter]
    static let mostChoices = 10

    init(_ tag: String, part: StaticString) {
        self.part = part
        splitters = []
        for _ in 0..<TaggedReasoning.mostChoices { splitters.append(TagSplitter(tag)) }
    }

    /// `isLast`: nothing follows, whether a choice has a finish reason or not.
    mutating func write(_ root: JSONView, isLast: Bool, into buffer: ByteBuffer) -> Bool {
        var out = MemberWriter(buffer)
        out.open()
        for (name, value) in root.members {
            guard jsonName(root.bytes, name, is: "choices"), value.isArray else {
                out.copy(name, value)
                continue
            }
            out.name("choices")
            out.open("[")
            for choice in value.elements {
                out.separate()
                write(choice: choice, isLast: isLast, &out)
            }
            out.close("]")
        }
        out.close()
        return !out.failed
    }

    private mutating func write(choice: JSONView, isLast: Bool, _ out: inout MemberWriter) {
        let index = choice["index"]?.int ?? 0
        guard choice.isObject, splitters.indices.contains(index), !splitters[index].isOver else { return out.raw(choice.raw) }
        let ends = isLast || choice["finish_reason"].map { !$0.isNull } ?? false
        out.open()
        for (name, value) in choice.members {
            guard jsonName(choice.bytes, name, is: part), value.isObject else {
                out.copy(name, value)
                continue
            }
            out.name(part)
            write(text: value, index, isLast: ends, &out)
        }
        out.close()
    }

    private mutating func write(text object: JSONView, _ index: Int, isLast: Bool, _ out: inout MemberWriter) {
        // A server that tells reasoning apart does it for the whole answer.
        if isFilledText(object["reasoning"]) || isFilledText(object["reasoning_content"]) { splitters[index].end() }
        let reasoning = ByteBuffer(), content = ByteBuffer()
        var wasText = false
        out.open()
        for (name, value) in object.members {
            if value.isNull, jsonName(object.bytes, name, is: "reasoning"), !splitters[index].isOver { continue }
            guard jsonName(object.bytes, name, is: "content"), value.isString, !splitters[index].isOver else {
                out.copy(name, value)
                continue
            }
            wasText = true
            let body = value.bytes[ByteRange(value.range.start &+ 1, value.range.end &- 1)]
            out.check(splitters[index].take(body, isLast: isLast, reasoning: reasoning, content: content))
        }
        if !wasText, isLast { // what was held
            out.check(splitters[index].take(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true, reasoning: reasoning, content: content))
            wasText = content.count > 0 && !(object["content"]?.isString ?? false)
        }
        if reasoning.count > 0 { out.text("reasoning", reasoning) }
        if wasText { out.text("content", content) }
        out.close()
    }

    private func isFilledText(_ value: JSONView?) -> Bool { value.map { $0.isString && $0.range.count > 2 } ?? false }
}

extension MemberWriter {
    fileprivate mutating func copy(_ name: ByteRange, _ value: JSONView) {
        separate()
        raw(value.bytes[ByteRange(name.start &- 1, value.range.end)])
    }

    fileprivate mutating func text(_ name: StaticString, _ body: ByteBuffer) {
        self.name(name)
        raw("\"")
        raw(body.bytes)
        raw("\"")
        body.keepAlive()
    }
}

/// The answer of a provider that writes reasoning into its texts. What is no answer stays as it is: whoever reads it says so.
func splitReasoning(_ body: ByteBuffer, _ tag: String, depth: Int) throws(Failure) {
    guard let root = JSONView(document: body.bytes, depthLimit: depth), root.isObject else { return }
    let written = ByteBuffer(limit: body.limit)
    defer { written.keepAlive() }
    var splitting = TaggedReasoning(tag, part: "message")
    guard splitting.write(root, isLast: true, into: written) else { throw noRoom("the answer", written, cap: "caps.body") }
    body.removeAll()
    guard body.append(written.bytes) else { throw noRoom("the answer", body, cap: "caps.body") }
}
