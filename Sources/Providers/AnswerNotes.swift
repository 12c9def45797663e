package import Model
internal import Wire

/// What an answer tells, beside its usage, of how it was served. The chunks of a stream are read one after the other.
package struct AnswerNotes {
    /// What the provider says; nil: nothing.
    package private(set) var tier: ServedTier?

    package init() {}

    /// The whole of a blocking answer, or a chunk.
    package mutating func read(_ root: JSONView) {
        if let value = root.first("service_tier") { note(tier: value) }
        // Mistral, and Anthropic's own form.
        if let value = root.first("usage")?.first("service_tier") { note(tier: value) }
    }

    /// What the provider says last holds. Servers that have no tiers say null; in a stream that takes nothing back.
    private mutating func note(tier value: JSONView) {
        if value.isNull { tier = tier ?? ServedTier("") } else if let told = servedTier(value) { tier = told }
    }
}

/// A word for a service tier; nil for anything else.
package func servedTier(_ value: JSONView) -> ServedTier? {
    guard let word = value.string(upTo: 64) else { return nil }
    for byte in word.octets where !isNameByte(byte) { return nil }
    return ServedTier(lowercased(word))
}
