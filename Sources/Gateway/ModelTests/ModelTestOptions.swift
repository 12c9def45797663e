internal import Bytes
internal import CShims
internal import JSON
internal import Model
internal import Settings

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
    var cancelID: String?
    /// `results` of an earlier run, in the caller's memory.
    var earlier: JSONView?

    /// Microseconds.
    var pause: Int64 { Int64(min(spacing, 86_400 * 365) * 1_000_000) }

    func read(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(Failure) {
        guard let root = JSONView(document: bytes, depthLimit: depth), root.isObject else { throw Failure(.json, "the options are not a JSON object") }
        let members = try ConfigValue(request: root, path: "options").object()
        try names("models", members, &models)
        try names("provider", members, &providers)
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
        if let value = members.take("cancel_id") { cancelID = try value.label() }
        if let value = members.take("results") {
            let results = dig(root, "results")
            if !dig(results, "results").isArray { throw value.failure("must be the results of an earlier test") }
            earlier = results
        }
        try members.end()
    }

    /// One name or a list of them.
    private func names(_ name: StaticString, _ members: ConfigMembers, _ list: inout [String]) throws(Failure) {
        guard let value = members.take(name) else { return }
        list = try value.isArray ? value.texts() : [value.text()]
        if list.isEmpty { throw value.failure("must name something: without it all are tested") }
    }
}

/// What lies at a path of member names ("choices.message.content"; of an array, in its first element). Without a value where
/// there is nothing: to ask again is cheaper in code than an optional at each step.
func dig(_ view: JSONView, _ path: StaticString) -> JSONView {
    let names = UnsafeRawBufferPointer(start: path.utf8Start, count: path.utf8CodeUnitCount)
    var view = view, start = 0
    while start < names.count {
        var end = start
        while end < names.count, names.byte(at: end) != UInt8(ascii: ".") { end &+= 1 }
        if view.isArray { view = view.firstElement ?? view }
        var found = JSONView(valid: view.bytes, .none)
        view.forEachMember { name, value in
            if same(view.bytes[name], names[ByteRange(start, end)]) { found = value }
        }
        view = found
        start = end &+ 1
    }
    return view
}

private func same(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count, let from = a.baseAddress, let to = b.baseAddress else { return false }
    return memcmp(from, to, a.count) == 0
}
