internal import Bytes
package import Model
internal import Settings

extension Planner {
    /// Who is asked for what is no model's business: those that are named, in this order, else the default provider. Of several, those
    /// that the configuration has a key for.
    package func candidates(_ names: [String], model: String) throws(Failure) -> [Candidate] {
        var result: [Candidate] = []
        var keyless: Failure?
        for name in names {
            let index = tables.names.value(tables.names.first(name))
            guard index >= 0 else { throw configuration.noProvider(name) }
            if result.contains(where: { $0.provider == index }) { continue }
            do {
                result.append(try candidate(index, model, .asked))
            } catch {
                guard error.status == .noKey else { throw error }
                keyless = keyless ?? error
            }
        }
        if !result.isEmpty { return result }
        if let keyless { throw keyless }
        guard let standard else { throw Failure(.modelUnresolved, "a raw request names its provider where there is no default_provider") }
        return [try candidate(standard, model, .standard)]
    }

    private func candidate(_ index: Int, _ model: String, _ why: PlanReason) throws(Failure) -> Candidate {
        let provider = configuration.providers[index]
        if provider.access.onlyWhenNamed && !provider.access.named {
            throw Failure(.modelUnresolved, concat("provider \"", provider.id, "\" must be named in the configuration"))
        }
        if provider.isScripted { throw Failure(.unsupported, concat(provider.name, " takes no raw requests")) }
        guard tables.isUsable(index) else { throw missingKey(provider) }
        guard lies(provider, in: configuration.regions) else { throw Failure(.refused, concat(provider.name, " is not in the regions that are configured")) }
        return Candidate(provider: index, model: model, rank: 0, why: why)
    }
}
