/// What other processes use of the rules of one scope, as far as somebody said so: of each, until its window is over.
struct UseElsewhere: Sendable {
    private struct Known {
        let rule: LimitRule
        var amount: Int128
        /// Seconds since 1970.
        var until: Int64
    }

    private var all: [Known] = []

    func amount(_ rule: LimitRule, _ moment: LimitMoment) -> Int128 {
        all.first { $0.rule == rule && moment.unixSeconds < $0.until }?.amount ?? 0
    }

    mutating func note(_ rule: LimitRule, _ amount: Int128, until: Int64) {
        let known = Known(rule: rule, amount: max(amount, 0), until: until)
        if let at = all.firstIndex(where: { $0.rule == rule }) { all[at] = known } else { all.append(known) }
    }
}
