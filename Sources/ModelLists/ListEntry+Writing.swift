internal import Bytes
internal import JSON
internal import Model

/// Where the members of one entry come from.
private struct MemberSources {
    private(set) var members: [(name: StaticString, source: StaticString)] = []
    mutating func add(_ name: StaticString, _ source: StaticString) { members.append((name, source)) }
}

extension ListEntry {
    /// Writes our entry (docs/answers.md, "Model lists"). `known`: for what the list does not say.
    func write(_ known: ModelFacts?, _ out: inout MemberWriter) {
        var sources = MemberSources()
        let slug = concat(provider.id, "/", id)
        out.separate()
        out.open()
        out.member("id", id)
        out.member("slug", slug)
        writeText(.canonicalSlug, slug, &out, &sources)
        writeText(.huggingFaceID, nil, &out, &sources)
        writeText(.name, id, &out, &sources)
        writeNumber(.created, created, nil, &out, &sources)
        writeText(.description, nil, &out, &sources)
        writeNumber(.contextLength, count(.contextLength), known?.contextLength, &out, &sources)
        writeNumber(.maxOutput, count(.maxOutput), known?.maxOutput, &out, &sources)
        let capabilities = allCapabilities(), outputs = modalities(.outputs)
        writeArchitecture(capabilities, outputs, known, &out, &sources)
        writePrices(known, &out, &sources)
        writeObject(.topProvider, &out, &sources)
        writeObject(.requestLimits, &out, &sources)
        writeWords("supported_parameters", words(.parameters), known?.parameters, &out, &sources)
        writeDefaults(&out, &sources)
        writeKind(capabilities, outputs, &out, &sources)
        out.separate()
        out.raw(ofRow.bytes)
        out.name("sources")
        out.open()
        for member in sources.members { out.member(member.name, text: member.source) }
        out.close()
        out.close()
    }

    /// Those that the provider states, and those that follow from the parameters it takes.
    private func allCapabilities() -> [String] {
        var result = capabilities()
        let parameters = words(.parameters)
        for word in ["tools", "reasoning", "structured_outputs"] where parameters.has(word) { add(word, to: &result) }
        if modalities(.inputs).has("image") { add("vision", to: &result) }
        return result
    }

    private func writeText(_ slot: ListSlot, _ fallback: String?, _ out: inout MemberWriter, _ sources: inout MemberSources) {
        if let view = textView(slot) {
            out.name(slot.name)
            out.copy(view)
            sources.add(slot.name, origin)
        } else if let fallback {
            out.member(slot.name, fallback)
        } else {
            out.member(slot.name, raw: "null")
        }
    }

    private func writeNumber(_ slot: ListSlot, _ listed: Int?, _ known: Int?, _ out: inout MemberWriter, _ sources: inout MemberSources) {
        guard let number = listed ?? known else { return out.member(slot.name, raw: "null") }
        out.member(slot.name, number)
        sources.add(slot.name, listed == nil ? "table" : origin)
    }

    private func writeObject(_ slot: ListSlot, _ out: inout MemberWriter, _ sources: inout MemberSources) {
        guard let view = object(slot) else { return out.member(slot.name, raw: "null") }
        out.name(slot.name)
        out.copy(view)
        sources.add(slot.name, origin)
    }

    private func writeWords(_ name: StaticString, _ listed: [String], _ known: [String]?, _ out: inout MemberWriter, _ sources: inout MemberSources) {
        let words = listed.isEmpty ? known ?? [] : listed
        if words.isEmpty { return out.member(name, raw: "null") }
        out.list(name, words)
        sources.add(name, listed.isEmpty ? "table" : origin)
    }

    private func writeArchitecture(_ capabilities: [String], _ outputs: [String], _ known: ModelFacts?, _ out: inout MemberWriter, _ sources: inout MemberSources) {
        let listed = inputs(capabilities)
        let inputs = listed.isEmpty ? known?.inputs?.names ?? [] : listed
        out.name("architecture")
        out.open()
        var parts = MemberSources()
        if textView(.modality) != nil || inputs.isEmpty || outputs.isEmpty {
            writeText(.modality, nil, &out, &parts)
        } else {
            out.member("modality", concat(joined(inputs), "->", joined(outputs)))
        }
        writeWords("input_modalities", listed, known?.inputs?.names, &out, &parts)
        writeWords("output_modalities", outputs, nil, &out, &parts)
        writeText(.instructType, nil, &out, &parts)
        if textView(.tokenizer) != nil { writeText(.tokenizer, nil, &out, &parts) }
        out.close()
        if let part = parts.members.first { sources.add("architecture", part.source) }
    }

    /// The parameters that hold when a request names none: an object of the provider's, or places of its own.
    private func writeDefaults(_ out: inout MemberWriter, _ sources: inout MemberSources) {
        let found = mapping.defaults.filter { value($0.path) != nil }
        if found.isEmpty { return writeObject(.defaults, &out, &sources) }
        out.name(ListSlot.defaults.name)
        out.open()
        for note in found {
            guard let value = value(note.path) else { continue }
            out.name(note.text)
            out.copy(value)
        }
        out.close()
        sources.add(ListSlot.defaults.name, origin)
    }

    private func writeKind(_ capabilities: [String], _ outputs: [String], _ out: inout MemberWriter, _ sources: inout MemberSources) {
        if let type = type(capabilities, outputs) {
            out.member("type", type)
            sources.add("type", origin)
        } else {
            out.member("type", raw: "null")
        }
        writeWords("capabilities", capabilities, nil, &out, &sources)
        let aliases = words(.aliases).filter { !same($0, id) }
        if !aliases.isEmpty { writeWords("aliases", aliases, nil, &out, &sources) }
        writeText(.expiration, nil, &out, &sources)
    }

    /// What the row says, the same in every entry.
    func writeOfRow() {
        var out = MemberWriter(ofRow)
        out.member("provider", provider.id)
        out.member("provider_slug", provider.id)
        out.member("provider_site_url", orNull: provider.identity.siteURL)
        out.member("model_logo_url", orNull: provider.identity.logoURL)
        out.member("source_gateway", provider.id)
    }
}

// MARK: - Prices

extension ListEntry {
    private func writePrices(_ known: ModelFacts?, _ out: inout MemberWriter, _ sources: inout MemberSources) {
        var prices = prices()
        let isListed = !prices.isEmpty || prices.isDynamic
        if !isListed, let price = known?.price {
            let hourly = prices.isHourly
            prices = ListedPrices(price)
            prices.isHourly = hourly
        }
        if isListed, isFile { (prices.source, prices.isImplausible) = (.configuration, false) }
        prices.writePricing(&out)
        if !prices.isEmpty { sources.add("pricing", isListed ? origin : prices.source.name) }
    }
}

extension ListedPrices {
    /// `pricing` and what stands beside it.
    func writePricing(_ out: inout MemberWriter) {
        out.name("pricing")
        write(&out)
        out.member("pricing_source", text: source.name)
        out.member("pricing_known", raw: isKnown ? "true" : "false")
        let flags = flags
        if !flags.isEmpty { out.list("pricing_flags", flags) }
    }

    func write(_ out: inout MemberWriter) {
        out.open()
        for kind in PriceKind.allCases {
            let text = self[kind]
            if !text.isEmpty { out.member(kind.name, text) } else if kind.rawValue <= PriceKind.image.rawValue { out.member(kind.name, raw: "null") }
        }
        if !rules.isEmpty {
            out.name("overrides")
            out.open("[")
            for rule in rules { rule.write(&out) }
            out.close("]")
        }
        out.close()
    }

    private var flags: [String] {
        var flags: [String] = []
        if isDynamic { flags.append("dynamic") }
        if isImplausible { flags.append("implausible") }
        if isHourly { flags.append("hourly") }
        return flags
    }
}

extension ListedRule {
    fileprivate func write(_ out: inout MemberWriter) {
        out.separate()
        out.open()
        if let tier { out.member("service_tier", tier.rawValue) }
        if let server { out.member("server", server) }
        if minPromptTokens > 0 { out.member("min_prompt_tokens", minPromptTokens) }
        if fromMinute != toMinute {
            out.member("utc_from", clock(fromMinute))
            out.member("utc_to", clock(toMinute))
        }
        for price in prices { out.member(price.kind.name, price.text) }
        out.close()
    }
}

extension MemberWriter {
    mutating func list(_ name: StaticString, _ texts: [String]) {
        self.name(name)
        open("[")
        for text in texts {
            separate()
            string(text)
        }
        close("]")
    }

    fileprivate mutating func member(_ name: StaticString, text: StaticString) {
        self.name(name)
        raw("\"")
        raw(text)
        raw("\"")
    }

    fileprivate mutating func member(_ name: StaticString, orNull text: String) {
        if text.isEmpty { member(name, raw: "null") } else { member(name, text) }
    }

    /// A value as it is, but without what other parsers refuse.
    fileprivate mutating func copy(_ view: JSONView) {
        if contains(view.raw, Ascii.backslash) { compact(view) } else { raw(view.raw) }
    }
}

/// "09:05"
private func clock(_ minute: Int) -> String {
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(decimal: number) }
    return concat(two(minute / 60), ":", two(minute % 60))
}
