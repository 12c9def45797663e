@testable import Catalog
@testable import JSON
@testable import Model
@testable import Planning
@testable import Settings
import TestSupport
import Testing

/// Live state that a test sets. Without anything said, nobody knows anything.
final class World: PlanWorld {
    /// Provider id -> model id -> facts.
    var catalogs: [Int: [String: ModelFacts]] = [:]
    /// "provider model" for what the table of prices has.
    var tabled: Set<String> = []
    var healths: [Int: CandidateHealth] = [:]
    var requestNeeds = RequestNeeds()
    var configuration: Configuration?
    var numbers: [UInt64] = [0]
    private var drawn = 0
    private(set) var questions: [String: Int] = [:]

    private func asked(_ what: String) { questions[what, default: 0] += 1 }

    func facts(_ provider: Int, _ model: String) -> ModelFacts? { catalogs[provider]?[model] }
    /// As the price book does it: configuration first, then the catalog, and nothing that does not bill.
    func prices(_ provider: Int, _ model: String) -> PriceSet? {
        asked("prices")
        let own = configuration?.providers[provider].routing.knownModels.first { $0.id == model }?.facts, listed = catalogs[provider]?[model]
        guard let facts = own.map({ own in listed.map { own.filled(from: $0) } ?? own }) ?? listed, let price = facts.price, price.isSound else { return nil }
        return price.at(promptTokens: requestNeeds.promptTokens, minuteOfDay: 0)
    }
    func lists(_ provider: Int) -> Bool { catalogs[provider] != nil }
    func tables(_ provider: Int, _ model: String) -> Bool {
        asked("tables")
        return tabled.contains("\(configuration?.providers[provider].id ?? "") \(model)")
    }
    func providers(listing model: String) -> [Int] { asked("listing"); return catalogs.filter { $0.value[model] != nil }.keys.sorted() }
    func health(_ provider: Int, _ model: String) -> CandidateHealth { asked("health"); return healths[provider] ?? CandidateHealth() }
    func needs() -> RequestNeeds { asked("needs"); return requestNeeds }
    func random() -> UInt64 {
        drawn += 1
        return numbers[(drawn - 1) % numbers.count]
    }
    func catalog(_ provider: Int) -> [KnownModel] {
        (catalogs[provider] ?? [:]).sorted { $0.key < $1.key }.map { KnownModel(id: $0.key, facts: $0.value) }
    }
}

/// The rows of the catalog; those of `found` have a key from the environment, those of `named` stand in configuration.
func configuration(found: [String] = [], named: [String] = [], _ more: [Provider] = [],
                   _ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    var result = Configuration()
    for row in rows {
        let draft = try ProviderDraft(row: ConfigValue(try JSONDocument(String(decoding: row.json, as: UTF8.self)), path: String(decoding: row.name, as: UTF8.self)), checkMapping: { _ in })
        var provider = draft.parts
        provider.access.named = named.contains(provider.identity.id)
        if found.contains(provider.identity.id) || provider.access.named && provider.access.keyNeed == .required {
            provider.access.keys = [ProviderKey(name: "k", value: "v")]
        }
        result.providers.append(Provider(provider))
    }
    result.providers += more
    change(&result)
    for id in found + named { #expect(result.providers.contains { $0.id == id && $0.isConfigured }, "\(id)") }
    return result
}

/// A provider with a key.
func provider(_ id: String, named: Bool = true, _ change: (inout ProviderParts) -> Void = { _ in }) -> Provider {
    var provider = ProviderParts()
    provider.identity.id = id
    provider.identity.name = id
    provider.access.named = named
    provider.access.keys = [ProviderKey(name: id, value: "v")]
    change(&provider)
    return Provider(provider)
}

extension [Provider] {
    /// Another one takes the place of this.
    mutating func change(_ index: Int, _ change: (inout ProviderParts) -> Void) {
        var parts = ProviderParts(self[index])
        change(&parts)
        self[index] = Provider(parts)
    }

    mutating func change(_ id: String, _ change: (inout ProviderParts) -> Void) {
        for index in indices where self[index].id == id { self.change(index, change) }
    }
}

/// Only these providers.
func only(_ providers: Provider..., change: (inout Configuration) -> Void = { _ in }) -> Configuration {
    var result = Configuration()
    result.providers = providers
    change(&result)
    return result
}

func request(_ model: String?, _ change: (inout PlanRequest) -> Void = { _ in }) -> PlanRequest {
    var request = PlanRequest(model: model, operation: .chat)
    change(&request)
    return request
}

/// "provider model, provider model | provider model": a bar between ranks; or "status message".
func planned(_ configuration: Configuration, _ request: PlanRequest, _ world: World = World()) -> String {
    world.configuration = configuration
    do throws(Failure) {
        let plan = try Planner(configuration).plan(request, world: world, explain: false)
        var text = "", rank = 0
        for candidate in plan.candidates {
            if !text.isEmpty { text += candidate.rank == rank ? ", " : " | " }
            rank = candidate.rank
            text += "\(configuration.providers[candidate.provider].id) \(candidate.model)"
        }
        return text
    } catch { return "\(error.status) \(RedactedFailure(error, .none).message)" }
}

func planned(_ configuration: Configuration, _ model: String?, _ world: World = World()) -> String {
    planned(configuration, request(model), world)
}

/// Only the ids of the providers.
func who(_ configuration: Configuration, _ request: PlanRequest, _ world: World = World()) -> String {
    world.configuration = configuration
    do throws(Failure) {
        let plan = try Planner(configuration).plan(request, world: world, explain: false)
        return plan.candidates.map { configuration.providers[$0.provider].id }.joined(separator: " ")
    } catch { return "\(error.status) \(RedactedFailure(error, .none).message)" }
}

/// "provider reason" for everything that was left out.
func excluded(_ configuration: Configuration, _ request: PlanRequest, _ world: World = World()) -> [String] {
    do throws(Failure) {
        return try Planner(configuration).plan(request, world: world, explain: true).exclusions.map {
            "\($0.provider < 0 ? $0.model : configuration.providers[$0.provider].id) \($0.why)"
        }
    } catch { return ["\(error.status) \(RedactedFailure(error, .none).message)"] }
}

func facts(_ change: (inout ModelFacts) -> Void) -> ModelFacts {
    var facts = ModelFacts()
    change(&facts)
    return facts
}

/// USD per token, from USD per million.
func perMillion(_ usd: Int) -> AttoUSD { AttoUSD(usd) * 1_000_000_000_000 }

func priced(_ prompt: AttoUSD?, _ completion: AttoUSD?) -> ModelPrice {
    var price = ModelPrice()
    price.base[.prompt] = prompt
    price.base[.completion] = completion
    return price
}
