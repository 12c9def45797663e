package import Bytes
internal import JSON
package import Model

/// Writes the body for one provider: the caller's members byte for byte, except those that Gatelet sets or adds.
func writeRequest(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure) {
    let view = request.view, bytes = request.bytes, model = request.model, operation = request.operation, provider = request.provider
    let prefill = request.prefill, maxTokens = request.maxTokens
    guard buffer.reserve(bytes.count &+ model.utf8.count &+ (prefill?.count ?? 0) &+ 128) else { throw noRoom("the request", buffer) }
    var writer = RequestWriter(view: view, bytes: bytes, out: MemberWriter(buffer))
    writer.out.open()
    var wroteModel = false, wroteStream = false
    for member in view.members {
        switch member.known {
        case .model:
            writer.copyRun()
            writer.out.member("model", model)
            wroteModel = true
        case .stream:
            // The function called decides; who says it goes on saying it: some gateways stream unless they are told `false`.
            writer.copyRun()
            writer.out.member("stream", raw: operation.isStream ? "true" : "false")
            wroteStream = true
        case .streamOptions, .gatelet: writer.copyRun()
        case .usage: if provider.requests.nativeRouting || provider.requests.usageInclude { writer.keep(member) } else { writer.copyRun() }
        case .models, .provider, .route: if provider.requests.nativeRouting { writer.keep(member) } else { writer.copyRun() }
        case .messages where prefill != nil: try writer.addPrefill(member, prefill ?? UnsafeRawBufferPointer(start: nil, count: 0))
        case .maxTokens where view.isTranslated && !JSONView(valid: bytes, member.value).isNull:
            writer.copyRun()
            if let word = limitWord(provider, model, operation) {
                writer.out.name(word)
                writer.copyText(member.value)
            }
        case .maxTokens, .maxCompletionTokens: if maxTokens == nil { writer.keep(member) } else { writer.copyRun() } // null
        case .encodingFormat where provider.requests.givesInt8 && view.vectorForm != nil: writer.copyRun() // it would refuse them
        default: writer.keep(member)
        }
    }
    writer.copyRun()
    if let maxTokens { writer.addMaxTokens(maxTokens, provider, model, operation) }
    if !wroteModel && provider.access.deployment == nil { writer.out.member("model", model) }
    if !wroteStream {
        if operation.isStream { writer.out.member("stream", raw: "true") }
        if !operation.isStream, provider.requests.streamFalse, operation != .embeddings { writer.out.member("stream", raw: "false") }
    }
    if operation.isStream { writer.addStreamOptions(request.asksUsage ?? provider.requests.streamUsage) }
    if provider.requests.usageInclude && operation != .embeddings { writer.addUsage() }
    writer.out.close()
    if writer.out.failed { throw noRoom("the request", buffer) }
}

struct RequestWriter {
    let view: RequestView
    let bytes: UnsafeRawBufferPointer
    var out: MemberWriter
    /// Members side by side that stay as they are: copied in one piece.
    var run = ByteRange.none

    mutating func keep(_ member: RequestView.Member) {
        if run.isNone { run.start = member.name.start &- 1 }
        run.end = member.value.end
    }

    mutating func copyRun() {
        if run.isNone { return }
        out.separate()
        copyText(run)
        run = .none
    }

    mutating func copyText(_ range: ByteRange) {
        if view.loneSurrogate {
            out.check(repairJSON(bytes[range], into: out.buffer))
        } else {
            out.raw(bytes[range])
        }
    }

    func has(_ name: String) -> Bool { view.members.contains { nameEquals(bytes, $0.name, name) } }

    mutating func addStreamOptions(_ asks: Bool) {
        let add = asks && view.includeUsage == nil
        if view.streamOptions.isNone {
            if add { out.member("stream_options", raw: "{\"include_usage\":true}") }
        } else {
            out.name("stream_options")
            if add { addIncludeUsage() } else { copyText(view.streamOptions) }
        }
    }

    /// The caller's other stream options, and `include_usage` in place of a null one.
    mutating func addIncludeUsage() {
        out.open()
        JSONView(valid: bytes, view.streamOptions).forEachMember { name, value in
            if jsonName(bytes, name, is: "include_usage") { return }
            out.separate()
            copyText(ByteRange(name.start &- 1, value.range.end))
        }
        out.member("include_usage", raw: "true")
        out.close()
    }

    /// In the word that the provider, else the model, wants.
    mutating func addMaxTokens(_ number: Int, _ provider: Provider, _ model: String, _ operation: Operation) {
        guard let name = limitWord(provider, model, operation), !has(name) || name.equals("max_tokens") || name.equals("max_completion_tokens") else { return }
        out.name(name)
        out.raw(String(decimal: number))
    }

    mutating func addUsage() {
        for member in view.members where member.known == .usage { return }
        out.member("usage", raw: "{\"include\":true}")
    }
}

/// The word in which a provider is told how long an answer may be at most. nil: it takes none.
package func limitWord(_ provider: Provider, _ model: String, _ operation: Operation) -> String? {
    let isText = operation == .completion || operation == .completionStream
    let limit = isText ? .maxTokens : provider.requests.outputLimit ?? (wantsCompletionTokens(model) ? .maxCompletionTokens : .maxTokens)
    let rule = provider.rule(for: limit.rawValue, model)
    return rule.map { $0.isDropped || $0.isRejected } ?? false ? nil : rule?.rename ?? limit.rawValue
}

/// OpenAI's models that think refuse `max_tokens` (https://platform.openai.com/docs/api-reference/chat/create#chat-create-max_tokens,
/// 2026-11), and so do they behind others that pass a request on as it is.
private func wantsCompletionTokens(_ model: String) -> Bool {
    let octets = model.octets, slash = octets.lastIndex(of: UInt8(ascii: "/"))
    let id = slash.map { Array(octets[($0 + 1)...]) } ?? octets
    for family: StaticString in ["o1", "o3", "o4", "gpt-5", "gpt-6"] where id.withUnsafeBytes({ $0.find(family) }) == 0 { return true }
    return false
}

/// A raw name against a text; escaped spellings count as equal.
package func nameEquals(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange, _ text: String) -> Bool {
    let raw = bytes[name]
    return same(raw, text) || contains(raw, Ascii.backslash) && same(decodedText(bytes, name), text)
}
