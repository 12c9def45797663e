internal import Bytes

/// What a model of Google's takes, by its id: facts that its API does not tell.
struct GeminiModel {
    enum Thinking {
        case none
        /// Tokens: between these, or 0 where it can be without.
        case budget(least: Int, most: Int, canBeOff: Bool)
        /// A word: the least one, and whether it knows the one in the middle.
        case level(least: StaticString, hasMedium: Bool)
    }

    let thinking: Thinking
    /// Instructions of the system go to the user.
    let lacksSystem: Bool
    /// Generation 3 and later: results of tools may have pictures in them, and calls must come back with their signatures.
    let isThird: Bool

    /// The first part that is found in an id counts. https://ai.google.dev/gemini-api/docs/thinking,
    /// https://ai.google.dev/gemini-api/docs/gemini-3 and https://ai.google.dev/gemini-api/docs/gemma-on-gemini-api, 2026-11.
    private static let all: [(part: StaticString, thinking: Thinking)] = [
        ("gemma", .none), ("gemini-1", .none), ("gemini-2.0", .none), ("learnlm", .none), ("embedding", .none), ("-tts", .none), ("-image", .none),
        ("gemini-2.5-flash-lite", .budget(least: 512, most: 24_576, canBeOff: true)), ("gemini-2.5-flash", .budget(least: 1, most: 24_576, canBeOff: true)),
        ("gemini-2.5-pro", .budget(least: 128, most: 32_768, canBeOff: false)),
        ("gemini-3-pro", .level(least: "low", hasMedium: false)),
        ("flash", .level(least: "minimal", hasMedium: true)), ("pro", .level(least: "low", hasMedium: true)),
    ]

    init(_ id: String) {
        let octets = lowercased(id).octets
        func has(_ part: StaticString) -> Bool { octets.withUnsafeBytes { $0.find(part) != nil } }
        lacksSystem = has("gemma")
        isThird = ["gemini-3", "gemini-4", "gemini-5"].contains { has($0) }
        var found: Thinking?
        for one in GeminiModel.all where found == nil && has(one.part) { found = one.thinking }
        // Of a name that tells no generation, numbers are understood by all that think.
        if case .level = found, !isThird { found = .budget(least: 1, most: 24_576, canBeOff: true) }
        thinking = found ?? .budget(least: 1, most: 24_576, canBeOff: true)
    }
}

/// The name of a model as bodies have it: a tuned one has its own collection (https://ai.google.dev/api/tuning, 2026-11).
func geminiName(of model: String) -> String {
    for collection in ["models/", "tunedModels/"] where model.octets.starts(with: collection.octets) { return model }
    return concat("models/", model)
}
