internal import Bytes
internal import JSON

/// One tool call in the making.
final class AssembledCall: CallInPieces {
    let id = ByteBuffer(), name = ByteBuffer(), arguments = ByteBuffer()
    var index: Int?
    let others: MemberTable, function: MemberTable

    init(_ budget: AssemblyBudget, index: Int?) {
        self.index = index
        others = MemberTable(budget)
        function = MemberTable(budget)
    }

    private var progress = ObjectProgress()
    /// Bytes of the arguments that it has seen.
    private var seen = 0

    /// Whether the arguments are a whole object already.
    var isComplete: Bool {
        progress.read(escaped: arguments.bytes[ByteRange(seen, arguments.count)])
        seen = arguments.count
        return progress.isComplete
    }

    func append(to out: ByteBuffer) -> Bool {
        if id.count > 0, !(out.append("\"id\":\"") && out.append(id.bytes) && out.append("\",")) { return false }
        let type = others.existing("type")?.form == .text
        // A tool that takes text (https://platform.openai.com/docs/guides/function-calling#custom-tools, 2026-11) has no function.
        if name.count == 0, arguments.count == 0, function.isEmpty, others.existing("custom")?.form == .object {
            return (type || out.append("\"type\":\"custom\",")) && others.append(to: out, first: true)
        }
        guard type || out.append("\"type\":\"function\","), out.append("\"function\":{\"name\":\""), out.append(name.bytes),
              out.append("\",\"arguments\":\""), out.append(arguments.bytes), out.append(Ascii.quote),
              function.append(to: out, first: false), out.append(Ascii.closeBrace) else { return false }
        return others.append(to: out, first: false)
    }
}

/// The tool calls of a message out of their deltas.
final class AssembledCalls {
    private let budget: AssemblyBudget
    private var calls: [AssembledCall] = []

    init(_ budget: AssemblyBudget) { self.budget = budget }

    var isEmpty: Bool { calls.isEmpty }

    /// The array of a delta.
    func put(_ array: UnsafeRawBufferPointer) { walkArray(array, delta) }

    private func delta(_ value: UnsafeRawBufferPointer) {
        guard value.byte(at: 0) == Ascii.openBrace else { return }
        let piece = CallDelta(value)
        guard let call = target(piece) else { return }
        piece.mergeOthers(into: call, value)
        if piece.id.count > 0 { budget.replace(call.id, with: piece.id) }
        if piece.name.count > 0 { budget.replace(call.name, with: piece.name) }
        if piece.argumentsAreText {
            budget.append(piece.arguments, to: call.arguments)
        } else if piece.arguments.count > 0 {         // an object where a string should be
            if !budget.take(piece.arguments.count &* 2) || !appendJSONBody(piece.arguments, to: call.arguments) { budget.fail() }
        }
    }

    private func target(_ piece: CallDelta) -> AssembledCall? {
        if let call = callThatGoesOn(calls, id: piece.id, name: piece.name, index: piece.index) { return call }
        guard budget.take(256) else { return nil }
        let call = AssembledCall(budget, index: piece.index)
        calls.append(call)
        return call
    }

    func append(to out: ByteBuffer) -> Bool {
        var first = true
        for call in calls {
            guard first || out.append(Ascii.comma), out.append(Ascii.openBrace), call.append(to: out), out.append(Ascii.closeBrace) else { return false }
            first = false
        }
        return true
    }
}

/// One element of a delta's tool_calls, taken apart.
private struct CallDelta {
    /// Raw string bodies.
    var id: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, arguments: UnsafeRawBufferPointer
    var argumentsAreText = false
    var index: Int?

    init(_ value: UnsafeRawBufferPointer) {
        var id = value[.none], name = value[.none], arguments = value[.none], isText = false, index: Int?
        walkObject(value) { key, value in
            if key.equals("id") { id = textInside(value) } else if key.equals("index") { index = smallNumber(value) }
            if !key.equals("function") { return }
            walkObject(value) { key, value in
                if key.equals("name") { name = textInside(value) }
                if !key.equals("arguments") { return }
                isText = value.byte(at: 0) == Ascii.quote
                arguments = isText ? textInside(value) : isFilled(value, ByteRange(0, value.count)) ? value : value[.none]
            }
        }
        self.id = id
        self.name = name
        self.arguments = arguments
        self.index = index
        argumentsAreText = isText
    }

    func mergeOthers(into call: AssembledCall, _ value: UnsafeRawBufferPointer) {
        walkObject(value) { key, value in
            if key.equals("function") {
                walkObject(value) { key, value in
                    if !key.equals("name"), !key.equals("arguments") { call.function.put(key, value, .join) }
                }
            } else if !key.equals("id"), !key.equals("index") {
                call.others.put(key, value, labels.contains(key) ? .last : .deep)
            }
        }
    }
}

/// The body of a JSON string; empty for any other value.
func textInside(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    value.byte(at: 0) == Ascii.quote ? value[ByteRange(1, value.count &- 1)] : value[.none]
}

/// A whole number of up to nine digits; nil for anything else.
func smallNumber(_ value: UnsafeRawBufferPointer) -> Int? {
    guard value.count > 0, value.count <= 9 else { return nil }
    var number = 0
    for byte in value {
        guard byte &- 0x30 <= 9 else { return nil }
        number = number &* 10 &+ Int(byte &- 0x30)
    }
    return number
}
