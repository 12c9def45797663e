internal import Bytes
package import Model

/// The user's own prices count, whatever they are; one that no model has is more likely a mistaken unit, and is said once.
func warnOfPrices(in configuration: inout Configuration) {
    for provider in configuration.providers {
        for model in provider.routing.knownModels {
            guard let price = model.facts.price else { continue }
            warn(of: price, concat("providers.", provider.id, ".known_models.") + model.id + ".pricing", &configuration)
        }
    }
    for filed in configuration.filedPrices { warn(of: filed.price, concat("price_file, ", filed.provider, "/", filed.model), &configuration) }
}

private func warn(of price: ModelPrice, _ place: String, _ configuration: inout Configuration) {
    if let text = wordsOfOddPrice(price) { configuration.warn(UnredactedText(concat(place, ": ") + text)) }
}

/// What is odd about a price, in words; nil where nothing is.
package func wordsOfOddPrice(_ price: ModelPrice) -> String? {
    for set in [price.base] + price.rules.map({ $0.prices }) {
        guard let kind = set.implausible, let amount = set[kind] else { continue }
        let each = concat("`", String(kind.name), "` is ", Money.text(amount)) + " USD for one "
        if kind.isForPieces { return each + "piece: none is known to cost that. It is used as it is" }
        let million = Money.times(1_000_000, amount).map { Money.text($0) } ?? "more than all there are"
        return each + concat("token, ", million, " for a million: no model is known to cost that. It is used as it is")
    }
    return nil
}
