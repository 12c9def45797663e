package import Bytes
package import Model

/// What a request used and cost, over all of its attempts.
final class RequestCost {
    /// Of the attempts whose text the answer is, else of the one whose failure is told.
    private(set) var usage: Usage?
    private(set) var isEstimate = false
    /// nil: unknown, at least in part.
    private(set) var served: AttoUSD? = 0
    private(set) var source = CostSource.computed
    private(set) var others: AttoUSD = 0
    private(set) var atLeast = false
    private(set) var assumed = false
    /// Each once.
    private(set) var missing: [MissingLine] = []
    /// As the provider calls it; of several parts, the last one that has one.
    private(set) var tier: String?
    private(set) var server: String?
    /// Of all attempts together.
    private(set) var range: (low: AttoUSD, high: AttoUSD)?
    private(set) var accounts: [Account] = []
    private var isFirst = true

    init(_ trace: RequestTrace) {
        var answered = false, isOpen = false, lows: AttoUSD? = 0, highs: AttoUSD? = 0
        for index in trace.attempts.indices where trace.attempts[index].delivered { answered = true }
        for index in trace.attempts.indices {
            guard let account = trace.attempts[index].account else { continue }
            if account.atLeast { atLeast = true }
            if account.range != nil { isOpen = true }
            if let low = account.range?.low ?? account.total, let high = account.range?.high ?? account.total {
                (lows, highs) = (Money.sum(lows, low), Money.sum(highs, high))
            }
            for line in account.missing where !missing.contains(line) { missing.append(line) }
            if answered ? trace.attempts[index].delivered : index == trace.reportedIndex { serve(account) } else { add(account) }
        }
        if isOpen, let lows, let highs { range = (lows, highs) }
    }

    var total: AttoUSD? { Money.sum(served, others) }

    private func serve(_ account: Account) {
        accounts.append(account)
        if let part = account.usage {
            if usage == nil { usage = part } else { usage?.add(part) }
        }
        if account.isEstimate { isEstimate = true }
        if account.assumed { assumed = true }
        tier = account.tierWord ?? tier
        server = account.server ?? server
        served = Money.sum(served, account.total)
        source = isFirst ? account.source : worse(source, account.source)
        isFirst = false
    }

    /// The others are told as a sum; without a price they make the whole a lower bound.
    private func add(_ account: Account) {
        guard let sum = Money.sum(others, account.total) else { return atLeast = true }
        others = sum
    }

    private func worse(_ a: CostSource, _ b: CostSource) -> CostSource {
        if a == .unknown || b == .unknown { return .unknown }
        return a.rawValue > b.rawValue ? a : b
    }
}

extension Report {
    /// `,"usage":...,"cost":...`
    package static func money(_ trace: RequestTrace, _ out: ByteBuffer) -> Bool {
        let cost = RequestCost(trace)
        guard out.append(",\"usage\":") && usage(cost.usage, cost.isEstimate, out),
              out.append(",\"cost\":{\"total\":") && amount(cost.total, out),
              out.append(",\"currency\":\"USD\",\"source\":\"") && out.append(cost.source.name) && out.append("\"") else { return false }
        if cost.atLeast, !out.append(",\"at_least\":true") { return false }
        if !missing(cost.missing, out) { return false }
        if cost.assumed, !out.append(",\"assumed\":true") { return false }
        if !optional(",\"service_tier\":", cost.tier, out) || !optional(",\"served_by\":", cost.server, out) || !range(cost.range, out) { return false }
        if cost.others > 0 {
            guard out.append(",\"served\":"), amount(cost.served, out), out.append(",\"others\":"), amount(cost.others, out) else { return false }
        }
        for account in cost.accounts where account.computed != nil { guard difference(account, out) else { return false } }
        return lines(cost.accounts, out) && out.append("}")
    }

    /// An attempt's own, behind its other members.
    package static func money(_ account: Account?, _ out: ByteBuffer) -> Bool {
        guard let account else { return true }
        return (account.usage == nil || out.append(",\"usage\":") && usage(account.usage, account.isEstimate, out))
            && out.append(",\"cost\":{\"total\":") && amount(account.total, out)
            && out.append(",\"source\":\"") && out.append(account.source.name) && out.append("\"")
            && (!account.atLeast || out.append(",\"at_least\":true")) && missing(account.missing, out) && (!account.assumed || out.append(",\"assumed\":true"))
            && optional(",\"service_tier\":", account.tierWord, out)
            && optional(",\"served_by\":", account.server, out) && range(account.range, out) && out.append("}")
    }

    private static func range(_ range: (low: AttoUSD, high: AttoUSD)?, _ out: ByteBuffer) -> Bool {
        guard let range else { return true }
        return out.append(",\"range\":{\"low\":") && amount(range.low, out) && out.append(",\"high\":") && amount(range.high, out) && out.append("}")
    }

    private static func missing(_ lines: [MissingLine], _ out: ByteBuffer) -> Bool {
        var ok = true, first = true
        for line in lines {
            ok = ok && out.append(first ? ",\"missing\":[\"" : ",\"") && out.append(line.name) && out.append("\"")
            first = false
        }
        return ok && (first || out.append("]"))
    }

    package static func usage(_ usage: Usage?, _ isEstimate: Bool, _ out: ByteBuffer) -> Bool {
        guard let usage else { return out.append("null") }
        guard out.append("{") else { return false }
        for kind in UsageKind.allCases {
            guard let count = usage[kind] else { continue }
            guard out.append("\""), out.append(kind.name), out.append("\":"), number(Int64(count), out), out.append(",") else { return false }
        }
        if let total = usage.total {
            guard out.append("\"total\":"), number(Int64(total), out), out.append(",") else { return false }
        }
        guard out.append(isEstimate ? "\"source\":\"estimated\"" : "\"source\":\"reported\"") else { return false }
        return flags(usage.flags, out) && out.append("}")
    }

    private static func flags(_ flags: UsageFlags, _ out: ByteBuffer) -> Bool {
        if flags.isEmpty { return true }
        var first = true
        for (index, word) in UsageFlags.words.enumerated() where flags.rawValue & 1 << UInt8(index) != 0 {
            guard out.append(first ? ",\"flags\":[\"" : ",\""), out.append(word), out.append("\"") else { return false }
            first = false
        }
        return out.append("]")
    }

    package static func amount(_ amount: AttoUSD?, _ out: ByteBuffer) -> Bool {
        guard let amount else { return out.append("null") }
        return out.append("\"") && appendAtto(amount, to: out) && out.append("\"")
    }

    private static func difference(_ account: Account, _ out: ByteBuffer) -> Bool {
        out.append(",\"difference\":{\"reported\":") && amount(account.total, out) && out.append(",\"computed\":")
            && amount(account.computed, out) && out.append("}")
    }

    /// How a computed cost came about, line by line.
    private static func lines(_ accounts: [Account], _ out: ByteBuffer) -> Bool {
        var first = true, opened = false, ok = true
        for account in accounts where account.source != .reported || account.computed != nil {
            guard let bill = account.bill, bill.total != nil else { continue }
            if !opened { ok = out.append(",\"price_source\":\"") && out.append(account.priceSource.name) && out.append("\",\"lines\":[") }
            opened = true
            _ = bill.forEachLine { line in
                ok = ok && (first || out.append(",")) && self.line(line, out)
                first = false
                return ok
            }
        }
        return ok && (!opened || out.append("]"))
    }

    private static func line(_ line: BillLine, _ out: ByteBuffer) -> Bool {
        out.append("{\"bucket\":\"") && out.append(line.name) && out.append(line.isTokens ? "\",\"tokens\":" : "\",\"count\":")
            && number(Int64(line.count), out) && out.append(",\"price\":") && amount(line.price, out)
            && out.append(",\"cost\":") && amount(line.cost, out) && (!line.assumed || out.append(",\"assumed\":true")) && out.append("}")
    }
}
