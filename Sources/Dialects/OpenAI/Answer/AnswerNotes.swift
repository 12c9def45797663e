internal import Bytes
internal import HTTPText
package import JSON
package import Model

/// What an answer tells, beside its tokens, of how it was served and of what else was used. The chunks of a stream are read one after the other.
package struct AnswerNotes {
    /// What the provider says; nil: nothing.
    package private(set) var tier: ServedTier?
    /// What else it says that tokens cost more for.
    package private(set) var words = ServedWords()

    /// Who gave the answer behind a router, as the router calls it.
    package private(set) var server: UnredactedText?
    /// It cites pages of the web, or was made of some.
    package private(set) var sources = false
    /// Searches of the provider that it lists, and whether it lists other tools.
    package private(set) var searches = 0
    package private(set) var tools = false
    private var toolsSeen = 0
    /// Images in it, and whether it speaks.
    package private(set) var images = 0
    package private(set) var audio = false
    /// It was paid for by the second what the model heard.
    package private(set) var audioSeconds = false

    private static let longestName = 128

    package init() {}

    /// A chunk.
    package mutating func read(_ chunk: JSONView, _ provider: Provider) {
        read(chunk, AnswerMembers(of: chunk), provider)
    }

    /// The whole of a blocking answer, or a chunk.
    package mutating func read(_ root: JSONView, _ members: AnswerMembers, _ provider: Provider) {
        for path in provider.billing.servedPaths {
            if let name = found(path.octets.split(separator: UInt8(ascii: "."))[...], root)?.string(upTo: AnswerNotes.longestName), !name.isEmpty {
                server = UnredactedText(foreign: name, most: AnswerNotes.longestName)
            }
        }
        let bytes = root.bytes, usage = JSONView(valid: bytes, members.usage)
        let tierIsLast = members.tier.start > members.usage.start
        if tierIsLast { read(usage: usage) }
        if !members.tier.isNone { note(tier: JSONView(valid: bytes, members.tier)) }
        if !tierIsLast { read(usage: usage) }
        for choice in JSONView(valid: bytes, members.choices).elements {
            if let message = choice["message"] ?? choice["delta"] { read(message: message) }
        }
    }

    private mutating func read(usage: JSONView) {
        usage.forEachMember { name, value in
            let name = value.bytes[name]
            if name.equals("service_tier") { note(tier: value) } // Mistral, and Anthropic's own form
            words.read(name, value)
            if name.equals("num_sources_used"), value.int ?? 0 > 0 { sources = true } // xAI
            if name.equals("prompt_audio_seconds"), value.int ?? 0 > 0 { audioSeconds = true } // Mistral
        }
    }

    /// Streams tell one when it begins, and again when it has ended.
    private mutating func isNew(_ tool: JSONView) -> Bool {
        guard let index = tool["index"]?.int, index >= 0 else { return true }
        if index < toolsSeen { return false }
        toolsSeen = min(index, 1 << 20) &+ 1
        return true
    }

    private mutating func read(message: JSONView) {
        message.forEachMember { name, value in
            let name = value.bytes[name]
            if name.equals("annotations") {
                value.forEachElement { if $0["type"]?.string?.equals("url_citation") ?? false { sources = true } }
            } else if name.equals("images") {
                value.forEachElement { _ in images &+= 1 }
            } else if name.equals("audio") {
                if value.isObject { audio = true }
            } else if name.equals("executed_tools") { // Groq
                value.forEachElement { tool in
                    guard isNew(tool) else { return }
                    if let type = tool["type"]?.string, speaksOfSearch(type) { searches &+= 1 } else { tools = true }
                }
            }
        }
    }

    /// A header says it in any case.
    package mutating func read(headers: UnsafeRawBufferPointer, _ provider: Provider) {
        guard let name = provider.billing.servedHeader, let value = HeaderText.find(named: name, in: headers), value.count > 0,
              value.count <= AnswerNotes.longestName else { return }
        server = UnredactedText(foreign: String(utf8: value), most: AnswerNotes.longestName)
    }

    /// By names with dots between them; a list leads on by its first element.
    private func found(_ path: ArraySlice<ArraySlice<UInt8>>, _ view: JSONView) -> JSONView? {
        guard let name = path.first else { return view }
        if view.isArray { return view.firstElement.flatMap { found(path, $0) } }
        var inner: JSONView?
        let wanted = String(utf8: name)
        view.forEachMember { name, value in
            if inner == nil, same(view.bytes[name], wanted) { inner = value }
        }
        return inner.flatMap { found(path.dropFirst(), $0) }
    }

    /// What the provider says last holds. Servers that have no tiers say null; in a stream that takes nothing back.
    private mutating func note(tier value: JSONView) {
        if value.isNull { tier = tier ?? ServedTier("") } else if let served = servedTier(value) { tier = served }
    }
}

/// A word for a service tier; nil for anything else.
package func servedTier(_ value: JSONView) -> ServedTier? {
    guard let word = value.string(upTo: 64) else { return nil }
    for byte in word.octets where !isNameByte(byte) { return nil }
    return ServedTier(word)
}
