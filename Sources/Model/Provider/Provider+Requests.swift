internal import Bytes

extension Provider {
    /// How it wants its requests, and what it understands of them.
    package struct Requests: Sendable, Equatable {
        package var dialect = "openai"
        /// Its dialect answers by itself: nobody is called.
        package var isScripted = false
        package var parameters: [ParameterRule] = []
        /// Reasoning stands at the beginning of texts, between tags of this name.
        package var reasoningTag: String?
        /// The member in which it wants thoughts back, with the calls that they came with.
        package var reasoningBack: String?
        /// That is the list of them, as it came, whoever signed them.
        package var takesDetails: Bool { reasoningBack.map { $0.equals("reasoning_details") } ?? false }
        /// Understands OpenRouter's routing words itself.
        package var nativeRouting = false
        /// `stream_options.include_usage` may be added to streams.
        package var streamUsage = false
        /// Neither a row nor configuration says whether it may.
        package var knowsStreamUsage = false
        /// Streams unless it is told not to: `stream: false` is added where a request does not stream and says nothing.
        package var streamFalse = false
        /// nil: it depends on the model.
        package var outputLimit: OutputLimit?
        /// `usage: {"include": true}` is added to requests (Infron: usage must be asked for).
        package var usageInclude = false
        package var embeddings = true
        /// Inputs of one embeddings request; nil: as many as may be.
        package var mostInputs: Int?
        /// What it reads by itself where a part of a message is a URL: kinds of parts, or addresses, at whose end `*` stands for the
        /// rest. nil: everything.
        package var mediaURLs: [String]?
        /// Vectors come as signed bytes in base64, and in no form that OpenAI has.
        package var givesInt8 = false
        package var completions = true
        /// Text completions are asked for as chats.
        package var completionsAreChats = false
        /// It tells how many tokens a request has.
        package var countsTokens = false
        /// An assistant message at the end of a request is continued.
        package var prefill = false
        /// Development provider: seconds between the tokens of a stream.
        package var tokenDelay = 0.01
        /// Development provider: what goes wrong, attempt after attempt.
        package var faults: FaultScript?
        package init() {}
    }
}

/// The member of a request that bounds the answer, as a provider calls it.
package enum OutputLimit: String, CaseIterable, Sendable {
    case maxTokens = "max_tokens", maxCompletionTokens = "max_completion_tokens"
}
