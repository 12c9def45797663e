package import Wire

/// Where the things a stream needs lie in one chunk of the OpenAI dialect.
package struct ChunkView {
    /// Raw string bodies (between the quotes) of the choice with index 0. Reasoning is `reasoning_content`, else `reasoning`.
    package var content = ByteRange.none, reasoning = ByteRange.none
    /// `content` is a whole array of parts instead (Mistral): read it with `appendContent` and `appendReasoning`.
    package var contentIsParts = false
    /// Top-level values that are not null; usage also from inside `x_groq` when there is none at the top.
    package var usage = ByteRange.none, error = ByteRange.none
    /// `choices` is present; it is [] or null.
    package var hasChoices = false, choicesEmpty = false
    /// Some choice has content of any kind that is not empty: what commits a stream.
    package var hasContent = false
    /// Some choice has a finish_reason.
    package var finished = false
    /// A `\uD8xx` escape without its other half is somewhere in the chunk.
    package var hasLoneSurrogate = false

    package init() {}
}

package enum ChunkForm: Sendable { case chat, completion }

/// Validates the JSON value at the start of `bytes` and finds what streaming needs in it, in one pass.
/// `end` is behind the value and the white space after it: where a second value glued to the first would start.
package func scanChunk(_ bytes: UnsafeRawBufferPointer, form: ChunkForm, depthLimit: Int) throws(JSONFault) -> (view: ChunkView, end: Int) {
    var scan = ChunkScan(bytes: bytes, cursor: JSONCursor(bytes, depthLimit: depthLimit), form: form)
    try scan.chunk()
    _ = scan.cursor.peek()
    scan.view.hasLoneSurrogate = scan.cursor.sawLoneSurrogate
    return (scan.view, scan.cursor.offset)
}

private struct ChunkScan {
    let bytes: UnsafeRawBufferPointer
    var cursor: JSONCursor
    let form: ChunkForm
    var view = ChunkView()

    /// The members that matter, told apart by length first.
    private enum Key { case other, choices, usage, error, groq, index, delta, text, finish, content, reasoning, reasoningContent, filled }

    @inline(__always)
    mutating func chunk() throws(JSONFault) {
        guard try cursor.beginObject() else {
            _ = try cursor.value()
            return
        }
        var groqUsage = ByteRange.none
        while let name = try cursor.nextName() {
            switch topKey(name) {
            case .choices: try choices()
            case .usage: view.usage = try present()
            case .error: view.error = try present()
            case .groq: groqUsage = try usageInside()
            default: _ = try cursor.value()
            }
        }
        if view.usage.isNone { view.usage = groqUsage }
    }

    @inline(__always)
    private mutating func choices() throws(JSONFault) {
        view.hasChoices = true
        guard try cursor.beginArray() else {
            view.choicesEmpty = cursor.peek() == UInt8(ascii: "n")
            _ = try cursor.value()
            return
        }
        var position = 0
        while try cursor.nextElement() {
            try choice(position)
            position &+= 1
        }
        view.choicesEmpty = position == 0
    }

    @inline(__always)
    private mutating func choice(_ position: Int) throws(JSONFault) {
        guard try cursor.beginObject() else {
            _ = try cursor.value()
            return
        }
        var found = Delta(), isFirst = position == 0
        while let name = try cursor.nextName() {
            switch choiceKey(name) {
            case .delta where form == .chat: try delta(&found)
            case .text where form == .completion: found.set(content: try cursor.value(), bytes, &view)
            case .finish: if filled(try cursor.value()) { view.finished = true }
            case .index:
                let index = try cursor.value()
                isFirst = index.count == 1 && bytes.byte(at: index.start) == UInt8(ascii: "0")
            default: _ = try cursor.value()
            }
        }
        if isFirst { found.move(into: &view) }
    }

    @inline(__always)
    private mutating func delta(_ found: inout Delta) throws(JSONFault) {
        guard try cursor.beginObject() else {
            _ = try cursor.value()
            return
        }
        while let name = try cursor.nextName() {
            let key = deltaKey(name)
            let value = try cursor.value()
            switch key {
            case .content: found.set(content: value, bytes, &view)
            case .reasoning, .reasoningContent: found.set(reasoning: value, preferred: key == .reasoningContent, bytes, &view)
            case .filled: if filled(value) { view.hasContent = true }
            default: break
            }
        }
    }

    /// The next value, unless it is null.
    @inline(__always)
    private mutating func present() throws(JSONFault) -> ByteRange {
        let isNull = cursor.peek() == UInt8(ascii: "n")
        let value = try cursor.value()
        return isNull ? .none : value
    }

    private mutating func usageInside() throws(JSONFault) -> ByteRange {
        guard try cursor.beginObject() else {
            _ = try cursor.value()
            return .none
        }
        var usage = ByteRange.none
        while let name = try cursor.nextName() {
            if topKey(name) == .usage { usage = try present() } else { _ = try cursor.value() }
        }
        return usage
    }

    @inline(__always)
    private func filled(_ value: ByteRange) -> Bool { isFilled(bytes, value) }

    // MARK: - Names

    @inline(__always)
    private func topKey(_ name: ByteRange) -> Key {
        cursor.sawEscape ? unescaped(name, ChunkScan.topKey) : ChunkScan.topKey(bytes[name])
    }

    @inline(__always)
    private func choiceKey(_ name: ByteRange) -> Key {
        cursor.sawEscape ? unescaped(name, ChunkScan.choiceKey) : ChunkScan.choiceKey(bytes[name])
    }

    @inline(__always)
    private func deltaKey(_ name: ByteRange) -> Key {
        cursor.sawEscape ? unescaped(name, ChunkScan.deltaKey) : ChunkScan.deltaKey(bytes[name])
    }

    @inline(never)
    private func unescaped(_ name: ByteRange, _ key: (UnsafeRawBufferPointer) -> Key) -> Key {
        let decoded = ByteBuffer()
        return appendDecodedJSON(bytes[name], to: decoded) ? key(decoded.bytes) : .other
    }

    @inline(__always)
    private static func topKey(_ name: UnsafeRawBufferPointer) -> Key {
        switch name.count {
        case 5: name.equals("usage") ? .usage : name.equals("error") ? .error : .other
        case 6: name.equals("x_groq") ? .groq : .other
        case 7: name.equals("choices") ? .choices : .other
        default: .other
        }
    }

    @inline(__always)
    private static func choiceKey(_ name: UnsafeRawBufferPointer) -> Key {
        switch name.count {
        case 4: name.equals("text") ? .text : .other
        case 5: name.equals("index") ? .index : name.equals("delta") ? .delta : .other
        case 13: name.equals("finish_reason") ? .finish : .other
        default: .other
        }
    }

    @inline(__always)
    private static func deltaKey(_ name: UnsafeRawBufferPointer) -> Key {
        switch name.count {
        case 5: name.equals("audio") ? .filled : .other
        case 6: name.equals("images") ? .filled : .other
        case 7: name.equals("content") ? .content : name.equals("refusal") ? .filled : .other
        case 9: name.equals("reasoning") ? .reasoning : .other
        case 10: name.equals("tool_calls") ? .filled : .other
        case 13: name.equals("function_call") ? .filled : .other
        case 17: name.equals("reasoning_content") ? .reasoningContent : name.equals("reasoning_details") ? .filled : .other
        default: .other
        }
    }
}

/// What one choice's delta holds, until its index is known.
private struct Delta {
    var content = ByteRange.none, reasoning = ByteRange.none
    var isParts = false

    @inline(__always)
    mutating func set(content value: ByteRange, _ bytes: UnsafeRawBufferPointer, _ view: inout ChunkView) {
        switch bytes.byte(at: value.start) {
        case Ascii.quote:
            content = ByteRange(value.start &+ 1, value.end &- 1)
            isParts = false
            if content.count > 0 { view.hasContent = true }
        case Ascii.openBracket:
            content = value
            isParts = true
            if partsHaveText(bytes[value]) { view.hasContent = true }
        default: break
        }
    }

    @inline(__always)
    mutating func set(reasoning value: ByteRange, preferred: Bool, _ bytes: UnsafeRawBufferPointer, _ view: inout ChunkView) {
        guard bytes.byte(at: value.start) == Ascii.quote else { return }
        let body = ByteRange(value.start &+ 1, value.end &- 1)
        if body.count > 0 { view.hasContent = true }
        if reasoning.count == 0 || (preferred && body.count > 0) { reasoning = body }
    }

    @inline(__always)
    func move(into view: inout ChunkView) {
        view.content = content
        view.reasoning = reasoning
        view.contentIsParts = isParts
    }
}

/// Whether a valid JSON value is neither null, "", [] nor {}.
func isFilled(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange) -> Bool {
    let first = bytes.byte(at: value.start)
    switch first {
    case UInt8(ascii: "n"): return false
    case Ascii.quote: return value.count > 2
    case Ascii.openBracket, Ascii.openBrace:
        var inside = JSONCursor(bytes[ByteRange(value.start &+ 1, value.end)])
        return inside.peek() != first &+ 2
    default: return true
    }
}
