internal import Bytes

/// When a limit is full again: a duration or a point in time.
package enum RateReset: Equatable {
    /// Microseconds.
    case after(Int64)
    /// Seconds since 1970.
    case at(Double)

    /// "6m0s", "20ms", "1.5", "1700000000", "1700000000000", "2026-11-20T10:00:00Z", or a date of HTTP.
    package init?(_ text: UnsafeRawBufferPointer) {
        if let seconds = DateText.seconds(text) ?? HTTPDate.seconds(text) {
            self = .at(Double(seconds))
            return
        }
        var reader = DurationReader(text)
        guard let number = reader.number() else { return nil }
        if reader.atEnd {
            self = RateReset(seconds: number)
            return
        }
        var total = 0.0, amount = number
        while true {
            guard let unit = reader.unit() else { return nil }
            total += amount * unit
            if reader.atEnd { break }
            guard let next = reader.number() else { return nil }
            amount = next
        }
        self = .after(RateReset.micros(total))
    }

    /// A number without a unit: seconds from now while it is below what clocks show, else seconds, milliseconds or
    /// microseconds since 1970.
    private init(seconds: Double) {
        self = switch seconds {
        case ..<1e9: .after(RateReset.micros(seconds))
        case ..<1e11: .at(seconds)
        case ..<1e14: .at(seconds / 1e3)
        default: .at(seconds / 1e6)
        }
    }

    package func after(unix: () -> Int64) -> Int64 {
        switch self {
        case .after(let micros): micros
        case .at(let seconds): RateReset.micros(seconds - Double(unix()))
        }
    }

    /// Ten years at most.
    private static func micros(_ seconds: Double) -> Int64 { Micros.of(seconds: min(seconds, 315_360_000)) }
}

private struct DurationReader {
    private let text: UnsafeRawBufferPointer
    private var at = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var atEnd: Bool { at >= text.count }

    mutating func number() -> Double? {
        let start = at
        var value = 0.0, scale = 1.0
        while text.byte(at: at) &- 0x30 <= 9, at &- start < 20 {
            value = value * 10 + Double(text.byte(at: at) &- 0x30)
            at &+= 1
        }
        if at == start { return nil }
        guard text.byte(at: at) == UInt8(ascii: ".") else { return value }
        at &+= 1
        while text.byte(at: at) &- 0x30 <= 9 {
            scale /= 10
            value += Double(text.byte(at: at) &- 0x30) * scale
            at &+= 1
        }
        return value
    }

    /// In seconds.
    mutating func unit() -> Double? {
        let rest = text[ByteRange(at, text.count)]
        let known: (Int, Double)? =
            rest.beginsFolded("ms") ? (2, 1e-3) : rest.beginsFolded("us") ? (2, 1e-6) : rest.beginsFolded("µs") ? (3, 1e-6)
            : rest.beginsFolded("ns") ? (2, 1e-9) : rest.beginsFolded("s") ? (1, 1) : rest.beginsFolded("m") ? (1, 60)
            : rest.beginsFolded("h") ? (1, 3600) : rest.beginsFolded("d") ? (1, 86400) : nil
        guard let (length, seconds) = known else { return nil }
        at &+= length
        return seconds
    }
}
