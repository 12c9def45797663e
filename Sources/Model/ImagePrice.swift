/// What a provider's price of an image is for.
package enum ImagePrice: UInt8, Sendable {
    /// Each image of the prompt, beside its tokens.
    case prompt
    /// Each image of the answer.
    case answer
    /// Nothing of its own: images are billed as the tokens that they are counted as.
    case tokens

    /// As `rawValue` counts them.
    package static let words: StaticString = "prompt, answer, tokens"
}
