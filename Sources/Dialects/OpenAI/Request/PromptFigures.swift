internal import Bytes
package import Model

// What bounds need to know of models: the tokens that a picture comes to at most, and those that nobody sent. By parts of their ids,
// in lower case; the first that is found counts.

private struct Figure {
    let part: StaticString
    let tokens: Int
    init(_ part: StaticString, _ tokens: Int) { (self.part, self.tokens) = (part, tokens) }
}

/// Of one picture. OpenAI: 2,833 + 8 tiles of 5,667 for gpt-4o-mini, 85 + 8 x 170 for gpt-4o and its like, up to 10,000 patches of the
/// newest (https://platform.openai.com/docs/guides/images-vision). Anthropic: 4,784 of the largest that is not scaled down
/// (https://docs.anthropic.com/en/docs/build-with-claude/vision). Gemini: 16 tiles of 258 (https://ai.google.dev/gemini-api/docs/tokens).
/// xAI: 7 tiles of 256 (https://docs.x.ai/docs/guides/image-understanding). Llama 4: 17 tiles of 145; Qwen-VL: 16,384 by its own
/// configuration (their model cards). 2026-11.
private let pictures: [Figure] = [
    Figure("gpt-4o-mini", 48_169), Figure("gpt-", 10_000), Figure("chatgpt", 10_000), Figure("claude", 5_000), Figure("gemini", 5_000),
    Figure("gemma", 5_000), Figure("grok", 2_000), Figure("llama-4", 2_500), Figure("llama-3", 6_500), Figure("qwen", 16_384),
    Figure("pixtral", 5_000), Figure("mistral", 5_000), Figure("ministral", 5_000),
]
/// The largest of them, for all others.
private let tokensOfPicture = 50_000

/// Beside the messages: prompts of the model's own template or of its provider. The most that 3,400 recorded answers have above the bytes
/// of their messages, and somewhat more: 798 for grok-4, 287 for other Groks, 509 for Mistral Small 3.2, 901 for Llama 3.3, 399 for MiniMax M1,
/// 267 for gpt-5-image, 25 for gpt-oss.
private let hidden: [Figure] = [
    Figure("grok-4", 1_000), Figure("grok", 500), Figure("mistral-small", 600), Figure("devstral", 600), Figure("llama-3.", 1_000),
    Figure("minimax", 500), Figure("gpt-5-image", 300), Figure("hermes", 64), Figure("gpt-oss", 40), Figure("deepseek", 32),
]
/// Beside the JSON of the messages, which is longer than what templates make of it, with all other models.
private let tokensOfTemplate = 8, tokensOfMessage = 4
/// Instructions for the use of tools: 346 to 530 at Anthropic (https://docs.anthropic.com/en/docs/build-with-claude/tool-use), 804 more
/// than the bytes of tools and messages at OpenRouter's Llama 3.3 (recorded). 2026-11.
private let tokensOfTools = 1_000

/// Models that search, or work with tools, without being asked to.
private let searching: [StaticString] = ["sonar", "search", "deep-research", "compound", ":online"]

extension PromptBound {
    /// Tokens of the prompt at most; nil: nobody can tell. `context`: of the model.
    package func tokens(_ model: String, context: Int?) -> Int? {
        if hasFiles { return context }
        let id = lowercased(model)
        var most = min(bytes, 1 << 40) &+ tokensOfTemplate &+ min(messages, 1 << 30) &* tokensOfMessage &+ (figure(hidden, id) ?? 0)
        if hasTools { most &+= tokensOfTools }
        most &+= min(images, 1 << 20) &* (figure(pictures, id) ?? tokensOfPicture)
        // 32 tokens a second (Gemini), and no codec of speech has less than 500 bytes for one; the shortest are filled up to half a minute (Mistral).
        most &+= min(sounds, 1 << 20) &* 1_000 &+ soundBytes / 10
        return most
    }
}

/// The provider may work with tools of its own, as often as it likes.
package func mayUseServerTools(_ model: String) -> Bool {
    let id = lowercased(model)
    return searching.contains { id.octets.contains($0) }
}

private func figure(_ figures: [Figure], _ id: String) -> Int? { figures.first { id.octets.contains($0.part) }?.tokens }

extension [UInt8] {
    fileprivate func contains(_ part: StaticString) -> Bool { withUnsafeBytes { $0.find(part) != nil } }
}
