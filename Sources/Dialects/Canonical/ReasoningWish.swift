internal import Bytes
internal import JSON
internal import Model

/// How much a request wants the model to think, from `reasoning` (OpenRouter's) and `reasoning_effort`.
struct ReasoningWish {
    enum Effort: Int { case none, minimal, low, medium, high, xhigh, max }

    /// nil: it names none, or a word that nobody knows.
    private(set) var effort: Effort?
    /// Tokens to think with.
    private(set) var maxTokens: Int?
    private(set) var enabled: Bool?
    /// The thoughts are not wanted in the answer.
    private(set) var excludes = false
    /// What it names, known or not.
    private(set) var word: JSONView?

    /// nil: the request does not speak of it. `takesWords`: the provider judges them itself.
    init?(_ request: ChatRequest, _ warnings: RequestWarnings, takesWords: Bool = false) {
        let wish = request[.reasoning], alone = request[.reasoningEffort], number = wish?.filled("max_tokens"), own = wish?.filled("effort")
        if let wish, !wish.isObject { warnings.add(.dropped, "reasoning", "it is no object") }
        guard wish?.isObject ?? false || alone != nil else { return nil }
        word = own ?? alone
        effort = word.flatMap { Effort($0) }
        maxTokens = number?.int
        if number != nil, maxTokens == nil { warnings.add(.dropped, "reasoning.max_tokens", "it is no whole number") }
        if let own, let alone, !sameBytes(own.raw, alone.raw) { warnings.add(.dropped, "reasoning_effort", "`reasoning` says it") }
        if let word, effort == nil, !takesWords {
            warnings.add(.dropped, wish == nil ? "reasoning_effort" : "reasoning", concat("nobody knows the effort ", word.string(upTo: 32) ?? "it names"))
        }
        enabled = wish?["enabled"]?.bool
        excludes = wish?["exclude"]?.bool ?? false
    }

    /// It is not to think.
    var isOff: Bool { effort == Effort.none || enabled == false || maxTokens == 0 && effort == nil }

    /// Tokens to think with, of an answer of at most so many: its own number, or the share that OpenRouter gives each effort
    /// (https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11). nil: it says neither.
    func budget(of limit: Int) -> Int? {
        if let maxTokens { return maxTokens }
        let percent: Int? = switch effort {
        case .minimal: 10
        case .low: 20
        case .medium: 50
        case .high: 80
        case .xhigh, .max: 95
        case Effort.none?, nil: nil
        }
        return percent.map { limit / 100 &* $0 }
    }
}

extension ReasoningWish.Effort {
    init?(_ word: JSONView) {
        let words: [(StaticString, ReasoningWish.Effort)] = [("none", .none), ("minimal", .minimal), ("low", .low), ("medium", .medium), ("high", .high),
                                                            ("xhigh", .xhigh), ("max", .max)]
        for (name, effort) in words where word.says(name) {
            self = effort
            return
        }
        return nil
    }
}

/// One element of `reasoning_details`.
struct ReasoningDetail {
    enum Kind { case text, summary, encrypted, other }

    let view: JSONView
    let kind: Kind

    init(_ detail: JSONView) {
        view = detail
        let type = detail["type"]
        kind = type?.says("reasoning.text") ?? false ? .text : type?.says("reasoning.summary") ?? false ? .summary
            : type?.says("reasoning.encrypted") ?? false ? .encrypted : .other
    }

    /// Strings; nil where there is none.
    var text: JSONView? { string(kind == .summary ? "summary" : "text") }
    var signature: JSONView? { string("signature") }
    var data: JSONView? { string("data") }
    var id: JSONView? { string("id") }

    /// A text that nobody has signed, and of which nothing says whose it is.
    var isUnsigned: Bool { kind == .text && format == nil && id == nil && data == nil && signature?.inside.isEmpty ?? true }

    /// Its place in the list; pieces of one entry have the same one.
    var index: Int? { view["index"]?.int }

    /// Its place among the blocks of its provider, where that was told; other gateways tell it as the index.
    var place: Int? { (view.filled("place") ?? view["index"])?.int }

    /// Whose it is: `anthropic-claude-v1`, `google-gemini-v1`, `openai-responses-v1`. nil: it does not say.
    var format: JSONView? { string("format") }

    func isOf(_ format: StaticString) -> Bool { self.format?.repeats(format) ?? false }

    private func string(_ name: StaticString) -> JSONView? { view[name].flatMap { $0.isString ? $0 : nil } }
}

/// What a provider has said that has no canonical form, as it came: an element of `provider_blocks`.
struct ProviderBlock {
    /// As that of reasoning details.
    let format: JSONView
    /// Its place among the blocks of the provider's message, as that of a reasoning detail.
    let place: Int
    /// So many characters (Unicode scalars) of the content stand before it.
    let at: Int
    /// Of a text with citations: so many characters of the content are it.
    let length: Int?
    /// It is what nobody knows of a part that has a canonical form, and no part of its own.
    let isBeside: Bool
    let block: JSONView

    init?(_ view: JSONView) {
        guard let format = view["format"], format.isString, let block = view.filled("block") else { return nil }
        self.format = format
        self.block = block
        place = max(0, (view.filled("place") ?? view["index"])?.int ?? 0)
        at = max(0, view["at"]?.int ?? 0)
        length = view["length"]?.int
        isBeside = view.filled("beside") != nil
    }

    func isOf(_ format: StaticString) -> Bool { self.format.repeats(format) }
}
