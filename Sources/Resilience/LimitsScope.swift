internal import Bytes
internal import Model

/// LimitRules without the optionals: `unlimited` is more than can be used.
struct Ceilings: Sendable, Equatable {
    static var unlimited: Int128 { .max }
    private var minute: Spend
    private var hour: Spend
    private var day: Spend
    private var month: Spend
    var concurrency = Int.max
    /// Microseconds; 0 is none.
    var spacing: Int64 = 0
    var warnAt: [Double] = []

    init() { self.init(LimitRules()) }

    init(_ rules: LimitRules) {
        minute = Ceilings.spend(rules.minute)
        hour = Ceilings.spend(rules.hour)
        day = Ceilings.spend(rules.day)
        month = Ceilings.spend(rules.month)
        concurrency = rules.concurrency ?? .max
        spacing = Micros.of(seconds: rules.spacing ?? 0)
        warnAt = rules.warnAt
    }

    subscript(window: LimitWindow) -> Spend {
        switch window {
        case .minute: minute
        case .hour: hour
        case .day: day
        case .month: month
        }
    }

    /// nil: there is no such rule.
    func cap(_ unit: LimitUnit, _ window: LimitWindow) -> Int128? {
        let cap = self[window][unit]
        return cap == Ceilings.unlimited ? nil : cap
    }

    var limitsMoney: Bool { LimitWindow.allCases.contains { cap(.usd, $0) != nil } }

    private static func spend(_ caps: LimitCaps) -> Spend {
        Spend(requests: caps.requests.map { Int128($0) } ?? unlimited, tokens: caps.tokens.map { Int128($0) } ?? unlimited,
              usd: caps.usd.map { Spend.cut($0) } ?? unlimited)
    }
}

/// The counters of one scope. Windows of a minute are made when a rule first needs them, and stay.
struct LimitScope: Sendable {
    enum Answer { case ok, until(Int64, LimitRule), reserved(Int64, LimitRule), busy, never(LimitRule) }

    var ceilings = Ceilings()
    private(set) var inUse = 0
    private var minutes = InlineArray<3, MinuteWindow?>(repeating: nil)
    private var hour = PeriodCount()
    private var day = PeriodCount()
    private var month = PeriodCount()
    /// What running requests have reserved, whenever they began.
    private var held = Spend.zero
    /// Starts of the last two attempts; the earlier one counts again when the last is taken back.
    private var lastStart: Int64?, earlierStart: Int64?
    var told = ToldShares()
    private var elsewhere = UseElsewhere()

    private subscript(unit: LimitUnit) -> MinuteWindow? {
        get { minutes[unit.rawValue] }
        set { minutes[unit.rawValue] = newValue }
    }

    private func count(_ window: LimitWindow) -> PeriodCount {
        switch window {
        case .minute, .hour: hour
        case .day: day
        case .month: month
        }
    }

    mutating func check(_ spend: Spend, _ moment: LimitMoment) -> Answer {
        if let rule = tooLarge(spend) { return .never(rule) }
        advance(to: moment)
        var until = Later(), freed = Later()
        for unit in LimitUnit.allCases {
            guard let window = self[unit], let cap = ceilings.cap(unit, .minute) else { continue }
            let excess = window.total &+ spend[unit] &- cap
            if excess <= 0 { continue }
            let time = window.time(until: excess)
            if unit == .usd, excess <= held.usd { freed.take(time, .amount(unit, .minute)) } else { until.take(time, .amount(unit, .minute)) }
        }
        for window in LimitWindow.periods {
            for unit in LimitUnit.allCases {
                guard let cap = ceilings.cap(unit, window) else { continue }
                let count = count(window), excess = count.used[unit] &+ spend[unit] &- cap
                if excess <= 0 { continue }
                let time = moment.time(of: moment.end(of: window))
                if unit == .usd, excess <= count.held.usd { freed.take(time, .amount(unit, window)) } else { until.take(time, .amount(unit, window)) }
            }
        }
        if let lastStart, ceilings.spacing > 0, moment.now < lastStart &+ ceilings.spacing { until.take(lastStart &+ ceilings.spacing, .spacing) }
        if until.time != .min { return .until(until.time, until.rule) }
        if freed.time != .min { return .reserved(freed.time, freed.rule) }
        return inUse < ceilings.concurrency ? .ok : .busy
    }

    /// The windows of a minute it was counted in, as bits.
    mutating func take(_ spend: Spend, _ moment: LimitMoment) -> UInt8 {
        var counted: UInt8 = 0
        for unit in LimitUnit.allCases {
            if self[unit] == nil {
                if ceilings.cap(unit, .minute) == nil { continue }
                self[unit] = MinuteWindow(at: moment.cell)
            }
            minutes[unit.rawValue]?.advance(to: moment.cell)
            minutes[unit.rawValue]?.add(spend[unit], at: moment.cell)
            counted |= 1 << UInt8(unit.rawValue)
        }
        roll(to: moment)
        hour.reserve(spend)
        day.reserve(spend)
        month.reserve(spend)
        held.add(spend)
        inUse &+= 1
        earlierStart = lastStart
        lastStart = moment.now
        return counted
    }

    /// The request is over; `change` is what it used less what was reserved.
    mutating func end(_ change: Spend, _ ticket: LimitTicket, counted: UInt8) {
        inUse = max(inUse &- 1, 0)
        for unit in LimitUnit.allCases where counted & 1 << UInt8(unit.rawValue) != 0 { minutes[unit.rawValue]?.add(change[unit], at: ticket.moment.cell) }
        let began = ticket.moment.periods
        hour.settle(change, reserved: ticket.spend, in: began.hour)
        day.settle(change, reserved: ticket.spend, in: began.day)
        month.settle(change, reserved: ticket.spend, in: began.month)
        held.subtract(ticket.spend)
    }

    /// The start that a ticket stands for did not happen.
    mutating func forgetStart(_ ticket: LimitTicket) {
        if lastStart == ticket.moment.now { lastStart = earlierStart }
        if earlierStart == ticket.moment.now || lastStart == earlierStart { earlierStart = nil }
    }

    /// Forgetting it would let nothing more through.
    mutating func isIdle(_ moment: LimitMoment) -> Bool {
        advance(to: moment)
        if inUse > 0 { return false }
        if let lastStart, moment.now < lastStart &+ ceilings.spacing { return false }
        for unit in LimitUnit.allCases {
            if let window = self[unit], window.total != 0 { return false }
            for window in LimitWindow.periods where ceilings.cap(unit, window) != nil && count(window).used[unit] != 0 { return false }
        }
        return true
    }

    private mutating func advance(to moment: LimitMoment) {
        for unit in LimitUnit.allCases { minutes[unit.rawValue]?.advance(to: moment.cell) }
        roll(to: moment)
    }

    private mutating func roll(to moment: LimitMoment) {
        hour.roll(to: moment.periods.hour)
        day.roll(to: moment.periods.day)
        month.roll(to: moment.periods.month)
    }

    private func tooLarge(_ spend: Spend) -> LimitRule? {
        for unit in LimitUnit.allCases {
            for window in LimitWindow.allCases where spend[unit] > ceilings[window][unit] { return .amount(unit, window) }
        }
        return ceilings.concurrency > 0 ? nil : .concurrency
    }
}

/// The latest of several times, and the rule that it comes of.
private struct Later {
    var time = Int64.min, rule = LimitRule.spacing

    mutating func take(_ other: Int64, _ cause: LimitRule) {
        if other > time { (time, rule) = (other, cause) }
    }
}

// MARK: - How the rules stand

extension LimitScope {
    mutating func standings(_ moment: LimitMoment) -> [LimitStanding] {
        advance(to: moment)
        var all: [LimitStanding] = []
        for window in LimitWindow.allCases {
            for unit in LimitUnit.allCases {
                if let one = standing(unit, window, moment) { all.append(one) }
            }
        }
        if ceilings.concurrency != .max { all.append(LimitStanding(rule: .concurrency, limit: Int128(ceilings.concurrency), used: Int128(inUse) &+ elsewhere.amount(.concurrency, moment), reset: nil)) }
        return all
    }

    /// Shares that are used for the first time in their window: of each rule the largest. What is only reserved does not count.
    mutating func newShares(_ moment: LimitMoment) -> [(share: Double, standing: LimitStanding)] {
        if ceilings.warnAt.isEmpty { return [] }
        advance(to: moment)
        var new: [(share: Double, standing: LimitStanding)] = []
        for window in LimitWindow.allCases {
            for unit in LimitUnit.allCases {
                guard let standing = standing(unit, window, moment) else { continue }
                let reserved = unit == .requests ? 0 : window == .minute ? held[unit] : count(window).held[unit]
                let reached = ceilings.warnAt.count { standing.used &- reserved >= standing.limit(times: $0) }
                if told.isNews(reached, unit, window, moment) { new.append((ceilings.warnAt[reached &- 1], standing)) }
            }
        }
        return new
    }

    private func standing(_ unit: LimitUnit, _ window: LimitWindow, _ moment: LimitMoment) -> LimitStanding? {
        guard let cap = ceilings.cap(unit, window) else { return nil }
        let rule = LimitRule.amount(unit, window), others = elsewhere.amount(rule, moment)
        if window == .minute {
            let reset = self[unit]?.timeEmpty.map { moment.unix(of: $0) } ?? (others > 0 ? moment.unixSeconds &+ MinuteWindow.cells : nil)
            return LimitStanding(rule: rule, limit: cap, used: (self[unit]?.total ?? 0) &+ others, reset: reset)
        }
        return LimitStanding(rule: rule, limit: cap, used: count(window).used[unit] &+ others, reset: moment.end(of: window))
    }

    /// So much is used of a rule by all processes together.
    mutating func learn(_ rule: LimitRule, total: Int128, _ moment: LimitMoment) {
        advance(to: moment)
        switch rule {
        case .amount(let unit, .minute): elsewhere.note(rule, total &- (self[unit]?.total ?? 0), until: moment.unixSeconds &+ MinuteWindow.cells)
        case .amount(let unit, let window): elsewhere.note(rule, total &- count(window).used[unit], until: moment.end(of: window))
        case .concurrency: elsewhere.note(rule, total &- Int128(inUse), until: moment.unixSeconds &+ MinuteWindow.cells)
        case .spacing, .tags: break
        }
    }
}

extension LimitStanding {
    /// The first whole amount that is this share of the limit.
    fileprivate func limit(times share: Double) -> Int128 {
        let millionths = Int128((share * 1_000_000).rounded())
        return limit / 1_000_000 &* millionths &+ (limit % 1_000_000 &* millionths &+ 999_999) / 1_000_000
    }
}

/// How many shares of each rule were told, and in which window.
struct ToldShares: Sendable {
    private struct Told {
        var shares = 0
        /// The number of the period, or the second in which a minute was told of first.
        var window = Int64.min
    }

    /// Empty until there is something to tell.
    private var all: [Told] = []

    mutating func isNews(_ reached: Int, _ unit: LimitUnit, _ window: LimitWindow, _ moment: LimitMoment) -> Bool {
        if reached == 0 { return false }
        if all.isEmpty { all = [Told](repeating: Told(), count: LimitUnit.allCases.count &* LimitWindow.allCases.count) }
        let index = window.rawValue &* LimitUnit.allCases.count &+ unit.rawValue, before = all[index]
        let isSame = window == .minute ? before.window != .min && moment.cell < before.window &+ MinuteWindow.cells : before.window == moment.periods[window]
        if isSame, reached <= before.shares { return false }
        all[index] = Told(shares: reached, window: isSame ? before.window : window == .minute ? moment.cell : moment.periods[window])
        return true
    }
}
