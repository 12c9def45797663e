import Foundation
@testable import Gateway
@testable import Model
import Testing

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

/// Member by member. Providers and prices are classes, which do not show what is inside. Rows of the catalog may have time-outs of
/// their own, which what a configuration says of time-outs takes away, even if it says what the default is.
func alike(_ a: Configuration, _ b: Configuration, butForRows: Bool = false) -> Bool {
    func rest(_ one: Configuration) -> [String] {
        Mirror(reflecting: one).children.filter { $0.label != "providers" && $0.label != "filedPrices" }.map { "\($0.label ?? ""): \($0.value)" }
    }
    return (butForRows || a.providers == b.providers) && a.filedPrices == b.filedPrices && rest(a) == rest(b)
}

extension Configuration {
    func provider(_ id: String) -> Provider {
        providers.first { $0.id == id } ?? Provider(ProviderParts())
    }
}

/// The top of the checkout, found from this file.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
