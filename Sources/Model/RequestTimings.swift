/// Of one transfer or one request, in microseconds from its start; -1 where it did not get there.
package struct RequestTimings: Sendable {
    package var connect: Int64 = -1
    package var firstByte: Int64 = -1
    package var firstContent: Int64 = -1
    package var total: Int64 = -1
    package var reused = false
    package init() {}
}
