internal import Model
internal import Providers
internal import Wire

/// The options of `gatelet_test_models`, and what of them stands in its results. A class, as are the others of a test: to hand
/// around structures with texts in them costs much code.
final class ModelTestOptions {
    /// Ids, and patterns with `*`; none: every chat model.
    var models: [String] = []
    var providers: [String] = []
    var prompt = "Hello, world!"
    var maxTokens = 100
    /// Seconds between the starts of two calls to one provider.
    var spacing = 180.0
    /// Calls at the same time, each to another provider.
    var concurrency = Int.max
    var timeout = 0.0
    var stream = false
    var limit = Int.max
    /// `results` of an earlier run, in the caller's memory.
    var earlier: JSONView?

    /// Microseconds.
    var pause: Int64 { Int64(min(spacing, 86_400 * 365) * 1_000_000) }

    @inline(never)
    func read(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) {
        guard let root = JSONView(document: bytes, depthLimit: depth), root.isObject else { throw Failure(.json, "the options are not a JSON object") }
        let members = try ConfigValue(request: root, path: "options").object()
        try names("models", root, members, &models)
        try names("provider", root, members, &providers)
        if let value = members.take("prompt") {
            guard let text = value.string else { throw value.failure("must be a string") }
            prompt = text
        }
        try members.integer("max_tokens", 1, 1_000_000, &maxTokens)
        try members.seconds("spacing", &spacing)
        try members.integer("concurrency", 1, 1_000_000, &concurrency)
        try members.seconds("timeout", &timeout)
        try members.flag("stream", &stream)
        try members.integer("limit", 1, Int.max, &limit)
        if let value = members.take("results") {
            earlier = root["results"]
            if earlier?["results"]?.isArray != true { throw value.failure("must be the results of an earlier test") }
        }
        try members.end()
    }

    /// One name or a list of them: as many as there are models.
    @inline(never)
    private func names(_ name: StaticString, _ root: JSONView, _ members: ConfigMembers, _ list: inout [String]) throws(Failure) {
        guard let value = members.take(name), let view = root[name] else { return }
        if !view.isArray { return list = [try value.text()] }
        var good = true
        view.forEachElement { element in
            let text = element.string ?? ""
            if text.utf8.isEmpty { good = false }
            list.append(text)
        }
        if !good { throw value.failure("must be a name or a list of names") }
    }
}
