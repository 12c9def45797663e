package import Bytes
internal import JSON

/// Builds the answer the blocking call would have given out of the chunks of a stream. Strings are joined in their raw,
/// escaped form: nothing is decoded on the way. Not thread-safe.
package final class ChunkAssembler {
    /// More choices than this are dropped.
    private static let mostChoices = 1024

    private let form: ChunkForm
    private let budget: AssemblyBudget
    private let top: MemberTable
    /// By index.
    private var choices: [AssembledChoice] = []
    private let usage = ByteBuffer()
    private var hasLoneSurrogate = false
    /// A chunk that repeated the one before only went on with this text: one that repeats it does the same.
    private var goingOn: AssembledContent?

    /// No chunk that could be one has come.
    package private(set) var isEmpty = true

    package init(form: ChunkForm, limit: Int) {
        self.form = form
        budget = AssemblyBudget(limit)
        top = MemberTable(budget)
    }

    package var lacksMemory: Bool { budget.lacksMemory }

    /// A chunk of which `view` is known.
    package func add(_ chunk: UnsafeRawBufferPointer, _ view: ChunkView) -> Bool {
        if view.repeats, let goingOn {
            goingOn.goOn(chunk[view.content])
            return !budget.exceeded
        }
        let joins = budget.joins, isWhole = add(chunk)
        let onlyText = view.repeats && view.content.count > 0 && budget.joins == joins &+ 1
        goingOn = onlyText ? choices.first { $0.index == 0 }?.content : nil
        return isWhole
    }

    /// What is not JSON is left out. False: over the limit or out of memory.
    package func add(_ chunk: UnsafeRawBufferPointer) -> Bool {
        var rest = chunk
        while rest.count > 0 {
            let end = validated(rest)
            if end == 0 { return addRepaired(rest) }
            put(rest[ByteRange(0, end)])
            rest = rest[ByteRange(end, rest.count)]
        }
        return !budget.exceeded
    }

    /// Where the value at the start ends, white space behind it included; 0 when there is no valid one.
    private func validated(_ bytes: UnsafeRawBufferPointer) -> Int {
        var cursor = JSONCursor(bytes)
        do throws(JSONFault) { _ = try cursor.value() } catch { return 0 }
        if cursor.sawLoneSurrogate { hasLoneSurrogate = true }
        _ = cursor.peek()
        return cursor.offset
    }

    private func addRepaired(_ chunk: UnsafeRawBufferPointer) -> Bool {
        let repaired = ByteBuffer()
        defer { repaired.keepAlive() }
        guard repairJSON(chunk, into: repaired) else {
            budget.noMemory()
            return false
        }
        let end = validated(repaired.bytes)
        if end > 0 { put(repaired.bytes[ByteRange(0, end)]) }
        return !budget.exceeded
    }

    /// One valid value.
    private func put(_ bytes: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(bytes, depthLimit: JSONCursor.deepest)
        top.startOver()
        do throws(JSONFault) {
            guard try cursor.beginObject() else { return }
            while let name = try cursor.nextName() {
                let escaped = cursor.sawEscape, raw = bytes[name]
                if !escaped, raw.equals("choices") {
                    try putChoices(&cursor, bytes)
                } else {
                    let value = try cursor.value()
                    withPlainName(raw, escaped) { putTop($0, bytes[value]) }
                }
            }
        } catch { return }
    }

    private func putTop(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        switch name.count {
        case 5 where name.equals("usage"): return putUsage(value)
        case 5 where name.equals("error"), 6 where name.equals("object"): return
        // Padding that only streams have: https://platform.openai.com/docs/api-reference/chat-streaming, 2026-09
        case 11 where name.equals("obfuscation"): return
        case 7 where name.equals("gatelet"): return
        case 12 where name.equals("usage_so_far"): return putUsage(value) // all that a stream tells that breaks off
        case 7 where name.equals("choices"): return walkChoices(value)
        case 6 where name.equals("x_groq"): walkObject(value) { name, value in if name.equals("usage") { putUsage(value) } }
        default: break
        }
        top.put(name, value, .last)
    }

    /// The last one stands; one of zeros never replaces a real one.
    private func putUsage(_ value: UnsafeRawBufferPointer) {
        guard value.byte(at: 0) == Ascii.openBrace, usage.count == 0 || hasCount(value) else { return }
        budget.replace(usage, with: value)
    }

    /// `choices` written with escapes in its name.
    private func walkChoices(_ value: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(value, depthLimit: JSONCursor.deepest)
        do throws(JSONFault) { try putChoices(&cursor, value) } catch { return }
    }

    private func putChoices(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        isEmpty = false
        guard try cursor.beginArray() else {
            _ = try cursor.value()
            return
        }
        var position = 0
        while try cursor.nextElement() {
            if cursor.peek() == Ascii.openBrace, let choice = choice(indexOfChoice(cursor, bytes) ?? position) {
                try choice.put(&cursor, bytes, form)
            } else {
                _ = try cursor.value()
            }
            position &+= 1
        }
    }

    private func choice(_ index: Int) -> AssembledChoice? {
        for choice in choices where choice.index == index { return choice }
        guard choices.count < ChunkAssembler.mostChoices, budget.take(1024) else { return nil }
        let fresh = AssembledChoice(index, budget)
        choices.insert(fresh, at: choices.firstIndex { $0.index > index } ?? choices.count)
        return fresh
    }

    /// The answer, with `"gatelet":extra` at its end unless that is empty. nil: no chunk came, over the limit, or out of memory.
    package func answer(appending extra: UnsafeRawBufferPointer) -> ByteBuffer? {
        let out = ByteBuffer()
        defer { out.keepAlive() }
        guard !isEmpty, !budget.exceeded, appendAnswer(to: out, extra) else { return nil }
        if !hasLoneSurrogate { return out }
        let repaired = ByteBuffer()
        return repairJSON(out.bytes, into: repaired) ? repaired : nil
    }

    private func appendAnswer(to out: ByteBuffer, _ extra: UnsafeRawBufferPointer) -> Bool {
        guard form == .chat ? out.append("{\"object\":\"chat.completion\"") : out.append("{\"object\":\"text_completion\""),
              top.append(to: out, first: false), out.append(",\"choices\":[") else { return false }
        var first = true
        for choice in choices {
            guard first || out.append(Ascii.comma), choice.append(to: out, form) else { return false }
            first = false
        }
        guard out.append(Ascii.closeBracket) else { return false }
        if usage.count > 0, !(out.append(",\"usage\":") && out.append(usage.bytes)) { return false }
        if extra.count > 0, !(out.append(",\"gatelet\":") && out.append(extra)) { return false }
        return out.append(Ascii.closeBrace)
    }
}

/// The `index` of the choice the cursor stands before; nil when it has none. (The cursor is a copy.)
private func indexOfChoice(_ cursor: JSONCursor, _ bytes: UnsafeRawBufferPointer) -> Int? {
    var cursor = cursor
    do throws(JSONFault) {
        guard try cursor.beginObject() else { return nil }
        while let name = try cursor.nextName() {
            let isIndex = jsonName(bytes, name, is: "index"), value = try cursor.value()
            if isIndex { return smallNumber(bytes[value]) }
        }
    } catch { return nil }
    return nil
}

/// Whether a number other than zero is in a JSON value.
private func hasCount(_ json: UnsafeRawBufferPointer) -> Bool {
    var inString = false, escaped = false
    for byte in json {
        if escaped { escaped = false } else if inString {
            if byte == Ascii.backslash { escaped = true } else if byte == Ascii.quote { inString = false }
        } else if byte == Ascii.quote { inString = true } else if byte &- 0x31 <= 8 { return true }
    }
    return false
}
