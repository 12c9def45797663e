internal import Bytes
internal import CShims
internal import JSON
internal import Model

/// Writes what chunks say as a response: the events of a stream (https://platform.openai.com/docs/api-reference/responses-streaming,
/// 2026-11), and the document that its last event has. That document holds all of the answer, so that this grows with it.
final class ResponsesRenderer: StreamRenderer {
    let request: TranslatedRequest?
    let events: ResponseEvents
    private var hasBegun = false
    private var last = ResponseStatus.inProgress
    /// The model and `service_tier`, as JSON strings without their quotes.
    let model = ByteBuffer(), tier = ByteBuffer()
    private(set) var created = 0
    /// The usage object that came last.
    let usage = ByteBuffer()
    private(set) var finish = Finish.none
    /// The provider's own word for it, JSON.
    let nativeFinish = ByteBuffer()
    /// Places of items that are taken.
    private var places = 0

    private var open = OpenItem.none
    private let parts = OpenPart()
    private var calls: [OpenCall] = []
    private var thoughts = KeptThoughts()
    let sound = KeptSound()

    enum Finish { case none, stop, length, filter }
    private enum OpenItem { case none, thoughts, text, refusal }

    init(_ request: TranslatedRequest?, isSilent: Bool = false) {
        self.request = request
        events = ResponseEvents(isSilent: isSilent)
    }

    func render(_ view: ChunkView, _ chunk: UnsafeRawBufferPointer, _ emit: Emit) -> Bool {
        if !goOn(view, chunk, emit) { read(JSONView(trusted: chunk), emit) }
        return events.goesOn
    }

    func finish(_ emit: Emit) -> Bool {
        begin(nil, emit)
        closeAll(finish == .length || finish == .filter ? "incomplete" : "completed", emit)
        let isWhole = finish == .none || finish == .stop
        lifecycle(isWhole ? "response.completed" : "response.incomplete", isWhole ? .completed : .incomplete, emit)
        return events.goesOn
    }

    func fail(_ failure: RedactedFailure, _ emit: Emit) -> Bool {
        if !hasBegun {
            last = .failed(failure)
            return true
        }
        closeAll("incomplete", emit)
        lifecycle("response.failed", .failed(failure), emit)
        return events.goesOn
    }

    func answer(_ report: UnsafeRawBufferPointer) -> ByteBuffer? {
        events.isSilent = true
        let end = last
        begin(nil) { _, _ in true }
        if !end.isLast { closeAll("incomplete") { _, _ in true } }
        lifecycle("", end.isLast ? end : .cancelled) { _, _ in true }
        let document = ByteBuffer()
        var out = MemberWriter(document)
        write(response: &out, last, gatelet: JSONView(trusted: report))
        return out.failed || events.failed ? nil : document
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
            events.keep(self.usage.append(root.bytes[usage]))
        }
        if let tier = root.filled("service_tier"), tier.isString {
            self.tier.removeAll()
            events.keep(self.tier.append(tier.inside))
        }
        if let event = root.filled("provider_event") {
            begin(root, emit)
            events.send("gatelet.provider_event", emit) { $0.member("provider_event", event) }
        }
        guard let choices = root["choices"] else { return }
        for choice in choices.elements where choice["index"]?.int ?? 0 == 0 {
            // Perplexity's chunks have all of the message so far, and its answers an empty delta.
            if let message = choice.filled(events.isSilent ? "message" : "delta") { read(message: message, choice.filled("logprobs"), emit) }
            if let word = choice.filled("native_finish_reason") {
                nativeFinish.removeAll()
                events.keep(nativeFinish.append(word.raw))
            }
            guard let reason = choice.filled("finish_reason"), reason.isString, reason.inside.count > 0 else { continue }
            finish = reason.says("length") ? .length : reason.says("content_filter") ? .filter : .stop
        }
    }

    private func read(message: JSONView, _ logprobs: JSONView?, _ emit: Emit) {
        readThoughts(message, emit)
        message.filled("provider_blocks")?.forEachElement { thoughts.add(block: $0) }
        var images = (message.filled("images")?.elements).map { Array($0) } ?? []
        if let content = message.filled("content") { read(content: content, &images, emit) }
        if request?.wantsLogprobs ?? false, let logprobs = logprobs?.filled("content"), logprobs.isArray { parts.add(logprobs: logprobs) }
        if let refusal = message.filled("refusal"), refusal.isString { text(refusal.inside, .refusal, emit) }
        message.filled("annotations")?.forEachElement { annotate($0, emit) }
        for image in images { show(image: image, emit) }
        message.filled("tool_calls")?.forEachElement { read(call: $0, emit) }
        if let audio = message.filled("audio"), audio.isObject { sound.add(audio, to: events, emit) }
    }

    /// `images`: those that are within a text are taken out.
    private func read(content: JSONView, _ images: inout [JSONView], _ emit: Emit) {
        if content.isString {
            var rest = content.inside, written = 0
            while events.isSilent, let image = images.first, let at = image["at"]?.int {
                let end = offset(ofScalar: max(0, at &- written), in: rest)
                if end == rest.count { break }
                text(rest[ByteRange(0, end)], .text, emit)
                show(image: images.removeFirst(), emit)
                (rest, written) = (rest[ByteRange(end, rest.count)], max(at, written))
            }
            return text(rest, .text, emit)
        }
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
            closeText("completed", emit)
            closeWhole(emit)
            if item != .thoughts { flushThoughts(emit) }
            parts.begin(place: takePlace())
            events.added(item == .thoughts ? "rs_" : "msg_", parts.place, emit) {
                $0.raw(item == .thoughts ? ",\"type\":\"reasoning\",\"summary\":[]" : ",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]")
            }
        } else {
            closePart(emit) // the other kind of part of the same message
        }
        open = item
        parts.form = item == .text ? .text : item == .refusal ? .refusal : request?.wantsSummary ?? false ? .summary : .thought
        events.began(parts, emit)
    }

    /// Goes on with the text of the open part.
    private func delta(_ body: UnsafeRawBufferPointer, _ emit: Emit) {
        events.keep(parts.text.append(body))
        events.delta(body, of: parts, emit)
    }

    private func closePart(_ emit: Emit) {
        events.ended(parts, emit)
        events.keep(parts.endPart())
        open = .none
    }

    /// Others (OpenRouter's `file`) have no place in a response.
    private func isKnown(_ annotation: JSONView) -> Bool {
        let words: [StaticString] = ["url_citation", "file_citation", "container_file_citation", "file_path"]
        return words.contains { annotation["type"]?.says($0) ?? false }
    }

    private func annotate(_ annotation: JSONView, _ emit: Emit) {
        if !isKnown(annotation) { return }
        if open != .text { openPart(.text, emit) }
        events.annotated(parts, annotation, emit)
    }

    // MARK: Items

    private func takePlace() -> Int {
        places &+= 1
        return places &- 1
    }

    /// Ends what is open.
    private func closeAll(_ status: StaticString, _ emit: Emit) {
        closeCalls(status, emit)
        closeText(status, emit)
    }

    /// Ends the item with text that is open.
    private func closeText(_ status: StaticString, _ emit: Emit) {
        if open == .thoughts {
            closePart(emit)
            events.done("rs_", parts.place, emit) { out in
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
            events.done("msg_", parts.place, emit) { out in
                out.member("type", "message")
                out.member("status", String(status))
                out.member("role", "assistant")
                out.name("content")
                out.raw("[")
                out.raw(parts.done.bytes)
                out.raw("]")
            }
        }
    }

    /// What must be sent back and belongs to no text of thoughts is an item of its own.
    private func flushThoughts(_ emit: Emit) {
        if thoughts.isEmpty { return }
        let kept = thoughts, place = takePlace()
        thoughts = KeptThoughts()
        events.added("rs_", place, emit) { $0.raw(",\"type\":\"reasoning\",\"summary\":[]") }
        events.done("rs_", place, emit) { out in
            out.member("type", "reasoning")
            out.member("summary", raw: "[]")
            kept.write(&out)
        }
    }

    private func show(image: JSONView, _ emit: Emit) {
        guard let url = image.filled("image_url")?.filled("url"), url.isString, let comma = url.inside.find(";base64,") else { return }
        closeText("completed", emit)
        closeWhole(emit)
        if let extra = image.filled("extra_content") { // in the item before this one
            let id = events.id(KeptWords.imagePrefix, places &+ 1)
            thoughts.add(extra: extra, of: "gatelet.image", id.bytes)
            id.keepAlive()
        }
        flushThoughts(emit)
        let place = takePlace(), head: StaticString = "data:image/", start = url.inside.starts(head) ? head.utf8CodeUnitCount : comma
        events.added(KeptWords.imagePrefix, place, emit) { $0.raw(",\"type\":\"image_generation_call\",\"status\":\"in_progress\",\"result\":null") }
        events.done(KeptWords.imagePrefix, place, emit) { out in
            out.member("type", "image_generation_call")
            out.member("status", "completed")
            if start < comma { out.member("output_format", body: url.inside[ByteRange(start, comma)]) }
            out.member("result", body: url.inside[ByteRange(comma &+ 8, url.inside.count)])
        }
    }

    // MARK: Calls

    private func read(call view: JSONView, _ emit: Emit) {
        let piece = CallPiece(view)
        // An answer has its calls whole.
        let before = events.isSilent ? nil : callThatGoesOn(calls, id: piece.id, name: piece.name, index: piece.index)
        guard view.isObject, let call = before ?? begin(piece, emit) else { return }
        if call.id.count == 0 { events.keep(call.id.append(piece.id)) }
        if call.name.count == 0 { events.keep(call.name.append(piece.name)) }
        call.isCustom = call.isCustom || piece.isCustom
        if let extra = piece.extra { thoughts.add(extra: extra, of: "gatelet.call", call.id.bytes) }
        let start = call.arguments.count
        events.keep(piece.isObject ? appendJSONBody(piece.arguments, to: call.arguments) : call.arguments.append(piece.arguments))
        call.note(from: start)
        if call.place < 0 {
            if call.name.count > 0 { announce(call, emit) }
        } else if call.arguments.count > start {
            events.grown(call, from: start, emit)
        }
    }

    private func begin(_ piece: CallPiece, _ emit: Emit) -> OpenCall? {
        guard events.isSilent || calls.count < mostOpenCalls else {
            events.keep(false)
            return nil
        }
        closeText("completed", emit)
        let call = OpenCall(index: piece.index)
        calls.append(call)
        return call
    }

    private func announce(_ call: OpenCall, _ emit: Emit) {
        if call.id.count == 0 {
            events.keep(call.id.append("call_") && call.id.append(events.suffix.bytes) && call.id.append("_") && call.id.append(String(decimal: places)))
        }
        if !thoughts.isEmpty { // an item before this one
            closeText("completed", emit)
            closeWhole(emit)
            flushThoughts(emit)
        }
        call.place = takePlace()
        events.added(call.prefix, call.place, emit) { call.write("in_progress", nil, &$0) }
        if call.arguments.count > 0 { events.grown(call, from: 0, emit) }
    }

    /// Ends the calls that were announced, if none of them waits for more: what comes between the pieces of a call does not end it.
    private func closeWhole(_ emit: Emit) {
        let announced = calls.filter { $0.place >= 0 }
        if announced.contains(where: { !$0.isComplete }) { return }
        calls = calls.filter { $0.place < 0 }
        close(announced, "completed", emit)
    }

    private func closeCalls(_ status: StaticString, _ emit: Emit) {
        for call in calls where call.place < 0 { announce(call, emit) }
        let ended = calls
        calls = []
        close(ended, status, emit)
    }

    private func close(_ ended: [OpenCall], _ status: StaticString, _ emit: Emit) {
        // Clients read them as JSON.
        for call in ended where call.arguments.count == 0 && !call.isCustom {
            events.keep(call.arguments.append("{}"))
            events.grown(call, from: 0, emit)
        }
        for call in ended.sorted(by: { $0.place < $1.place }) {
            events.complete(call, emit)
            events.done(call.prefix, call.place, emit) { call.write(status, call.arguments.bytes, &$0) }
        }
    }

    // MARK: Events

    private func begin(_ root: JSONView?, _ emit: Emit) {
        if hasBegun { return }
        hasBegun = true
        created = root?.filled("created")?.int ?? Int(gl_unix_seconds())
        if let name = root?.filled("model"), name.isString { events.keep(model.append(name.inside)) }
        if let id = root?.filled("id"), id.isString { events.name(after: id.inside) }
        if events.suffix.count == 0 { events.keep(events.suffix.append(String(fnv1a(root?.raw ?? model.bytes), radix: 16))) }
        lifecycle("response.created", .inProgress, emit)
        lifecycle("response.in_progress", .inProgress, emit)
    }

    private func lifecycle(_ name: StaticString, _ status: ResponseStatus, _ emit: Emit) {
        if status.isLast {
            flushThoughts(emit)
            sound.end(events, emit)
        }
        last = status
        events.send(name, emit) { out in
            out.name("response")
            self.write(response: &out, status)
        }
    }

}
