package import Model
internal import Providers
internal import Wire

/// What a missing key is called, in the words that users search for.
package func missingKey(_ provider: Provider) -> Failure {
    let lacksAddress = provider.lacksAddress
    let remedy = lacksAddress ? provider.unset : provider.keyEnvironment.first ?? concat("providers.", provider.id, ".api_key")
    var failure = Failure(.noKey, concat(provider.name, lacksAddress ? " address" : " API key", " not configured: set ", remedy))
    failure.provider = provider.id
    return failure
}

/// Errors for model ids that lead nowhere, with what the user may have meant.
extension Configuration {
    func noModel() -> Failure {
        Failure(.modelUnresolved, "the request names no model and no default_model is configured")
    }

    func noProvider(_ name: String) -> Failure {
        Failure(.modelUnresolved, concat("there is no provider \"", shown(name), "\"", hint(nearNames(to: name))))
    }

    func endsEarly(_ model: String) -> Failure {
        Failure(.modelUnresolved, concat("the model id \"", shown(model), "\" ends after the provider's name"))
    }

    /// No provider fits this id (nil: the request names no model). `models` are ids that are known to exist.
    func unresolved(_ model: String?, _ models: [String]) -> Failure {
        let segment = model.flatMap(firstSegment) ?? ""
        var configured = ""
        for provider in providers {
            if provider.isConfigured {
                configured = concat(configured, configured.isEmpty ? "" : ", ", provider.id)
            } else if !provider.onlyWhenNamed, provider.isCalled(segment) { return missingKey(provider) }
        }
        if configured.isEmpty {
            return Failure(.modelUnresolved, "no provider is configured: set a key such as OPENROUTER_API_KEY, or `providers`")
        }
        guard let model else { return noModel() }
        var near = nearNames(to: segment)
        if near.isEmpty {
            var search = NearSearch(model)
            for id in models { search.consider(id) }
            near = search.found
        }
        let start = concat("no provider found for model \"", shown(model), "\"", hint(near))
        var failure = Failure(.modelUnresolved, concat(start, "; configured are ", configured, ": write provider/model or set default_provider"))
        failure.model = model
        return failure
    }

    /// The ids and aliases of providers that are nearest to this name, if they are only a slip or two away; at most three.
    package func nearNames(to name: String) -> [String] {
        var search = NearSearch(name)
        for provider in providers where !provider.isDevelopment {
            search.consider(provider.id)
            for alias in provider.aliases { search.consider(alias) }
        }
        return search.found
    }
}

package func hint(_ names: [String]) -> String {
    names.isEmpty ? "" : concat(" (did you mean ", joined(names, by: " or "), "?)")
}

/// What stands before the first slash; nil when there is none.
private func firstSegment(_ model: String) -> String? {
    model.bytes { raw in raw.find("/").map { String(utf8: raw[ByteRange(0, $0)]) } }
}

/// Collects the texts that are nearest to another, three at most.
private struct NearSearch {
    private let wanted: [UInt8]
    private var least: Int
    private var near: [String] = []

    init(_ text: String) {
        let start = text.bytes { String(utf8: $0[ByteRange(0, min($0.count, 96))]) }
        wanted = start.octets.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        least = wanted.count < 5 ? 1 : 2
    }

    var found: [String] { Array(near.prefix(3)) }

    @inline(never)
    mutating func consider(_ candidate: String) {
        let length = candidate.utf8.count
        if wanted.count < 2 || abs(length - wanted.count) > least { return }
        let slips = distance(wanted, candidate.octets)
        if slips > least || near.has(candidate) { return }
        if slips < least { near = [] }
        near.append(candidate)
        least = slips
    }
}

/// How many letters have to be added, dropped or changed.
private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = i
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let changed = diagonal + (x == y | 0x20 || x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(changed, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count]
}
