package import Bytes
package import JSON
package import Model

/// The numbers of one or several usage objects as they were reported, before their dialect is made sense of.
package struct UsageReading {
    private var counts = InlineArray<18, Int>(repeating: -1)
    private var reported: AttoUSD?
    private var upstream: AttoUSD?
    private var ownKey = false
    /// `input_tokens` are all of the prompt (OpenAI's Responses).
    private var inputIsWhole = false
    /// Tokens of steps that the totals leave out.
    private var extraInput = 0, extraOutput = 0
    private var flags: UsageFlags = []
    private var any = false
    /// Bits of the fields that the object at hand has.
    private var seen = 0

    package init() {}

    /// Reads one usage object, valid JSON. Numbers that are reported again replace the earlier ones.
    package mutating func take(_ object: UnsafeRawBufferPointer) {
        extraInput = 0 // reported again with each
        extraOutput = 0
        seen = 0
        read(JSONView(valid: object, ByteRange(0, object.count)), .top)
    }

    /// `cost` beside the usage (Infron), or in it: a number, or an object with a sum (Perplexity, Venice).
    package mutating func take(cost value: JSONView) {
        if value.isObject {
            if let currency = value["currency"]?.string, !same(currency, "USD") { return }
            for sum in [value["total_cost"], value["usd"], value["total"]] {
                if let sum, sum.isNumber || sum.isString { return take(cost: sum) }
            }
        } else if let amount = amount(value), amount <= UsageReading.mostCost, amount > 0 || reported == nil {
            reported = amount // a later 0 does not replace what was reported
        }
    }

    private mutating func keepCost(of earlier: UsageReading) {
        if let before = earlier.reported, (reported ?? 0) == 0 {
            reported = before
            upstream = upstream ?? earlier.upstream
            ownKey = ownKey || earlier.ownKey
        }
        if self[.ticks] == nil { counts[UsageField.ticks.rawValue] = earlier.counts[UsageField.ticks.rawValue] }
    }

    /// A million USD: no answer costs more, and sums of such stay exact.
    private static let mostCost: AttoUSD = 1_000_000_000_000_000_000_000_000

    private mutating func read(_ object: JSONView, _ scope: UsageScope) {
        object.forEachMember { name, value in
            let name = object.bytes[name]
            if value.isNull { return }
            if value.isObject, scope == .top, let inner = usageScope(name) {
                if inner.isWhole { inputIsWhole = true }
                return read(value, inner.scope)
            }
            if let field = usageField(name, scope) { put(field, value) }
        }
    }

    private mutating func put(_ field: UsageField, _ value: JSONView) {
        switch field {
        case .cost: take(cost: value)
        case .upstreamCost: upstream = amount(value).flatMap { $0 <= UsageReading.mostCost ? $0 : nil }
        case .ownKey: ownKey = value.bool ?? false
        case .iterations: value.forEachElement { readIteration($0) }
        default:
            // Beyond that no sum of a few can be trusted, and no request has so many.
            guard let number = count(value), number >= 0, number < 1 << 48 else { return }
            // Some relays tell a count twice, by two names, of which one is always 0.
            if number > 0 || seen & 1 << field.rawValue == 0 { counts[field.rawValue] = number }
            seen |= 1 << field.rawValue
            any = true
        }
    }

    /// Anthropic: the totals leave compaction out, and the work of an advisor, which is another model's.
    private mutating func readIteration(_ step: JSONView) {
        guard let type = step["type"]?.string else { return }
        if same(type, "advisor_message") { flags.insert(.otherModels) }
        guard same(type, "compaction") else { return }
        var one = UsageReading()
        one.read(step, .top)
        extraInput = min(extraInput &+ max(0, one.counts[UsageField.uncached.rawValue]), 1 << 48)
        extraOutput = min(extraOutput &+ max(0, one.counts[UsageField.completion.rawValue]), 1 << 48)
    }

    /// What the provider says it costs.
    package var cost: AttoUSD? {
        // xAI's unit: 1e-10 USD, as the list prices of 25 recorded answers give exactly.
        if let ticks = self[.ticks] { return AttoUSD(ticks) &* 100_000_000 }
        guard let reported, !(lacksUpstream && reported == 0) else { return nil }
        // With the caller's own key at the upstream, the router's part is reported apart from the upstream's.
        return ownKey && upstream != nil ? Money.sum(reported, upstream) : reported
    }

    /// With the caller's own key the upstream bills him too, and how much was not reported: a router's 0 is its own part alone.
    package var lacksUpstream: Bool { ownKey && (upstream ?? 0) == 0 && self[.ticks] == nil }

    subscript(field: UsageField) -> Int? {
        let number = counts[field.rawValue]
        return number < 0 ? nil : number
    }

    /// In disjoint buckets; nil when nothing was reported.
    package var usage: Usage? {
        if !any { return nil }
        var result = Usage()
        result.flags = flags
        let output = outputTokens(&result)
        result[.output] = output.map { $0 &+ (self[.prompt] == nil ? extraOutput : 0) } // a whole prompt comes with a whole answer
        fillInput(&result, output ?? 0)
        result[.webSearches] = self[.webSearches]
        if let part = self[.audioInput] { result[.audioInput] = min(part, result.count(.input)) }
        for (field, kind) in [(UsageField.audioOutput, UsageKind.audioOutput), (.imageOutput, .imageOutput)] {
            if let part = self[field] { result[kind] = min(part, result.count(.output)) }
        }
        let sum = result.prompt &+ result.count(.output)
        if let total = self[.total], total > 0 || sum == 0 {
            if total != sum { result.flags.insert(.inconsistent) }
            result.total = total
        } else if result[.output] != nil, result[.input] != nil {
            result.total = sum
        }
        return result
    }
}

/// What is counted within what differs by dialect, and mostly the numbers tell.
extension UsageReading {
    private var wholePrompt: Int? {
        if let prompt = self[.prompt], prompt > 0 || self[.uncached] == nil { return prompt &+ (self[.toolPrompt] ?? 0) }
        return inputIsWhole ? self[.uncached] : nil
    }

    private var writtenTokens: Int? {
        if let written = self[.written] { return written }
        let parts = (self[.written5m] ?? 0) &+ (self[.writtenHour] ?? 0)
        return parts > 0 ? parts : nil
    }

    /// What the total holds beyond prompt and completion.
    private func beyond(_ output: Int) -> Int {
        guard let total = self[.total], let prompt = wholePrompt else { return 0 }
        return total &- prompt &- output
    }

    /// All output, reasoning included.
    private func outputTokens(_ result: inout Usage) -> Int? {
        if self[.candidates] != nil || self[.thoughts] != nil {
            result[.reasoning] = self[.thoughts]
            return (self[.candidates] ?? 0) &+ (self[.thoughts] ?? 0)
        }
        guard let completion = self[.completion] else {
            guard let total = self[.total], let prompt = wholePrompt, total >= prompt else { return nil }
            return total &- prompt // embeddings, and answers without a word
        }
        guard let reasoning = self[.reasoning] else { return completion }
        let gap = beyond(completion), audio = self[.audioInput] ?? 0
        // Somewhat more reasoning than completion is another way of counting (OpenRouter); twice as much is beside it, and the
        // total forgets it (Vercel's answers of Gemini, which cost as much).
        let isMore = reasoning > completion && (self[.total] == nil || gap != 0 || reasoning / 2 > completion)
        if reasoning > 0, gap == reasoning || gap == reasoning &+ audio || isMore {
            result.flags.insert(.reasoningBeside)
            result[.reasoning] = reasoning
            return completion &+ reasoning
        }
        if reasoning > completion { result.flags.insert(.inconsistent) }
        result[.reasoning] = min(reasoning, completion)
        return completion
    }

    private func fillInput(_ result: inout Usage, _ output: Int) {
        result[.cacheRead] = self[.cached]
        result[.cacheWrite] = writtenTokens
        if let hour = self[.writtenHour] {
            result[.cacheWriteHour] = min(hour, result.count(.cacheWrite))
            if hour > result.count(.cacheWrite) { result.flags.insert(.inconsistent) }
        }
        let cached = result.count(.cacheRead) &+ result.count(.cacheWrite)
        if let missed = self[.missed], missed > 0 || cached > 0 || (self[.prompt] ?? 0) == 0 {
            result[.input] = missed
            if let prompt = self[.prompt], prompt != missed &+ cached { result.flags.insert(.inconsistent) }
        } else if let prompt = wholePrompt {
            result[.input] = uncached(of: prompt, cached, gap: beyond(output), &result)
        } else if let input = self[.uncached] {
            result[.input] = input &+ extraInput
        }
    }

    private func uncached(of prompt: Int, _ cached: Int, gap: Int, _ result: inout Usage) -> Int {
        let read = result.count(.cacheRead), written = result.count(.cacheWrite), larger = max(read, written)
        // Both of the same tokens, where the total has no room for more: they are in the prompt once.
        if read > 0, written > 0, cached > prompt, larger <= prompt, self[.total] != nil, gap == 0 {
            result.flags.insert(.readAndWritten)
            return prompt &- larger
        }
        if read > 0, written > 0, gap == written ? read <= prompt : gap == read && written <= prompt { // one of them beside the prompt
            result.flags.insert(.exclusive)
            return prompt &- (gap == written ? read : written)
        }
        if cached > 0, cached > prompt || gap == cached { // Anthropic's way of counting in OpenAI's words
            result.flags.insert(.exclusive)
            return prompt
        }
        // Mistral counts heard tokens beside the prompt.
        if let audio = self[.audioInput], audio > 0, gap == audio { return prompt &- cached &+ audio }
        return max(0, prompt &- cached)
    }
}

extension UsageReading {
    /// Reads what a whole document, a chunk or an answer, tells in whichever place. The range of its usage object; nil: it has none.
    package mutating func take(document: JSONView) -> ByteRange? {
        let found = usageInDocument(document)
        if !found.usage.isNone { take(document.bytes[found.usage]) }
        if !found.cost.isNone { take(cost: JSONView(valid: document.bytes, found.cost)) }
        return found.usage.isNone ? nil : found.usage
    }

    /// Reads a stream's next usage object: it replaces the one before, unless it holds only the output (Anthropic's last
    /// event) or nothing but zeros after a real one. False: it reported nothing.
    package mutating func add(_ object: UnsafeRawBufferPointer) -> Bool {
        var next = UsageReading()
        next.take(object)
        if !next.isReal, isReal { return false }
        if next.knowsPrompt {
            next.keepCost(of: self)
            self = next
        } else {
            take(object)
        }
        return true
    }

    private var knowsPrompt: Bool { self[.prompt] != nil || self[.uncached] != nil || self[.missed] != nil }

    private var isReal: Bool {
        if let reported, reported > 0 { return true }
        for number in counts.indices where counts[number] > 0 { return true }
        return false
    }
}

/// What a document tells beside an error, or without an answer: nil when nothing. It need not be JSON.
package func reportedUsage(_ document: UnsafeRawBufferPointer, depth: Int) -> UsageReading? {
    guard let root = JSONView(document: document, depthLimit: depth) else { return nil }
    let found = usageInDocument(root)
    if found.usage.isNone, found.cost.isNone { return nil }
    var reading = UsageReading()
    _ = reading.take(document: root)
    return reading
}

private func amount(_ value: JSONView) -> AttoUSD? {
    value.isNumber ? DecimalText(value.raw)?.atto : value.isString ? value.string.flatMap { DecimalText($0) }?.atto : nil
}

/// A whole number; some relays write it as text.
private func count(_ value: JSONView) -> Int? {
    if value.isNumber { return value.int }
    guard value.isString, let text = value.string(upTo: 32), let number = DecimalText(text) else { return nil }
    return Int(number.text)
}
