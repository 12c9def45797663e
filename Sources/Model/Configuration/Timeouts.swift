/// Seconds; 0 means none.
package struct Timeouts: Sendable, Equatable {
    package var connect = 10.0
    package var firstByte = 60.0
    package var idle = 60.0
    package var content = 300.0
    package var total = 0.0
    package init() {}
}

/// Time-outs that somebody set; the others stay what they are.
package struct TimeoutOverrides: Sendable, Equatable {
    package var connect: Double?
    package var firstByte: Double?
    package var idle: Double?
    package var content: Double?
    package var total: Double?
    package init() {}

    package func applied(to base: Timeouts) -> Timeouts {
        var result = base
        result.connect = connect ?? base.connect
        result.firstByte = firstByte ?? base.firstByte
        result.idle = idle ?? base.idle
        result.content = content ?? base.content
        result.total = total ?? base.total
        return result
    }
}
