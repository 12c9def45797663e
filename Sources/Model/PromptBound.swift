/// What the tokens of a prompt are bounded by, whoever counts them: for caps, which estimates would let pass.
package struct PromptBound: Sendable, Equatable {
    /// Bytes of everything that may become text of the prompt, its JSON included: no tokenizer makes more tokens of it.
    package var bytes = 0
    package var messages = 0
    package var images = 0
    /// Of inline sounds, as they are sent.
    package var sounds = 0
    package var soundBytes = 0
    /// Documents and films: only the context of the model bounds what they come to.
    package var hasFiles = false
    package var hasTools = false
    /// Tools that the provider works with by itself, such as searches: nobody knows how often.
    package var hasServerTools = false
    /// It asks for writing to a cache, and that for an hour.
    package var writesCache = false
    package var writesHour = false
    /// Bytes of a prediction: what of it is wrong is billed as output.
    package var prediction = 0
    /// The service tier it asks for, where that is not the usual one; `tier.tier` nil: one that nobody knows.
    package var asksTier = false
    package var tier: ServiceTier?
    /// What else it asks for that tokens cost more for.
    package var words = ServedWords()
    package init() {}
}
