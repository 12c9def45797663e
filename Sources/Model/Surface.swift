/// How callers speak with Gatelet. Whichever way it is, the request is made OpenAI's before anything else happens to it, and the answer
/// and the chunks, which are OpenAI's, are made the caller's at the end.
package enum Surface: Sendable {
    case openAI
    /// Anthropic's Messages (https://docs.anthropic.com/en/api/messages).
    case messages
    /// OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses).
    case responses
}
