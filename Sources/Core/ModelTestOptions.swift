internal import Model
internal import Providers
internal import Wire

/// The options of `gatelet_test_models`.
struct ModelTestOptions {
    /// Ids, slugs and patterns with `*`; none: every chat model.
    var models: [String] = []
    var providers: [String] = []
    var prompt = "Hello, world!"
    var maxTokens = 100
    /// Seconds between the starts of two calls to one provider.
    var spacing = 180.0
    /// Calls at the same time, each to another provider.
    var concurrency = Int.max
    var timeout: Double?
    var stream = false
    var limit = Int.max
    /// `results` of an earlier run, in the caller's memory.
    var earlier: JSONView?

    static func read(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) -> ModelTestOptions {
        guard let root = JSONView(document: bytes, depthLimit: depth), root.isObject else { throw Failure(.json, "the options are not a JSON object") }
        var options = ModelTestOptions()
        let members = try ConfigValue(request: root, path: "options").object()
        if let value = members.take("models") { options.models = try names(root["models"], value) }
        if let value = members.take("provider") { options.providers = try names(root["provider"], value) }
        if let value = members.take("prompt") {
            guard let prompt = value.string else { throw value.failure("must be a string") }
            options.prompt = prompt
        }
        try members.integer("max_tokens", 1, 1_000_000, &options.maxTokens)
        try members.seconds("spacing", &options.spacing)
        try members.integer("concurrency", 1, 1_000_000, &options.concurrency)
        try members.seconds("timeout", &options.timeout)
        try members.flag("stream", &options.stream)
        try members.integer("limit", 1, Int.max, &options.limit)
        if let value = members.take("results") {
            guard let list = root["results"]?["results"], list.isArray else { throw value.failure("must be the results of an earlier test") }
            options.earlier = root["results"]
        }
        try members.end()
        return options
    }

    /// One name or a list of them: as many as there are models.
    private static func names(_ view: JSONView?, _ value: ConfigValue) throws(Failure) -> [String] {
        var names: [String] = []
        func add(_ view: JSONView) throws(Failure) {
            guard let name = view.string, !name.utf8.isEmpty else { throw value.failure("must be a name or a list of names") }
            names.append(name)
        }
        guard let view else { return names }
        if view.isArray { try view.forEachElement(add) } else { try add(view) }
        return names
    }

    func write(into out: inout MemberWriter) {
        out.open()
        out.write("models", models)
        out.write("provider", providers)
        out.member("prompt", prompt)
        out.member("max_tokens", maxTokens)
        out.name("spacing")
        out.check(Report.milliseconds(Int64(spacing * 1000), out.buffer))
        out.member("stream", raw: stream ? "true" : "false")
        out.close()
    }
}
