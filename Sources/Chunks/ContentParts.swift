package import Scan

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
    @inline(never)
    package func walk() -> Bool {
        var cursor = JSONSteps(bytes, depthLimit: JSONCursor.deepest)
        do throws(JSONFault) { return isPart ? try part(&cursor, false) : try list(&cursor, false) } catch { return true }    // validated before
    }

    private func list(_ cursor: inout JSONSteps, _ thinking: Bool) throws(JSONFault) -> Bool {
        guard try cursor.beginArray() else { return true }
        while try cursor.nextElement() {
            if cursor.peek() == Ascii.openBrace {
                if !(try part(&cursor, thinking)) { return false }
            } else if !string(try cursor.value(), thinking) { return false }
        }
        return true
    }

    private func part(_ cursor: inout JSONSteps, _ thinking: Bool) throws(JSONFault) -> Bool {
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

@inline(never)
func partsHaveText(_ parts: UnsafeRawBufferPointer) -> Bool {
    !ContentParts(parts) { _, _ in false }.walk()
}

/// Appends the decoded text of choice 0. False: over the buffer's limit or out of memory.
@inline(__always)
package func appendContent(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    if view.contentIsParts { return appendParts(view, bytes, thinking: false, to: out) }
    return appendDecodedJSON(bytes[view.content], to: out)
}

/// Appends the decoded reasoning of choice 0.
@inline(__always)
package func appendReasoning(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    if view.contentIsParts, view.reasoning.count == 0 { return appendParts(view, bytes, thinking: true, to: out) }
    return appendDecodedJSON(bytes[view.reasoning], to: out)
}

@inline(never)
private func appendParts(_ view: ChunkView, _ bytes: UnsafeRawBufferPointer, thinking: Bool, to out: ByteBuffer) -> Bool {
    ContentParts(bytes[view.content]) { raw, isThinking in
        isThinking != thinking || appendDecodedJSON(raw, to: out)
    }.walk()
}
