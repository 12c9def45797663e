package import Bytes
internal import Model
package import Resilience

/// Rules and what is used of them. Amounts of USD are decimal text, as everywhere.
extension Report {
    package static func limits(_ rules: [LimitStanding], into out: ByteBuffer) -> Bool {
        var ok = out.append("[")
        for (index, rule) in rules.enumerated() { ok = ok && out.append(index == 0 ? "{" : ",{") && members(rule, into: out) && out.append("}") }
        return ok && out.append("]")
    }

    /// Without the braces.
    package static func members(_ rule: LimitStanding, into out: ByteBuffer) -> Bool {
        out.append("\"rule\":\"") && out.append(rule.rule.name) && out.append("\",\"limit\":") && amount(rule.limit, rule, out)
            && out.append(",\"used\":") && amount(rule.used, rule, out) && out.append(",\"left\":") && amount(rule.left, rule, out)
            && (rule.reset.map { out.append(",\"reset\":") && number($0, out) } ?? true)
    }

    private static func amount(_ value: Int128, _ rule: LimitStanding, _ out: ByteBuffer) -> Bool {
        rule.rule.isMoney ? amount(value, out) : number(Int64(clamping: value), out)
    }
}
