internal import Bytes
internal import JSON
internal import Model

/// Where the members of one entry come from.
private struct Told {
    var members: [(name: StaticString, source: StaticString)] = []
    @inline(never)
    mutating func add(_ name: StaticString, _ source: StaticString) { members.append((name, source)) }
}

extension ListEntry {
    /// Writes our entry (docs/answers.md, "Model lists"). `known`: for what the list does not tell.
    func write(_ known: ModelFacts?, _ out: inout MemberWriter) {
        var told = Told()
        let slug = concat(provider.id, "/", id)
        out.separate()
        out.open()
        out.member("id", id)
        out.member("slug", slug)
        writeText(.canonicalSlug, slug, &out, &told)
        writeText(.huggingFaceID, nil, &out, &told)
        writeText(.name, id, &out, &told)
        writeNumber(.created, created, nil, &out, &told)
        writeText(.description, nil, &out, &told)
        writeNumber(.contextLength, count(.contextLength), known?.contextLength, &out, &told)
        writeNumber(.maxOutput, count(.maxOutput), known?.maxOutput, &out, &told)
        let capabilities = allCapabilities(), outputs = modalities(.outputs)
        writeArchitecture(capabilities, outputs, known, &out, &told)
        writePrices(known, &out, &told)
        writeObject(.topProvider, &out, &told)
        writeObject(.requestLimits, &out, &told)
        writeWords("supported_parameters", words(.parameters), known?.parameters, &out, &told)
        writeDefaults(&out, &told)
        writeKind(capabilities, outputs, &out, &told)
        out.separate()
        out.raw(own.bytes)
        out.name("sources")
        out.open()
        for member in told.members { out.member(member.name, text: member.source) }
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

    private func writeText(_ slot: ListSlot, _ fallback: String?, _ out: inout MemberWriter, _ told: inout Told) {
        if let view = textView(slot) {
            out.name(slot.name)
            out.copy(view)
            told.add(slot.name, origin)
        } else if let fallback {
            out.member(slot.name, fallback)
        } else {
            out.member(slot.name, raw: "null")
        }
    }

    private func writeNumber(_ slot: ListSlot, _ own: Int?, _ known: Int?, _ out: inout MemberWriter, _ told: inout Told) {
        guard let number = own ?? known else { return out.member(slot.name, raw: "null") }
        out.member(slot.name, number)
        told.add(slot.name, own == nil ? "table" : origin)
    }

    private func writeObject(_ slot: ListSlot, _ out: inout MemberWriter, _ told: inout Told) {
        guard let view = object(slot) else { return out.member(slot.name, raw: "null") }
        out.name(slot.name)
        out.copy(view)
        told.add(slot.name, origin)
    }

    private func writeWords(_ name: StaticString, _ own: [String], _ known: [String]?, _ out: inout MemberWriter, _ told: inout Told) {
        let words = own.isEmpty ? known ?? [] : own
        if words.isEmpty { return out.member(name, raw: "null") }
        out.list(name, words)
        told.add(name, own.isEmpty ? "table" : origin)
    }

    private func writeArchitecture(_ capabilities: [String], _ outputs: [String], _ known: ModelFacts?, _ out: inout MemberWriter, _ told: inout Told) {
        let own = inputs(capabilities)
        let inputs = own.isEmpty ? known?.inputs?.names ?? [] : own
        out.name("architecture")
        out.open()
        var parts = Told()
        if textView(.modality) != nil || inputs.isEmpty || outputs.isEmpty {
            writeText(.modality, nil, &out, &parts)
        } else {
            out.member("modality", concat(joined(inputs), "->", joined(outputs)))
        }
        writeWords("input_modalities", own, known?.inputs?.names, &out, &parts)
        writeWords("output_modalities", outputs, nil, &out, &parts)
        writeText(.instructType, nil, &out, &parts)
        if textView(.tokenizer) != nil { writeText(.tokenizer, nil, &out, &parts) }
        out.close()
        if let part = parts.members.first { told.add("architecture", part.source) }
    }

    /// The parameters that hold when a request names none: an object of the provider's, or places of its own.
    private func writeDefaults(_ out: inout MemberWriter, _ told: inout Told) {
        let found = mapping.defaults.filter { value($0.path) != nil }
        if found.isEmpty { return writeObject(.defaults, &out, &told) }
        out.name(ListSlot.defaults.name)
        out.open()
        for note in found {
            guard let value = value(note.path) else { continue }
            out.name(note.text)
            out.copy(value)
        }
        out.close()
        told.add(ListSlot.defaults.name, origin)
    }

    private func writeKind(_ capabilities: [String], _ outputs: [String], _ out: inout MemberWriter, _ told: inout Told) {
        if let type = type(capabilities, outputs) {
            out.member("type", type)
            told.add("type", origin)
        } else {
            out.member("type", raw: "null")
        }
        writeWords("capabilities", capabilities, nil, &out, &told)
        let aliases = words(.aliases).filter { !same($0, id) }
        if !aliases.isEmpty { writeWords("aliases", aliases, nil, &out, &told) }
        writeText(.expiration, nil, &out, &told)
    }

    /// What the row says, the same in every entry.
    func writeOwn() {
        var out = MemberWriter(own)
        out.member("provider", provider.id)
        out.member("provider_slug", provider.id)
        out.member("provider_site_url", orNull: provider.siteURL)
        out.member("model_logo_url", orNull: provider.logoURL)
        out.member("source_gateway", provider.id)
    }
}

// MARK: - Prices

extension ListEntry {
    private func writePrices(_ known: ModelFacts?, _ out: inout MemberWriter, _ told: inout Told) {
        var prices = prices()
        let isOwn = !prices.isEmpty || prices.isDynamic
        if !isOwn, let price = known?.price {
            let hourly = prices.isHourly
            prices = ListedPrices(price)
            prices.isHourly = hourly
        }
        if isOwn, isFile { (prices.source, prices.isImplausible) = (.configuration, false) }
        out.writePricing(prices)
        if !prices.isEmpty { told.add("pricing", isOwn ? origin : prices.source.name) }
    }
}

extension MemberWriter {
    /// `pricing` and what stands beside it.
    mutating func writePricing(_ prices: ListedPrices) {
        name("pricing")
        write(prices)
        member("pricing_source", text: prices.source.name)
        member("pricing_known", raw: prices.isKnown ? "true" : "false")
        list("pricing_flags", flags: prices)
    }

    mutating func write(_ prices: ListedPrices) {
        open()
        for kind in PriceKind.allCases {
            let text = prices[kind]
            if !text.isEmpty { member(kind.name, text) } else if kind.rawValue <= PriceKind.image.rawValue { member(kind.name, raw: "null") }
        }
        if !prices.rules.isEmpty {
            name("overrides")
            open("[")
            for rule in prices.rules { write(rule) }
            close("]")
        }
        close()
    }

    private mutating func write(_ rule: ListedRule) {
        separate()
        open()
        if let tier = rule.tier { member("service_tier", text: tier.name) }
        if let server = rule.server { member("server", server) }
        if rule.minPromptTokens > 0 { member("min_prompt_tokens", rule.minPromptTokens) }
        if rule.fromMinute != rule.toMinute {
            member("utc_from", clock(rule.fromMinute))
            member("utc_to", clock(rule.toMinute))
        }
        for price in rule.prices { member(price.kind.name, price.text) }
        close()
    }

    fileprivate mutating func list(_ name: StaticString, flags prices: ListedPrices) {
        var flags: [String] = []
        if prices.isDynamic { add("dynamic", to: &flags) }
        if prices.isImplausible { add("implausible", to: &flags) }
        if prices.isHourly { add("hourly", to: &flags) }
        if !flags.isEmpty { list(name, flags) }
    }

    @inline(never)
    mutating func list(_ name: StaticString, _ texts: [String]) {
        self.name(name)
        open("[")
        for text in texts {
            separate()
            string(text)
        }
        close("]")
    }

    @inline(never)
    fileprivate mutating func member(_ name: StaticString, text: StaticString) {
        self.name(name)
        raw("\"")
        raw(text)
        raw("\"")
    }

    @inline(never)
    fileprivate mutating func member(_ name: StaticString, orNull text: String) {
        if text.isEmpty { member(name, raw: "null") } else { member(name, text) }
    }

    /// A value as it is, but without what other parsers refuse.
    @inline(never)
    fileprivate mutating func copy(_ view: JSONView) {
        if contains(view.raw, Ascii.backslash) { compact(view) } else { raw(view.raw) }
    }
}

/// "09:05"
private func clock(_ minute: Int) -> String {
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(decimal: number) }
    return concat(two(minute / 60), ":", two(minute % 60))
}

extension Modalities {
    var names: [String] {
        var names: [String] = [], bit: UInt8 = 1
        for name in ["text", "image", "audio", "file", "video"] {
            if rawValue & bit != 0 { add(name, to: &names) }
            bit <<= 1
        }
        return names
    }
}
