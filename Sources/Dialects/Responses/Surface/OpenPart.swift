internal import Bytes
internal import JSON

/// The item with text that is open, and its part.
final class OpenPart {
    enum Form {
        case text, refusal, thought, summary

        var added: StaticString { self == .summary ? "response.reasoning_summary_part.added" : "response.content_part.added" }
        var ended: StaticString { self == .summary ? "response.reasoning_summary_part.done" : "response.content_part.done" }

        var delta: StaticString {
            switch self {
            case .text: "response.output_text.delta"
            case .refusal: "response.refusal.delta"
            case .thought: "response.reasoning_text.delta"
            case .summary: "response.reasoning_summary_text.delta"
            }
        }

        var done: StaticString {
            switch self {
            case .text: "response.output_text.done"
            case .refusal: "response.refusal.done"
            case .thought: "response.reasoning_text.done"
            case .summary: "response.reasoning_summary_text.done"
            }
        }
    }

    var form = Form.text
    /// Of the item in the response.
    private(set) var place = 0
    /// Parts of the item that are done: how many, and their JSON with commas between them.
    private(set) var count = 0
    let done = ByteBuffer()
    /// The text of the part that is open: the body of a JSON string.
    let text = ByteBuffer()
    /// What its deltas begin with.
    let head = ByteBuffer()
    private let annotations = ByteBuffer(), logprobs = ByteBuffer()
    private(set) var annotationCount = 0

    /// What the id of its item begins with.
    var prefix: StaticString { form == .thought || form == .summary ? "rs_" : "msg_" }

    func begin(place: Int) {
        self.place = place
        count = 0
        for buffer in [done, text, annotations, logprobs] { buffer.removeAll() }
        annotationCount = 0
    }

    func endPart() -> Bool {
        if count > 0, !done.append(Ascii.comma) { return false }
        var out = MemberWriter(done)
        write(part: &out, isEmpty: false)
        count &+= 1
        for buffer in [text, annotations, logprobs] { buffer.removeAll() }
        annotationCount = 0
        return !out.failed
    }

    func write(part out: inout MemberWriter, isEmpty: Bool) {
        let body = isEmpty ? text.bytes[.none] : text.bytes
        out.open()
        switch form {
        case .text:
            out.member("type", "output_text")
            out.member("text", body: body)
            out.raw(",\"annotations\":[")
            if !isEmpty { out.raw(annotations.bytes) }
            out.raw("]")
            write(logprobs: &out)
        case .refusal:
            out.member("type", "refusal")
            out.member("refusal", body: body)
        case .thought, .summary:
            out.member("type", form == .thought ? "reasoning_text" : "summary_text")
            out.member("text", body: body)
        }
        out.close()
    }

    func write(logprobs out: inout MemberWriter) {
        out.raw(",\"logprobs\":[")
        out.raw(logprobs.bytes)
        out.raw("]")
    }

    func add(logprobs list: JSONView) {
        var out = MemberWriter(logprobs)
        for one in list.elements {
            if logprobs.count > 0 { out.raw(",") }
            out.raw(one.raw)
        }
    }

    func add(annotation: JSONView) -> Bool {
        var out = MemberWriter(annotations)
        if annotationCount > 0 { out.raw(",") }
        annotationCount &+= 1
        OpenPart.write(annotation: annotation, &out)
        return !out.failed
    }

    /// Chat has the members of a citation under its name.
    static func write(annotation: JSONView, _ out: inout MemberWriter) {
        guard let citation = annotation.filled("url_citation"), citation.isObject else { return out.raw(annotation.raw) }
        out.open()
        out.member("type", "url_citation")
        for name: StaticString in ["url", "title", "start_index", "end_index"] {
            if let value = citation.filled(name) { out.member(name, value) } else { out.member(name, raw: name.utf8CodeUnitCount > 5 ? "0" : "\"\"") }
        }
        out.close()
    }
}

/// What has to be sent back with the thoughts at hand: see `KeptWords`.
struct KeptThoughts {
    /// Their text came as `reasoning_content`.
    var isLong = false
    private let details = AssembledDetails(AssemblyBudget(64 << 20))
    private let others = ByteBuffer()

    var isEmpty: Bool { !details.seen && others.count == 0 }

    func add(details list: JSONView) { details.put(list.raw) }

    func add(block: JSONView) {
        var out = next()
        out.open("{\"type\":\"gatelet.block\",\"block\":")
        out.raw(block.raw)
        out.close()
    }

    /// `type`: of a call, by its own id, or of an image, by its item's.
    func add(extra: JSONView, of type: StaticString, _ id: UnsafeRawBufferPointer) {
        var out = next()
        out.open()
        out.member("type", word: type)
        out.member("id", body: id)
        out.member("extra_content", extra)
        out.close()
    }

    private func next() -> MemberWriter {
        var out = MemberWriter(others)
        if others.count > 0 { out.raw(",") }
        return out
    }

    func write(_ out: inout MemberWriter) {
        let all = ByteBuffer()
        defer { all.keepAlive() }
        if details.seen { out.check(details.append(to: all)) }
        if all.count > 0, others.count > 0 { out.check(all.append(Ascii.comma)) }
        out.check(all.append(others.bytes))
        if all.count == 0 { out.check(all.append(isLong ? "{\"type\":\"gatelet.text\",\"member\":\"reasoning_content\"}" : "{\"type\":\"gatelet.text\",\"member\":\"reasoning\"}")) }
        out.name("encrypted_content")
        KeptWords.write(all.bytes, &out)
    }
}
