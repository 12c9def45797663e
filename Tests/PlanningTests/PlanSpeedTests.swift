@testable import Model
@testable import Planning
import Testing
import TestSupport

/// Answers at once, so that only the planner is measured.
private final class Idle: PlanWorld {
    func facts(_ provider: Int, _ model: String) -> ModelFacts? { nil }
    func prices(_ provider: Int, _ model: String) -> PriceSet? { nil }
    func lists(_ provider: Int) -> Bool { false }
    func tables(_ provider: Int, _ model: String) -> Bool { false }
    func providers(listing model: String) -> [Int] { [] }
    func health(_ provider: Int, _ model: String) -> CandidateHealth { CandidateHealth() }
    func needs() -> RequestNeeds { RequestNeeds() }
    func random() -> UInt64 { 0 }
}

/// What planning costs with 30 providers and 500 known models, at most ten times as much as it does; the debug build is many times
/// slower than the library's.
@Suite struct PlanSpeedTests {
    static func large(named: Bool) -> Configuration {
        var result = Configuration()
        for i in 0..<30 {
            result.providers.append(provider("provider-\(i)", named: named) {
                $0.routing.organization = "org-\(i)"
                if i % 10 == 0 { $0.routing.serves = (0..<20).map { "org-\($0)/" }; $0.routing.detect = ["*:free-\(i)", "*:variant-\(i)"] }
                for j in 0..<(i < 25 ? 20 : 0) {
                    $0.routing.knownModels.append(KnownModel(id: "org-\(j)/model-\(i)-\(j)", facts: facts { $0.contextLength = 100_000 }))
                }
            })
        }
        return result
    }

    @Test(arguments: [false, true]) func ordinaryRequest(named: Bool) throws {
        let planner = Planner(PlanSpeedTests.large(named: named)), world = Idle()
        for model in ["provider-7/some-model-name", "org-3/some-model-name", "org-3/model-5-3"] {
            let ask = request(model)
            var count = 0
            let start = threadTime()
            for _ in 0..<5_000 { count += try planner.plan(ask, world: world, explain: false).candidates.count }
            let each = (threadTime() - start) / 5_000
            print("plan \(model), providers \(named ? "named" : "found"): \(count / 5_000) candidates, \(Int(each * 1e9)) ns")
            #expect(count >= 5_000 && each < 0.0003)
        }
    }
}
