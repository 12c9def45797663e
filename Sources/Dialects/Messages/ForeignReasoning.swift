internal import Bytes
internal import JSON

/// Reasoning that another provider gave, in a place where Anthropic's clients send back what they got: the signature of a thinking block, or the
/// data of a redacted one. So signatures that must travel with a conversation do, and nobody takes them for Anthropic's.
/// The text is `gatelet:<format>:<kind>:<id>:<signature, data or JSON>`.
struct ForeignReasoning {
    private static let mark: StaticString = "gatelet:"

    /// Escaped, as they stand in the string.
    let format: UnsafeRawBufferPointer, kind: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer

    /// nil: Anthropic's own.
    init?(_ escaped: UnsafeRawBufferPointer) {
        guard escaped.starts(ForeignReasoning.mark) else { return nil }
        var rest = escaped[ByteRange(ForeignReasoning.mark.utf8CodeUnitCount, escaped.count)]
        func field() -> UnsafeRawBufferPointer {
            let end = rest.firstIndex(of: Ascii.colon) ?? rest.count
            defer { rest = rest[ByteRange(end &+ 1, rest.count)] }
            return rest[ByteRange(0, end)]
        }
        format = field()
        kind = field()
        id = field()
        text = rest
    }

    /// What a provider said of the call that follows, and wants back with it: `extra_content`.
    var isCall: Bool { kind.equals("call") }

    /// Likewise, of the image that follows.
    var isImage: Bool { kind.equals("image") }

    /// A block of a provider's own, as JSON: of `provider_blocks`. Its id is its place.
    var isBlock: Bool { kind.equals("block") }

    /// It stands for something else than thoughts.
    var isOfOthers: Bool { isCall || isBlock || isImage }

    /// The members of an entry of `reasoning_details`. `shown`: the text of a thinking block.
    func write(_ shown: JSONView?, _ out: inout MemberWriter) {
        out.member("type", shown == nil ? "reasoning.encrypted" : kind.equals("summary") ? "reasoning.summary" : "reasoning.text")
        if let shown { out.member(kind.equals("summary") ? "summary" : "text", shown) }
        write(shown == nil ? "data" : "signature", text, &out)
        write("id", id, &out)
        write("format", format, &out)
    }

    private func write(_ name: StaticString, _ escaped: UnsafeRawBufferPointer, _ out: inout MemberWriter) {
        if escaped.count == 0 { return }
        out.name(name)
        out.escaped(escaped)
    }

    /// Appends the text for an entry of `reasoning_details`, escaped. An id with a colon is left out.
    static func append(_ kind: StaticString, format: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        out.append(mark) && (contains(format, Ascii.colon) || out.append(format)) && out.append(":") && out.append(kind) && out.append(":")
            && (contains(id, Ascii.colon) || out.append(id)) && out.append(":") && out.append(text)
    }

    /// For the `extra_content` of a call or an image.
    static func append(_ kind: StaticString, extra: JSONView, to out: ByteBuffer) -> Bool {
        let json = ByteBuffer(), none = UnsafeRawBufferPointer(start: nil, count: 0)
        defer { json.keepAlive() }
        return appendJSONBody(extra.raw, to: json) && append(kind, format: none, id: none, json.bytes, to: out)
    }
}
