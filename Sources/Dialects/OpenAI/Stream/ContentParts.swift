package import Bytes
internal import JSON

/// `content` as a list of parts. Mistral's reasoning models stream {"type":"thinking","thinking":[{"type":"text","text":"..."}]}
/// beside {"type":"text","text":"..."} (https://docs.mistral.ai/capabilities/reasoning/, 2025-09).
package struct ContentParts {
    private let bytes: UnsafeRawBufferPointer
    /// Called with the raw body of each text; `isThinking` tells which kind. False ends the walk.
    private let text: (_ raw: UnsafeRawBufferPointer, _ isThinking: Bool) -> Bool

    /// `bytes` is one part, not the list.
    private let isPart: Bool

    package init(_ bytes: UnsafeRawBufferPointer, isPart: Bool = false, _ text: @escaping (UnsafeRawBufferPointer, Bool) -> Bool) {
        self.bytes = bytes
        self.isPart = isPart
        self.text = text
    }

    /// False when a call returned false.
    package func walk() -> Bool {
        var cursor = JSONCursor(bytes, depthLimit: JSONCursor.deepest)
        do throws(JSONFault) { return isPart ? try part(&cursor, false) : try list(&cursor, false) } catch { return true }    // validated before
    }

    private func list(_ cursor: inout JSONCursor, _ thinking: Bool) throws(JSONFault) -> Bool {
        guard try cursor.beginArray() else { return true }
        while try cursor.nextElement() {
            if cursor.peek() == Ascii.openBrace {
                if !(try part(&cursor, thinking)) { return false }
            } else if !string(try cursor.value(), thinking) { return false }
        }
        return true
    }

    private func part(_ cursor: inout JSONCursor, _ thinking: Bool) throws(JSONFault) -> Bool {
        guard try cursor.beginObject() else { return true }
        while let name = try cursor.nextName() {
            if jsonName(bytes, name, is: "text") {
                if !string(try cursor.value(), thinking) { return false }
            } else if !thinking, jsonName(bytes, name, is: "thinking") {
                if cursor.peek() == Ascii.openBracket {
                    if !(try list(&cursor, true)) { return false }      // once: inside, `thinking` is no longer looked for
                } else if !string(try cursor.value(), true) { return false }
            } else { _ = try cursor.value() }
        }
        return true
    }

    private func string(_ value: ByteRange, _ thinking: Bool) -> Bool {
        guard bytes.byte(at: value.start) == Ascii.quote, value.count > 2 else { return true }
        return text(bytes[ByteRange(value.start &+ 1, value.end &- 1)], thinking)
    }
}

/// Whether a list of parts holds text, thinking, or a part of another kind (a picture, a sound).
package func partsHaveContent(_ parts: UnsafeRawBufferPointer) -> Bool {
    if !(ContentParts(parts) { _, _ in false }.walk()) { return true }
    for part in JSONView(valid: parts, ByteRange(0, parts.count)).elements where part.isObject {
        var isText = false, others = 0
        for (name, value) in part.members {
            if jsonName(parts, name, is: "text") || jsonName(parts, name, is: "thinking") { isText = true }
            if !jsonName(parts, name, is: "type"), isFilled(parts, value.range) { others &+= 1 }
        }
        if !isText, others > 0 { return true }
    }
    return false
}

/// The text of choice 0 over the chunks of one stream. Characters that are cut at the border of two chunks come whole.
package struct DeltaText {
    private var content = TextJoiner(), reasoning = TextJoiner()
    /// One of the two waits for the other half of a character.
    private var isOpen = false

    package init() {}

    /// Appends the decoded text and reasoning. False: over a buffer's limit or out of memory.
    @inline(__always)
    package mutating func append(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, text: ByteBuffer, reasoning: ByteBuffer) -> Bool {
        if view.isPlainText, !isOpen {
            return appendDecodedJSON(bytes[view.content], to: text) && appendDecodedJSON(bytes[view.reasoning], to: reasoning)
        }
        return join(view, bytes, text, reasoning)
    }

    private mutating func join(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, _ text: ByteBuffer, _ thought: ByteBuffer) -> Bool {
        let ok = appendContent(view, bytes, to: text) && appendReasoning(view, bytes, to: thought)
        isOpen = content.isOpen || reasoning.isOpen
        return ok
    }

    private mutating func appendContent(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        if view.contentIsParts { return DeltaText.appendParts(view, bytes, thinking: false, &content, out) }
        return content.append(bytes[view.content], to: out)
    }

    private mutating func appendReasoning(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        if view.reasoningIsDetails, !view.contentIsParts { return DeltaText.appendDetails(bytes[view.reasoning], &reasoning, out) }
        if view.contentIsParts, view.reasoning.count == 0 || view.reasoningIsDetails { return DeltaText.appendParts(view, bytes, thinking: true, &reasoning, out) }
        return reasoning.append(bytes[view.reasoning], to: out)
    }

    private static func appendParts(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, thinking: Bool, _ joiner: inout TextJoiner, _ out: ByteBuffer) -> Bool {
        var texts: [ByteRange] = []
        let list = bytes[view.content]
        _ = ContentParts(list) { raw, isThinking in
            if isThinking == thinking { texts.append(list.range(of: raw)) }
            return true
        }.walk()
        for text in texts where !joiner.append(list[text], to: out) { return false }
        return true
    }

    /// `reasoning_details` (OpenRouter): {"type":"reasoning.text","text"} and {"type":"reasoning.summary","summary"}; encrypted ones have no text.
    /// https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-08.
    private static func appendDetails(_ list: UnsafeRawBufferPointer, _ joiner: inout TextJoiner, _ out: ByteBuffer) -> Bool {
        for detail in JSONView(valid: list, ByteRange(0, list.count)).elements {
            for (name, value) in detail.members {
                guard jsonName(list, name, is: "text") || jsonName(list, name, is: "summary"), value.isString, value.range.count > 2 else { continue }
                if !joiner.append(list[ByteRange(value.range.start &+ 1, value.range.end &- 1)], to: out) { return false }
            }
        }
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// Where a piece of these bytes lies in them.
    fileprivate func range(of piece: UnsafeRawBufferPointer) -> ByteRange {
        guard let base = baseAddress, let start = piece.baseAddress else { return .none }
        let at = start - base
        return ByteRange(at, at &+ piece.count)
    }
}
