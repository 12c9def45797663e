package import Bytes
package import JSON
package import Model

/// Where the things a stream needs lie in one chunk of the OpenAI dialect.
package struct ChunkView {
    /// Raw string bodies (between the quotes) of the choice with index 0. Reasoning is `reasoning_content`, else `reasoning`,
    /// else the texts in `reasoning_details`.
    package var content = ByteRange.none, reasoning = ByteRange.none
    /// Top-level values that are not null; usage also from inside `x_groq` when there is none at the top.
    package var usage = ByteRange.none, error = ByteRange.none, cost = ByteRange.none
    /// One word: single flags would be written apart and copied together, which stalls the processor.
    private var flags: UInt16 = 0
    /// The choices it speaks of, a bit for each index from 0 to 9.
    package fileprivate(set) var choiceBits: UInt16 = 0

    package init() {}

    /// Of a chunk that has nothing but this text, of choice 0.
    init(text: ByteRange, isReasoning: Bool, repeats: Bool) {
        if isReasoning { reasoning = text } else { content = text }
        choiceBits = 1
        flags = 1 | (text.count > 0 ? 4 : 0) | (repeats ? 2048 : 0)
    }

    @inline(always)
    private mutating func set(_ bit: UInt16, _ on: Bool) { flags = on ? flags | bit : flags & ~bit }

    /// `choices` is present.
    package var hasChoices: Bool { get { flags & 1 != 0 } set { set(1, newValue) } }
    /// `choices` is [] or null.
    package var choicesEmpty: Bool { get { flags & 2 != 0 } set { set(2, newValue) } }
    /// Usage and no choice: it is the end of an accounting, not a piece of an answer.
    package var isUsageOnly: Bool { flags & 3 != 1 && !usage.isNone }
    /// Some choice has content of any kind that is not empty: what commits a stream.
    package var hasContent: Bool { get { flags & 4 != 0 } set { set(4, newValue) } }
    /// Some choice has a finish_reason.
    package var finished: Bool { get { flags & 8 != 0 } set { set(8, newValue) } }
    /// `content` is a whole array of parts instead (Mistral): read it with `appendContent` and `appendReasoning`.
    package var contentIsParts: Bool { get { flags & 16 != 0 } set { set(16, newValue) } }
    /// A `\uD8xx` escape without its other half is somewhere in the chunk.
    package var hasLoneSurrogate: Bool { get { flags & 32 != 0 } set { set(32, newValue) } }
    /// A member `error`, also inside a choice, or a choice with an index over 9.
    package var isOdd: Bool { get { flags & 64 != 0 } set { set(64, newValue) } }
    /// A choice has a member `usage` (Moonshot).
    package var choiceTellsUsage: Bool { get { flags & 256 != 0 } set { set(256, newValue) } }
    /// A choice tells of something that tokens may not show, or of how it was served: annotations, images, audio, the provider's tools, metadata.
    package var hasNotes: Bool { get { flags & 512 != 0 } set { set(512, newValue) } }
    /// Some choice has content beside `content` and reasoning as text: calls, a refusal, a sound.
    package var hasOtherContent: Bool { get { flags & 1024 != 0 } set { set(1024, newValue) } }
    /// All of its content is `content` and `reasoning` of choice 0, two strings.
    package var isAllText: Bool { flags & (16 | 64 | 128 | 1024) == 0 && choiceBits <= 1 }
    /// It may tell of usage or cost, in whichever place.
    package var tellsUsage: Bool { !usage.isNone || !cost.isNone || choiceTellsUsage }
    /// `reasoning` is the whole array `reasoning_details`: read it with `appendReasoning`.
    package var reasoningIsDetails: Bool { get { flags & 128 != 0 } set { set(128, newValue) } }

    /// It differs from the chunk before it in nothing but its text.
    package var repeats: Bool { get { flags & 2048 != 0 } set { set(2048, newValue) } }

    /// Its text is two strings that may be decoded as they are.
    @inline(always)
    var isPlainText: Bool { flags & (16 | 32 | 128) == 0 }

    @inline(always)
    fileprivate mutating func add(_ bits: UInt16) { flags |= bits }

    /// It may be more, or less, than a piece of an answer: whoever judges the stream has to read all of it.
    @inline(always)
    package var needsLook: Bool {
        // A finish reason, something odd, or no content: errors have many names.
        flags & (8 | 64) != 0 || flags & 4 == 0
    }
}

package enum ChunkForm: Sendable {
    case chat, completion

    package init(_ operation: Operation) { self = operation == .completion || operation == .completionStream ? .completion : .chat }
}

/// Validates the JSON value at the start of `bytes` and finds what streaming needs in it, in one pass.
/// `end` is behind the value and the white space after it: where a second value glued to the first would start.
/// `opening`: that of the stream's chunks so far.
package func scanChunk(_ bytes: UnsafeRawBufferPointer, form: ChunkForm, depthLimit: Int,
                       opening: ChunkOpening? = nil) throws(JSONFault) -> (view: ChunkView, end: Int) {
    if let opening, let view = opening.last.view(of: bytes, depthLimit: depthLimit) { return (view, bytes.count) }
    var cursor: JSONCursor, view = ChunkView(), groqUsage = ByteRange.none
    var onlyOthers = opening != nil, atChoices = false
    if let opening, opening.begins(bytes), depthLimit > 0 {
        cursor = JSONCursor(bytes, resumingAt: opening.count, depth: 1, depthLimit: depthLimit)
        onlyOthers = false
        atChoices = true
    } else {
        cursor = JSONCursor(bytes, depthLimit: depthLimit)
        guard try cursor.beginObject() else {
            _ = try cursor.value()
            _ = cursor.peek()
            return (view, cursor.offset)
        }
    }
    while true {
        var key = Key.choices
        if !atChoices {
            guard let name = try cursor.nextName() else { break }
            key = cursor.sawEscape ? unescaped(bytes[name], topKey) : topKey(bytes[name], name.count)
        }
        atChoices = false
        if key == .choices {
            if onlyOthers, !cursor.sawLoneSurrogate { opening?.keep(bytes, cursor.offset) }
            onlyOthers = false
            // Once: it is kilobytes of inlined code.
            try scanChoices(&cursor, bytes, form, &view)
            continue
        }
        if key != .other { onlyOthers = false }
        let value = try cursor.value()
        if key == .other || bytes.byte(at: value.start) == UInt8(ascii: "n") { continue }
        switch key {
        case .usage: view.usage = value
        case .error:
            view.error = value
            view.isOdd = true
        case .cost: view.cost = value
        default: groqUsage = usage(inside: value, bytes)
        }
    }
    if view.usage.isNone { view.usage = groqUsage }
    _ = cursor.peek()
    view.hasLoneSurrogate = cursor.sawLoneSurrogate
    opening?.last.keep(bytes[ByteRange(0, cursor.offset)], view)
    return (view, cursor.offset)
}

@inline(always)
private func scanChoices(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, _ form: ChunkForm, _ view: inout ChunkView) throws(JSONFault) {
    view.hasChoices = true
    guard try cursor.beginArray() else {
        view.choicesEmpty = cursor.peek() == UInt8(ascii: "n")
        _ = try cursor.value()
        return
    }
    var position = 0
    while try cursor.nextElement() {
        try scanChoice(&cursor, bytes, form, position, &view)
        position &+= 1
    }
    view.choicesEmpty = position == 0
}

@inline(always)
private func scanChoice(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, _ form: ChunkForm, _ position: Int,
                        _ view: inout ChunkView) throws(JSONFault) {
    guard try cursor.beginObject() else {
        _ = try cursor.value()
        return
    }
    var found = Delta(), index = position
    while let name = try cursor.nextName() {
        let key = cursor.sawEscape ? unescaped(bytes[name], choiceKey) : choiceKey(bytes[name], name.count)
        if key == .delta, form == .chat {
            try scanDelta(&cursor, bytes, &found, &view)
            continue
        }
        let value = try cursor.value()
        switch key {
        case .text where form == .completion: found.set(content: value, bytes, &view)
        case .finish: if bytes.byte(at: value.start) != UInt8(ascii: "n"), isFilled(bytes, value) { view.finished = true }
        case .index: index = value.count == 1 ? Int(bytes.byte(at: value.start)) &- 0x30 : 10
        case .error: if isFilled(bytes, value) { view.isOdd = true }
        case .usage: if bytes.byte(at: value.start) != UInt8(ascii: "n") { view.choiceTellsUsage = true }
        default: break
        }
    }
    if index == 0 { return found.move(into: &view) }
    if index > 0, index < 10 { view.choiceBits |= 1 &<< UInt16(truncatingIfNeeded: index) } else { view.isOdd = true }
}

@inline(always)
private func scanDelta(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, _ found: inout Delta,
                       _ view: inout ChunkView) throws(JSONFault) {
    guard try cursor.beginObject() else {
        _ = try cursor.value()
        return
    }
    while let name = try cursor.nextName() {
        let key = cursor.sawEscape ? unescaped(bytes[name], deltaKey) : deltaKey(bytes[name], name.count)
        let value = try cursor.value()
        switch key {
        case .content: found.set(content: value, bytes, &view)
        case .reasoning, .reasoningContent: found.set(reasoning: value, preferred: key == .reasoningContent, bytes, &view)
        case .details:
            if isFilled(bytes, value) {
                found.set(details: value)
                view.hasContent = true
            }
        case .filled:
            if isFilled(bytes, value) {
                view.hasContent = true
                view.hasOtherContent = true
            }
        case .note, .filledNote:
            if isFilled(bytes, value) {
                view.hasNotes = true
                if key == .filledNote {
                    view.hasContent = true
                    view.hasOtherContent = true
                }
            }
        case .error: if isFilled(bytes, value) { view.isOdd = true }
        default: break
        }
    }
}

/// The member `usage` of an object that was validated before.
@inline(never) // rare, and a cursor is inlined in it
private func usage(inside object: ByteRange, _ bytes: UnsafeRawBufferPointer) -> ByteRange {
    var inner = JSONCursor(bytes[object], depthLimit: JSONCursor.deepest), usage = ByteRange.none
    do throws(JSONFault) {
        guard try inner.beginObject() else { return .none }
        while let name = try inner.nextName() {
            let isUsage = jsonName(bytes[object], name, is: "usage"), value = try inner.value()
            let start = object.start &+ value.start
            if isUsage, bytes.byte(at: start) != UInt8(ascii: "n") { usage = ByteRange(start, object.start &+ value.end) }
        }
    } catch { return .none }
    return usage
}

// MARK: - Names

/// The members that matter, told apart by length first.
private enum Key: UInt8 { case other, choices, usage, error, cost, groq, index, delta, text, finish, content, reasoning, reasoningContent, details, filled, note, filledNote }

@inline(never) // rare: names are plain
private func unescaped(_ name: UnsafeRawBufferPointer, _ key: (UnsafeRawBufferPointer, Int) -> Key) -> Key {
    let decoded = ByteBuffer()
    defer { decoded.keepAlive() }
    return appendDecodedJSON(name, to: decoded) ? key(decoded.bytes, decoded.count) : .other
}

@inline(always)
private func topKey(_ name: UnsafeRawBufferPointer, _ count: Int) -> Key {
    switch count {
    case 4: name.equals("cost") ? .cost : .other
    case 5: name.equals("usage") ? .usage : name.equals("error") ? .error : .other
    case 6: name.equals("x_groq") ? .groq : .other
    case 7: name.equals("choices") ? .choices : .other
    case 12: name.equals("usage_so_far") ? .usage : .other
    default: .other
    }
}

@inline(always)
private func choiceKey(_ name: UnsafeRawBufferPointer, _ count: Int) -> Key {
    switch count {
    case 4: name.equals("text") ? .text : .other
    case 5: name.equals("index") ? .index : name.equals("delta") ? .delta : name.equals("error") ? .error : name.equals("usage") ? .usage : .other
    case 13: name.equals("finish_reason") ? .finish : .other
    default: .other
    }
}

@inline(always)
private func deltaKey(_ name: UnsafeRawBufferPointer, _ count: Int) -> Key {
    switch count {
    case 5:
        if name.equals("error") { return .error }
        if name.equals("audio") { return .filledNote }
    case 6: if name.equals("images") { return .filledNote }
    case 7: if name.equals("content") { return .content }
    case 11: if name.equals("annotations") { return .filledNote }
    case 14: if name.equals("executed_tools") { return .note }
    case 9: return name.equals("reasoning") ? .reasoning : .other
    case 17:
        if name.equals("reasoning_content") { return .reasoningContent }
        if name.equals("reasoning_details") { return .details }
        if name.equals("provider_metadata") { return .note }
    case 4: return .other // the role, nearly always
    default: break
    }
    return isContentMember(name, count) ? .filled : .other
}

/// Members of a delta or a message that are content when they hold anything: what a model may answer with. `thinking` and its
/// like are names of reasoning at Anthropic's and Ollama's compatible endpoints and LiteLLM, `thought` to `chain_of_thought` at routers
/// (Gatewayz's stream normaliser knows them, 2026-08); `reasoning_opaque` and `encrypted_content` are reasoning that is not shown
/// (GitHub Copilot; OpenAI's Responses). 2026-11.
@inline(__always)
package func isContentMember(_ name: UnsafeRawBufferPointer, _ count: Int) -> Bool {
    switch count {
    case 3: name.equals("cot")
    case 5: name.equals("audio") || name.equals("image") || name.equals("video")
    case 6: name.equals("images")
    case 7: name.equals("content") || name.equals("refusal") || name.equals("thought")
    case 8: name.equals("thinking") || name.equals("thoughts") || name.equals("analysis")
    case 9: name.equals("reasoning")
    case 10: name.equals("tool_calls")
    case 11: name.equals("annotations")
    case 13: name.equals("function_call") || name.equals("inner_thought")
    case 14: name.equals("reasoning_text")
    case 15: name.equals("thinking_blocks") || name.equals("provider_blocks")
    case 16: name.equals("reasoning_opaque") || name.equals("chain_of_thought")
    case 17: name.equals("reasoning_content") || name.equals("reasoning_details") || name.equals("encrypted_content")
    default: false
    }
}

/// What one choice's delta holds, until its index is known.
private struct Delta {
    var content = ByteRange.none, reasoning = ByteRange.none
    /// Those of the view: 16, content is a list of parts; 128, reasoning is the list of its details.
    private var bits: UInt16 = 0

    @inline(always)
    mutating func set(content value: ByteRange, _ bytes: UnsafeRawBufferPointer, _ view: inout ChunkView) {
        switch bytes.byte(at: value.start) {
        case Ascii.quote:
            content = ByteRange(value.start &+ 1, value.end &- 1)
            bits &= ~16
            if content.count > 0 { view.hasContent = true }
        case Ascii.openBracket:
            content = value
            bits |= 16
            if partsHaveContent(bytes[value]) { view.hasContent = true }
        case Ascii.openBrace:
            if isFilled(bytes, value) { view.hasContent = true }
        default: break
        }
    }

    @inline(always)
    mutating func set(reasoning value: ByteRange, preferred: Bool, _ bytes: UnsafeRawBufferPointer, _ view: inout ChunkView) {
        guard bytes.byte(at: value.start) == Ascii.quote else { return }
        let body = ByteRange(value.start &+ 1, value.end &- 1)
        if body.count > 0 { view.hasContent = true }
        if reasoning.count == 0 || (preferred || bits & 128 != 0) && body.count > 0 {
            reasoning = body
            bits &= ~128
        }
    }

    mutating func set(details value: ByteRange) {
        if reasoning.count > 0 { return }
        reasoning = value
        bits |= 128
    }

    @inline(always)
    func move(into view: inout ChunkView) {
        view.content = content
        view.reasoning = reasoning
        view.choiceBits |= 1
        view.add(bits)
    }
}

/// Whether a valid JSON value is neither null, false, "", [] nor {}.
package func isFilled(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange) -> Bool {
    let first = bytes.byte(at: value.start)
    switch first {
    case UInt8(ascii: "n"), UInt8(ascii: "f"): return false
    case Ascii.quote: return value.count > 2
    case Ascii.openBracket, Ascii.openBrace:
        var inside = JSONCursor(bytes[ByteRange(value.start &+ 1, value.end)])
        return inside.peek() != first &+ 2
    default: return true
    }
}
