internal import Bytes
internal import JSON

/// An object that grows: a block of a message, a part or an item of a response.
final class GrowingObject {
    /// Its place among its like.
    let index: Int
    private let budget: AssemblyBudget
    private let members: MemberTable
    /// The text that its deltas go on with.
    private var text: AssemblyMember?
    /// Bytes of the budget, about.
    private var taken = 256

    /// `leavesOut`: members that are written otherwise.
    init(_ index: Int, _ view: JSONView?, _ budget: AssemblyBudget, leavesOut: (UnsafeRawBufferPointer) -> Bool = { _ in false }) {
        self.index = index
        self.budget = budget
        members = MemberTable(budget)
        _ = budget.take(taken)
        guard let view else { return }
        for (name, value) in view.members where !leavesOut(view.bytes[name]) {
            members.put(view.bytes[name], value.raw, value.isArray ? .join : .last)
            taken &+= value.range.count
        }
    }

    /// Nobody needs it any more.
    func release() {
        budget.give(taken)
        taken = 0
    }

    /// More of a text: the body of a JSON string.
    func goOn(_ body: UnsafeRawBufferPointer) -> Bool {
        guard let text else { return false }
        budget.append(body, to: text.bytes)
        taken &+= body.count
        return true
    }

    /// Its text is this member from now on.
    func grows(_ name: StaticString) {
        if text?.name.bytes.equals(name) ?? false { return }
        let nothing: StaticString = "\"\""
        put(name, UnsafeRawBufferPointer(start: nothing.utf8Start, count: 2), .last)
        text = members.existing(name)
    }

    func put(_ name: StaticString, _ value: UnsafeRawBufferPointer, _ rule: MergeRule) {
        put(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value, rule)
    }

    func put(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ rule: MergeRule) {
        members.startOver()
        members.put(name, value, rule)
    }

    /// One more element of a list.
    func add(_ element: JSONView, to name: StaticString) {
        let list = ByteBuffer()
        defer { list.keepAlive() }
        guard list.append(Ascii.openBracket), list.append(element.raw), list.append(Ascii.closeBracket) else { return budget.noMemory() }
        put(name, list.bytes, .join)
        taken &+= element.range.count
    }

    func has(_ name: StaticString) -> Bool { members.existing(name) != nil }

    /// Its members, without brackets around them.
    func write(_ out: inout MemberWriter) {
        if members.isEmpty { return }
        out.separate()
        out.check(members.append(to: out.buffer, first: true))
    }
}
