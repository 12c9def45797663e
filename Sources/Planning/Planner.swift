internal import Bytes
package import Model
internal import Settings

/// Chooses whom a request may go to, and in which order: from the request, the configuration, what catalogs say and how
/// the providers have been doing. Made once for a configuration; any number of threads may plan with it.
package final class Planner {
    let configuration: Configuration
    let tables: DetectionTables
    /// Who takes over from others without being asked to by the request: provider_order, what the configuration names, and
    /// with the preset gatewayz whoever has a priority. A key that merely lies in the environment makes nobody a stand-in.
    let chain: [Int]
    /// The default provider, or the only one.
    let standard: Int?
    package let development: Int?

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        tables = DetectionTables(configuration)
        var chain: [Int] = [], development: Int?
        for index in tables.line {
            let provider = configuration.providers[index]
            if tables.preference[index] < tables.ordered || provider.access.named || configuration.preset == .gatewayz && provider.routing.priority != nil {
                chain.append(index)
            }
        }
        for index in configuration.providers.indices where configuration.providers[index].isScripted && development == nil { development = index }
        self.chain = chain
        self.development = development
        standard = standardProvider(configuration, tables)
    }

    package func plan(_ request: PlanRequest, world: any PlanWorld, explain: Bool) throws(Failure) -> Plan {
        let run = PlanRun(request, world, explain)
        run.words = try named(request)
        let first = try primary(run)
        run.line.reserveCapacity(min(chain.count &+ 1, 8))
        rank(first, alone: request.pinned != nil, run)
        fallbacks(first, run)
        if !run.candidates.isEmpty { return Plan(candidates: run.candidates, exclusions: run.exclusions) }
        // The error says why: the reasons are found by planning once more.
        if !explain { return try plan(request, world: world, explain: true) }
        throw nothingLeft(first, request.operation, run.exclusions)
    }
}

/// The state of one planning. A class: much is asked of it, by many.
final class PlanRun {
    let request: PlanRequest
    let world: any PlanWorld
    let explain: Bool
    /// nil: the request has no routing words at all.
    var words: PlanWords?
    var candidates: [Candidate] = []
    var exclusions: [Exclusion] = []
    /// The rank that is being filled, and its candidates.
    var rank = 0
    var line: [RankedCandidate] = []
    /// The words of `provider` hold for this rank.
    var isWorded = false
    /// What the end of this rank's id asks for.
    var suffix: RoutingStrategy?
    /// This rank's model is one of `models` of the request.
    var isNativeFallback = false
    /// Fallback models that have had their turn.
    var wanted: [String] = []
    private var needsAsked: RequestNeeds?

    init(_ request: PlanRequest, _ world: any PlanWorld, _ explain: Bool) {
        self.request = request
        self.world = world
        self.explain = explain
    }

    var needs: RequestNeeds {
        if let needsAsked { return needsAsked }
        let needs = world.needs()
        needsAsked = needs
        return needs
    }

    func exclude(_ provider: Int, _ model: String, _ why: ExclusionReason) {
        if explain { exclusions.append(Exclusion(provider: provider, model: model, why: why)) }
    }

    func include(_ found: Found, _ rank: CandidateRank) {
        line.append(RankedCandidate(candidate: Candidate(provider: found.provider, model: found.model, rank: self.rank, why: found.why), rank: rank))
    }

    func endRank() {
        if line.isEmpty { return }
        for ranked in line { candidates.append(ranked.candidate) }
        line.removeAll(keepingCapacity: true)
        rank &+= 1
    }
}

/// The default provider, the first usable one of `provider_order`, or the only one there is; those named in the configuration
/// come first.
private func standardProvider(_ configuration: Configuration, _ tables: DetectionTables) -> Int? {
    if let id = configuration.defaultProvider {
        let index = tables.names.value(tables.names.first(id))
        return index < 0 ? nil : index
    }
    for id in configuration.providerOrder {
        let index = tables.names.value(tables.names.first(id))
        if index >= 0, tables.isUsable(index) { return index }
    }
    let named = configuration.providers.indices.filter { configuration.providers[$0].access.named }
    if named.count == 1 { return named[0] }
    let usable = named.filter { tables.isUsable($0) }
    if usable.count == 1 { return usable[0] }
    return tables.line.count == 1 ? tables.line.first : nil
}
