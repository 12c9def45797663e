internal import Bytes

/// `reasoning_details` (OpenRouter): pieces of text or summary with the same type and index become one element; others
/// (encrypted ones) stand alone. https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-08.
final class AssembledDetails {
    private let budget: AssemblyBudget
    private let finished = ByteBuffer()
    private var open: MemberTable?
    private(set) var seen = false

    init(_ budget: AssemblyBudget) { self.budget = budget }

    func put(_ array: UnsafeRawBufferPointer) {
        seen = true
        walkArray(array, detail)
    }

    private func detail(_ value: UnsafeRawBufferPointer) {
        var type = value[.none], index = value[.none]
        walkObject(value) { name, value in
            if name.equals("type") { type = value } else if name.equals("index") { index = value }
        }
        let joins = type.equals("\"reasoning.text\"") || type.equals("\"reasoning.summary\"")
        if !joins || !isSame("type", type) || !isSame("index", index) { close() }
        guard joins else {
            if finished.count > 0 { appendComma(to: finished, budget) }
            return budget.append(value, to: finished)
        }
        let table = open ?? MemberTable(budget)
        open = table
        table.startOver()
        walkObject(value) { name, value in
            table.put(name, value, name.equals("text") || name.equals("summary") ? .join : .last)
        }
    }

    private func isSame(_ name: StaticString, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let member = open?.existing(name) else { return value.count == 0 || value.equals("null") }
        let stored = ByteBuffer()
        defer { stored.keepAlive() }
        return member.appendValue(to: stored) && sameBytes(stored.bytes, value)
    }

    private func close() {
        guard let table = open else { return }
        open = nil
        if finished.count > 0 { appendComma(to: finished, budget) }
        if !(finished.append(Ascii.openBrace) && table.append(to: finished, first: true) && finished.append(Ascii.closeBrace)) { budget.fail() }
    }

    func append(to out: ByteBuffer) -> Bool {
        close()
        return out.append(finished.bytes)
    }
}
