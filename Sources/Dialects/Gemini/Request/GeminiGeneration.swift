internal import Bytes
internal import JSON
internal import Model

/// How the answer is to be: `generationConfig` (https://ai.google.dev/api/generate-content#GenerationConfig, 2026-11). What the caller
/// writes there himself counts more than what he says in OpenAI's words.
extension GeminiRequestWriter {
    func writeGeneration() throws(Failure) {
        let config = GenerationConfig(self, own: chat["generationConfig"] ?? chat["generation_config"])
        config.copyOwn()
        let numbers: [(KnownMember, StaticString)] = [
            (.temperature, "temperature"), (.topP, "topP"), (.topK, "topK"), (.seed, "seed"), (.presencePenalty, "presencePenalty"),
            (.frequencyPenalty, "frequencyPenalty"), (.n, "candidateCount"), (.logprobs, "responseLogprobs"), (.topLogprobs, "logprobs"),
        ]
        for (member, name) in numbers {
            guard let value = chat[member] else { continue }
            if config.add(name) { out.raw(value.raw) } else { drop(String(member.name), GeminiRequestWriter.own) }
        }
        if chat.hasLimit || request.maxTokens != nil {
            if config.add("maxOutputTokens") { chat.writeLimit(&out, or: request.maxTokens, request.warnings) } else if chat.hasLimit { drop("max_tokens", GeminiRequestWriter.own) }
        }
        try writeStops(config)
        try writeFormat(config)
        writeModalities(config)
        writeThinking(config)
        config.close()
    }

    private static var own: String { "the request says it in `generationConfig` too" }

    /// https://ai.google.dev/api/generate-content#GenerationConfig, stopSequences, 2026-11
    private static var mostStops: Int { 5 }

    private func writeStops(_ config: GenerationConfig) throws(Failure) {
        var isOpen = false, count = 0
        chat.forEachStop(RequestWarnings()) { _ in count &+= 1 }
        if count > GeminiRequestWriter.mostStops, !config.has("stopSequences") {
            throw Failure(.unsupported, concat("`stop` has ", String(decimal: count), concat(" texts: Gemini takes ", String(decimal: GeminiRequestWriter.mostStops), " at most")))
        }
        chat.forEachStop(request.warnings) { stop in
            if !isOpen {
                guard config.add("stopSequences") else { return self.drop("stop", GeminiRequestWriter.own) }
                self.out.open("[")
                isOpen = true
            }
            self.out.separate()
            self.out.raw(stop.raw)
        }
        if isOpen { out.close("]") }
    }

    private func writeFormat(_ config: GenerationConfig) throws(Failure) {
        switch chat.responseFormat {
        case .text: return
        case .object: if config.add("responseMimeType") { out.raw("\"application/json\"") }
        case .schema(_, let schema, _):
            if config.add("responseMimeType") { out.raw("\"application/json\"") }
            if config.has("responseSchema") || config.has("responseJsonSchema") { return }
            config.open()
            try write(schema: schema, "responseSchema", "responseJsonSchema", path: "response_format.json_schema.schema")
        case .other(let format):
            throw chat.unknownFormat(format, "Gemini")
        }
    }

    /// Words in capitals; a voice by its name.
    private func writeModalities(_ config: GenerationConfig) {
        if let modalities = chat["modalities"], !modalities.isArray { drop("modalities", "it is no list") }
        if let modalities = chat["modalities"], modalities.isArray, config.add("responseModalities") {
            out.open("[")
            for one in modalities.elements where one.isString {
                out.separate()
                out.raw("\"")
                for byte in one.inside { out.check(out.buffer.append(byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & ~0x20 : byte)) }
                out.raw("\"")
            }
            out.close("]")
        }
        if let voice = chat["audio"]?.filled("voice"), voice.isString, config.add("speechConfig") {
            out.raw("{\"voiceConfig\":{\"prebuiltVoiceConfig\":{\"voiceName\":")
            out.raw(voice.raw)
            out.raw("}}}")
        }
    }

    // MARK: - Thinking

    private func writeThinking(_ config: GenerationConfig) {
        if let own = chat["extra_body"]?.filled("google")?.filled("thinking_config") { // of Google's endpoint in OpenAI's dialect
            if config.add("thinkingConfig") { writeNative(own) }
            for member: KnownMember in [.reasoning, .reasoningEffort] where chat[member] != nil { drop(String(member.name), "`extra_body` says it") }
            return
        }
        guard let wish = ReasoningWish(chat, request.warnings) else { return }
        let path = chat[.reasoning] != nil ? "reasoning" : "reasoning_effort"
        if config.has("thinkingConfig") { return drop(path, GeminiRequestWriter.own) }
        if case .none = model.thinking {
            if !wish.isOff { drop(path, "this model does not think") }
            return
        }
        _ = config.add("thinkingConfig")
        out.open()
        write(wish)
        if !wish.isOff, !wish.excludes { out.member("includeThoughts", raw: "true") }
        out.close()
    }

    /// A number goes as it is, within what the model takes; words are what Google's own endpoint makes of them
    /// (https://ai.google.dev/gemini-api/docs/openai#thinking, 2026-11).
    private func write(_ wish: ReasoningWish) {
        if case .level(let least, let hasMedium) = model.thinking {
            guard let level = level(wish, least, hasMedium) else { return }
            return out.member("thinkingLevel", String(level))
        }
        var (least, most, canBeOff) = (1, 32_768, false)
        if case .budget(let low, let high, let off) = model.thinking { (least, most, canBeOff) = (low, high, off) }
        if wish.isOff {
            if !canBeOff { drop("reasoning", "this model cannot do without thinking") }
            return out.member("thinkingBudget", canBeOff ? 0 : least)
        }
        let budget: Int? = wish.maxTokens ?? {
            switch wish.effort {
            case .minimal, .low: 1_024
            case .medium: 8_192
            case .high: 24_576
            case .xhigh, .max: most
            case ReasoningWish.Effort.none?, nil: nil
            }
        }()
        guard let budget else { return }
        let sent = min(max(budget, least), most)
        if wish.maxTokens != nil {
            if sent != budget { request.warnings.add(.clamped, "reasoning.max_tokens", concat("this model thinks with ", String(decimal: least), concat(" to ", String(decimal: most), " tokens"))) }
            if wish.effort != nil { drop("reasoning.effort", "`max_tokens` says it") }
        }
        out.member("thinkingBudget", sent)
    }

    private func level(_ wish: ReasoningWish, _ least: StaticString, _ hasMedium: Bool) -> StaticString? {
        if wish.isOff {
            drop("reasoning", "this model cannot do without thinking")
            return least
        }
        if let tokens = wish.maxTokens, wish.effort == nil {
            let word: StaticString = tokens <= 1_024 ? "low" : tokens <= 8_192 && hasMedium ? "medium" : "high"
            request.warnings.add(.clamped, "reasoning.max_tokens", concat("this model takes no number of tokens: it is told `", String(word), "`"))
            return word
        }
        if wish.maxTokens != nil { drop("reasoning.max_tokens", "this model takes no number of tokens: `effort` says it") }
        return switch wish.effort {
        case .minimal: least
        case .low: "low"
        case .medium: hasMedium ? "medium" : "high"
        case .high, .xhigh, .max: "high"
        case ReasoningWish.Effort.none?, nil: nil
        }
    }

    func writeNative(member word: UnsafeRawBufferPointer, _ value: JSONView) {
        out.raw("\"")
        writeCamel(word)
        out.raw("\":")
        if isCallers(word) { out.raw(value.raw) } else { writeNative(value) }
    }
}

/// The object while it is written: it is there only if it has members, and none twice.
final class GenerationConfig {
    private let writer: GeminiRequestWriter
    private let own: JSONView?
    private var isOpen = false

    init(_ writer: GeminiRequestWriter, own: JSONView?) {
        self.writer = writer
        self.own = own
    }

    func copyOwn() {
        guard let own else { return }
        for (name, value) in own.members where !value.isNull {
            if isRepeated(name) { writer.drop(concat("generationConfig.", decodedText(own.bytes, name)), "it is there in both spellings"); continue }
            open()
            writer.out.separate()
            writer.writeNative(member: own.bytes[name], value)
        }
    }

    /// An earlier member is the same in the other spelling.
    private func isRepeated(_ name: ByteRange) -> Bool {
        guard let own else { return false }
        for (other, value) in own.members {
            if other.start >= name.start { return false }
            if !value.isNull, writer.isSameMember(own.bytes[other], own.bytes[name]) { return true }
        }
        return false
    }

    /// The caller has said it himself.
    func has(_ name: StaticString) -> Bool { own?.members.contains { !$0.value.isNull && isGemini(own?.bytes[$0.name] ?? $0.value.bytes[.none], name) } ?? false }

    /// Whether its value is to be written now.
    func add(_ name: StaticString) -> Bool {
        if has(name) { return false }
        open()
        writer.out.name(name)
        return true
    }

    func open() {
        if isOpen { return }
        isOpen = true
        writer.out.name("generationConfig")
        writer.out.open()
    }

    func close() { if isOpen { writer.out.close() } }
}
