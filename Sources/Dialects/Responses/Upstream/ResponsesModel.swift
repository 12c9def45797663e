internal import Bytes

/// What a model of the Responses API takes, by its id.
enum ResponsesModel {
    /// Families without thoughts, which refuse to be asked for encrypted ones: "Encrypted content is not supported with this model."
    /// (https://platform.openai.com/docs/models, https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items, 2026-11)
    private static let withoutThoughts: [StaticString] = ["gpt-3.5", "gpt-4", "chatgpt-", "gpt-5-chat", "gpt-5.1-chat", "gpt-5.2-chat", "gpt-audio", "gpt-realtime"]

    /// Nothing says that it does not. An id may have its maker before it, and `ft:` before a model of one's own.
    static func thinks(_ id: String) -> Bool {
        var octets = id.octets[...]
        if let slash = octets.lastIndex(of: UInt8(ascii: "/")) { octets = octets[(slash + 1)...] }
        if octets.starts(with: "ft:".utf8) { octets = octets.dropFirst(3) }
        return octets.withUnsafeBytes { id in !withoutThoughts.contains { id.starts($0) } }
    }
}
