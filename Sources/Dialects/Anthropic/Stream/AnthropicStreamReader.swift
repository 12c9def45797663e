internal import Bytes
internal import CShims
internal import JSON
internal import Model

/// Makes chunks of the events of a stream (https://docs.anthropic.com/en/docs/build-with-claude/streaming).
final class AnthropicStreamReader: StreamReader {
    private let depth: Int
    private let longestEvent: Int
    private let chunks = ChunkWriter()
    private let pieces: AnthropicPieces
    private let frame = AnthropicFrame()

    /// `request`: as it was sent.
    init(_ caps: Caps, to request: UnsafeRawBufferPointer) {
        depth = caps.depth
        longestEvent = caps.event
        pieces = AnthropicPieces(chunks, to: request, longest: caps.event)
    }

    func read(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer,
              _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        if let (text, detail) = frame.text(of: data, depthLimit: depth) {
            chunks.hasLoneSurrogate = false
            return sign(detail.map { chunks.reasoning(text, detail: $0, take) } ?? chunks.content(text, take))
        }
        if name.equals("error") { return .error(data) }
        if data.count == 0 { return .read }
        if data.starts("[DONE]") { return .end } // of relays
        var cursor = JSONCursor(data, depthLimit: depth)
        do throws(JSONFault) {
            _ = try cursor.value()
            try cursor.finish()
        } catch {
            return error.kind == .utf8 || error.kind == .nul ? repaired(data, error, take) : broken(data, error)
        }
        if cursor.sawLoneSurrogate { return repaired(data, JSONFault(.utf8, 0), take) }
        chunks.hasLoneSurrogate = false
        return event(JSONView(trusted: data), take)
    }

    func isWhole(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool {
        name.equals("error") || JSONView(document: data, depthLimit: depth) != nil
    }

    /// Bad UTF-8 is replaced. Halves of surrogate pairs at the edge of a string stay: the next delta may begin with the other half.
    private func repaired(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        let copy = ByteBuffer(limit: longestEvent &* 2)
        defer { copy.keepAlive() }
        guard repairJSON(bytes, into: copy, keepingEdges: true) else { return broken(bytes, fault) }
        var cursor = JSONCursor(copy.bytes, depthLimit: depth)
        do throws(JSONFault) {
            _ = try cursor.value()
            try cursor.finish()
        } catch {
            return broken(bytes, error)
        }
        chunks.hasLoneSurrogate = cursor.sawLoneSurrogate
        let sign = event(JSONView(trusted: copy.bytes), take)
        if case .error = sign { return .error(bytes) } // whose bytes live on
        return sign
    }

    private func broken(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault) -> StreamSign {
        fault.kind == .depth ? .tooDeep : .notJSON(bytes, offset: fault.offset)
    }

    // MARK: - Events

    private func event(_ event: JSONView, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        guard event.isObject, let type = event["type"], type.isString else {
            return event.filled("error") != nil ? .error(event.raw) : sign(chunks.event(event.raw, take))
        }
        let index = event["index"]?.int ?? 0
        if type.says("content_block_delta"), let delta = event["delta"] {
            let goesOn = pieces.delta(index, delta, take) ?? chunks.event(event.raw, take)
            frame.keep(event, delta, pieces.block(index))
            return sign(goesOn)
        }
        frame.forget()
        if type.says("content_block_start"), let block = event["content_block"] { return sign(pieces.start(index, block, take)) }
        if type.says("content_block_stop") { return sign(pieces.stop(index, take)) }
        if type.says("message_delta") { return sign(messageDelta(event, take)) }
        if type.says("message_start"), let message = event["message"] { return sign(begin(message, take)) }
        if type.says("message_stop") { return pieces.finish(take) ? .end : sign(false) }
        if type.says("error") { return .error(event.raw) }
        if type.says("ping") { return .read }
        return sign(chunks.event(event.raw, take))
    }

    private func begin(_ message: JSONView, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> Bool {
        pieces.begin(message)
        return chunks.delta(take) { $0.member("content", raw: "\"\"") } && pieces.tellUsage(take)
    }

    /// It tells why the answer ended. That it did is told by the event behind: without that, the stream was cut.
    private func messageDelta(_ event: JSONView, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> Bool {
        pieces.note(event)
        if let delta = event["delta"] { pieces.note(delta) }
        return pieces.tellUsage(take)
    }

    private func sign(_ goesOn: Bool) -> StreamSign { !goesOn && pieces.tooLarge ? .tooLarge : chunks.sign(goesOn) }
}
