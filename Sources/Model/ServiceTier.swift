internal import Bytes

/// How fast and how surely a provider serves a request, and what it asks for that. The words are OpenAI's
/// (https://platform.openai.com/docs/api-reference/chat/create, `service_tier`); batches have prices of their own too.
package enum ServiceTier: String, Sendable, CaseIterable { case flex, priority, batch }

/// How a request was served, or is to be, by the word for it.
package struct ServedTier: Sendable {
    /// As it was said.
    package let word: UnredactedText
    /// nil: the usual one, or one that no table knows.
    package let tier: ServiceTier?
    /// What it costs is what the plain prices say.
    package let isUsual: Bool

    /// OpenAI and Azure say `default`, Anthropic, Mistral and Gemini `standard`, Gemini `unspecified` too, requests to Anthropic `standard_only`, Groq and Vertex `on_demand`; `auto` leaves the choice to the provider
    /// (https://platform.openai.com/docs/api-reference/chat/create, https://console.groq.com/docs/service-tiers, 2026-11).
    private static let usual = ["default", "standard", "standard_only", "auto", "on_demand", "unspecified", ""]

    package init(_ said: String) {
        self.word = UnredactedText(foreign: said, most: .max)
        let word = lowercased(said)
        tier = ServiceTier(word: word)
        isUsual = ServedTier.usual.has(word)
    }
}

/// What prices of one model depend on, beside the prompt and the hour.
package struct Serving: Sendable {
    package var tier: ServiceTier?
    /// A tier that no table knows.
    package var isUnknownTier = false
    /// Who answered behind a router, as the router calls it; nil: nobody said.
    package var server: String?
    /// By which tokens cost more.
    package var factor = PriceFactor.one

    package init(_ tier: ServiceTier? = nil) { self.tier = tier }

    /// nil: nobody said; the usual one.
    package init(served: ServedTier?, by server: String? = nil, factor: PriceFactor = .one) {
        self.server = server
        self.factor = factor
        tier = served?.tier
        isUnknownTier = !(served?.isUsual ?? true) && tier == nil
    }

    var isUsualTier: Bool { tier == nil && !isUnknownTier }
}
