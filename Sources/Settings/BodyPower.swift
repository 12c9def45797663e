/// What a member of a request may do. A service forwards what its users wrote, so a body cannot lift what the operator set
/// (configuration, options of the call), unless `request_extensions` is all. docs/requests.md prints the same table.
package enum BodyPower: Sendable {
    /// It makes things stricter; what goes beyond the operator's value is clamped to it, with a warning in the answer.
    case tightens
    /// A choice among what is allowed anyway. Where the options of the call make it, theirs holds, with a warning in the answer.
    case chooses
    /// A choice of which there may be `caps.models`; more are an error, also with `request_extensions` all.
    case bounded
    /// Refused without `request_extensions` all.
    case needsAll
}

/// The members of a request that Gatelet obeys: routing words at the top, and those of `gatelet`.
package enum BodyWord: Sendable, CaseIterable {
    case models, provider, ownProvider, ownModels, route, timeouts, retry, hedge, `continue`, tag, maxCost, cache, dryRun, faults

    package var power: BodyPower {
        switch self {
        case .models, .ownModels: .bounded
        case .provider, .route, .timeouts, .retry, .hedge, .maxCost, .cache: .tightens
        case .ownProvider, .continue, .tag: .chooses
        case .dryRun, .faults: .needsAll
        }
    }

    package var path: StaticString {
        switch self {
        case .models: "models"
        case .provider: "provider"
        case .ownProvider: "gatelet.provider"
        case .ownModels: "gatelet.models"
        case .route: "gatelet.route"
        case .timeouts: "gatelet.timeouts"
        case .retry: "gatelet.retry"
        case .hedge: "gatelet.hedge"
        case .continue: "gatelet.continue"
        case .tag: "gatelet.tag"
        case .maxCost: "gatelet.max_cost"
        case .cache: "gatelet.cache"
        case .dryRun: "gatelet.dry_run"
        case .faults: "gatelet.faults"
        }
    }
}
