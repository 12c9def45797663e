internal import Bytes
internal import Model

/// LimitRules without the optionals: `unlimited` is more than can be used.
struct Ceilings: Sendable, Equatable {
    static var unlimited: Int128 { .max }
    var minute = Spend(requests: unlimited, tokens: unlimited, usd: unlimited)
    var day = Spend(requests: unlimited, tokens: unlimited, usd: unlimited)
    var concurrency = Int.max
    /// Microseconds; 0 is none.
    var spacing: Int64 = 0

    init() {}

    init(_ rules: LimitRules) {
        minute = Ceilings.spend(rules.requestsPerMinute, rules.tokensPerMinute, rules.usdPerMinute)
        day = Ceilings.spend(rules.requestsPerDay, rules.tokensPerDay, rules.usdPerDay)
        concurrency = rules.concurrency ?? .max
        spacing = Micros.of(seconds: rules.spacing ?? 0)
    }

    var limitsMoney: Bool { minute.usd != Ceilings.unlimited || day.usd != Ceilings.unlimited }

    private static func spend(_ requests: Int?, _ tokens: Int?, _ usd: AttoUSD?) -> Spend {
        Spend(requests: requests.map { Int128($0) } ?? unlimited, tokens: tokens.map { Int128($0) } ?? unlimited,
              usd: usd.map { Spend.cut($0) } ?? unlimited)
    }
}

/// The counters of one scope. Windows are made when a rule first needs them, and stay.
struct LimitScope: Sendable {
    enum Answer { case ok, until(Int64, LimitRule), reserved(Int64, LimitRule), busy, never(LimitRule) }

    var ceilings = Ceilings()
    private(set) var inUse = 0
    private var minutes = InlineArray<3, MinuteWindow?>(repeating: nil)
    private var day = DayCount()
    /// USD that running requests have reserved, in all and of this day.
    private var held: Int128 = 0
    private var heldToday = DayCount()
    /// Starts of the last two attempts; the earlier one counts again when the last is taken back.
    private var lastStart: Int64?, earlierStart: Int64?

    private subscript(unit: LimitUnit) -> MinuteWindow? {
        get { minutes[unit.rawValue] }
        set { minutes[unit.rawValue] = newValue }
    }

    mutating func check(_ spend: Spend, _ moment: LimitMoment) -> Answer {
        if let rule = tooLarge(spend) { return .never(rule) }
        var until = Int64.min, rule = LimitRule.spacing, freed = Int64.min, freedRule = LimitRule.spacing
        for unit in LimitUnit.allCases {
            minutes[unit.rawValue]?.advance(to: moment.cell)
            guard let window = self[unit], ceilings.minute[unit] != Ceilings.unlimited else { continue }
            let excess = window.total &+ spend[unit] &- ceilings.minute[unit]
            if excess <= 0 { continue }
            let time = window.time(until: excess)
            if unit == .usd, excess <= held { later(time, unit.perMinute, &freed, &freedRule) } else { later(time, unit.perMinute, &until, &rule) }
        }
        day.roll(to: moment.day)
        heldToday.roll(to: moment.day)
        for unit in LimitUnit.allCases where ceilings.day[unit] != Ceilings.unlimited {
            let excess = day.used[unit] &+ spend[unit] &- ceilings.day[unit]
            if excess <= 0 { continue }
            if unit == .usd, excess <= heldToday.used.usd { later(moment.midnight, unit.perDay, &freed, &freedRule) } else {
                later(moment.midnight, unit.perDay, &until, &rule)
            }
        }
        if let lastStart, ceilings.spacing > 0, moment.now < lastStart &+ ceilings.spacing {
            later(lastStart &+ ceilings.spacing, .spacing, &until, &rule)
        }
        if until != .min { return .until(until, rule) }
        if freed != .min { return .reserved(freed, freedRule) }
        return inUse < ceilings.concurrency ? .ok : .busy
    }

    /// The windows it was counted in, as bits.
    mutating func take(_ spend: Spend, _ moment: LimitMoment) -> UInt16 {
        var counted: UInt16 = 0
        for unit in LimitUnit.allCases {
            if self[unit] == nil {
                if ceilings.minute[unit] == Ceilings.unlimited { continue }
                self[unit] = MinuteWindow(at: moment.cell)
            }
            minutes[unit.rawValue]?.advance(to: moment.cell)
            minutes[unit.rawValue]?.add(spend[unit], at: moment.cell)
            counted |= 1 << UInt16(unit.rawValue)
        }
        day.roll(to: moment.day)
        heldToday.roll(to: moment.day)
        for unit in LimitUnit.allCases { day.add(spend[unit], unit, on: moment.day) }
        held &+= spend.usd
        heldToday.add(spend.usd, .usd, on: moment.day)
        inUse &+= 1
        earlierStart = lastStart
        lastStart = moment.now
        return counted
    }

    /// The request is over; `change` is what it used less what was reserved.
    mutating func end(_ change: Spend, _ ticket: LimitTicket, counted: UInt16) {
        inUse = max(inUse &- 1, 0)
        for unit in LimitUnit.allCases {
            if counted & 1 << UInt16(unit.rawValue) != 0 { minutes[unit.rawValue]?.add(change[unit], at: ticket.cell) }
            day.add(change[unit], unit, on: ticket.day)
        }
        held &-= ticket.spend.usd
        heldToday.add(0 - ticket.spend.usd, .usd, on: ticket.day)
    }

    /// The start that a ticket stands for did not happen.
    mutating func forgetStart(_ ticket: LimitTicket) {
        if lastStart == ticket.start { lastStart = earlierStart }
        if earlierStart == ticket.start || lastStart == earlierStart { earlierStart = nil }
    }

    /// Forgetting it would let nothing more through.
    mutating func isIdle(_ moment: LimitMoment) -> Bool {
        day.roll(to: moment.day)
        if inUse > 0 { return false }
        if let lastStart, moment.now < lastStart &+ ceilings.spacing { return false }
        for unit in LimitUnit.allCases {
            minutes[unit.rawValue]?.advance(to: moment.cell)
            if let window = self[unit], window.total != 0 { return false }
            if ceilings.day[unit] != Ceilings.unlimited, day.used[unit] != 0 { return false }
        }
        return true
    }

    private func tooLarge(_ spend: Spend) -> LimitRule? {
        for unit in LimitUnit.allCases {
            if spend[unit] > ceilings.minute[unit] { return unit.perMinute }
            if spend[unit] > ceilings.day[unit] { return unit.perDay }
        }
        return ceilings.concurrency > 0 ? nil : .concurrency
    }

    private func later(_ time: Int64, _ cause: LimitRule, _ until: inout Int64, _ rule: inout LimitRule) {
        if time > until {
            until = time
            rule = cause
        }
    }
}
