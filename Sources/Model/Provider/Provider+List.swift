extension Provider {
    /// Where and in which form it lists its models.
    package struct List: Sendable, Equatable {
        /// Absolute; empty: behind the base URL, where its dialect has it.
        package var url = ""
        /// Where it tells prices that its list does not, in the form of the list; "": nowhere.
        package var pricesURL = ""
        /// Which form of the catalog the list has (Catalog/forms).
        package var form = "openai"
        /// A mapping in JSON, laid over the form's; it was checked.
        package var mapping: String?
        /// Of the prices in the list, where the form's is not right.
        package var priceUnit: PriceUnit?
        /// The list needs no key.
        package var isPublic = false
        /// How the list wants the key, where that is not the provider's `auth`.
        package var auth: AuthForm?
        /// Sent with the fetching of the list alone.
        package var headers: [Header] = []
        /// A list in a file takes the place of the provider's own.
        package var file: String?
        package init() {}
    }
}

/// What the prices in a provider's model list mean.
package enum PriceUnit: String, CaseIterable, Sendable {
    case none, usdPerToken = "usd_per_token", usdPerMillion = "usd_per_million", usCentsPerToken = "us_cents_per_token"
    /// Integers of 1e-4 USD per million tokens.
    case tenThousandthsPerMillion = "1e-4_usd_per_million"
}
