internal import Bytes
internal import CShims
internal import JSON
internal import Model

/// Writes what chunks say as a response: the events of a stream (https://platform.openai.com/docs/api-reference/responses-streaming,
/// 2026-11), and the document that its last event has. That document holds all of the answer, so that this grows with it.
final class ResponsesRenderer: StreamRenderer {
    /// Nobody listens, and only the document is wanted.
    private var isSilent: Bool
    let request: TranslatedRequest?
    /// An event could not be written, or nobody wants more.
    private var failed = false, stopped = false

    private var hasBegun = false
    private var last = ResponseStatus.inProgress
    /// What all ids of the response end with, the model, and `service_tier`, as JSON strings without their quotes.
    let suffix = ByteBuffer(), model = ByteBuffer(), tier = ByteBuffer()
    private(set) var created = 0
    /// The usage object that came last.
    let usage = ByteBuffer()
    private(set) var finish = Finish.none
    /// Items that are done, with commas between them.
    let output = ByteBuffer()
    /// Places of items that are taken.
    private var places = 0

    private var open = OpenItem.none
    private let parts = OpenPart()
    private var calls: [OpenCall] = []
    private var thoughts = KeptThoughts()

    private let data = ByteBuffer()
    private var sequence = 0

    enum Finish { case none, stop, length, filter }
    private enum OpenItem { case none, thoughts, text, refusal }

    init(_ request: TranslatedRequest?, isSilent: Bool = false) {
        self.request = request
        self.isSilent = isSilent
    }

    func render(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        if !goOn(view, chunk, emit) { read(JSONView(trusted: chunk), emit) }
        return !failed && !stopped
    }

    func finish(_ emit: Emit) -> Bool {
        begin(nil, emit)
        closeAll(finish == .length || finish == .filter ? "incomplete" : "completed", emit)
        let isWhole = finish == .none || finish == .stop
        lifecycle(isWhole ? "response.completed" : "response.incomplete", isWhole ? .completed : .incomplete, emit)
        return !failed && !stopped
    }

    func fail(_ failure: RedactedFailure, _ emit: Emit) -> Bool {
        if !hasBegun { return true }
        closeAll("incomplete", emit)
        lifecycle("response.failed", .failed(failure), emit)
        return !failed && !stopped
    }

    func answer(_ report: UnsafeRawBufferPointer) -> ByteBuffer? {
        if !hasBegun { return nil }
        isSilent = true
        if !last.isLast {
            closeAll("incomplete") { _, _ in true }
            lifecycle("", .cancelled) { _, _ in true }
        }
        let document = ByteBuffer()
        var out = MemberWriter(document)
        write(response: &out, last, gatelet: JSONView(trusted: report))
        return out.failed || failed ? nil : document
    }

    // MARK: Chunks

    /// A piece of the text that is open, and nothing else. False: it is more than that.
    private func goOn(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        guard view.isAllText, view.isPlainText, view.hasContent, !view.needsLook, !view.tellsUsage, !view.hasNotes, request?.wantsLogprobs != true else { return false }
        if open == .text, view.reasoning.count <= 0 {
            delta(chunk[view.content], emit)
        } else if open == .thoughts, view.content.count <= 0, view.repeats {
            delta(chunk[view.reasoning], emit)
        } else {
            return false
        }
        return true
    }

    /// A chunk, or an answer. What comes before the first choice need not know the answer's id (Azure's verdict on the prompt).
    func read(_ root: JSONView, _ emit: Emit) {
        if root["choices"]?.firstElement != nil || root["id"]?.inside.count ?? 0 > 0 { begin(root, emit) }
        let usage = usageInDocument(root).usage
        if !usage.isNone {
            self.usage.removeAll()
            keep(self.usage.append(root.bytes[usage]))
        }
        if let tier = root.filled("service_tier"), tier.isString {
            self.tier.removeAll()
            keep(self.tier.append(tier.inside))
        }
        if let event = root.filled("provider_event") {
            begin(root, emit)
            self.event("gatelet.provider_event", emit) { $0.member("provider_event", event) }
        }
        guard let choices = root["choices"] else { return }
        for choice in choices.elements where choice["index"]?.int ?? 0 == 0 {
            // Perplexity's chunks have all of the message so far, and its answers an empty delta.
            if let message = choice.filled(isSilent ? "message" : "delta") { read(message: message, choice.filled("logprobs"), emit) }
            guard let reason = choice.filled("finish_reason"), reason.isString, reason.inside.count > 0 else { continue }
            finish = reason.says("length") ? .length : reason.says("content_filter") ? .filter : .stop
        }
    }

    private func read(message: JSONView, _ logprobs: JSONView?, _ emit: Emit) {
        readThoughts(message, emit)
        message.filled("provider_blocks")?.forEachElement { thoughts.add(block: $0) }
        if let content = message.filled("content") { read(content: content, emit) }
        if request?.wantsLogprobs ?? false, let logprobs = logprobs?.filled("content"), logprobs.isArray { parts.add(logprobs: logprobs) }
        if let refusal = message.filled("refusal"), refusal.isString { text(refusal.inside, .refusal, emit) }
        message.filled("annotations")?.forEachElement { annotate($0, emit) }
        message.filled("images")?.forEachElement { show(image: $0, emit) }
        message.filled("tool_calls")?.forEachElement { read(call: $0, emit) }
    }

    private func read(content: JSONView, _ emit: Emit) {
        if content.isString { return text(content.inside, .text, emit) }
        var pieces: [(text: UnsafeRawBufferPointer, isThinking: Bool)] = []
        _ = ContentParts(content.raw) { raw, isThinking in
            pieces.append((raw, isThinking))
            return true
        }.walk()
        for piece in pieces { text(piece.text, piece.isThinking ? .thoughts : .text, emit) }
    }

    private func readThoughts(_ message: JSONView, _ emit: Emit) {
        let long = message.filled("reasoning_content"), short = message.filled("reasoning"), details = message.filled("reasoning_details")
        let given = [long, short].first { $0?.isString ?? false && $0?.inside.count ?? 0 > 0 } ?? nil
        if let given {
            thoughts.isLong = long?.inside.count ?? 0 > 0
            text(given.inside, .thoughts, emit)
        }
        guard let details, details.isArray, details.firstElement != nil else { return }
        if given == nil {
            for detail in details.elements {
                if let body = (detail.filled("text") ?? detail.filled("summary")), body.isString { text(body.inside, .thoughts, emit) }
            }
        }
        thoughts.add(details: details)
    }

    // MARK: Texts

    private func text(_ body: UnsafeRawBufferPointer, _ item: OpenItem, _ emit: Emit) {
        if body.count == 0 { return }
        if open != item { openPart(item, emit) }
        delta(body, emit)
    }

    private func openPart(_ item: OpenItem, _ emit: Emit) {
        if item == .thoughts || open == .thoughts || open == .none {
            closeAll("completed", emit)
            if item != .thoughts { flushThoughts(emit) }
            parts.begin(place: takePlace())
            event("response.output_item.added", emit) { out in
                out.member("output_index", parts.place)
                out.name("item")
                out.open()
                self.write(id: item == .thoughts ? "rs_" : "msg_", parts.place, as: "id", &out)
                out.raw(item == .thoughts ? ",\"type\":\"reasoning\",\"summary\":[]" : ",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]")
                out.close()
            }
        } else {
            closePart(emit) // the other kind of part of the same message
        }
        open = item
        parts.form = item == .text ? .text : item == .refusal ? .refusal : request?.wantsSummary ?? false ? .summary : .thought
        partEvent(parts.form.added, emit) { out in
            out.name("part")
            self.parts.write(part: &out, isEmpty: true)
        }
        parts.head.removeAll()
        var out = MemberWriter(parts.head)
        out.open()
        out.member("type", String(parts.form.delta))
        writePlace(&out)
        out.raw(",\"delta\":\"")
        keep(!out.failed)
    }

    /// Goes on with the text of the open part.
    private func delta(_ body: UnsafeRawBufferPointer, _ emit: Emit) {
        keep(parts.text.append(body))
        if isSilent || stopped { return }
        data.removeAll()
        keep(data.append(parts.head.bytes) && data.append(body) && data.append(parts.form == .text ? "\",\"logprobs\":[],\"sequence_number\":" : "\",\"sequence_number\":")
            && appendDigits(UInt64(sequence), decimals: 0, to: data) && data.append(UInt8(ascii: "}")))
        send(parts.form.delta, emit)
    }

    private func closePart(_ emit: Emit) {
        partEvent(parts.form.done, emit) { out in
            out.member(parts.form == .refusal ? "refusal" : "text", body: parts.text.bytes)
            if parts.form == .text { parts.write(logprobs: &out) }
        }
        partEvent(parts.form.ended, emit) { out in
            out.name("part")
            self.parts.write(part: &out, isEmpty: false)
        }
        keep(parts.endPart())
        open = .none
    }

    private func partEvent(_ name: StaticString, _ emit: Emit, _ members: (inout MemberWriter) -> Void) {
        event(name, emit) { out in
            self.writePlace(&out)
            members(&out)
        }
    }

    private func writePlace(_ out: inout MemberWriter) {
        write(id: open == .thoughts ? "rs_" : "msg_", parts.place, as: "item_id", &out)
        out.member("output_index", parts.place)
        out.member(parts.form == .summary ? "summary_index" : "content_index", parts.count)
    }

    /// Others (OpenRouter's `file`) have no place in a response.
    private func isKnown(_ annotation: JSONView) -> Bool {
        let words: [StaticString] = ["url_citation", "file_citation", "container_file_citation", "file_path"]
        return words.contains { annotation["type"]?.says($0) ?? false }
    }

    private func annotate(_ annotation: JSONView, _ emit: Emit) {
        if !isKnown(annotation) { return }
        if open != .text { openPart(.text, emit) }
        let index = parts.annotationCount
        keep(parts.add(annotation: annotation))
        partEvent("response.output_text.annotation.added", emit) { out in
            out.member("annotation_index", index)
            out.name("annotation")
            OpenPart.write(annotation: annotation, &out)
        }
    }

    // MARK: Items

    private func takePlace() -> Int {
        places &+= 1
        return places &- 1
    }

    /// Ends what is open.
    private func closeAll(_ status: StaticString, _ emit: Emit) {
        if open == .thoughts {
            closePart(emit)
            closeItem("rs_", parts.place, emit) { out in
                out.member("type", "reasoning")
                out.name(parts.form == .summary ? "content" : "summary")
                out.raw("[],")
                out.raw(parts.form == .summary ? "\"summary\":[" : "\"content\":[")
                out.raw(parts.done.bytes)
                out.raw("]")
                self.thoughts.write(&out)
            }
            thoughts = KeptThoughts()
        } else if open != .none {
            closePart(emit)
            closeItem("msg_", parts.place, emit) { out in
                out.member("type", "message")
                out.member("status", String(status))
                out.member("role", "assistant")
                out.name("content")
                out.raw("[")
                out.raw(parts.done.bytes)
                out.raw("]")
            }
        }
        closeCalls(status, emit)
        open = .none
    }

    /// What must be sent back and belongs to no text of thoughts is an item of its own.
    private func flushThoughts(_ emit: Emit) {
        if thoughts.isEmpty { return }
        let kept = thoughts, place = takePlace()
        thoughts = KeptThoughts()
        event("response.output_item.added", emit) { out in
            out.member("output_index", place)
            out.name("item")
            out.open()
            self.write(id: "rs_", place, as: "id", &out)
            out.raw(",\"type\":\"reasoning\",\"summary\":[]")
            out.close()
        }
        closeItem("rs_", place, emit) { out in
            out.member("type", "reasoning")
            out.member("summary", raw: "[]")
            kept.write(&out)
        }
    }

    private func closeItem(_ prefix: StaticString, _ place: Int, _ emit: Emit, _ members: (inout MemberWriter) -> Void) {
        if output.count > 0 { keep(output.append(Ascii.comma)) }
        let start = output.count
        var out = MemberWriter(output)
        out.open()
        write(id: prefix, place, as: "id", &out)
        members(&out)
        out.close()
        keep(!out.failed)
        let item = output.bytes[ByteRange(start, output.count)]
        event("response.output_item.done", emit) { out in
            out.member("output_index", place)
            out.name("item")
            out.raw(item)
        }
    }

    func write(id prefix: StaticString, _ place: Int, as name: StaticString, _ out: inout MemberWriter) {
        out.name(name)
        out.raw("\"")
        out.raw(prefix)
        out.raw(suffix.bytes)
        out.raw("_")
        out.check(appendDigits(UInt64(max(0, place)), decimals: 0, to: out.buffer))
        out.raw("\"")
    }

    private func show(image: JSONView, _ emit: Emit) {
        guard let url = image.filled("image_url")?.filled("url"), url.isString, let comma = url.inside.find("base64,") else { return }
        closeAll("completed", emit)
        flushThoughts(emit)
        let place = takePlace(), data = url.inside[ByteRange(comma &+ 7, url.inside.count)]
        event("response.output_item.added", emit) { out in
            out.member("output_index", place)
            out.name("item")
            out.open()
            self.write(id: "ig_", place, as: "id", &out)
            out.raw(",\"type\":\"image_generation_call\",\"status\":\"in_progress\",\"result\":null")
            out.close()
        }
        closeItem("ig_", place, emit) { out in
            out.member("type", "image_generation_call")
            out.member("status", "completed")
            out.member("result", body: data)
        }
    }

    // MARK: Calls

    private func read(call view: JSONView, _ emit: Emit) {
        let piece = CallPiece(view)
        guard view.isObject, let call = piece.target(calls) ?? begin(piece, emit) else { return }
        if call.id.count == 0 { keep(call.id.append(piece.id)) }
        if call.name.count == 0 { keep(call.name.append(piece.name)) }
        call.isCustom = call.isCustom || piece.isCustom
        if let extra = piece.extra { thoughts.add(extra: extra, ofCall: call.id.bytes) }
        let before = call.arguments.count
        keep(piece.isObject ? appendJSONBody(piece.arguments, to: call.arguments) : call.arguments.append(piece.arguments))
        if call.place < 0 {
            if call.name.count > 0 { announce(call, emit) }
        } else if call.arguments.count > before {
            grow(call, from: before, emit)
        }
    }

    private func begin(_ piece: CallPiece, _ emit: Emit) -> OpenCall? {
        if calls.count >= 1024 { return nil }
        if open != .none { closeAll("completed", emit) }
        let call = OpenCall(index: piece.index)
        calls.append(call)
        return call
    }

    private func announce(_ call: OpenCall, _ emit: Emit) {
        if call.id.count == 0 {
            keep(call.id.append("call_") && call.id.append(suffix.bytes) && call.id.append("_") && call.id.append(String(decimal: places)))
        }
        if !thoughts.isEmpty { // an item before this one: what is before both is done
            calls.removeAll { $0 === call }
            closeCalls("completed", emit)
            calls = [call]
            flushThoughts(emit)
        }
        call.place = takePlace()
        event("response.output_item.added", emit) { out in
            out.member("output_index", call.place)
            out.name("item")
            out.open()
            self.write(id: call.isCustom ? "ctc_" : "fc_", call.place, as: "id", &out)
            self.write(call, "in_progress", nil, &out)
            out.close()
        }
        if call.arguments.count > 0 { grow(call, from: 0, emit) }
    }

    private func grow(_ call: OpenCall, from: Int, _ emit: Emit) {
        event(call.isCustom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta", emit) { out in
            self.write(id: call.isCustom ? "ctc_" : "fc_", call.place, as: "item_id", &out)
            out.member("output_index", call.place)
            out.member("delta", body: call.arguments.bytes[ByteRange(from, call.arguments.count)])
        }
    }

    private func write(_ call: OpenCall, _ status: StaticString, _ arguments: UnsafeRawBufferPointer?, _ out: inout MemberWriter) {
        out.member("type", call.isCustom ? "custom_tool_call" : "function_call")
        if !call.isCustom { out.member("status", String(status)) }
        out.member("call_id", body: call.id.bytes)
        out.member("name", body: call.name.bytes)
        out.member(call.isCustom ? "input" : "arguments", body: arguments ?? call.id.bytes[.none])
    }

    private func closeCalls(_ status: StaticString, _ emit: Emit) {
        if calls.isEmpty { return }
        let ended = calls
        calls = []
        for call in ended where call.place < 0 { announce(call, emit) }
        // Clients read them as JSON.
        for call in ended where call.arguments.count == 0 && !call.isCustom {
            keep(call.arguments.append("{}"))
            grow(call, from: 0, emit)
        }
        for call in ended.sorted(by: { $0.place < $1.place }) {
            event(call.isCustom ? "response.custom_tool_call_input.done" : "response.function_call_arguments.done", emit) { out in
                self.write(id: call.isCustom ? "ctc_" : "fc_", call.place, as: "item_id", &out)
                out.member("output_index", call.place)
                if !call.isCustom { out.member("name", body: call.name.bytes) }
                out.member(call.isCustom ? "input" : "arguments", body: call.arguments.bytes)
            }
            closeItem(call.isCustom ? "ctc_" : "fc_", call.place, emit) { self.write(call, status, call.arguments.bytes, &$0) }
        }
    }

    // MARK: Events

    private func begin(_ root: JSONView?, _ emit: Emit) {
        if hasBegun { return }
        hasBegun = true
        created = root?.filled("created")?.int ?? Int(gl_unix_seconds())
        if let name = root?.filled("model"), name.isString { keep(model.append(name.inside)) }
        if let id = root?.filled("id"), id.isString { keep(appendSuffix(id.inside, to: suffix)) }
        if suffix.count == 0 { keep(suffix.append(String(fnv1a(root?.raw ?? model.bytes), radix: 16))) }
        lifecycle("response.created", .inProgress, emit)
        lifecycle("response.in_progress", .inProgress, emit)
    }

    private func lifecycle(_ name: StaticString, _ status: ResponseStatus, _ emit: Emit) {
        if status.isLast { flushThoughts(emit) }
        last = status
        event(name, emit) { out in
            out.name("response")
            self.write(response: &out, status)
        }
    }

    private func event(_ name: StaticString, _ emit: Emit, _ members: (inout MemberWriter) -> Void) {
        if isSilent || stopped { return }
        data.removeAll()
        var out = MemberWriter(data)
        out.open()
        out.member("type", String(name))
        out.member("sequence_number", sequence)
        members(&out)
        out.close()
        keep(!out.failed)
        send(name, emit)
    }

    private func send(_ name: StaticString, _ emit: Emit) {
        sequence &+= 1
        if failed || !emit(name, data.bytes) { stopped = true }
    }

    private func keep(_ isDone: Bool) { if !isDone { failed = true } }
}

/// The part of a response's id that is its own, of an answer's: `chatcmpl-x` and `resp_x` are x.
private func appendSuffix(_ id: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
    var rest = id
    for prefix: StaticString in ["chatcmpl-", "resp_", "msg_", "gen-"] where rest.starts(prefix) { rest = rest[ByteRange(prefix.utf8CodeUnitCount, rest.count)] }
    var isDone = true
    for byte in rest[ByteRange(0, min(64, rest.count))] where isNameByte(byte) { isDone = isDone && out.append(byte) }
    return isDone
}
