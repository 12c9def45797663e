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
    private var minute = InlineArray<3, MinuteWindow?>(repeating: nil)
    private var day = DayCount()
    /// USD that running requests have reserved, in all and of this day.
    private var held: Int128 = 0
    private var heldToday = DayCount()
    private static let usd = 2
    /// Starts of the last two attempts; the earlier one counts again when the last is taken back.
    private var lastStart: Int64?, earlierStart: Int64?

    mutating func check(_ spend: Spend, _ moment: LimitMoment) -> Answer {
        if let rule = tooLarge(spend) { return .never(rule) }
        var until = Int64.min, rule = LimitRule.spacing, freed = Int64.min, freedRule = LimitRule.spacing
        for index in 0..<Spend.count {
            minute[index]?.advance(to: moment.cell)
            if let window = minute[index], ceilings.minute[index] != Ceilings.unlimited {
                let excess = window.total &+ spend[index] &- ceilings.minute[index]
                if excess <= 0 { continue }
                let time = window.time(until: excess)
                if index == LimitScope.usd, excess <= held { later(time, LimitScope.rule(index), &freed, &freedRule) } else {
                    later(time, LimitScope.rule(index), &until, &rule)
                }
            }
        }
        day.roll(to: moment.day)
        heldToday.roll(to: moment.day)
        for index in 0..<Spend.count where ceilings.day[index] != Ceilings.unlimited {
            let excess = day.used[index] &+ spend[index] &- ceilings.day[index]
            if excess <= 0 { continue }
            if index == LimitScope.usd, excess <= heldToday.used.usd { later(moment.midnight, LimitScope.rule(index &+ 3), &freed, &freedRule) } else {
                later(moment.midnight, LimitScope.rule(index &+ 3), &until, &rule)
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
        for index in 0..<Spend.count {
            if minute[index] == nil {
                if ceilings.minute[index] == Ceilings.unlimited { continue }
                minute[index] = MinuteWindow(at: moment.cell)
            }
            minute[index]?.advance(to: moment.cell)
            minute[index]?.add(spend[index], at: moment.cell)
            counted |= 1 << UInt16(index)
        }
        day.roll(to: moment.day)
        heldToday.roll(to: moment.day)
        for index in 0..<Spend.count { day.add(spend[index], index, on: moment.day) }
        held &+= spend.usd
        heldToday.add(spend.usd, LimitScope.usd, on: moment.day)
        inUse &+= 1
        earlierStart = lastStart
        lastStart = moment.now
        return counted
    }

    /// The request is over; `change` is what it used less what was reserved.
    mutating func end(_ change: Spend, _ ticket: LimitTicket, counted: UInt16) {
        inUse = max(inUse &- 1, 0)
        for index in 0..<Spend.count {
            if counted & 1 << UInt16(index) != 0 { minute[index]?.add(change[index], at: ticket.cell) }
            day.add(change[index], index, on: ticket.day)
        }
        held &-= ticket.spend.usd
        heldToday.add(0 - ticket.spend.usd, LimitScope.usd, on: ticket.day)
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
        for index in 0..<Spend.count {
            minute[index]?.advance(to: moment.cell)
            if let window = minute[index], window.total != 0 { return false }
            if ceilings.day[index] != Ceilings.unlimited, day.used[index] != 0 { return false }
        }
        return true
    }

    private func tooLarge(_ spend: Spend) -> LimitRule? {
        for index in 0..<Spend.count {
            if spend[index] > ceilings.minute[index] { return LimitScope.rule(index) }
            if spend[index] > ceilings.day[index] { return LimitScope.rule(index &+ 3) }
        }
        return ceilings.concurrency > 0 ? nil : .concurrency
    }

    private func later(_ time: Int64, _ cause: LimitRule, _ until: inout Int64, _ rule: inout LimitRule) {
        if time > until {
            until = time
            rule = cause
        }
    }

    /// Requests, tokens, USD of a minute, then of a day.
    private static func rule(_ index: Int) -> LimitRule { LimitRule(rawValue: UInt8(truncatingIfNeeded: index)) ?? .requestsPerMinute }
}
