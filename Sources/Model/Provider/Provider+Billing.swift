extension Provider {
    /// How what it did becomes a bill.
    package struct Billing: Sendable, Equatable {
        package var priceStrategy = PriceStrategy.hybrid
        /// All of a prompt costs what cached tokens cost, hit or miss (Infron).
        package var promptAsCached = false
        /// Which header, or which members of an answer, name the server that gave it.
        package var servedHeader: String?
        package var servedPaths: [String] = []
        /// Ends of model ids that choose a server: `cheapest`, or `any` for another choice of the provider's.
        package var serverSuffixes: [ModelAlias] = []
        /// nil: not known.
        package var imagePrice: ImagePrice?
        /// Globs of models that search the web for each answer.
        package var searchModels: [String] = []
        /// What all tokens cost more for.
        package var priceFactors: [PriceFactorRule] = []
        /// Whose prices in the table are its own too.
        package var priceTable: String?
        /// Closing the connection ends the billing; nil: not known.
        package var cancelStopsBilling: Bool?
        package init() {}
    }
}

/// Which price of a provider's models counts (docs/prices.md): what its list says, what the maker of a model asks for it, what the
/// price table says. `hybrid` is the list, then the table; `crossReference` the list, then the maker, then the table.
package enum PriceStrategy: String, CaseIterable, Sendable { case hybrid, api, crossReference = "cross_reference", table }

/// What a provider's price of an image is for.
package enum ImagePrice: String, CaseIterable, Sendable {
    /// Each image of the prompt, beside its tokens.
    case prompt
    /// Each image of the answer.
    case answer
    /// Nothing of its own: images are billed as the tokens that they are counted as.
    case tokens
}
