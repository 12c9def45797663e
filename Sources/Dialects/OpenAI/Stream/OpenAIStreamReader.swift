internal import Bytes
internal import JSON
internal import Model

/// Each event is a chunk, which is handed on as it came.
final class OpenAIStreamReader: StreamReader {
    private let form: ChunkForm
    private let depth: Int
    private let longestEvent: Int
    private let opening = ChunkOpening()

    init(_ form: ChunkForm, _ caps: Caps) {
        self.form = form
        depth = caps.depth
        longestEvent = caps.event
    }

    func read(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer,
              _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        if name.count > 0, name.equals("error") { return .error(data) }
        switch data.byte(at: 0) {
        case 0, UInt8(ascii: ":"): // empty, or a keep-alive sent as data (https://github.com/anomalyco/opencode/issues/50871)
            if data.count == 0 || data.byte(at: 0) != 0 { return .read }
        case Ascii.quote where data.count == 2: // "": another keep-alive (copilot-api 88)
            return .read
        case Ascii.openBracket where data.count >= 6 && data[ByteRange(0, 6)].equals("[DONE]"):
            return .end
        default: break
        }
        return chunks(data, take)
    }

    func isWhole(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool {
        name.equals("error") || data.equals("[DONE]") || JSONView(document: data, depthLimit: depth) != nil
    }

    /// One JSON value, or several that were glued into one event (field report: anomalyco/opencode 8282).
    private func chunks(_ data: UnsafeRawBufferPointer, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        var rest = data
        while rest.count > 0 {
            do throws(JSONFault) {
                let (view, end) = try scanChunk(rest, form: form, depthLimit: depth, opening: opening)
                if view.hasLoneSurrogate { return repaired(rest, JSONFault(.utf8, 0), take) }
                if !take(view, rest[ByteRange(0, end)]) { return .stopped }
                rest = rest[ByteRange(end, rest.count)]
            } catch {
                return error.kind == .utf8 || error.kind == .nul ? repaired(rest, error, take) : broken(rest, error)
            }
        }
        return .read
    }

    /// Bad UTF-8 is replaced, and the chunk read again. Halves of surrogate pairs at the edge of a string stay: the next chunk may
    /// begin with the other half.
    private func repaired(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault, _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign {
        let copy = ByteBuffer(limit: longestEvent &* 2)
        defer { copy.keepAlive() }
        guard repairJSON(bytes, into: copy, keepingEdges: true) else { return broken(bytes, fault) }
        do throws(JSONFault) {
            let (view, end) = try scanChunk(copy.bytes, form: form, depthLimit: depth)
            return take(view, copy.bytes[ByteRange(0, end)]) ? .read : .stopped
        } catch {
            return broken(bytes, error)
        }
    }

    /// Not JSON. A proxy may have written its own error into a half-sent event (Wei-Shaw/sub2api 1471).
    private func broken(_ bytes: UnsafeRawBufferPointer, _ fault: JSONFault) -> StreamSign {
        if fault.kind == .depth { return .tooDeep }
        if let at = bytes.find("{\"error\"") {
            let tail = bytes[ByteRange(at, bytes.count)]
            if let found = try? scanChunk(tail, form: form, depthLimit: depth), !found.view.error.isNone {
                return .error(tail[ByteRange(0, found.end)])
            }
        }
        return .notJSON(bytes, offset: fault.offset)
    }
}
