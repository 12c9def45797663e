package import Dialects
internal import JSON
package import Model

/// OpenRouter's words at the top of a request: `models` and `provider`. Only worth calling where `view.hasRoutingPreferences`.
package func readRoutingPreferences(_ view: RequestView, _ bytes: UnsafeRawBufferPointer) throws(Failure) -> (models: [String], words: RoutingPreferences) {
    var models: [String] = [], words = RoutingPreferences()
    for member in view.members {
        if member.known != .models && member.known != .provider { continue }
        let value = JSONView(valid: bytes, member.value)
        if value.isNull { continue }
        if member.known == .models {
            models = try ConfigValue(request: value, path: "models").texts()
        } else {
            try ConfigValue(request: value, path: "provider").readRouting(into: &words, strict: false)
        }
    }
    return (models, words)
}
