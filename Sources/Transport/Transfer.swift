package import Bytes
package import Model
internal import CShims

/// Why a transfer ended without being complete.
package enum TransferFault: Sendable {
    case none
    case resolve, connect, tls, timeoutConnect, timeoutFirstByte, timeoutIdle, timeoutContent, timeoutTotal
    case truncated, tooLarge, `protocol`, memory
    /// No server has begun with the request: a kept connection was dead before a byte went out, or an HTTP/2 server refused
    /// the stream. It may be sent again as if nothing had happened.
    case unsent
    /// The delegate stopped it, or somebody called `Engine.cancel`.
    case cancelled
    /// Its exchange was to come out of a recording, and is not there.
    case unrecorded
}

package enum BodyVerdict { case accept, pause, abort }

/// Receives what a transfer brings, on the thread that drives the engine.
package protocol TransferDelegate: AnyObject {
    /// Body bytes; the response headers are complete. With `.pause` the same bytes come again after `Engine.resumeNow`.
    func transfer(_ transfer: Transfer, body: UnsafeRawBufferPointer) -> BodyVerdict
    /// The last call. `fault` is `.none` for a complete response, whatever its status.
    func transferEnded(_ transfer: Transfer, fault: TransferFault, detail: String)
}

/// What a transfer needs of the engine that runs it.
protocol TransferDriver: AnyObject {
    /// Its clocks have changed.
    func schedule(_ transfer: Transfer)
    /// The server serves no stream behind `last` of this transfer's connection.
    func connectionEnds(of transfer: Transfer, behind last: Int)
}

/// Microseconds; 0 means none.
package struct TransferClocks {
    package var connect: Int64 = 0
    package var firstByte: Int64 = 0
    package var idle: Int64 = 0
    package var content: Int64 = 0
    package var total: Int64 = 0
    package init() {}
}

/// One HTTP exchange. Filled in by its maker, then given to one engine; from then on touched by its driver only.
package final class Transfer: Scheduled {
    package let profile: HTTPProfile
    /// NUL-terminated.
    package var url: [CChar] = [0]
    package var headers: HeaderList?
    /// POST body; nil makes it a GET.
    package var body: ByteBuffer?
    /// NUL-terminated; nil: GET or POST, as the body says.
    package var method: [CChar]?
    package var clocks = TransferClocks()
    package var headerLimit = 256 << 10
    package var followRedirects = false
    package var compressed = false
    /// Goes out on a connection of its own, not on one that was used before.
    package var freshConnection = false
    /// Not as HTTP/2, which the server has refused.
    package var http1 = false
    /// For how many seconds a connection may have been idle and still be used; 0: none is used again.
    package var keepAlive = 30
    /// How much one read may take; more costs memory for as long as the transfer runs.
    package var readSize = 16 << 10
    package var script: Script?
    /// nil: nobody writes it down.
    package var tape: (any TransferTape)?
    package var delegate: (any TransferDelegate)?

    package internal(set) var status = 0
    /// The raw header block of the final response.
    package let responseHeaders: ByteBuffer
    package internal(set) var timings = RequestTimings()
    /// The request was handed to a connection.
    package internal(set) var wasSent = false
    /// A connection that was used before has died under the request, without a byte of an answer.
    package internal(set) var connectionDied = false
    /// The server wants the request as HTTP/1.1.
    package internal(set) var wantsHTTP1 = false
    /// It would have gone to an address that its profile does not allow.
    package internal(set) var wasBlocked = false
    /// Where a response of status 3xx points to, of a profile with a guard of addresses.
    package internal(set) var redirect: String?
    /// How often curl sent it again by itself, after it was sent in vain: GETs only.
    package internal(set) var resends = 0

    // The engine's own.
    /// While it runs.
    var driver: (any TransferDriver)?
    var handle: Handle?
    var liveIndex = -1
    var startedAt: Int64 = 0
    var lastByteAt: Int64 = 0
    var lastContentAt: Int64 = 0
    var headerBytes = 0
    var headersDone = false
    var isPaused = false
    /// What stopped it from inside a callback, before curl reports a write error.
    var stop = TransferFault.none
    /// What was sent for which nothing has come yet.
    var sending = Sending()
    /// How often no server had begun with it (GETs).
    var restarts = 0
    /// What is still read of the body of a refusal; nobody wants to know more.
    var errorRoom = Transfer.longestErrorBody
    /// That was all of it: the rest is not read, and its connection not used again.
    var isCut = false
    var nextPiece = 0
    var pieceAt: Int64 = 0

    /// Bytes of a body whose status is no success.
    package static let longestErrorBody = 64 << 10

    package init(profile: HTTPProfile, headerLimit: Int = 256 << 10) {
        self.profile = profile
        self.headerLimit = headerLimit
        responseHeaders = ByteBuffer(limit: headerLimit)
        super.init(at: .max)
    }

    /// Re-arms the content clock: called by the delegate when a real delta was among the bytes.
    package func noteContent() {
        lastContentAt = lastByteAt // of the read it came with: no clock is asked for each chunk
        if timings.firstContent < 0 { timings.firstContent = lastByteAt &- startedAt }
    }

    /// Bounds what is left of the transfer. The engine hears of it, since its timers find out about shorter clocks too late.
    package func shorten(idle: Int64, total: Int64? = nil) {
        if clocks.idle == 0 || clocks.idle > idle { clocks.idle = idle }
        if let total {
            let end = gl_now_us() &- startedAt &+ total
            if clocks.total == 0 || clocks.total > end { clocks.total = end }
        }
        driver?.schedule(self)
    }

    /// When the first of its clocks runs out.
    func nextDeadline() -> Int64 {
        var first = Int64.max
        func take(_ from: Int64, _ length: Int64) {
            if length > 0 { first = min(first, from &+ length) }
        }
        take(startedAt, clocks.total)
        if !headersDone {
            take(startedAt, clocks.firstByte)
        } else if !isPaused {
            take(lastByteAt, clocks.idle)
            take(lastContentAt, clocks.content)
        }
        if script != nil, !isPaused { first = min(first, pieceAt) }
        return first
    }

    /// Which clock has run out at `now`.
    func expired(_ now: Int64) -> TransferFault {
        func out(_ from: Int64, _ length: Int64) -> Bool { length > 0 && now >= from &+ length }
        if out(startedAt, clocks.total) { return .timeoutTotal }
        if !headersDone { return out(startedAt, clocks.firstByte) ? .timeoutFirstByte : .none }
        if isPaused { return .none }
        if out(lastByteAt, clocks.idle) { return .timeoutIdle }
        return out(lastContentAt, clocks.content) ? .timeoutContent : .none
    }
}
