internal import Bytes
internal import JSON
internal import Model

/// Writes the chunks of one stream as the events of Anthropic's Messages API
/// (https://docs.anthropic.com/en/docs/build-with-claude/streaming, 2026-11). Not thread-safe.
final class MessagesStream: StreamRenderer {
    /// What is said in the block that is open.
    enum Kind { case text, thinking, call }

    /// There was no memory for an event.
    private(set) var lacksMemory = false
    private var started = false
    /// nil: no block is open.
    private(set) var open: Kind?
    /// Of the block that is open, or will be next.
    private(set) var index = 0
    /// The event of a delta up to its text.
    private let lead = ByteBuffer()
    private var leadCount = 0
    private let event = ByteBuffer()
    /// Half a character that ended the delta before, as its escape.
    private let half = ByteBuffer()
    let thinking = ThinkingMark()
    let calls = StreamedCalls()
    /// What came while the arguments of a call were not all there.
    private let waitingText = ByteBuffer(), waitingThoughts = ByteBuffer()
    private var stop = "end_turn"
    private var stopSequence: [UInt8] = [], nativeStop: [UInt8] = []
    private var isTold = false, hasRefusal = false
    private let usage = ByteBuffer()
    /// The message's id.
    private let id = ByteBuffer()

    init() {}

    /// Writes one chunk. False: nobody wants more, or there is no memory.
    func render(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        if goesOn(view, chunk), let open { return delta(chunk[open == .text ? view.content : view.reasoning], emit) }
        return read(view, JSONView(trusted: chunk), emit)
    }

    /// It has nothing but more text for the block that is open.
    @inline(__always)
    private func goesOn(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer) -> Bool {
        guard let open, view.isAllText, !view.finished, !view.hasLoneSurrogate, !view.hasNotes, !view.tellsUsage, half.count == 0 else { return false }
        switch open {
        case .text: return view.content.count > 0 && view.reasoning.count <= 0
        case .thinking: return view.reasoning.count > 0 && view.content.count <= 0 && chunk.find("\"reasoning_details\"") == nil
        case .call: return false
        }
    }

    private func read(_ view: ChunkView, _ root: JSONView, _ emit: Emit) -> Bool {
        if !view.usage.isNone, root.bytes[view.usage].first == Ascii.openBrace {
            usage.removeAll()
            lacksMemory = !usage.append(root.bytes[view.usage]) || lacksMemory
        }
        if let event = root.filled("provider_event"), !send("gatelet.provider_event", emit, { $0.member("provider_event", event) }) { return false }
        if !started {
            // Azure's first chunk tells what its filter found, and neither id nor model.
            if !view.hasChoices || view.choicesEmpty, root["model"]?.inside.isEmpty ?? true { return !lacksMemory }
            if !start(root, emit) { return false }
        }
        var position = 0
        for choice in root["choices"]?.elements ?? JSONView(trusted: root.bytes[.none]).elements {
            defer { position &+= 1 }
            if choice["index"]?.int ?? position != 0 { continue }
            if let delta = choice.filled("delta"), !MessageDelta(delta).write(to: self, emit) { return false }
            note(StopReason(choice))
        }
        return !lacksMemory
    }

    private func start(_ root: JSONView, _ emit: Emit) -> Bool {
        started = true
        if let id = root["id"] { lacksMemory = !self.id.append(id.inside) || lacksMemory }
        return send("message_start", emit) { out in
            out.name("message")
            out.open()
            var writer = MessageWriter(out)
            writer.writeHead(root)
            out = writer.out
            out.member("content", raw: "[]")
            out.member("stop_reason", raw: "null")
            out.member("stop_sequence", raw: "null")
            out.name("usage")
            writeMessagesUsage(root.filled("usage"), &out)
            out.close()
        }
    }

    private func note(_ reason: StopReason) {
        guard reason.isTold else { return }
        var reason = reason
        reason.hasCalls = !calls.isEmpty
        reason.hasRefusal = hasRefusal
        isTold = true
        stop = String(reason.word)
        stopSequence = reason.stopSequence.map { Array($0.raw) } ?? []
        nativeStop = reason.nativeWord.map { Array($0.raw) } ?? []
    }

    /// Closes what is open and ends the message. For a stream that came to its end: errors are told by `messagesError`.
    func finish(_ emit: Emit) -> Bool {
        if !started, !start(JSONView(trusted: id.bytes), emit) { return false }
        guard closeCalls(emit), close(emit) else { return false }
        if !isTold, !calls.isEmpty { stop = "tool_use" }
        let sent = send("message_delta", emit) { out in
            out.name("delta")
            out.open()
            out.member("stop_reason", stop)
            out.name("stop_sequence")
            if stopSequence.isEmpty { out.raw("null") } else { stopSequence.withUnsafeBytes { out.raw($0) } }
            if !nativeStop.isEmpty {
                out.name("native_finish_reason")
                nativeStop.withUnsafeBytes { out.raw($0) }
            }
            out.close()
            out.name("usage")
            writeMessagesUsage(usage.count > 0 ? JSONView(trusted: usage.bytes) : nil, &out)
        }
        usage.keepAlive()
        return sent && send("message_stop", emit) { _ in }
    }

    /// Anthropic leaves the block that is open as it is.
    func fail(_ failure: RedactedFailure, _ emit: Emit) -> Bool {
        event.removeAll()
        return !started || messagesError(failure, into: event) && emit("error", event.bytes)
    }
}

// Blocks and their deltas.
extension MessagesStream {
    /// More text of one kind. Where a call is not complete yet it waits: blocks cannot be within each other.
    func say(_ kind: Kind, _ text: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        if text.count == 0 { return true }
        if open == .call {
            if !calls.mayEnd {
                lacksMemory = !(kind == .text ? waitingText : waitingThoughts).append(text) || lacksMemory
                return !lacksMemory
            }
            if !closeCalls(emit) { return false }
        }
        if open != kind {
            guard close(emit), start(kind, emit) else { return false }
        }
        return cut(text, emit)
    }

    func sayRefusal(_ text: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        if text.count > 0 { hasRefusal = true }
        return say(.text, text, emit)
    }

    func sayWaiting(_ emit: Emit) -> Bool {
        defer {
            waitingText.removeAll(keepingCapacity: false)
            waitingThoughts.removeAll(keepingCapacity: false)
        }
        return say(.thinking, waitingThoughts.bytes, emit) && say(.text, waitingText.bytes, emit)
    }

    private func start(_ kind: Kind, _ emit: Emit) -> Bool {
        kind == .text ? begin(.text, emit) { out in
            out.member("type", "text")
            out.member("text", "")
        } : begin(.thinking, emit) { out in
            out.member("type", "thinking")
            out.member("thinking", "")
            out.member("signature", "")
        }
    }

    func beginThinking(_ emit: Emit) -> Bool { open == .thinking || closeCalls(emit) && close(emit) && start(.thinking, emit) }

    /// Opens a block; `body` writes its members.
    func begin(_ kind: Kind, _ emit: Emit, _ body: (inout MemberWriter) -> Void) -> Bool {
        open = kind
        lead.removeAll()
        var out = MemberWriter(lead)
        out.open()
        out.member("type", "content_block_delta")
        out.member("index", index)
        out.name("delta")
        out.open()
        switch kind {
        case .text: out.raw("\"type\":\"text_delta\",\"text\":\"")
        case .thinking: out.raw("\"type\":\"thinking_delta\",\"thinking\":\"")
        case .call: out.raw("\"type\":\"input_json_delta\",\"partial_json\":\"")
        }
        leadCount = lead.count
        if out.failed { lacksMemory = true }
        return sendStart(emit, body)
    }

    private func sendStart(_ emit: Emit, _ body: (inout MemberWriter) -> Void) -> Bool {
        send("content_block_start", emit) { out in
            out.member("index", index)
            out.name("content_block")
            out.open()
            body(&out)
            out.close()
        }
    }

    /// A block that comes whole. `body` writes its members.
    func sendWhole(_ emit: Emit, _ body: (inout MemberWriter) -> Void) -> Bool { closeCalls(emit) && close(emit) && sendBlock(emit, body) }

    func sendBlock(_ emit: Emit, _ body: (inout MemberWriter) -> Void) -> Bool { sendStart(emit, body) && sendStop(emit) }

    /// Escaped text for the block that is open.
    @inline(__always)
    private func delta(_ text: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        lead.removeLast(lead.count &- leadCount)
        guard lead.append(text), lead.append("\"}}") else {
            lacksMemory = true
            return false
        }
        return emit("content_block_delta", lead.bytes)
    }

    /// A character whose surrogates are escaped in two chunks goes with the second.
    func cut(_ text: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        let rest = trailingHalf(text)
        if half.count == 0, rest == 0 { return delta(text, emit) }
        let joined = ByteBuffer()
        defer { joined.keepAlive() }
        guard joined.append(half.bytes), joined.append(text[ByteRange(0, text.count &- rest)]) else {
            lacksMemory = true
            return false
        }
        half.removeAll()
        lacksMemory = !half.append(text[ByteRange(text.count &- rest, text.count)]) || lacksMemory
        return joined.count == 0 || delta(joined.bytes, emit)
    }

    /// Closes the block that is open.
    func close(_ emit: Emit) -> Bool {
        guard let kind = open else { return true }
        if half.count > 0 {
            half.removeAll()
            if !delta(halfReplaced, emit) { return false }
        }
        if kind == .thinking, !thinking.isSigned, !sendSignature(emit, { thinking.append(to: $0) }) { return false }
        if kind == .thinking { thinking.reset() }
        open = nil
        return sendStop(emit)
    }

    private var halfReplaced: UnsafeRawBufferPointer {
        let text: StaticString = "\\ufffd"
        return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// `signature`: writes it, escaped.
    func sendSignature(_ emit: Emit, _ signature: (ByteBuffer) -> Bool) -> Bool {
        sendDelta("signature_delta", emit) { out in
            out.name("signature")
            out.raw("\"")
            out.check(signature(out.buffer))
            out.raw("\"")
        }
    }

    func sendDelta(_ type: StaticString, _ emit: Emit, _ body: (inout MemberWriter) -> Void) -> Bool {
        send("content_block_delta", emit) { out in
            out.member("index", index)
            out.name("delta")
            out.open()
            out.member("type", String(type))
            body(&out)
            out.close()
        }
    }

    private func sendStop(_ emit: Emit) -> Bool {
        defer { index &+= 1 }
        return send("content_block_stop", emit) { out in out.member("index", index) }
    }

    /// What the API has no event for: clients leave out those that they do not know.
    func sendBeside(_ emit: Emit, _ body: (inout MemberWriter) -> Void) -> Bool {
        send("gatelet.delta", emit) { out in
            out.name("delta")
            out.open()
            body(&out)
            out.close()
        }
    }

    /// An event with members beside its type.
    private func send(_ type: StaticString, _ emit: Emit, _ body: (inout MemberWriter) -> Void) -> Bool {
        event.removeAll()
        var out = MemberWriter(event)
        out.open()
        out.member("type", String(type))
        body(&out)
        out.close()
        if out.failed { lacksMemory = true }
        return !lacksMemory && emit(type, event.bytes)
    }

    /// The head of a call, which needs the message's id.
    func writeCallHead(_ call: StreamedCall, _ out: inout MemberWriter) {
        var writer = MessageWriter(out)
        writer.writeCallHead(id: call.id.bytes, name: call.name.bytes, index: call.number, message: id.bytes)
        writer.out.member("input", raw: "{}")
        out = writer.out
    }
}

/// Bytes of an escape at the end that is the first half of a surrogate pair; 0: there is none.
private func trailingHalf(_ text: UnsafeRawBufferPointer) -> Int {
    let start = text.count &- 6
    guard start >= 0, text.byte(at: start) == Ascii.backslash, text.byte(at: start &+ 1) | 0x20 == UInt8(ascii: "u"), text.byte(at: start &+ 2) | 0x20 == UInt8(ascii: "d") else { return 0 }
    let digit = text.byte(at: start &+ 3) | 0x20
    guard (UInt8(ascii: "8")...UInt8(ascii: "9")).contains(digit) || digit == UInt8(ascii: "a") || digit == UInt8(ascii: "b") else { return 0 }
    var before = start
    while before > 0, text.byte(at: before &- 1) == Ascii.backslash { before &-= 1 }
    return (start &- before) & 1 == 0 ? 6 : 0
}
