internal import Model
internal import Providers
internal import Wire

/// Errors for model ids that lead nowhere, with what the user may have meant.
extension Configuration {
    func noModel() -> Failure {
        Failure(.modelUnresolved, "the request names no model and no default_model is configured")
    }

    /// No provider fits this id (nil: the request names no model).
    func unresolved(_ model: String?) -> Failure {
        let segment = model.flatMap(firstSegment)
        if let segment, let known = providers.first(where: { $0.isCalled(segment) && !$0.onlyWhenNamed }) {
            return missingKey(known)
        }
        let configured = providers.filter { $0.isConfigured }.map { $0.id }
        if configured.isEmpty {
            return Failure(.modelUnresolved, "no provider is configured: set a key such as OPENROUTER_API_KEY, or `providers`")
        }
        guard let model else { return noModel() }
        var failure = Failure(.modelUnresolved, concat("no provider found for model \"", shown(model), "\"", hint(nearNames(to: segment ?? "")),
                                                     "; configured are ", joined(configured), ": write provider/model or set default_provider"))
        failure.model = model
        return failure
    }

    /// The ids and aliases of providers that are nearest to this name, if they are only a slip or two away; at most three.
    func nearNames(to name: String) -> [String] {
        let wanted = Array(name.octets.prefix(64)).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        if wanted.count < 2 { return [] }
        var least = wanted.count < 5 ? 1 : 2
        var near: [String] = []
        for provider in providers where !same(provider.dialect, "dev") {
            for candidate in [provider.id] + provider.aliases {
                let slips = distance(wanted, candidate.octets)
                if slips < least { near = [] }
                if slips <= least {
                    near.append(candidate)
                    least = slips
                }
            }
        }
        return Array(near.prefix(3))
    }
}

func hint(_ names: [String]) -> String {
    names.isEmpty ? "" : concat(" (did you mean ", joined(names, by: " or "), "?)")
}

/// How many letters have to be added, dropped or changed.
private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = i
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let changed = diagonal + (x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(changed, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count]
}
