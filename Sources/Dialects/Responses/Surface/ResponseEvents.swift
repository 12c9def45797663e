internal import Bytes
internal import JSON

/// Writes the events of a response: of items, their parts and their texts. What there is, and in which order, its owner decides.
final class ResponseEvents {
    typealias Emit = StreamRenderer.Emit

    /// Nobody listens, and only the document is wanted.
    var isSilent: Bool
    /// What all ids of the response end with: the body of a JSON string.
    let suffix = ByteBuffer()
    /// Items that are done, one behind the other, and where each is: in the order of their places.
    private let output = ByteBuffer()
    private var items: [DoneItem] = []
    /// An event could not be written.
    private(set) var failed = false
    /// Nobody wants more.
    private var stopped = false
    private let data = ByteBuffer()
    private var sequence = 0

    init(isSilent: Bool) { self.isSilent = isSilent }

    var goesOn: Bool { !failed && !stopped }

    func keep(_ isDone: Bool) { if !isDone { failed = true } }

    /// The part of an id that is its own: `chatcmpl-x` and `resp_x` are x.
    func name(after id: UnsafeRawBufferPointer) {
        var rest = id
        for prefix: StaticString in ["chatcmpl-", "resp_", "msg_", "gen-"] where rest.starts(prefix) { rest = rest[ByteRange(prefix.utf8CodeUnitCount, rest.count)] }
        // An id with it and what stands around it has 64 characters at most, as OpenAI's do.
        for byte in rest[ByteRange(0, min(48, rest.count))] where isNameByte(byte) { keep(suffix.append(byte)) }
    }

    func send(_ name: StaticString, _ emit: Emit, _ members: (inout MemberWriter) -> Void) {
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

    // MARK: Items

    /// `members`: with a comma before each.
    func added(_ prefix: StaticString, _ place: Int, _ emit: Emit, _ members: (inout MemberWriter) -> Void) {
        send("response.output_item.added", emit) { out in
            out.member("output_index", place)
            out.name("item")
            out.open()
            self.write(id: prefix, place, as: "id", &out)
            members(&out)
            out.close()
        }
    }

    func done(_ prefix: StaticString, _ place: Int, _ emit: Emit, _ members: (inout MemberWriter) -> Void) {
        let start = output.count
        var out = MemberWriter(output)
        out.open()
        write(id: prefix, place, as: "id", &out)
        members(&out)
        out.close()
        keep(!out.failed)
        keep(place, ByteRange(start, output.count))
        let item = output.bytes[ByteRange(start, output.count)]
        send("response.output_item.done", emit) { out in
            out.member("output_index", place)
            out.name("item")
            out.raw(item)
        }
    }

    /// A call may be done later than what began behind it.
    private func keep(_ place: Int, _ range: ByteRange) {
        var at = items.count
        items.append(DoneItem(place: place, range: range))
        while at > 0, items[at &- 1].place > place {
            items.swapAt(at, at &- 1)
            at &-= 1
        }
    }

    /// Items that are done, with commas between them.
    func write(output out: inout MemberWriter) {
        for (number, item) in items.enumerated() {
            if number > 0 { out.raw(",") }
            out.raw(output.bytes[item.range])
        }
    }

    private func write(id prefix: StaticString, _ place: Int, as name: StaticString, _ out: inout MemberWriter) {
        out.name(name)
        out.raw("\"")
        out.check(append(id: prefix, place, to: out.buffer))
        out.raw("\"")
    }

    private func append(id prefix: StaticString, _ place: Int, to out: ByteBuffer) -> Bool {
        out.append(prefix) && out.append(suffix.bytes) && out.append("_") && appendDigits(UInt64(max(0, place)), decimals: 0, to: out)
    }

    /// Of the item that will have this place.
    func id(_ prefix: StaticString, _ place: Int) -> ByteBuffer {
        let id = ByteBuffer()
        keep(append(id: prefix, place, to: id))
        return id
    }

    // MARK: Texts

    func began(_ parts: OpenPart, _ emit: Emit) {
        send(parts.form.added, emit) { out in
            self.writePlace(of: parts, &out)
            out.name("part")
            parts.write(part: &out, isEmpty: true)
        }
        parts.head.removeAll()
        var out = MemberWriter(parts.head)
        out.open()
        out.member("type", String(parts.form.delta))
        writePlace(of: parts, &out)
        out.raw(",\"delta\":\"")
        keep(!out.failed)
    }

    /// More of its text.
    func delta(_ body: UnsafeRawBufferPointer, of parts: OpenPart, _ emit: Emit) {
        if isSilent || stopped { return }
        data.removeAll()
        keep(data.append(parts.head.bytes) && data.append(body) && data.append(parts.form == .text ? "\",\"logprobs\":[],\"sequence_number\":" : "\",\"sequence_number\":")
            && appendDigits(UInt64(sequence), decimals: 0, to: data) && data.append(UInt8(ascii: "}")))
        send(parts.form.delta, emit)
    }

    func annotated(_ parts: OpenPart, _ annotation: JSONView, _ emit: Emit) {
        let index = parts.annotationCount
        keep(parts.add(annotation: annotation))
        send("response.output_text.annotation.added", emit) { out in
            self.writePlace(of: parts, &out)
            out.member("annotation_index", index)
            out.name("annotation")
            OpenPart.write(annotation: annotation, &out)
        }
    }

    func ended(_ parts: OpenPart, _ emit: Emit) {
        send(parts.form.done, emit) { out in
            self.writePlace(of: parts, &out)
            out.member(parts.form == .refusal ? "refusal" : "text", body: parts.text.bytes)
            if parts.form == .text { parts.write(logprobs: &out) }
        }
        send(parts.form.ended, emit) { out in
            self.writePlace(of: parts, &out)
            out.name("part")
            parts.write(part: &out, isEmpty: false)
        }
    }

    private func writePlace(of parts: OpenPart, _ out: inout MemberWriter) {
        write(id: parts.prefix, parts.place, as: "item_id", &out)
        out.member("output_index", parts.place)
        out.member(parts.form == .summary ? "summary_index" : "content_index", parts.count)
    }

    // MARK: Calls

    func grown(_ call: OpenCall, from: Int, _ emit: Emit) {
        send(call.isCustom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta", emit) { out in
            self.write(id: call.prefix, call.place, as: "item_id", &out)
            out.member("output_index", call.place)
            out.member("delta", body: call.arguments.bytes[ByteRange(from, call.arguments.count)])
        }
    }

    /// Its arguments are all there.
    func complete(_ call: OpenCall, _ emit: Emit) {
        send(call.isCustom ? "response.custom_tool_call_input.done" : "response.function_call_arguments.done", emit) { out in
            self.write(id: call.prefix, call.place, as: "item_id", &out)
            out.member("output_index", call.place)
            if !call.isCustom { out.member("name", body: call.name.bytes) }
            out.member(call.isCustom ? "input" : "arguments", body: call.arguments.bytes)
        }
    }
}

/// An item of the response that is done.
private struct DoneItem {
    let place: Int
    /// Where its JSON is.
    let range: ByteRange
}
