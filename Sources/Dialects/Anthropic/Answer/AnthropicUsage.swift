internal import Bytes
internal import JSON
internal import Model

/// Usage as Anthropic tells it, at the beginning of a stream and, for good, at its end: what comes later replaces what was there.
final class AnthropicUsage {
    private let members: MemberTable

    init(limit: Int) { members = MemberTable(AssemblyBudget(limit)) }

    var isKnown: Bool { !members.isEmpty }

    func add(_ object: JSONView) {
        members.startOver()
        for (name, value) in object.members where !value.isNull { members.put(object.bytes[name], value.raw, .last) }
    }

    /// Members that are told in OpenAI's words.
    private static func isTold(_ name: UnsafeRawBufferPointer) -> Bool {
        for told: StaticString in ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens_details"]
        where name.equals(told) { return true }
        return false
    }

    /// The members of OpenAI's usage: what was cached is in the prompt, what was compacted in both. The others stay as they are.
    func write(_ out: inout MemberWriter) {
        let native = ByteBuffer()
        defer { native.keepAlive() }
        guard native.append(Ascii.openBrace), members.append(to: native, first: true), native.append(Ascii.closeBrace) else { return out.check(false) }
        var reading = UsageReading()
        reading.take(native.bytes)
        if let usage = reading.usage { write(usage, &out) }
        let object = JSONView(trusted: native.bytes)
        for (name, value) in object.members where !AnthropicUsage.isTold(object.bytes[name]) {
            out.separate()
            out.raw(object.bytes[ByteRange(name.start &- 1, value.range.end)])
        }
    }

    private func write(_ usage: Usage, _ out: inout MemberWriter) {
        if usage[.input] != nil { out.member("prompt_tokens", usage.prompt) }
        if let output = usage[.output] { out.member("completion_tokens", output) }
        if usage[.input] != nil, usage[.output] != nil { out.member("total_tokens", usage.prompt &+ usage.count(.output)) }
        if usage[.cacheRead] != nil || usage[.cacheWrite] != nil {
            out.name("prompt_tokens_details")
            out.open()
            if let read = usage[.cacheRead] { out.member("cached_tokens", read) }
            if let written = usage[.cacheWrite] { out.member("cache_write_tokens", written) }
            out.close()
        }
        if let reasoning = usage[.reasoning] {
            out.name("completion_tokens_details")
            out.open()
            out.member("reasoning_tokens", reasoning)
            out.close()
        }
    }
}
