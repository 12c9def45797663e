internal import Bytes
internal import JSON
internal import Model

/// Reads the events of a Responses stream (https://platform.openai.com/docs/api-reference/responses-streaming, 2026-11). What a delta said
/// is not read again where its item is done; what no delta said is.
final class ResponsesStreamReader: StreamReader {
    private let depth: Int
    private let longestEvent: Int
    private let chunks = ChunkWriter()
    private let items: ResponseItems

    init(_ caps: Caps) {
        depth = caps.depth
        longestEvent = caps.event
        items = ResponseItems(chunks)
    }

    func read(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, _ take: ChunkWriter.Take) -> StreamSign {
        if data.count == 0 || data.byte(at: 0) == UInt8(ascii: ":") { return .read }
        if data.equals("[DONE]") { return .end }
        do throws(JSONFault) {
            let event = try ResponsesEvent(data, depth)
            return event.hasLoneSurrogate ? repaired(data, JSONFault(.utf8, 0), name, take) : read(event, name, take)
        } catch {
            if error.kind == .depth { return .tooDeep }
            return error.kind == .syntax ? .notJSON(data, offset: error.offset) : repaired(data, error, name, take)
        }
    }

    /// Bad UTF-8 is replaced. Halves of surrogate pairs at the edge of a string stay: the next delta may begin with the other half.
    private func repaired(_ data: UnsafeRawBufferPointer, _ fault: JSONFault, _ name: UnsafeRawBufferPointer, _ take: ChunkWriter.Take) -> StreamSign {
        let copy = ByteBuffer(limit: longestEvent &* 2)
        defer { copy.keepAlive() }
        guard repairJSON(data, into: copy, keepingEdges: true), let event = try? ResponsesEvent(copy.bytes, depth) else {
            return .notJSON(data, offset: fault.offset)
        }
        let sign = read(event, name, take)
        if case .error = sign { return .error(data) } // whose bytes live on
        return sign
    }

    func isWhole(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool {
        data.equals("[DONE]") || JSONView(document: data, depthLimit: depth) != nil
    }

    private func read(_ event: ResponsesEvent, _ name: UnsafeRawBufferPointer, _ take: ChunkWriter.Take) -> StreamSign {
        chunks.hasLoneSurrogate = event.hasLoneSurrogate
        let type = event.type.count > 0 ? event.type : name
        if type.starts("response."), let kind = ResponsesEvent.Kind(type[ByteRange(9, type.count)]) { return read(kind, event, take) }
        if type.equals("error") || type.equals("response.error") { return .error(event.bytes) }
        if type.count == 0, event.root["error"].map(isRealError) ?? false { return .error(event.bytes) }
        if type.equals("ping") || type.equals("keepalive") { return .read }
        return sign(chunks.event(event.bytes, take))
    }

    private func sign(_ goesOn: Bool) -> StreamSign { chunks.sign(goesOn) }

    private func read(_ kind: ResponsesEvent.Kind, _ event: ResponsesEvent, _ take: ChunkWriter.Take) -> StreamSign {
        switch kind {
        case .created:
            guard let response = event.value(.response), !chunks.hasBegun else { return .read }
            items.begin(response)
            return sign(chunks.delta(take) { $0.member("content", "") })
        case .told: return .read
        case .textDelta: return sign(items.text(event.body(.delta), event.item, event.part, take))
        case .textDone: return sign(items.textDone(event.body(.text), event.item, event.part, take))
        case .refusalDelta: return sign(items.refusal(event.body(.delta), event.item, event.part, take))
        case .thoughtDelta: return sign(items.thought(event.body(.delta), event.item, event.part, take))
        case .argumentsDelta: return sign(items.arguments(event.body(.delta), event.item, take))
        case .annotation: return sign(event.value(.annotation).map { items.annotation($0, event.item, take) } ?? true)
        case .added: return sign(event.value(.item).map { items.added($0, event.item, take) } ?? true)
        case .done: return sign(event.value(.item).map { items.done($0, event.item, take) } ?? true)
        case .completed, .incomplete:
            guard let response = event.value(.response), !ResponseItems.isUnfinished(response) else { return .error(event.bytes) }
            if !chunks.hasBegun { items.begin(response) }
            return items.end(response, isCut: kind == .incomplete, take) ? .end : sign(false)
        case .failed:
            // What it cost is told beside the error.
            if let usage = event.value(.response)?.filled("usage"), usage.isObject, !items.usage(usage, tier: nil, take) { return sign(false) }
            return .error(event.bytes)
        }
    }
}

/// One event, read in one pass: where the members are that matter.
struct ResponsesEvent {
    enum Member: Int { case delta, text, response, item, annotation }

    enum Kind {
        case created, textDelta, textDone, refusalDelta, thoughtDelta, argumentsDelta, annotation, added, done, completed, incomplete, failed
        /// Said again by another, or of no consequence.
        case told

        /// By its name, without "response.".
        init?(_ name: UnsafeRawBufferPointer) {
            if name.equals("output_text.delta") { // nearly all
                self = .textDelta
                return
            }
            for (word, kind) in Kind.words where name.equals(word) {
                self = kind
                return
            }
            return nil
        }

        private static var words: [(StaticString, Kind)] {
            [("function_call_arguments.delta", .argumentsDelta), ("reasoning_summary_text.delta", .thoughtDelta), ("reasoning_text.delta", .thoughtDelta),
             ("output_item.added", .added), ("output_item.done", .done), ("output_text.done", .textDone), ("created", .created), ("in_progress", .created),
             ("queued", .created), ("completed", .completed), ("incomplete", .incomplete), ("failed", .failed), ("refusal.delta", .refusalDelta),
             ("custom_tool_call_input.delta", .argumentsDelta), ("output_text.annotation.added", .annotation), ("content_part.added", .told),
             ("content_part.done", .told), ("function_call_arguments.done", .told), ("custom_tool_call_input.done", .told), ("refusal.done", .told),
             ("reasoning_text.done", .told), ("reasoning_summary_text.done", .told), ("reasoning_summary_part.added", .told), ("reasoning_summary_part.done", .told)]
        }
    }

    let bytes: UnsafeRawBufferPointer
    /// The body of the string.
    private(set) var type: UnsafeRawBufferPointer
    /// Its item's place in the response, and its part's in the item.
    private(set) var item = 0, part = 0
    private(set) var hasLoneSurrogate = false
    private var found = InlineArray<5, ByteRange>(repeating: .none)

    init(_ bytes: UnsafeRawBufferPointer, _ depth: Int) throws(JSONFault) {
        self.bytes = bytes
        type = bytes[.none]
        var cursor = JSONCursor(bytes, depthLimit: depth)
        guard try cursor.beginObject() else {
            _ = try cursor.value()
            try cursor.finish()
            return
        }
        while let name = try cursor.nextName() {
            let value = try cursor.value()
            note(bytes[name], value)
        }
        try cursor.finish()
        hasLoneSurrogate = cursor.sawLoneSurrogate
    }

    private mutating func note(_ name: UnsafeRawBufferPointer, _ value: ByteRange) {
        switch name.count {
        case 4:
            if name.equals("type") { type = JSONView(valid: bytes, value).inside } else if name.equals("text") { keep(.text, value) } else if name.equals("item") { keep(.item, value) }
        case 5 where name.equals("delta"): keep(.delta, value)
        case 8 where name.equals("response"): keep(.response, value)
        case 10 where name.equals("annotation"): keep(.annotation, value)
        case 12 where name.equals("output_index"): item = number(value)
        case 13 where name.equals("content_index") || name.equals("summary_index"): part = number(value)
        default: break
        }
    }

    private mutating func keep(_ member: Member, _ value: ByteRange) { found[member.rawValue] = value }

    private func number(_ value: ByteRange) -> Int { smallNumber(bytes[value]) ?? 0 }

    var root: JSONView { JSONView(trusted: bytes) }

    func value(_ member: Member) -> JSONView? {
        let range = found[member.rawValue]
        return range.isNone ? nil : JSONView(valid: bytes, range)
    }

    /// The body of a string; empty for anything else.
    func body(_ member: Member) -> UnsafeRawBufferPointer { value(member)?.inside ?? bytes[.none] }
}
