package import Bytes
internal import CShims
internal import JSON

/// Cuts an event stream into events by the WHATWG rules. Events that lie whole in what was fed are handed out where they lie;
/// only what the end of a feed cuts is kept. Not thread-safe; `feed` must not be called from its own handler.
package final class SSEFramer {
    package enum Outcome { case more, stop, tooLarge }

    /// No line, and no event's data, may be longer than this.
    private let eventLimit: Int
    /// A line cut by the end of a feed.
    private var line: ByteBuffer?
    /// Data of the event in the making, from `dataStart` on, unless it is one line of the present feed (`slice`).
    private var data: ByteBuffer?
    private var dataStart = 0
    private var slice = ByteRange.none
    private var name: ByteBuffer?
    private var hasData = false
    /// Lines that are no field's: see `isStray`.
    private var stray: ByteBuffer?
    private let takesStrays: Bool
    private var strayLooks = 0
    private var afterCR = false
    /// Bytes of the mark passed at the very start; 3 when that is settled.
    private var markBytes = 0
    private var ended: Outcome = .more
    /// What was too large would have fitted.
    package private(set) var lacksMemory = false

    /// What is handed out is no event's data, but lines that begin like JSON or like a page and belong to no field: a proxy that fails
    /// in the middle of a stream writes so. The rules ignore them; they are handed out when they may be whole, and when
    /// something else follows (`strayIsOver`).
    package private(set) var isStray = false
    package private(set) var strayIsOver = false
    private static let mostStray = 64 << 10, mostLooks = 16

    /// What `id:` and `retry:` lines said last.
    package private(set) var lastEventID: ByteBuffer?
    package private(set) var retryMs: Int?

    /// A buffer that had to grow beyond this is given back when it is empty.
    private static let keptCapacity = 4096

    /// `strays`: lines outside of events are handed out too.
    package init(eventLimit: Int, strays: Bool = false) {
        self.eventLimit = eventLimit
        takesStrays = strays
    }

    /// `stop`: the handler returned false; the rest of the feed is dropped.
    package func feed(_ bytes: UnsafeRawBufferPointer,
                      _ event: (_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool) -> Outcome {
        guard ended != .tooLarge, let base = bytes.baseAddress, bytes.count > 0 else { return ended == .tooLarge ? .tooLarge : .more }
        let p = base.assumingMemoryBound(to: UInt8.self), n = bytes.count
        var at = 0
        if markBytes < 3 { at = passMark(p, n) }
        if afterCR, at < n {
            afterCR = false
            if p[at] == Ascii.lf { at &+= 1 }
        }
        if let line, line.count > 0, at < n {
            let end = gl_line_end(p, n, at)
            if line.count &+ (end &- at) > eventLimit { return tooLarge() }
            if !line.append(bytes[ByteRange(at, end)]) { return tooLarge() }
            at = end
            if at < n {
                at = passLineEnd(p, n, at)
                if let outcome = takeCutLine(line, event) { return outcome }
            }
        }
        return lines(bytes, p, n, from: at, event)
    }

    /// The whole lines from `at` on, and what is left behind them.
    private func lines(_ bytes: UnsafeRawBufferPointer, _ p: UnsafePointer<UInt8>, _ n: Int, from start: Int,
                       _ event: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool) -> Outcome {
        var at = start
        while at < n {
            let end = gl_line_end(p, n, at)
            if end &- at > eventLimit { return tooLarge() }
            if end == n {
                if !keepLine(bytes[ByteRange(at, n)]) { return tooLarge() }
                break
            }
            // Nearly every event: one data line, LF, LF.
            if end &- at >= 5, !hasData, stray == nil, end &+ 1 < n, p[end] == Ascii.lf, p[end &+ 1] == Ascii.lf, memcmp(p + at, "data:", 5) == 0 {
                let value = at &+ (p[at &+ 5] == Ascii.space ? 6 : 5)
                at = end &+ 2
                if !deliver(bytes[ByteRange(value, end)], event) { return .stop }
                continue
            }
            let from = at
            at = passLineEnd(p, n, end)
            if let outcome = take(bytes, ByteRange(from, end), event) { return outcome }
        }
        return keepSlice(bytes) ? .more : tooLarge()
    }

    /// The body ended in order: a line and an event that nothing closed are handed out as they are. (The rules drop them, but
    /// openai-node takes them since 2026-09; whether the event is whole is the caller's to see.)
    package func finish(_ event: (_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool) -> Outcome {
        if ended == .tooLarge { return .tooLarge }
        if let line, line.count > 0, let outcome = takeCutLine(line, event) { return outcome }
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        if stray != nil, !endStray(event) { return .stop }
        return !hasData || dispatch(none, event) ? .more : .stop
    }

    /// The byte order mark, which may be cut anywhere. Returns where the stream goes on.
    private func passMark(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int {
        let mark: StaticString = "\u{FEFF}"
        var at = 0
        while at < n, markBytes < 3, p[at] == mark.utf8Start[markBytes] {
            at &+= 1
            markBytes &+= 1
        }
        if at < n, markBytes < 3 {          // not a mark: its first bytes begin a line
            if markBytes > 0 { _ = keepLine(UnsafeRawBufferPointer(start: mark.utf8Start, count: markBytes)) }
            markBytes = 3
        }
        return at
    }

    /// `at` stands on CR or LF. A CR at the end of the feed may have its LF in the next.
    @inline(always)
    private func passLineEnd(_ p: UnsafePointer<UInt8>, _ n: Int, _ at: Int) -> Int {
        if p[at] == Ascii.lf { return at &+ 1 }
        if at &+ 1 == n {
            afterCR = true
            return n
        }
        return p[at &+ 1] == Ascii.lf ? at &+ 2 : at &+ 1
    }
}

// MARK: - Lines

extension SSEFramer {
    private typealias Handler = (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool

    /// One whole line of the present feed; an outcome ends the feed.
    private func take(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange, _ event: Handler) -> Outcome? {
        let text = bytes[range]
        if stray != nil, !passStray(text, event) { return .stop }
        if text.count == 0 { return dispatch(bytes, event) ? nil : .stop }
        if !isField(text, "data") { return other(text, event) ? nil : .stop }
        let value = ByteRange(range.start &+ valueOffset(text, 4), range.end)
        if hasData {
            if !keepSlice(bytes) || !appendData(bytes[value]) { return tooLarge() }
        } else {
            slice = value
        }
        hasData = true
        return nil
    }

    /// A line that came in pieces, now whole in the line buffer.
    private func takeCutLine(_ whole: ByteBuffer, _ event: Handler) -> Outcome? {
        let text = whole.bytes
        if stray != nil, !passStray(text, event) { return .stop }
        if !isField(text, "data") {
            let go = other(text, event)
            discardLine()
            return go ? nil : .stop
        }
        let value = valueOffset(text, 4)
        if hasData {
            if !appendData(text[ByteRange(value, text.count)]) { return tooLarge() }
            discardLine()
        } else {
            swap(&line, &data)              // the line's buffer becomes the data's: nothing is copied
            line?.removeAll()
            dataStart = value
        }
        hasData = true
        return nil
    }

    /// False: the handler wants no more.
    private func other(_ text: UnsafeRawBufferPointer, _ event: Handler) -> Bool {
        if text.byte(at: 0) == Ascii.colon { return true } // a comment: keep-alives
        if isField(text, "event") {
            replace(&name, with: text, from: 5)
        } else if isField(text, "id") {
            if !contains(text, 0) { replace(&lastEventID, with: text, from: 2) }
        } else if isField(text, "retry") {
            setRetry(text[ByteRange(valueOffset(text, 5), text.count)])
        } else if takesStrays, stray != nil || isOpening(text.byte(at: 0)) {
            return addStray(text, event)
        }
        return true
    }

    // MARK: lines that are no field's

    private func isOpening(_ byte: UInt8) -> Bool { byte == Ascii.openBrace || byte == Ascii.openBracket || byte == UInt8(ascii: "<") }

    private func isAnyField(_ text: UnsafeRawBufferPointer) -> Bool {
        text.byte(at: 0) == Ascii.colon || isField(text, "data") || isField(text, "event") || isField(text, "id") || isField(text, "retry")
    }

    private func addStray(_ text: UnsafeRawBufferPointer, _ event: Handler) -> Bool {
        let isFirst = stray == nil, kept = stray ?? ByteBuffer(limit: SSEFramer.mostStray)
        if isFirst { strayLooks = 0 }
        stray = kept
        guard isFirst || kept.append(Ascii.lf), kept.append(text) else { return endStray(event) }
        // Whoever writes JSON over several lines closes it at the margin.
        let mayBeWhole = isFirst || text.byte(at: 0) | 0x20 == Ascii.closeBrace || text.byte(at: 0) == UInt8(ascii: "<")
        guard mayBeWhole, strayLooks < SSEFramer.mostLooks else { return true }
        strayLooks &+= 1
        return handOut(kept, event)
    }

    /// Ends the stray lines where a field or a blank line follows. False: the handler wants no more.
    private func passStray(_ next: UnsafeRawBufferPointer, _ event: Handler) -> Bool {
        next.count > 0 && !isAnyField(next) || endStray(event)
    }

    private func endStray(_ event: Handler) -> Bool {
        guard let kept = stray else { return true }
        stray = nil
        strayIsOver = true
        defer { strayIsOver = false }
        return handOut(kept, event)
    }

    private func handOut(_ kept: ByteBuffer, _ event: Handler) -> Bool {
        isStray = true
        defer {
            isStray = false
            kept.keepAlive()
        }
        let name: StaticString = "stray" // seldom looked at, and told apart from an event by `isStray`
        return event(kept.bytes, UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private func setRetry(_ digits: UnsafeRawBufferPointer) {
        var value = 0
        for digit in digits {
            guard digit &- 0x30 <= 9, value < Int.max / 16 else { return }
            value = value &* 10 &+ Int(digit &- 0x30)
        }
        if digits.count > 0 { retryMs = value }
    }

    /// A blank line: hands out the event if it has data.
    private func dispatch(_ bytes: UnsafeRawBufferPointer, _ event: Handler) -> Bool {
        guard hasData else {
            name?.removeAll()
            return true
        }
        if !slice.isNone {
            let value = bytes[slice]
            slice = .none
            hasData = false
            return deliver(value, event)
        }
        hasData = false
        guard let kept = data else { return deliver(bytes[.none], event) }
        let go = deliver(kept.bytes[ByteRange(dataStart, kept.count)], event)
        dataStart = 0
        SSEFramer.empty(&data)
        return go
    }

    @inline(always)
    private func deliver(_ value: UnsafeRawBufferPointer, _ event: Handler) -> Bool {
        guard let name, name.count > 0 else { return event(value, UnsafeRawBufferPointer(start: nil, count: 0)) }
        let go = event(value, name.bytes)
        name.removeAll()
        return go
    }
}

// MARK: - What is kept between feeds

extension SSEFramer {
    private func tooLarge() -> Outcome {
        ended = .tooLarge
        lacksMemory = (line?.lacksMemory ?? false) || (data?.lacksMemory ?? false) || (name?.lacksMemory ?? false)
        line = nil
        data = nil
        name = nil
        stray = nil
        hasData = false
        return .tooLarge
    }

    private func keepLine(_ piece: UnsafeRawBufferPointer) -> Bool {
        let kept = line ?? ByteBuffer()
        line = kept
        return kept.append(piece)
    }

    /// The data line of the present feed, before the feed goes away or more lines come.
    private func keepSlice(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if slice.isNone { return true }
        let kept = data ?? ByteBuffer()
        data = kept
        dataStart = 0
        defer { slice = .none }
        return kept.append(bytes[slice])
    }

    /// A further data line, joined by LF.
    private func appendData(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let data, data.count &- dataStart &+ value.count < eventLimit else { return false }
        return data.append(Ascii.lf) && data.append(value)
    }

    private func discardLine() { SSEFramer.empty(&line) }

    private func replace(_ kept: inout ByteBuffer?, with text: UnsafeRawBufferPointer, from: Int) {
        SSEFramer.empty(&kept)
        let fresh = kept ?? ByteBuffer()
        kept = fresh
        _ = fresh.append(text[ByteRange(valueOffset(text, from), text.count)])
    }

    /// Empties a buffer, and frees it when it had to grow.
    private static func empty(_ kept: inout ByteBuffer?) {
        guard let buffer = kept else { return }
        if buffer.capacity > keptCapacity { kept = nil } else { buffer.removeAll() }
    }
}

/// Whether a line is the field of that name.
@inline(always)
private func isField(_ text: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    let length = name.utf8CodeUnitCount
    guard text.count >= length, let base = text.baseAddress, memcmp(base, name.utf8Start, length) == 0 else { return false }
    return text.count == length || text.byte(at: length) == Ascii.colon
}

/// Where a line's value starts: behind the name, the colon and one space.
@inline(always)
private func valueOffset(_ text: UnsafeRawBufferPointer, _ nameLength: Int) -> Int {
    text.byte(at: nameLength &+ 1) == Ascii.space ? nameLength &+ 2 : min(nameLength &+ 1, text.count)
}
