internal import Bytes

/// In which time something is counted. The minute slides, the others are those of UTC.
package enum LimitWindow: Int, Sendable, CaseIterable {
    case minute, hour, day, month

    static let periods: [LimitWindow] = [.hour, .day, .month]

    var name: StaticString {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        case .month: "month"
        }
    }
}

/// Numbers of the UTC hour, day and month.
struct LimitPeriods: Sendable, Equatable {
    var hour: Int64 = .min
    var day: Int64 = .min
    var month: Int64 = .min

    subscript(window: LimitWindow) -> Int64 {
        get {
            switch window {
            case .minute: 0
            case .hour: hour
            case .day: day
            case .month: month
            }
        }
        set {
            switch window {
            case .minute: break
            case .hour: hour = newValue
            case .day: day = newValue
            case .month: month = newValue
            }
        }
    }

    init() {}

    init(unixSeconds seconds: Int64) {
        hour = seconds / 3600
        day = seconds / 86_400
        month = LimitPeriods.month(ofDay: day)
    }

    /// When the period of this number begins, in seconds since 1970.
    static func start(_ window: LimitWindow, _ number: Int64) -> Int64 {
        switch window {
        case .minute: 0
        case .hour: number &* 3600
        case .day: number &* 86_400
        case .month: firstDay(ofMonth: number) &* 86_400
        }
    }

    // Years are counted from March on, so that the day which some of them have more is their last
    // (https://howardhinnant.github.io/date_algorithms.html).

    /// Months since the year 0.
    private static func month(ofDay day: Int64) -> Int64 {
        let days = day &+ 719_468, era = days / 146_097, ofEra = days % 146_097
        let years = (ofEra &- ofEra / 1460 &+ ofEra / 36_524 &- ofEra / 146_096) / 365
        let ofYear = ofEra &- (365 &* years &+ years / 4 &- years / 100), fromMarch = (5 &* ofYear &+ 2) / 153
        return (years &+ era &* 400) &* 12 &+ fromMarch &+ 2
    }

    private static func firstDay(ofMonth month: Int64) -> Int64 {
        let shifted = month &- 2, year = shifted / 12, fromMarch = shifted % 12
        let era = year / 400, ofEra = year % 400
        return era &* 146_097 &+ ofEra &* 365 &+ ofEra / 4 &- ofEra / 100 &+ (153 &* fromMarch &+ 2) / 5 &- 719_468
    }
}

/// The amounts of one UTC hour, day or month.
struct PeriodCount: Sendable {
    private(set) var number: Int64 = .min
    private(set) var used = Spend.zero
    /// What of it running requests have reserved.
    private(set) var held = Spend.zero

    mutating func roll(to number: Int64) {
        if number == self.number { return }
        self.number = number
        (used, held) = (.zero, .zero)
    }

    /// Into the period that runs.
    mutating func reserve(_ spend: Spend) {
        used.add(spend)
        held.add(spend)
    }

    /// `change`: what was used less what was reserved.
    mutating func settle(_ change: Spend, reserved: Spend, in number: Int64) {
        if number != self.number { return }
        used.add(change)
        held.subtract(reserved)
    }
}

/// Now, as the windows see it.
struct LimitMoment: Sendable, Equatable {
    let now: Int64
    let cell: Int64
    let unixSeconds: Int64
    private(set) var periods: LimitPeriods

    /// `last`: a clock that is set back over the end of a period does not bring a spent one back.
    init(now: Int64, unixSeconds: Int64, last: LimitPeriods) {
        self.now = now
        self.unixSeconds = min(max(unixSeconds, 0), 1 << 40)
        cell = MinuteWindow.cell(of: now)
        periods = LimitPeriods(unixSeconds: self.unixSeconds)
        for window in LimitWindow.periods where periods[window] == last[window] &- 1 { periods[window] = last[window] }
    }

    /// When the period ends, in seconds since 1970.
    func end(of window: LimitWindow) -> Int64 { LimitPeriods.start(window, periods[window] &+ 1) }

    /// The same on the clock of `now`.
    func time(of unix: Int64) -> Int64 { now &+ (unix &- unixSeconds) &* Micros.second }

    /// A time on the clock of `now`, in seconds since 1970: when it is over.
    func unix(of time: Int64) -> Int64 { unixSeconds &+ (max(0, time &- now) &+ Micros.second &- 1) / Micros.second }
}
