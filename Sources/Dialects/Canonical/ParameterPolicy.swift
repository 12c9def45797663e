package import Bytes
internal import JSON
package import Model

/// Gatelet reads or writes them itself: no rule changes them.
private let ruled: [StaticString] = ["model", "messages", "prompt", "input", "stream", "stream_options", "gatelet", "models", "provider", "route"]

package func mayHaveRule(_ parameter: String) -> Bool { !ruled.contains { parameter.equals($0) } }

extension OutgoingRequest {
    /// Does with its parameters what the provider's row says. nil: nothing; else where its bytes are from now on, which must outlive it.
    package mutating func obeyRules(_ caps: Caps) throws(Failure) -> ByteBuffer? {
        if provider.requests.parameters.isEmpty { return nil }
        var touched = false
        for member in view.members where rule(for: member) != nil { touched = true }
        if !touched { return nil }
        let buffer = ByteBuffer()
        var out = MemberWriter(buffer)
        guard buffer.reserve(bytes.count &+ 128) else { throw noRoom("the request", buffer) }
        out.open()
        for member in view.members { try write(member, &out) }
        out.close()
        if out.failed { throw noRoom("the request", buffer) }
        try take(buffer, caps)
        return buffer
    }

    private func rule(for member: RequestView.Member) -> ParameterRule? {
        provider.requests.parameters.first { nameEquals(bytes, member.name, $0.name) && $0.holds(for: model) }
    }

    private func write(_ member: RequestView.Member, _ out: inout MemberWriter) throws(Failure) {
        guard let rule = rule(for: member) else {
            out.separate()
            return out.raw(bytes[ByteRange(member.name.start &- 1, member.value.end)])
        }
        if occurrences(rule.name) > 1 { throw Failure(.json, concat("`", rule.name, "` occurs twice in the request")) }
        let value = JSONView(valid: bytes, member.value)
        if value.isNull { return }
        if rule.isRejected { throw Failure(.unsupported, concat("`", rule.name, "` cannot be sent to ", concat(provider.title, " for `", model, "` (parameters)"))) }
        if rule.isDropped { return warnings.add(.dropped, rule.name, concat(provider.title, " does not take it for `", model, "`")) }
        // The caller's own use of the provider's word wins.
        if let rename = rule.rename, occurrences(rename) > 0 { return }
        out.name(rule.rename ?? rule.name)
        guard let bound = value.double.flatMap({ rule.bound(beyond: $0) }) else { return out.raw(value.raw) }
        warnings.add(.clamped, rule.name, concat(provider.title, " takes ", bound.text, concat(rule.least == bound ? " at least for `" : " at most for `", model, "`")))
        out.raw(bound.text)
    }

    private func occurrences(_ name: String) -> Int {
        var n = 0
        for member in view.members where nameEquals(bytes, member.name, name) { n &+= 1 }
        return n
    }
}
