internal import Bytes
internal import JSON
package import Model

/// A member of a body that was sent, which may be why it was refused.
package struct RefusedMember: Sendable {
    /// As it stands in the body.
    package let name: String
    /// The parameter of the caller's that it says.
    package let parameter: String
    /// The value that was refused, as JSON: others may be taken. nil: all are refused.
    package var value: [UInt8]?
    /// What the provider wants it to be called. nil: it is left out.
    package var rename: String?

    package init(name: String, parameter: String) { (self.name, self.parameter) = (name, parameter) }

    /// Gatelet's own question for the usage of a stream.
    package static var usage: RefusedMember { RefusedMember(name: "include_usage", parameter: "stream_options") }
    package var isUsage: Bool { name.equals("include_usage") }
    /// Gatelet's own question for thoughts that can be sent back.
    package var isInclude: Bool { name.equals("include") }
    package func isSame(_ other: RefusedMember) -> Bool { same(name, other.name) && value == other.value }
}

/// Words for a member that is not taken. OpenAI: "Unsupported parameter: 'x'", "Unsupported value: 'x'", "Unrecognized request argument supplied: x",
/// https://platform.openai.com/docs/guides/error-codes; Anthropic: "x: Extra inputs are not permitted", "`x` is deprecated for this model",
/// https://docs.anthropic.com/en/api/errors; Gemini: "Unknown name "x" at 'generation_config': Cannot find field",
/// https://ai.google.dev/gemini-api/docs/troubleshooting; Groq: "property 'x' is unsupported", https://console.groq.com/docs/errors;
/// xAI: "Argument not supported on this model: x", https://docs.x.ai/docs/guides/reasoning; Mistral: "x are not enabled for this model". 2026-11
private let refusals = ["nsupported", "not support", "nrecognized", "nknown", "not permitted", "not allowed", "nexpected", "deprecated", "extra_forbidden", "not enabled"]

/// It was not the member but what it says. OpenAI: "Unsupported value: 'x' does not support 0.5 with this model", code `unsupported_value`, 2026-11.
private let refusalsOfValues = ["nsupported value", "nsupported_value", "upported values are"]

/// What of a body may have been refused: a parameter that may be left out and is named, else the question for usage. `asksUsage`: it is in the body
/// by Gatelet's own word; `isTried`: nobody said that it is taken.
package func refusedMember(_ failure: Failure, httpStatus: Int, in body: UnsafeRawBufferPointer, asksUsage: Bool, isTried: Bool) -> RefusedMember? {
    if httpStatus == 400 || httpStatus == 422, let named = renamedMember(failure, in: body) ?? namedMember(failure, in: body) { return named }
    return asksUsage && mayRefuseUsage(failure, httpStatus: httpStatus, isTried: isTried) ? .usage : nil
}

private func says(_ failure: Failure, _ words: [String]) -> Bool {
    speaks(failure, words) || failure.code.map({ code in words.contains { code.contains($0) } }) ?? false
}

/// The bound of an answer has two names, and a deployment does not tell of which model it is. Azure and OpenAI: "Unsupported parameter: 'max_tokens' is
/// not supported with this model. Use 'max_completion_tokens' instead.", https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning, 2026-11.
private func renamedMember(_ failure: Failure, in body: UnsafeRawBufferPointer) -> RefusedMember? {
    let old = OutputLimit.maxTokens.rawValue, new = OutputLimit.maxCompletionTokens.rawValue, root = JSONView(trusted: body)
    guard says(failure, refusals), speaks(failure, [concat("'", new, "' instead"), concat("`", new, "` instead")]), names(failure, old, root),
          root.filled("max_tokens") != nil, root["max_completion_tokens"] == nil else { return nil }
    var member = RefusedMember(name: old, parameter: old)
    member.rename = new
    return member
}

/// Of several the one that is called by the longest word, since `logprobs` stands in `top_logprobs`, and by its own rather than by one like it.
private func namedMember(_ failure: Failure, in body: UnsafeRawBufferPointer) -> RefusedMember? {
    guard says(failure, refusals) else { return nil }
    let isValue = says(failure, refusalsOfValues), optional = OptionalMembers.all, root = JSONView(trusted: body)
    var found: RefusedMember?, longest = 0
    func look(_ object: JSONView, _ group: String?) {
        for (name, value) in object.members {
            let text = object.bytes[name]
            if group == nil, OptionalMembers.isGroup(text) { look(value, String(utf8: text)) }
            guard let known = optional.first(where: { $0.name.equals(text) }) else { continue }
            let name = String(utf8: text)
            var length = 0
            for word in OptionalMembers.spellings(name, in: group) where names(failure, word, root) { length = max(length, word.utf8.count &* 2 &+ (same(word, name) ? 1 : 0)) }
            for part in OptionalMembers.sentences(of: name) where speaks(failure, [part]) { length = max(length, part.utf8.count &* 2) }
            guard length > longest else { continue }
            longest = length
            var member = RefusedMember(name: name, parameter: String(utf8: known.it))
            if isValue { member.value = Array(value.raw) }
            found = member
        }
    }
    look(root, nil)
    if found == nil, hasMark(root), names(failure, "cache_control", root) { return RefusedMember(name: "cache_control", parameter: "cache_control") }
    return found
}

/// It names the member: in quotes or where such a name stands, since `user` and `seed` are words as well. Where it blames another one of the
/// request, that is the one.
private func names(_ failure: Failure, _ name: String, _ body: JSONView) -> Bool {
    if let blamed = failure.parameter {
        if blamed == UnredactedText(name) || blamed.contains(concat(".", name)) { return true }
        for (other, _) in body.members where blamed.isMember(String(utf8: body.bytes[other])) && !blamed.isMember(name) { return false }
    }
    return speaks(failure, [concat("'", name, "'"), concat("\"", name, "\""), concat("`", name, "`"), concat(name, ": "), concat(name, " is "), concat("arameter ", name),
                            concat("arameter: ", name), concat("upplied: ", name), concat("model: ", name)])
}

/// Something in it is marked for a cache, beyond the request as a whole.
private func hasMark(_ object: JSONView) -> Bool {
    object.elements.contains { hasMark($0) } || object.members.contains { name, value in
        let text = object.bytes[name]
        return text.equals("cache_control") || OptionalMembers.mayHoldMarks(text) && hasMark(value)
    }
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
