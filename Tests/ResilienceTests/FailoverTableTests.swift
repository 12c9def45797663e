import Foundation
@testable import Model
@testable import Resilience
import Testing

/// `actions` of a list as its words in configuration, so that a failure reads well.
func words(_ list: ActionList) -> String {
    FailureAction.allCases.indices.compactMap { list[$0]?.rawValue }.joined(separator: " ")
}

private let failureStatuses = Status.allCases.filter { (200..<400).contains($0.rawValue) }

private func tableText(_ preset: FailoverPreset) -> [String: String] {
    let table = FailoverTable(preset: preset, rules: [])
    return Dictionary(uniqueKeysWithValues: failureStatuses.map { ($0.name.description, words(table.actions(for: $0))) })
}

@Suite struct FailoverTableTests {
    @Test func gatelet() {
        let retryFirst = "retry next_provider next_model", later = "next_provider next_model retry"
        let expected = [
            "resolve": retryFirst, "connect": retryFirst, "tls": "next_provider next_model", "timeout_connect": later,
            "timeout_first_byte": later, "timeout_idle": later, "timeout_content": later, "timeout_total": "stop",
            "truncated": retryFirst, "too_large": "stop", "protocol": "next_provider next_model", "bad_request": "stop",
            "auth": "rotate_key next_provider next_model", "permission": "rotate_key next_provider next_model",
            "funds": "rotate_key next_provider next_model", "not_found": "next_provider next_model",
            "rate_limit": "rotate_key retry next_provider next_model", "overloaded": retryFirst, "server": retryFirst,
            "unavailable": retryFirst, "context_length": "next_model", "content_policy": "stop", "empty": retryFirst,
            "bad_response": "next_provider next_model", "keys_exhausted": "next_provider next_model",
        ]
        #expect(tableText(.gatelet) == expected)
    }

    @Test func gatewayz() {
        let stop: Set = ["rate_limit", "server", "bad_request", "context_length", "content_policy", "too_large", "timeout_total"]
        for (status, actions) in tableText(.gatewayz) {
            #expect(actions == (stop.contains(status) ? "stop" : "next_provider"), "\(status)")
        }
    }

    @Test func openrouter() {
        let stop: Set = ["auth", "permission", "keys_exhausted", "tls", "bad_request", "content_policy", "too_large", "timeout_total"]
        let move: Set = ["not_found", "funds", "context_length", "bad_response"]
        for (status, actions) in tableText(.openrouter) {
            #expect(actions == (stop.contains(status) ? "stop" : move.contains(status) ? "next_model" : "retry next_model"), "\(status)")
        }
    }

    /// The table of docs/routing.md, "After a failure": a row for kinds of failures, and what each preset does then.
    @Test func thePageSaysTheSame() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/routing.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        for (column, preset) in [FailoverPreset.gatelet, .gatewayz, .openrouter].enumerated() {
            for (status, actions) in tableText(preset) {
                let row = rows.first { $0.count == 4 && $0[0].components(separatedBy: ", ").contains("`\(status)`") }
                #expect(row?[column + 1].replacingOccurrences(of: ",", with: "") == actions, "\(status)")
            }
        }
    }

    @Test func aRuleIsThatOfItsStatusOnly() {
        for status in failureStatuses {
            let table = FailoverTable(preset: .gatelet, rules: [FailoverRule(status: status, actions: ActionList(.stop, .retry))])
            for other in failureStatuses {
                #expect((table.actions(for: other) == ActionList(.stop, .retry)) == (other == status), "\(status) \(other)")
            }
        }
    }

    @Test func otherStatusesStopAndTakeNoRule() {
        let rules = Status.allCases.map { FailoverRule(status: $0, actions: ActionList(.retry)) }
        let table = FailoverTable(preset: .gatelet, rules: rules)
        for status in Status.allCases where !failureStatuses.contains(status) {
            #expect(words(table.actions(for: status)) == "stop", "\(status)")
        }
        #expect(words(table.actions(for: .badRequest)) == "retry")
    }

    @Test func theLastRuleWins() {
        let rules = [FailoverRule(status: .auth, actions: ActionList(.stop)), FailoverRule(status: .auth, actions: ActionList(.nextModel))]
        #expect(words(FailoverTable(preset: .gatewayz, rules: rules).actions(for: .auth)) == "next_model")
    }
}
