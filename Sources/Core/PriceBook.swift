internal import Model
internal import Providers

/// Which price a model has at a provider: the one that bills, and that routes.
final class PriceBook: @unchecked Sendable {
    private let models: ModelCatalog

    init(_ models: ModelCatalog) { self.models = models }

    /// nil: unknown.
    func price(_ provider: Provider, _ model: String, _ setup: Setup) -> ModelPrice? { models.facts(provider.id, model)?.price }
}
