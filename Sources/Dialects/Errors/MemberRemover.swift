package import Bytes
internal import JSON

/// The same body without a member, and without what has no meaning beside it, or with the member under its other name. nil: it has none such, or
/// there is no memory.
package func without(_ member: RefusedMember, _ body: ByteBuffer) -> ByteBuffer? {
    let made = ByteBuffer()
    guard made.reserve(body.count &+ 32) else { return nil }
    defer { body.keepAlive() }
    var writer = MemberRemover(member, MemberWriter(made))
    writer.copy(JSONView(trusted: body.bytes))
    return writer.found && !writer.out.failed ? made : nil
}

private struct MemberRemover {
    private(set) var out: MemberWriter
    private(set) var found = false
    private let member: RefusedMember
    private let names: [String]
    private let isMark: Bool

    init(_ member: RefusedMember, _ out: MemberWriter) {
        self.member = member
        self.out = out
        isMark = member.name.equals("cache_control")
        // How much is thought is said of thinking.
        names = member.parameter.equals("logprobs") ? [member.name, "top_logprobs"] : member.name.equals("thinking") ? [member.name, "effort"] : [member.name]
    }

    mutating func copy(_ object: JSONView) {
        out.open()
        for (name, value) in object.members {
            let text = object.bytes[name]
            if isNamed(object, name, value) {
                found = true
                if let rename = member.rename {
                    out.name(rename)
                    out.raw(value.raw)
                }
                continue
            }
            if OptionalMembers.isGroup(text), hasAny(value) {
                if !hasOthers(value) { // a group of nothing is not sent
                    found = true
                    continue
                }
                out.name(String(utf8: text))
                copy(value)
            } else if isMark, OptionalMembers.mayHoldMarks(text) {
                out.name(String(utf8: text))
                copy(marked: value)
            } else {
                out.separate()
                out.raw(value.bytes[ByteRange(name.start &- 1, value.range.end)])
            }
        }
        out.close()
    }

    /// What may be marked for a cache, or holds what may be.
    private mutating func copy(marked value: JSONView) {
        if value.isObject { return copy(value) }
        guard value.isArray else { return out.raw(value.raw) }
        out.open("[")
        for element in value.elements {
            out.separate()
            copy(marked: element)
        }
        out.close("]")
    }

    private func isNamed(_ group: JSONView, _ name: ByteRange, _ value: JSONView) -> Bool {
        guard names.contains(where: { same(group.bytes[name], $0) }) else { return false }
        guard let refused = member.value, same(group.bytes[name], member.name) else { return true }
        return refused.withUnsafeBytes { value.raw.elementsEqual($0) }
    }

    private func hasAny(_ group: JSONView) -> Bool { group.members.contains { isNamed(group, $0.name, $0.value) } }
    private func hasOthers(_ group: JSONView) -> Bool { group.members.contains { !isNamed(group, $0.name, $0.value) } }
}
