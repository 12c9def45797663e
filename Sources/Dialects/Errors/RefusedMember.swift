package import Bytes
internal import JSON
package import Model

/// A member of a body that was sent, which may be why it was refused.
package struct RefusedMember: Sendable {
    /// As it stands in the body.
    package let name: String
    /// The parameter of the caller's that it says.
    package let parameter: String

    /// Gatelet's own question for the usage of a stream.
    package static var usage: RefusedMember { RefusedMember(name: "include_usage", parameter: "stream_options") }
    package var isUsage: Bool { name.equals("include_usage") }
    package func isSame(_ other: RefusedMember) -> Bool { same(name, other.name) }
}

/// Parameters that may be left out where a provider does not know them, as OpenAI, Anthropic, Gemini and servers of open models spell them:
/// the answer is still one to what was asked. Not those without which it would be longer (`max_tokens`, `stop`), dearer (`service_tier`),
/// of another form or made by other means.
private var optional: [TableEntry] { table("""
    temperature top_p topP=top_p top_k topK=top_k min_p top_a typical_p frequency_penalty frequencyPenalty=frequency_penalty presence_penalty \
    presencePenalty=presence_penalty repetition_penalty seed random_seed=seed logit_bias logprobs responseLogprobs=logprobs top_logprobs user \
    store metadata reasoning reasoning_effort verbosity parallel_tool_calls prompt_cache_key prompt_cache_retention safety_identifier prediction \
    cache_control
    """) }

/// Objects in a body that have parameters inside.
private let groups: [StaticString] = ["generationConfig", "stream_options"]

/// Words for a member that is not taken. OpenAI: "Unsupported parameter: 'x'", "Unsupported value: 'x'", "Unrecognized request argument supplied: x",
/// https://platform.openai.com/docs/guides/error-codes; Anthropic: "x: Extra inputs are not permitted", "`x` is deprecated for this model",
/// https://docs.anthropic.com/en/api/errors; Gemini: "Unknown name "x" at 'generation_config': Cannot find field",
/// https://ai.google.dev/gemini-api/docs/troubleshooting; Groq: "property 'x' is unsupported", https://console.groq.com/docs/errors;
/// xAI: "Argument not supported on this model: x", https://docs.x.ai/docs/guides/reasoning. 2026-11
private let refusals = ["nsupported", "not support", "nrecognized", "nknown", "not permitted", "not allowed", "nexpected", "deprecated", "extra_forbidden"]

/// What of a body may have been refused: a parameter that may be left out and is named, else the question for usage. `asksUsage`: it is in the body
/// by Gatelet's own word; `isTried`: nobody said that it is taken.
package func refusedMember(_ failure: Failure, httpStatus: Int, in body: UnsafeRawBufferPointer, asksUsage: Bool, isTried: Bool) -> RefusedMember? {
    if httpStatus == 400 || httpStatus == 422, let named = namedMember(failure, in: body) { return named }
    return asksUsage && mayRefuseUsage(failure, httpStatus: httpStatus, isTried: isTried) ? .usage : nil
}

/// Of several the longest: `logprobs` stands in `top_logprobs`.
private func namedMember(_ failure: Failure, in body: UnsafeRawBufferPointer) -> RefusedMember? {
    guard speaks(failure, refusals) || failure.code.map({ code in refusals.contains { code.contains($0) } }) ?? false else { return nil }
    var found: RefusedMember?
    let optional = optional
    func look(_ object: JSONView) {
        for (name, value) in object.members {
            let text = object.bytes[name]
            if groups.contains(where: { text.equals($0) }) { look(value) }
            guard let known = optional.first(where: { $0.name.equals(text) }), text.count > found?.name.utf8.count ?? 0 else { continue }
            let name = String(utf8: text)
            if names(failure, name) { found = RefusedMember(name: name, parameter: String(utf8: known.it)) }
        }
    }
    look(JSONView(trusted: body))
    return found
}

/// It names the member: in quotes or where such a name stands, since `user` and `seed` are words as well.
private func names(_ failure: Failure, _ name: String) -> Bool {
    if let parameter = failure.parameter, parameter == UnredactedText(name) { return true }
    return speaks(failure, [concat("'", name, "'"), concat("\"", name, "\""), concat("`", name, "`"), concat(name, ": "), concat(name, " is "), concat("arameter ", name),
                            concat("arameter: ", name), concat("upplied: ", name), concat("model: ", name)])
}

/// A refusal that speaks of being asked for the usage of a stream; where that was only tried, also one that names no other member.
private func mayRefuseUsage(_ failure: Failure, httpStatus: Int, isTried: Bool) -> Bool {
    if httpStatus >= 400, speaks(failure, ["stream_options", "include_usage"]) { return true }
    let isRefusal = failure.status == .badRequest || failure.status == .unsupported
    guard isRefusal, isTried, httpStatus == 400 || httpStatus == 422 || httpStatus == 501 else { return false }
    return !speaks(failure, ["arameter: '", "arameter '", "arameter: `", "arameter `", "arameter: \"", "arameter \"", "argument supplied: "])
}

private func speaks(_ failure: Failure, _ words: [String]) -> Bool {
    words.contains { failure.message.contains($0) || failure.providerMessage?.contains($0) ?? false }
}

/// The same body without a member, and without what has no meaning beside it. nil: it has none such, or there is no memory.
package func without(_ member: RefusedMember, _ body: ByteBuffer) -> ByteBuffer? {
    let made = ByteBuffer()
    guard made.reserve(body.count) else { return nil }
    defer { body.keepAlive() }
    var writer = MemberRemover(out: MemberWriter(made), names: member.parameter.equals("logprobs") ? [member.name, "top_logprobs"] : [member.name])
    writer.copy(JSONView(trusted: body.bytes))
    return writer.found && !writer.out.failed ? made : nil
}

private struct MemberRemover {
    var out: MemberWriter
    let names: [String]
    var found = false

    mutating func copy(_ object: JSONView) {
        out.open()
        for (name, value) in object.members {
            let text = object.bytes[name]
            if isNamed(object, name) {
                found = true
                continue
            }
            if groups.contains(where: { text.equals($0) }), hasAny(value) {
                if !hasOthers(value) { // a group of nothing is not sent
                    found = true
                    continue
                }
                out.name(String(utf8: text))
                copy(value)
                continue
            }
            keep(name, value)
        }
        out.close()
    }

    private mutating func keep(_ name: ByteRange, _ value: JSONView) {
        out.separate()
        out.raw(value.bytes[ByteRange(name.start &- 1, value.range.end)])
    }

    private func isNamed(_ group: JSONView, _ name: ByteRange) -> Bool { names.contains { same(group.bytes[name], $0) } }
    private func hasAny(_ group: JSONView) -> Bool { group.members.contains { name, _ in isNamed(group, name) } }
    private func hasOthers(_ group: JSONView) -> Bool { group.members.contains { name, _ in !isNamed(group, name) } }
}
