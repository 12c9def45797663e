import Foundation
import Model
import Testing
@testable import Core

/// Loads a configuration from JSON with the environment and the files given, and nothing else.
func load(_ json: String?, env: [String: String] = [:], files: [String: String] = [:]) throws(Failure) -> Configuration {
    try loadConfiguration(json, environment: { env[$0] }, readFile: { path throws(Failure) in
        guard let text = files[path] else { throw Failure(.config, "\(path): no such file") }
        return text
    })
}

/// The failure of loading; a success is recorded as an issue.
func loadFailure(_ json: String?, env: [String: String] = [:], files: [String: String] = [:],
                 at location: SourceLocation = #_sourceLocation) -> Failure {
    do {
        _ = try load(json, env: env, files: files)
        Issue.record("loaded, but should fail: \(json ?? "nil")", sourceLocation: location)
        return Failure(.ok, "")
    } catch { return error }
}

extension Configuration {
    func provider(_ id: String) -> Provider {
        providers.first { $0.id == id } ?? Provider()
    }
}

/// The top of the checkout, found from this file.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
