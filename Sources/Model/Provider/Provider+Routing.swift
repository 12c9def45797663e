extension Provider {
    /// Which models are its own, and when it is asked.
    package struct Routing: Sendable, Equatable {
        package var defaultModel: String?
        package var fallbackModels: [String] = []
        /// Model ids whose first segment stays although it names this provider (`openrouter/auto`).
        package var keepPrefix: [String] = []
        /// Takes any id: never found by detection, only by name, prefix or default.
        package var passThrough = false
        /// Globs of ids that are this provider's by their form ("@cf/*", "*:free"); the one with most literal text wins.
        package var detect: [String] = []
        /// Globs of ids that no other provider's prefix may claim while this one is usable ("*:free").
        package var locks: [String] = []
        /// Id prefixes that a router passes on to others ("openai/", or "*/" for any organisation).
        package var serves: [String] = []
        /// The organisation whose models it makes, as routers spell it: "openai/gpt-4o" is "gpt-4o" here.
        package var organization: String?
        /// Beginnings of ids without a slash that are its own ("gpt-", "grok-").
        package var bare: [String] = []
        /// The general id of a model and what this provider calls it.
        package var modelIDs: [ModelAlias] = []
        package var knownModels: [KnownModel] = []
        /// Where it stands in the chain of the preset `gatewayz`; smaller is earlier, nil is not in it.
        package var priority: Int?
        package var weight = 1
        package var regions: [String] = []
        /// What the row states about prompts: kept or trained upon; kept at all. nil: not known.
        package var collectsData: Bool?
        package var zeroDataRetention: Bool?
        package var limits = LimitRules()
        /// What holds for this provider, set by loading.
        package var retry = RetryPolicy()
        package init() {}
    }
}

/// A short name for a model id.
package struct ModelAlias: Sendable, Equatable {
    package var name: String
    package var model: String
    package init(name: String, model: String) { self.name = name; self.model = model }
}
