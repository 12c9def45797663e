internal import Bytes

/// The content of a message: text, or a list of parts when the upstream streams parts.
final class AssembledContent {
    private let budget: AssemblyBudget
    /// The text so far; in a list, that of the part still open.
    private let text = ByteBuffer()
    /// Finished parts, when there are any.
    private let parts = ByteBuffer()
    private enum Shape { case nothing, text, list }
    private var shape = Shape.nothing
    private var isThinking = false

    init(_ budget: AssemblyBudget) { self.budget = budget }

    func put(_ value: UnsafeRawBufferPointer) {
        switch value.byte(at: 0) {
        case Ascii.quote:
            if shape == .nothing { shape = .text }
            if isThinking, value.count > 2 { closePart() }
            budget.append(value[ByteRange(1, value.count &- 1)], to: text)
        case Ascii.openBracket:
            shape = .list
            walkArray(value, part)
        default: break
        }
    }

    /// More of the text that the chunk before went on with.
    func goOn(_ body: UnsafeRawBufferPointer) { budget.append(body, to: text) }

    /// One part of a list: text and thinking go on with the part before, others stand alone.
    private func part(_ value: UnsafeRawBufferPointer) {
        var handled = false
        _ = ContentParts(value, isPart: true) { raw, thinking in
            if thinking != self.isThinking { self.closePart() }
            self.isThinking = thinking
            self.budget.append(raw, to: self.text)
            handled = true
            return true
        }.walk()
        if handled || value.byte(at: 0) != Ascii.openBrace || isEmptyText(value) { return }
        closePart()
        if parts.count > 0 { appendComma(to: parts, budget) }
        budget.append(value, to: parts)
    }

    /// A text or thinking part with nothing in it.
    private func isEmptyText(_ part: UnsafeRawBufferPointer) -> Bool {
        var empty = false
        walkObject(part) { name, value in
            if name.equals("type"), value.equals("\"text\"") || value.equals("\"thinking\"") { empty = true }
        }
        return empty
    }

    /// Moves the open text to the finished parts.
    private func closePart() {
        if text.count > 0 {
            if parts.count > 0 { appendComma(to: parts, budget) }
            if !budget.take(64) || !appendOpenPart(to: parts) { budget.fail() }
            text.removeAll()
        }
        isThinking = false
    }

    private func appendOpenPart(to out: ByteBuffer) -> Bool {
        isThinking
            ? out.append("{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"") && out.append(text.bytes) && out.append("\"}]}")
            : out.append("{\"type\":\"text\",\"text\":\"") && out.append(text.bytes) && out.append("\"}")
    }

    /// `emptyIsNull`: a message that calls tools has no text rather than an empty one.
    func append(to out: ByteBuffer, emptyIsNull: Bool) -> Bool {
        switch shape {
        case .list:
            return out.append(Ascii.openBracket) && out.append(parts.bytes) && (parts.count == 0 || text.count == 0 || out.append(Ascii.comma))
                && (text.count == 0 || appendOpenPart(to: out)) && out.append(Ascii.closeBracket)
        case .text where text.count > 0 || !emptyIsNull:
            return out.append(Ascii.quote) && out.append(text.bytes) && out.append(Ascii.quote)
        default:
            return out.append("null")
        }
    }
}
