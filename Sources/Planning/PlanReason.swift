/// Why a candidate is in a plan.
package enum PlanReason: UInt8, Sendable, CaseIterable {
    case asked, prefix, form, beginning, maker, router, beforeMaker, knownRouter, catalog, standard, ordered, chosen, providerOrder, named, preset
    case ownFallback, ownDefault, allModels, development

    package var text: StaticString {
        switch self {
        case .asked: "the request asks for this provider"
        case .prefix: "the model id begins with its name"
        case .form: "model ids of this form are its own"
        case .beginning: "model ids that begin so are its own"
        case .maker: "it makes this model"
        case .router: "it passes models of this maker on"
        case .beforeMaker: "the configuration names it, and the maker's key was merely found"
        case .knownRouter: "it is known to have this model, and the maker is not"
        case .catalog: "its catalog lists this model"
        case .standard: "it is the default provider, the first of provider_order, or the only one"
        case .ordered: "the request's order names it"
        case .chosen: "the request names it"
        case .providerOrder: "provider_order names it"
        case .named: "the configuration names it"
        case .preset: "it is in the preset's chain"
        case .ownFallback: "its own fallback model"
        case .ownDefault: "its own default model"
        case .allModels: "all models by context length"
        case .development: "development mode"
        }
    }
}

/// Why a provider is not in a plan.
package enum ExclusionReason: UInt8, Sendable, CaseIterable {
    case only, ignored, fallbacksOff, region, dataCollection, retention, price, parameters, context, images, audio, files, video, tools, structuredOutput
    case operation, inputs, noKey, noAddress, notNamed, notListed, keysRetired, native, unresolved, pinned

    package var text: StaticString {
        switch self {
        case .only: "not among `only`"
        case .ignored: "among `ignore`"
        case .fallbacksOff: "allow_fallbacks is false"
        case .region: "in none of the regions"
        case .dataCollection: "not known to keep prompts out of training and storage"
        case .retention: "not known to retain nothing"
        case .price: "its price is over max_price or unknown"
        case .parameters: "not known to support every parameter of the request"
        case .context: "the request does not fit into the model's context"
        case .images: "the model takes no images"
        case .audio: "the model takes no audio"
        case .files: "the model takes no files"
        case .video: "the model takes no video"
        case .tools: "the model takes no tools"
        case .structuredOutput: "the model has no structured output"
        case .operation: "it does not offer this operation"
        case .inputs: "it takes fewer inputs at once than the request has"
        case .noKey: "it has no API key"
        case .noAddress: "its address is not complete"
        case .notNamed: "it must be named in the configuration"
        case .notListed: "it is not known to have this model"
        case .keysRetired: "all of its keys are retired for now"
        case .native: "it gets `models` with the request and falls back itself"
        case .unresolved: "no provider found for this model"
        case .pinned: "the request asks for another provider"
        }
    }
}
