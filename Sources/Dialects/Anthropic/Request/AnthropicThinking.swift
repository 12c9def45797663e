internal import Bytes
internal import JSON
internal import Model

/// How a model is told to think, out of the request's wish.
struct AnthropicThinking {
    enum Mode {
        case unsaid, off
        /// So many tokens.
        case budget(Int)
        /// As much as it finds right.
        case adaptive
        /// The request's own member.
        case own(JSONView)
    }

    /// Fewer are refused.
    private static let least = 1024

    private(set) var mode = Mode.unsaid
    /// Anthropic's word.
    private(set) var effort: String?
    /// The thoughts are not told.
    private(set) var isHidden = false

    var isOn: Bool {
        switch mode {
        case .unsaid, .off: false
        case .budget, .adaptive: true
        case .own(let value): !(value["type"]?.says("disabled") ?? false)
        }
    }

    /// `limit`: tokens of the answer. `forced`: a tool must be called.
    init(_ chat: ChatRequest, _ model: AnthropicModel, limit: Int, forced: Bool, _ warnings: RequestWarnings) {
        if let own = chat["thinking"] {
            mode = .own(own)
            for member: KnownMember in [.reasoning, .reasoningEffort] where chat[member] != nil { warnings.add(.dropped, String(member.name), "`thinking` says it") }
            return
        }
        guard let wish = ReasoningWish(chat, warnings) else { return }
        let path = chat[.reasoning] == nil ? "reasoning_effort" : "reasoning"
        isHidden = wish.excludes
        if wish.isOff {
            if model.thinking != .none { mode = .off }
        } else if model.thinking == .none {
            warnings.add(.dropped, path, "this model does not think")
        } else if forced {
            warnings.add(.dropped, path, "Anthropic's models do not think where a tool must be called")
        } else {
            choose(wish, model, limit, path, warnings)
            if case .budget = mode, AnthropicThinking.lacksThoughts(chat) {
                mode = .unsaid
                warnings.add(.dropped, path, "the calls that the last message answers came without thoughts of Anthropic's: a model cannot begin to think there")
            }
        }
    }

    private mutating func choose(_ wish: ReasoningWish, _ model: AnthropicModel, _ limit: Int, _ path: String, _ warnings: RequestWarnings) {
        if model.thinking == .adaptive || model.thinking == .both && wish.maxTokens == nil {
            if wish.maxTokens != nil { warnings.add(.dropped, concat(path, ".max_tokens"), "this model thinks as much as it finds right") }
            mode = .adaptive
            effort = word(wish.effort, model)
            return
        }
        // Thoughts are a part of the answer's tokens, and something is to be left of them.
        let most = limit / 5 &* 4, wanted = max(wish.budget(of: limit) ?? limit / 2, AnthropicThinking.least)
        if most < AnthropicThinking.least {
            return warnings.add(.dropped, path, "an answer this short has no room for the 1,024 tokens that thinking takes at least")
        }
        if let number = wish.maxTokens {
            if number > most { warnings.add(.clamped, concat(path, ".max_tokens"), "the answer's own limit leaves less for thinking") }
            if number < AnthropicThinking.least { warnings.add(.clamped, concat(path, ".max_tokens"), "thinking takes 1,024 tokens at least") }
            if wish.effort != nil { warnings.add(.dropped, concat(path, ".effort"), "`max_tokens` says it") }
        }
        mode = .budget(min(wanted, most))
    }

    private func word(_ effort: ReasoningWish.Effort?, _ model: AnthropicModel) -> String? {
        switch effort {
        case .minimal, .low: "low"
        case .medium: "medium"
        case .high: "high"
        case .xhigh: model.hasXHigh ? "xhigh" : "high"
        case .max: "max"
        case ReasoningWish.Effort.none?, nil: nil
        }
    }

    /// Results of tools end the conversation, and the message that called them has no thoughts that could be sent back. A number of tokens
    /// to think with is then refused (https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking, 2026-11).
    private static func lacksThoughts(_ chat: ChatRequest) -> Bool {
        guard let messages = chat[.messages] else { return false }
        var lacks = false, index = 0
        for view in messages.elements {
            let message = ChatMessage(view, index: index)
            index &+= 1
            switch message.role {
            case .assistant:
                var hasOwn = false
                message.forEachDetail { hasOwn = hasOwn || $0.isAnthropic }
                lacks = !hasOwn && message.toolCalls?.firstElement != nil
            case .tool: break
            default: lacks = false
            }
        }
        return lacks
    }
}

extension ReasoningDetail {
    /// It came from Anthropic, and can be sent back. Some relays do not say where reasoning is from.
    var isAnthropic: Bool {
        guard format?.repeats(BlockFormat.anthropic) ?? true else { return false }
        return kind == .text ? (signature?.inside.count ?? 0) > 0 : kind == .encrypted && (data?.inside.count ?? 0) > 0
    }
}
